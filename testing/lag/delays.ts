import { ValidationError } from "../../services/storage/errors.ts";

/** How late something is: a log-normal distribution, in milliseconds. Both 0: never late. */
export interface Delay {
  /** Milliseconds that half of the delays stay below. */
  readonly median: number;
  /** Milliseconds that 99 of 100 delays stay below. */
  readonly p99: number;
}

/** How an engine lags; everything has a default, that of `LAGS.usual`. */
export interface LagOptions {
  /** Whole number that all delays follow from. Default: a new one, which standard error tells. */
  readonly seed?: number;
  /** How late an item comes to an index; each index draws its own for each change of an item. */
  readonly indexes?: Delay;
  /** Indexes that have other delays, by their names: `{ gsi3: { median: 60_000, p99: 600_000 } }`. */
  readonly perIndex?: Readonly<Record<string, Delay>>;
  /** How late a change comes to the replica that some plain reads of the table are answered from. */
  readonly reads?: Delay;
  /** Share of plain reads of the table that this replica answers, 0 to 1; in a batch, of its keys. */
  readonly staleReads?: number;
  /** How long a request takes: the engine's time moves on by it. */
  readonly requests?: Delay;
}

/** Every option with its value. */
export type Lateness = Required<LagOptions>;

const NONE: Delay = { median: 0, p99: 0 };

/**
 * Lags to choose from: `usual` is a calm day, `slow` a bad one, under `throttled` the indexes are minutes late; under
 * `none` nothing is late until a test holds it.
 */
export const LAGS = {
  none: { indexes: NONE, reads: NONE, staleReads: 1, requests: NONE },
  usual: {
    indexes: { median: 10, p99: 100 },
    reads: { median: 10, p99: 100 },
    staleReads: 0.5,
    requests: { median: 4, p99: 20 },
  },
  slow: {
    indexes: { median: 50, p99: 500 },
    reads: { median: 50, p99: 500 },
    staleReads: 0.5,
    requests: { median: 4, p99: 20 },
  },
  throttled: {
    indexes: { median: 60_000, p99: 600_000 },
    reads: { median: 10, p99: 100 },
    staleReads: 0.5,
    requests: { median: 4, p99: 20 },
  },
} as const satisfies Readonly<Record<string, LagOptions>>;

const NAMES = ["seed", "indexes", "perIndex", "reads", "staleReads", "requests"];
const DELAY_RULE = "must be { median, p99 } in milliseconds, 0 <= median <= p99, and both 0 or neither";

const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isShare = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isDelay(value: unknown): value is Delay {
  if (!isObject(value) || Object.keys(value).some((name) => name !== "median" && name !== "p99")) return false;
  const { median, p99 } = value as Partial<Delay>;
  if (typeof median !== "number" || typeof p99 !== "number") return false;
  return median >= 0 && median <= p99 && p99 < Number.POSITIVE_INFINITY && (median === 0) === (p99 === 0);
}

/** Refuses what is no option, with its name. */
export function refuseUnknown(where: string, given: object, names: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) throw new ValidationError(where, name, `is not one of ${names.join(", ")}`, value);
  }
}

function check(name: string, value: unknown, fits: (value: unknown) => boolean, rule: string): void {
  if (!fits(value)) throw new ValidationError("lag", name, rule, value);
}

/** Checks options and fills them up. */
export function latenessOf(options: LagOptions): Lateness {
  if (!isObject(options)) throw new ValidationError("lag", "options", "must be an object", options);
  refuseUnknown("lag", options, NAMES);
  const seed = options.seed ?? Math.floor(Math.random() * 1_000_000);
  const lateness = { perIndex: {}, ...LAGS.usual, ...options, seed };
  check("seed", lateness.seed, isWhole, "must be a whole number, 0 or more");
  check("staleReads", lateness.staleReads, isShare, "must be a share from 0 to 1");
  check("perIndex", lateness.perIndex, isObject, "must be delays by the names of indexes");
  for (const name of ["indexes", "reads", "requests"] as const) check(name, lateness[name], isDelay, DELAY_RULE);
  for (const [name, delay] of Object.entries(lateness.perIndex)) check(`perIndex.${name}`, delay, isDelay, DELAY_RULE);
  return lateness;
}

/** The standard normal quantile of 0.99. */
const Z99 = 2.326;

/** Draws a delay, in milliseconds. */
export function drawDelay({ median, p99 }: Delay, random: () => number): number {
  if (median === 0) return 0;
  // Box and Muller: two even draws make a normal one.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp((Math.log(p99 / median) / Z99) * normal);
}
