import { randomInt } from "node:crypto";
import type { StoredItem } from "./requests.ts";

/** Places in hashed order: 8 hex digits. */
const SPACE = 2 ** 32;

/** Rows that a window has on average: what half a read unit holds. */
const ROWS_OF_WINDOW = 20;

/** Windows that are read side by side: one gives a row every other time. */
const WINDOWS = 2;

/** Rows in hashed order, from one place up to another, page by page. */
export type HashedRows = (from: string, to: string, limit: number) => AsyncIterable<readonly StoredItem[]>;

/** What a draw reads from. */
export interface DrawSource {
  /** The partitions that are drawn from as if they were one. */
  readonly partitions: readonly HashedRows[];
  /** The place of a row. */
  readonly placeOf: (row: StoredItem) => number;
  /** How many rows there are, about, as far as an earlier draw could tell. */
  readonly about?: number | undefined;
}

/** Rows that were drawn, and how many there are, about. */
export interface Drawn {
  readonly rows: readonly StoredItem[];
  readonly about: number;
}

// Every character of a hexadecimal digit is below "g".
const textOf = (place: number): string => (place === SPACE ? "g" : place.toString(16).padStart(8, "0"));

async function allOf(pages: AsyncIterable<readonly StoredItem[]>): Promise<StoredItem[]> {
  const rows: StoredItem[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** The first rows, so many or more, and whether they are all there are. */
async function firstOf(
  pages: AsyncIterable<readonly StoredItem[]>,
  enough: number,
): Promise<{ readonly rows: readonly StoredItem[]; readonly all: boolean }> {
  const rows: StoredItem[] = [];
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length >= enough) return { rows, all: false };
  }
  return { rows, all: true };
}

const rowsFrom = async ({ partitions }: DrawSource, from: number, to: number, limit: number): Promise<StoredItem[]> =>
  (await Promise.all(partitions.map((read) => allOf(read(textOf(from), textOf(to), limit))))).flat();

/** All rows between two places, around the end of the order if the second is beyond it. */
async function windowOf(source: DrawSource, from: number, to: number, limit: number): Promise<StoredItem[]> {
  if (to <= SPACE) return rowsFrom(source, from, to, limit);
  const halves = [rowsFrom(source, from, SPACE, limit), rowsFrom(source, 0, to - SPACE, limit)];
  return (await Promise.all(halves)).flat();
}

/** How many rows there are, about, as densely as the first ones lie; and the rows, where these are all. */
async function firstLook(
  { partitions, placeOf }: DrawSource,
  enough: number,
): Promise<{ readonly about: number; readonly all: readonly StoredItem[] | undefined }> {
  const firsts = await Promise.all(partitions.map((read) => firstOf(read("0", "g", enough), enough)));
  const counts = firsts.map(({ rows, all }) => {
    const last = rows.at(-1);
    return all || last === undefined ? rows.length : (rows.length * SPACE) / (placeOf(last) + 1);
  });
  const about = counts.reduce((sum, count) => sum + count, 0);
  return { about, all: firsts.every(({ all }) => all) ? firsts.flatMap(({ rows }) => rows) : undefined };
}

const someOf = (rows: readonly StoredItem[], count: number): Drawn => ({
  rows: shuffle(rows).slice(0, count),
  about: rows.length,
});

/** Fisher-Yates, on a copy. */
export function shuffle<T>(values: readonly T[]): T[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}

/** A window of this width at a random place. */
function randomWindow(source: DrawSource, width: number, limit: number): Promise<StoredItem[]> {
  const from = randomInt(SPACE);
  return windowOf(source, from, from + width, limit);
}

/**
 * Draws `count` different rows, each with the same chance: a window of a fixed width at a random place has each row equally
 * often, and of more slots than it has rows some are drawn. A row in a crowded place competes with more rows, and in an empty
 * one with as many free slots. The first row behind a random place would come up the more often, the wider the gap before it.
 * Few rows are all read.
 */
export async function drawFairly(source: DrawSource, count: number): Promise<Drawn> {
  const wanted = Math.max(ROWS_OF_WINDOW, count);
  const slots = Math.ceil(wanted + 5 * Math.sqrt(wanted));
  const first = source.about === undefined ? await firstLook(source, 2 * wanted) : undefined;
  if (first?.all !== undefined) return someOf(first.all, count);
  let about = source.about ?? first?.about ?? 0;
  // What is known counts as much as two windows.
  let seen = 2 * wanted;
  let width = (seen * SPACE) / about;
  const drawn = new Map<string, StoredItem>();
  while (about > 3 * wanted) {
    const step = Math.floor((wanted * SPACE) / about);
    const windows = Array.from({ length: WINDOWS }, () => randomWindow(source, step, slots));
    for (const rows of await Promise.all(windows)) {
      seen += rows.length;
      width += step;
      const slotted = Array.from({ length: Math.max(slots, rows.length) }, (_, slot) => rows[slot]);
      const chosen = shuffle(slotted).slice(0, count - drawn.size);
      for (const row of chosen) if (row !== undefined) drawn.set(`${row.pk}`, row);
    }
    about = (seen * SPACE) / width;
    if (drawn.size === count) return { rows: [...drawn.values()], about };
  }
  return someOf(await rowsFrom(source, 0, SPACE, slots), count);
}
