import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bundleCommands } from "./commands.ts";

/** `npm run build`: the package as ES modules and as CommonJS, with types, and its commands. */
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
rmSync("dist", { recursive: true, force: true });
for (const [project, folder, type] of [
  ["tsconfig.build.json", "dist/esm", "module"],
  ["tsconfig.cjs.json", "dist/cjs", "commonjs"],
] as const) {
  execFileSync(process.execPath, [compiler, "-p", project], { stdio: "inherit" });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
await bundleCommands("dist/commands");
console.log("Built dist/esm, dist/cjs and dist/commands.");
