/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { target: "es2022", parser: { syntax: "typescript" } },
        module: { type: "commonjs" },
        sourceMaps: true,
      },
    ],
  },
  // Looked up in a test file's own context, these cost a tenth of the suite's time.
  sandboxInjectedGlobals:
    "Array,BigInt,Boolean,Date,Error,JSON,Map,Math,Number,Object,Promise,Proxy,Reflect,RegExp,Set,String,Symbol,TypeError,Uint8Array,WeakMap".split(
      ",",
    ),
  moduleNameMapper: { "^jsonschema$": "<rootDir>/tests/jsonschema.ts" },
  setupFiles: ["<rootDir>/tests/setup.ts"],
  reporters: process.env.CI ? ["default", "<rootDir>/.ci/closing-line.cjs"] : ["default"],
  testTimeout: 30_000,
  // A worker that has loaded every test file needs a moment to give its memory back; one that never ends is a fault.
  workerGracefulExitTimeout: 10_000,
  // A core less than there are is Jest's own choice: on two cores that is one.
  maxWorkers: "100%",
  // Counted in the code of these files alone: the engine counts all that runs, the SDK too, at twice the cost.
  coverageProvider: "babel",
  collectCoverageFrom: [
    "entities/**/*.ts",
    "services/**/*.ts",
    // Types alone: no line of them runs.
    "!entities/{facts,items,views}.ts",
    "!services/storage/context.ts",
  ],
  coverageReporters: ["text-summary", "lcovonly"],
  coverageThreshold: { global: { branches: 95, lines: 95 } },
};
