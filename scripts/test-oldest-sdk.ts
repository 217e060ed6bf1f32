import "./shell/quiet-sdk.ts";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { oldestSdk } from "./packaging/oldest-sdk.ts";
import { REPRESENTATIVE_TESTS } from "./packaging/representative-tests.ts";

/**
 * `npm run test:oldest-sdk`: the tests on the oldest AWS SDK that the peer dependencies allow; arguments go to Jest (`-- tests`
 * runs all). Without a path it runs those that touch the most of the SDK.
 */
const dependencies = oldestSdk();
const given = process.argv.slice(2);
const chosen = given.some((word) => word.startsWith("tests"))
  ? []
  : [...REPRESENTATIVE_TESTS, "tests/services/storage/(requests|pages)", "tests/services/support"];
const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
const folder = mkdtempSync(join(tmpdir(), "oldest-sdk-"));
try {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], {
    cwd: folder,
    stdio: "inherit",
  });
  console.log(
    `AWS SDK: ${Object.entries(dependencies)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
  );
  const names = Object.keys(dependencies).map((name) => name.replace("@aws-sdk/", ""));
  const mapped = { [`^@aws-sdk/(${names.join("|")})$`]: join(folder, "node_modules/@aws-sdk/$1") };
  const words = [jest, "--moduleNameMapper", JSON.stringify(mapped), ...given, ...chosen];
  process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
