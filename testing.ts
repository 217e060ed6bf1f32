/**
 * For the tests of code that uses the data layer: a DynamoDB in the test's own process, inputs of every kind, a clock to
 * set, and faults to order. Needs `dynalite`, unless you name a running engine.
 */
export * from "./scripts/testing/builders.ts";
export { FAULTS, type Fault, type FaultInjection, type FaultTarget } from "./scripts/testing/faults.ts";
export { Interrupted, type Interruption, interruptedClient } from "./scripts/testing/interrupted-client.ts";
export { NOW, type TestClock, testClock } from "./scripts/testing/test-clock.ts";
export { startTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./scripts/testing/test-database.ts";
