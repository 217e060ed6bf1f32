import { readFileSync } from "node:fs";

/** The AWS SDK's packages in the oldest versions that the peer dependencies allow. */
export function oldestSdk(): Record<string, string> {
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    peerDependencies: Record<string, string>;
  };
  const sdk = Object.entries(peerDependencies).filter(([name]) => name.startsWith("@aws-sdk/"));
  return Object.fromEntries(
    sdk.map(([name, range]) => {
      const [, oldest] = /^\^(\d+\.\d+\.\d+)$/.exec(range) ?? [];
      if (oldest === undefined) throw new Error(`the range of ${name} is ${range}; ^ and a version was expected`);
      return [name, oldest];
    }),
  );
}
