import "./quiet-sdk.ts";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { esbuildPreset } from "../esbuild-preset.ts";

/** Packs the package and uses it as its users do: from an ES module, from CommonJS, and from TypeScript. */
const consumer = resolve(".consumer");
const installed = join(consumer, "node_modules/@ielts-ai-prep/data-layer");
rmSync(consumer, { recursive: true, force: true });
mkdirSync(installed, { recursive: true });

const run = (command: string, ...words: string[]) => execFileSync(command, words, { cwd: consumer, encoding: "utf8" });
const node = (...words: string[]) => run(process.execPath, ...words);

const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", consumer], {
  encoding: "utf8",
});
run("tar", "-xzf", packed.trim(), "--strip-components=1", "-C", installed);

const body = `
const layer = createDataLayer({ client: createClient({ region: "local" }) });
if (typeof layer.support.open !== "function") throw new Error("no services");
const support = createSupport(createContext({ client: layer.context.client }));
if (typeof support.open !== "function") throw new Error("no single service");
if (new ConflictError("ticket", "new", "x").code !== "conflict") throw new Error("no errors");
if (esbuildPreset.format !== "cjs") throw new Error("no preset");
`;
const names = {
  "@ielts-ai-prep/data-layer": "ConflictError, createClient, createContext, createDataLayer",
  "@ielts-ai-prep/data-layer/services/support": "createSupport",
  "@ielts-ai-prep/data-layer/esbuild-preset": "esbuildPreset",
};
const imports = Object.entries(names)
  .map(([from, what]) => `import { ${what} } from "${from}";`)
  .join("\n");
const requires = Object.entries(names)
  .map(([from, what]) => `const { ${what} } = require("${from}");`)
  .join("\n");
const typed = `
import type { Page, Ticket } from "@ielts-ai-prep/data-layer";
export async function titles(page: Page<Pick<Ticket, "subject">>): Promise<string[]> {
  const ticket = await layer.support.get("TKT-1");
  // @ts-expect-error a ticket has no such status
  const wrong: typeof ticket.status = "lost";
  return [...page.items.map((item) => item.subject), ticket.subject, wrong];
}
`;
writeFileSync(join(consumer, "package.json"), '{"private":true}\n');
writeFileSync(join(consumer, "esm.mjs"), `${imports}${body}`);
writeFileSync(join(consumer, "cjs.cjs"), `${requires}${body}`);
writeFileSync(join(consumer, "types.mts"), `${imports}${body}${typed}`);
writeFileSync(join(consumer, "types-cjs.cts"), `${imports}${body}${typed}`);

node("esm.mjs");
node("cjs.cjs");
await build({
  ...esbuildPreset,
  absWorkingDir: consumer,
  entryPoints: ["esm.mjs"],
  outfile: "bundle.cjs",
  logLevel: "error",
});
node("bundle.cjs");
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const options = [
  "--ignoreConfig",
  "--noEmit",
  "--strict",
  "--target",
  "es2022",
  "--module",
  "nodenext",
  "--skipLibCheck",
  "--types",
  "node",
];
try {
  node(compiler, ...options, "types.mts", "types-cjs.cts");
} catch (error) {
  throw new Error(`the package's types do not work:\n${(error as { stdout?: string }).stdout}`, { cause: error });
}
rmSync(consumer, { recursive: true });
console.log("The packed package works from an ES module, from CommonJS, bundled and from TypeScript.");
