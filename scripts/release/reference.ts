import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inFreshProject } from "./fresh-project.ts";

/**
 * `npm run reference`: the API reference from the built declarations' docstrings, as Markdown in docs/api; a warning fails it.
 * `npm run build` first. TypeDoc needs a TypeScript older than this repository's, so both are installed beside it.
 */
const TOOLS = { typedoc: "0.28.20", "typedoc-plugin-markdown": "4.14.1", typescript: "5.9.3" };

if (!existsSync("dist")) throw new Error("there is no dist: npm run build first");
inFreshProject("reference", TOOLS, (folder) => {
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: resolve("tsconfig.json"), include: [resolve("dist/esm")] }),
  );
  const typedoc = join(folder, "node_modules", "typedoc", "bin", "typedoc");
  execFileSync(process.execPath, [typedoc, "--tsconfig", join(folder, "tsconfig.json"), "--logLevel", "Warn"], {
    stdio: "inherit",
  });
});
console.log("Wrote docs/api.");
