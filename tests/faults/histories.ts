import { setImmediate as turn } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DataLayer } from "../../services/data-layer.ts";
import { isDataLayerError } from "../../services/storage/errors.ts";
import { LAGS } from "../../testing/index.ts";
import { Interrupted } from "../../testing/interrupted-client.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient } from "../instruments.ts";
import { type HistoricCall, isLinearizable, type SequentialModel } from "./linearizability.ts";
import { times } from "./outcomes.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const PROCESSES = 3;
const PHASES = 2;
const CALLS_OF_A_PHASE = 3;
/** How often a process dies at a request: before it or after it. */
const SHARE_OF_KILLS = 0.08;
/** With so many calls nothing dies any more in a history: the check's time grows with them. */
const MOST_CALLS = 24;
const HOUR = 60 * 60;

/** A table whose indexes and plain reads are late: as the run says, or as on a bad day. */
export const openLateTable = (): Promise<TestTable> =>
  process.env.TEST_LAG === undefined ? openTestTable({ ...LAGS.slow, seed: SEED }) : openTestTable();

/** What processes call of one item, and what explains their answers. */
export interface Play<S, C> {
  readonly model: SequentialModel<S, C>;
  /** A call as chance has it. */
  draw(random: () => number): C;
  /** Makes a call and tells its answer in the model's words; undefined when it was not made after all. */
  answer(layer: DataLayer, call: C): Promise<string | undefined>;
  /** What happens between the two halves of a history: hours pass. Default: nothing that the model knows. */
  readonly passing?: C;
}

/** A text for a call's answer, or for the refusal that it met. */
export async function told<T>(call: Promise<T>, textOf: (answer: T) => string): Promise<string> {
  try {
    return textOf(await call);
  } catch (error) {
    if (isDataLayerError(error)) return error.code;
    throw error;
  }
}

/**
 * Histories of calls that several processes make at once, die in, and make again: another process, at once or hours later.
 * Each is checked for an order of its calls that explains every answer.
 */
export class Histories {
  readonly counts = { operations: 0, kills: 0, "retries hours later": 0, "histories checked": 0 };
  readonly random = seededRandom(SEED);
  readonly #db: TestTable;

  constructor(db: TestTable) {
    this.#db = db;
  }

  one<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)] as T;
  }

  /** Plays one history and checks it. */
  async check<S, C>(play: Play<S, C>): Promise<void> {
    const history: HistoricCall<C>[] = [];
    let time = 0;
    const clock = () => time++;
    const later: C[] = [];
    for (const phase of times(PHASES, (number) => number)) {
      const retries = later.splice(0);
      this.counts["retries hours later"] += retries.length;
      if (phase > 0) {
        this.#db.clock.advance(Math.ceil(this.random() * 3) * HOUR);
        if (play.passing !== undefined)
          history.push({ call: play.passing, began: clock(), answer: { at: clock(), text: "" } });
      }
      const own = times(PROCESSES, () => times(CALLS_OF_A_PHASE, () => play.draw(this.random)));
      const last = phase === PHASES - 1;
      await Promise.all(own.map((calls) => this.#run(play, calls, retries, last ? retries : later, history, clock)));
    }
    this.counts["histories checked"]++;
    if (isLinearizable(play.model, history)) return;
    const lines = history.map((entry) => JSON.stringify(entry));
    throw new Error(["No order of the calls explains these answers:", ...lines].join("\n"));
  }

  /** A process: its own calls, and those that died in others. */
  async #run<S, C>(
    play: Play<S, C>,
    own: readonly C[],
    retries: C[],
    later: C[],
    history: HistoricCall<C>[],
    clock: () => number,
  ): Promise<void> {
    const left = [...own];
    const next = () =>
      retries.length > 0 && (left.length === 0 || this.random() < 0.5) ? retries.shift() : left.shift();
    let layer = this.mortalLayer(history);
    for (let call = next(); call !== undefined; call = next()) {
      this.counts.operations++;
      const began = clock();
      try {
        const text = await play.answer(layer, call);
        if (text !== undefined) history.push({ call, began, answer: { at: clock(), text } });
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        history.push({ call, began });
        this.counts.kills++;
        (this.random() < 0.5 ? retries : later).push(call);
        layer = this.mortalLayer(history);
      }
    }
  }

  /** The layer of a process, whose requests take turns with others', and which dies at some of them. */
  mortalLayer(history: readonly unknown[] = []): DataLayer {
    const mayDie = () => history.length < MOST_CALLS;
    return this.#db.layerWith({ client: this.#mortalClient(mayDie) });
  }

  #mortalClient(mayDie: () => boolean): DynamoDBClient {
    let dead = false;
    return interceptedClient(this.#db.client, async (_, next) => {
      for (const _ of times(Math.floor(this.random() * 4), () => 0)) await turn();
      const fate = mayDie() ? this.random() : 1;
      if (dead || fate < SHARE_OF_KILLS / 2) {
        dead = true;
        throw new Interrupted();
      }
      const output = next();
      if (fate > SHARE_OF_KILLS) return output;
      await output.catch(() => undefined);
      dead = true;
      throw new Interrupted();
    });
  }
}

/** How many histories a run has: the long one, or the everyday one. */
export const histories = (long: number, everyday: number): readonly number[] =>
  times(LONG ? long : everyday, (number) => number);
