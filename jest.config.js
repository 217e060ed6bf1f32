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
  setupFiles: ["<rootDir>/tests/setup.ts"],
  reporters: process.env.CI ? ["default", "<rootDir>/.ci/closing-line.cjs"] : ["default"],
  testTimeout: 30_000,
  // A core less than there are is Jest's own choice: on two cores that is one.
  maxWorkers: "100%",
  collectCoverageFrom: ["entities/**/*.ts", "services/**/*.ts"],
  coverageReporters: ["text-summary", "lcovonly"],
  coverageThreshold: { global: { branches: 95, lines: 95 } },
};
