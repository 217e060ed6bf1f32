/** The tests that touch the most of what surrounds the package: bundles, crypto, HTTP, the AWS SDK, and a service. */
export const REPRESENTATIVE_TESTS: readonly string[] = [
  "tests/testing.test.ts",
  "tests/esbuild-preset.test.ts",
  "tests/docs/examples.test.ts",
  "tests/services/storage/cursor.test.ts",
  "tests/services/client.test.ts",
  "tests/services/purchases.test.ts",
];
