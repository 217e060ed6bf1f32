import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

type Entry = { readonly import: { readonly types: string } } | string | null;

/** Every module that a consumer may import, such as `./services/support`, with its built declarations. */
export function entryPoints(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Readonly<Record<string, Entry>> };
  const all = Object.entries(exports).flatMap(([name, entry]) => {
    if (entry === null || typeof entry === "string") return [];
    const { types } = entry.import;
    return modulesOf(types).map((module): [string, string] => [name.replace("*", module), types.replace("*", module)]);
  });
  return new Map(all.filter(([name]) => exports[name] !== null));
}

/** What the `*` of a path stands for; a path without one is a single module. */
function modulesOf(path: string): string[] {
  if (!path.includes("*")) return [""];
  const files = readdirSync(dirname(path)).filter((file) => file.endsWith(".d.ts"));
  return files.map((file) => file.replace(".d.ts", ""));
}
