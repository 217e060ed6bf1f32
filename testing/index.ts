/**
 * For the tests of code that uses the data layer: a DynamoDB in the test's own process, inputs of every kind, a clock to
 * set, and faults to order. Needs `dynalite`, unless you name a running engine.
 */
export * from "./builders.ts";
export { NOW, type TestClock, testClock } from "./clock.ts";
export { FAULTS, type Fault, type FaultInjection, type FaultTarget } from "./faults.ts";
export { Interrupted, type Interruption, interruptedClient } from "./interrupted-client.ts";
export {
  type Delay,
  LAGS,
  type Lag,
  type LagEngine,
  type LagEngineOptions,
  type LagOptions,
  startLagEngine,
} from "./lag.ts";
export { startTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";
