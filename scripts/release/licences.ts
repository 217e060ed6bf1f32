import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";

/** `npm run licences`: lists the licences of everything that is installed, and fails on one that is not permissive. */
new Command("npm run licences --")
  .description("List the licences of the dependencies.")
  .allowExcessArguments(false)
  .parse();

interface LockedPackage {
  readonly dev?: boolean;
  readonly peer?: boolean;
}

interface Manifest {
  readonly version: string;
  readonly license?: string | { readonly type: string };
}

/** Licences that ask for no more than to be named. */
const PERMISSIVE = new Set([
  "(MIT OR CC0-1.0)",
  "(MIT OR WTFPL)",
  "0BSD",
  "Apache-2.0",
  "Apache-2.0 AND MIT",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT OR Apache-2.0",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
]);

const readJson = <T>(path: string) => JSON.parse(readFileSync(path, "utf8")) as T;
const { packages } = readJson<{ packages: Readonly<Record<string, LockedPackage>> }>("package-lock.json");

/** What is in node_modules; binaries of other platforms are not. */
const installed = Object.entries(packages)
  .filter(([path]) => path !== "" && existsSync(`${path}/package.json`))
  .map(([path, { dev, peer }]) => {
    const { version, license = "unknown" } = readJson<Manifest>(`${path}/package.json`);
    return {
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      license: typeof license === "string" ? license : license.type,
      shipped: dev !== true && peer !== true,
    };
  });

console.log("What the package brings with it, the AWS SDK among it:");
for (const { name, version, license } of installed.filter(({ shipped }) => shipped)) {
  console.log(`  ${license.padEnd(12)} ${name} ${version}`);
}
const counts = new Map<string, number>();
for (const { license } of installed) counts.set(license, (counts.get(license) ?? 0) + 1);
console.log(`\nAll ${installed.length}, tools and tests among them:`);
for (const [license, count] of [...counts].sort(([, a], [, b]) => b - a)) {
  console.log(`  ${String(count).padStart(4)} ${license}`);
}
for (const { name, version, license } of installed.filter((one) => !PERMISSIVE.has(one.license))) {
  console.error(
    `${name} ${version} has the licence ${license}: look at it, and add it to the script if it may be used.`,
  );
  process.exitCode = 1;
}
