import { readdirSync, readFileSync } from "node:fs";

/** Every module of the built package that a consumer may import, those of the wildcards in `exports` too: `./services/support`. */
export function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
  const modules = (kind: string) =>
    readdirSync(`dist/esm/${kind}`)
      .filter((file) => file.endsWith(".d.ts"))
      .map((file) => `./${kind}/${file.replace(".d.ts", "")}`);
  const single = Object.keys(exports).filter((path) => !path.includes("*") && path !== "./package.json");
  const all = new Set([...single, ...modules("services"), ...modules("entities")]);
  return [...all].filter((path) => exports[path] !== null);
}
