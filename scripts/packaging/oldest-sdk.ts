import { readFileSync } from "node:fs";

/** The AWS SDK's packages in the oldest versions that the peer dependencies allow. */
export function oldestSdk(): Record<string, string> {
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    peerDependencies: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(peerDependencies).flatMap(([name, range]) =>
      name.startsWith("@aws-sdk/") ? [[name, range.replace("^", "")]] : [],
    ),
  );
}
