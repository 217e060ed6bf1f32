/** The tests that touch the most of what surrounds the package: bundles, crypto, HTTP, the AWS SDK, and a service. */
const REPRESENTATIVE_TESTS: readonly string[] = [
  "tests/testing/index.test.ts",
  "tests/esbuild-preset.test.ts",
  "tests/docs/examples.test.ts",
  "tests/services/storage/cursor.test.ts",
  "tests/services/client.test.ts",
  "tests/services/purchases.test.ts",
];

/** The tests that Jest's words name; without a path among them the representative ones, and `more`. */
export const testsOf = (given: readonly string[], more: readonly string[] = []): readonly string[] =>
  given.some((word) => word.startsWith("tests")) ? given : [...given, ...REPRESENTATIVE_TESTS, ...more];
