import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const PACKAGE = "@ielts-ai-prep/data-layer";

/**
 * Packs a checkout as it would be published, unpacks it beside a project of its own in `folder`, and gives the path of the
 * worker there. Libraries are those that a folder above has.
 */
export async function packRelease(checkout: string, folder: string): Promise<string> {
  const run = (command: string, ...words: string[]) => promisify(execFile)(command, words, { cwd: checkout });
  const home = join(folder, "node_modules", PACKAGE);
  mkdirSync(home, { recursive: true });
  await run("npm", "run", "build");
  await run("npm", "pack", "--ignore-scripts", "--pack-destination", folder);
  await run("sh", "-c", `tar -xzf '${folder}'/*.tgz -C '${home}' --strip-components 1`);
  const worker = join(folder, "worker.mjs");
  await build({
    entryPoints: [new URL("live-worker.ts", import.meta.url).pathname],
    outfile: worker,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: [`${PACKAGE}/*`, PACKAGE],
    // This checkout's own names for the package stand for its sources.
    tsconfigRaw: {},
    logLevel: "error",
  });
  return worker;
}
