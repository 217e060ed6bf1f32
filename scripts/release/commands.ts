import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";

/** What consumers bring or get with the package; everything else that the commands use is in their bundle. */
const BESIDE = ["@aws-sdk/*", "@duckdb/*", "@smithy/*", "dynalite", "electrodb", "uuid"];

/**
 * Bundles the commands of the package with the libraries that only they use, so that a Lambda function installs none of
 * them. Their licences stand in NOTICES.txt.
 */
export async function bundleCommands(folder: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: ["scripts/ielts-data.ts"],
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: BESIDE,
    // CommonJS libraries ask for Node's modules by `require`, which a module has not.
    banner: {
      js: `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`,
    },
    ignoreAnnotations: true,
    logLevel: "error",
    metafile: true,
  });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
  writeFileSync(join(folder, "NOTICES.txt"), notices(metafile));
}

/** Name, version and licence of each library in a bundle. */
function notices({ inputs }: Metafile): string {
  const folders = Object.keys(inputs).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      if (file === undefined) throw new Error(`${name} has no file with its licence`);
      return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
