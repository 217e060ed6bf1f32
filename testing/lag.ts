import { type LagOptions, latenessOf } from "./lag/delays.ts";
import { LagServer } from "./lag/engine.ts";

export { type Delay, LAGS, type LagOptions } from "./lag/delays.ts";

/** What a test does with an engine that lags. Without `lag` nothing is late. */
export interface Lag {
  /** What all delays follow from; undefined without `lag`. */
  readonly seed: number | undefined;
  /** The engine's time in milliseconds since it began: each request and the test's clock move it on. */
  readonly now: number;
  /** Moves the engine's time forward, by milliseconds, but no test's clock. */
  advance(milliseconds: number): void;
  /** Moves the engine's time so far that all indexes and plain reads show everything written until now. */
  settle(): void;
  /**
   * From now on these views stay as they are: indexes by name, `reads` for plain reads of the table. Default: all.
   * @throws Error without `lag`, where nothing can be held.
   * @example
   * import { aTicket, LAGS, startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
   *
   * const database = await startTestDatabase({ lag: LAGS.none });
   * database.lag.hold("gsi2");
   * await database.layer.support.open(aTicket());
   * const before = await database.layer.support.listByStatus("new"); // none: the index is behind
   * database.lag.release();
   * const after = await database.layer.support.listByStatus("new"); // the ticket
   * await database.stop();
   */
  hold(...views: string[]): void;
  /** Lets views follow the table again. Default: all. */
  release(...views: string[]): void;
  /** Draws delays from the beginning again, those of another seed if one is given: for the rounds of a loop. */
  reseed(seed?: number): void;
}

/** An engine that lags. */
export interface LagEngine {
  /** Where it listens: a URL, on 127.0.0.1. */
  readonly endpoint: string;
  /** Its time, and what it holds back. */
  readonly lag: Lag;
  /** Removes its own tables from the engine behind it, and stops listening. */
  stop(): Promise<void>;
}

/** What an engine that lags is told besides its delays. */
export interface LagEngineOptions {
  /** The engine behind it, such as DynamoDB Local's `http://127.0.0.1:8000`: a URL. */
  readonly endpoint: string;
  /** How late what is; default `LAGS.usual`. */
  readonly lag?: LagOptions;
  /** Epoch seconds: when this clock is moved forward, the engine's time moves as far. */
  readonly clock?: () => number;
}

/**
 * Starts an engine that is late as DynamoDB is, before an engine that is not. Each index shows the table as it was:
 * every change of an item comes to every index after a delay of its own, so that what was written first may be seen
 * last. Plain reads may be stale. Consistent reads, conditions and writes see the present. All clients in all processes
 * that use the endpoint see the same; nothing waits, for the engine has a time of its own.
 * Whatever writes past it, to the engine behind it, is not seen. PartiQL is refused.
 * @throws ValidationError for an option that is unknown or out of range, with its name.
 * @example
 * import { createClient, createDataLayer } from "@ielts-ai-prep/data-layer";
 * import { LAGS, startLagEngine } from "@ielts-ai-prep/data-layer/testing";
 *
 * const behind = "http://127.0.0.1:8000"; // DynamoDB Local
 * const engine = await startLagEngine({ endpoint: behind, lag: { ...LAGS.slow, seed: 7 } });
 * const layer = createDataLayer({ client: createClient({ endpoint: engine.endpoint, region: "us-east-1" }) });
 * engine.lag.advance(60 * 60 * 1_000); // an hour later
 * await engine.stop();
 */
export async function startLagEngine({ endpoint, lag: options = {}, clock }: LagEngineOptions): Promise<LagEngine> {
  const server = new LagServer(endpoint, latenessOf(options), clock);
  if (options.seed === undefined) process.stderr.write(`the lag engine draws from the seed ${server.seed}\n`);
  const lag: Lag = {
    get seed() {
      return server.seed;
    },
    get now() {
      return server.time.now;
    },
    advance: (milliseconds) => server.time.reach(server.time.now + milliseconds),
    settle: () => server.settle(),
    hold: (...views) => server.hold(views),
    release: (...views) => server.release(views),
    reseed: (seed = server.seed) => server.reseed(seed),
  };
  return { endpoint: await server.listen(), lag, stop: () => server.close() };
}

/** The lag of an engine that has none. */
export const NO_LAG: Lag = {
  seed: undefined,
  now: 0,
  advance() {},
  settle() {},
  hold() {
    throw new Error("nothing can be held without lag: startTestDatabase({ lag: LAGS.none })");
  },
  release() {},
  reseed() {},
};
