import "../shell/quiet-sdk.ts";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { testsOf } from "./representative-tests.ts";

/**
 * `npm run test:newest-node`: the tests on the newest Node that the registry has; arguments go to Jest (`-- tests` runs
 * all). Without a path it runs those that touch the most of Node: bundles, crypto, HTTP, and a service.
 */
const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
const onNewest = (...words: string[]) => ["--yes", "--package", "node@latest", "node", ...words];

console.log(`Node ${execFileSync("npx", onNewest("--version"), { encoding: "utf8" }).trim()}`);
execFileSync("npx", onNewest(jest, ...testsOf(process.argv.slice(2))), { stdio: "inherit" });
