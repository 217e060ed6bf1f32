import "../shell/quiet-sdk.ts";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { inFreshProject } from "./fresh-project.ts";
import { oldestSdk } from "./oldest-sdk.ts";
import { testsOf } from "./representative-tests.ts";

/**
 * `npm run test:oldest-sdk`: the tests on the oldest AWS SDK that the peer dependencies allow; arguments go to Jest (`-- tests`
 * runs all). Without a path it runs those that touch the most of the SDK.
 */
const sdk = oldestSdk();
const tests = testsOf(process.argv.slice(2), [
  "tests/services/storage/(requests|pages|wire)",
  "tests/services/(client|support)",
]);
const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
inFreshProject("oldest-sdk", sdk, (folder) => {
  const versions = Object.entries(sdk).map(([name, version]) => `${name} ${version}`);
  console.log(`AWS SDK: ${versions.join(", ")}`);
  const names = Object.keys(sdk).map((name) => name.replace("@aws-sdk/", ""));
  const mapped = { [`^@aws-sdk/(${names.join("|")})$`]: join(folder, "node_modules/@aws-sdk/$1") };
  const words = [jest, "--moduleNameMapper", JSON.stringify(mapped), ...tests];
  process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1;
});
