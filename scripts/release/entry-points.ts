import { readFileSync } from "node:fs";

type Entry = { readonly import: { readonly types: string } } | string;

/** Every module that a consumer may import, such as `./services/support`, with its built declarations. */
export function entryPoints(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Readonly<Record<string, Entry>> };
  return new Map(
    Object.entries(exports).flatMap(([name, entry]): [string, string][] =>
      typeof entry === "string" ? [] : [[name, entry.import.types]],
    ),
  );
}
