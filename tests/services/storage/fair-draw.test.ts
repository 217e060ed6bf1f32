import { drawKeyOf } from "../../../entities/question.ts";
import { type DrawSource, drawFairly, type HashedRows } from "../../../services/storage/fair-draw.ts";
import type { StoredItem } from "../../../services/storage/requests.ts";
import fc from "../../generated.ts";

interface Reads {
  rows: number;
  requests: number;
}

/** Partitions of so many rows in the order of their hashes, and what is read of them. */
function bankOf(sizes: readonly number[], about?: number): DrawSource & { readonly reads: Reads } {
  const reads: Reads = { rows: 0, requests: 0 };
  const partitions = sizes.map((size, partition): HashedRows => {
    const rows = Array.from({ length: size }, (_, number) => `q${partition}-${number}`)
      .map((pk): StoredItem => ({ pk, at: drawKeyOf(pk) }))
      .sort((a, b) => (`${a.at}` < `${b.at}` ? -1 : 1));
    return async function* (from, to, limit) {
      const between = rows.filter(({ at }) => `${at}` >= from && `${at}` < to);
      for (let start = 0; start === 0 || start < between.length; start += limit) {
        const page = between.slice(start, start + limit);
        reads.rows += page.length;
        reads.requests++;
        yield page;
      }
    };
  });
  return { partitions, placeOf: (row) => Number.parseInt(`${row.at}`, 16), about, reads };
}

/**
 * How far the counts are from fair ones, in standard deviations of chi-square: of fair draws of one, one run in a million is
 * beyond 5. Rows that are drawn together lie together, so that their counts vary by some half more. Draws that prefer a row behind a
 * wide gap are beyond 10.
 */
async function unfairness(source: DrawSource, total: number, count: number, draws: number): Promise<number> {
  const seen = new Map<unknown, number>();
  let about = source.about;
  for (let draw = 0; draw < draws; draw++) {
    const drawn = await drawFairly({ ...source, about }, count);
    about = drawn.about;
    for (const { pk } of drawn.rows) seen.set(pk, (seen.get(pk) ?? 0) + 1);
  }
  const expected = (draws * count) / total;
  const counts = [...seen.values(), ...Array.from({ length: total - seen.size }, () => 0)];
  const chiSquare = counts.reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0) / (1 - count / total);
  return (chiSquare - (total - 1)) / Math.sqrt(2 * (total - 1));
}

it.each<[string, number[], number]>([
  ["one of 300 in one difficulty", [300], 1],
  ["five of 300 in one difficulty", [300], 5],
  ["one of 300, one of which stands alone in its difficulty", [1, 99, 200], 1],
  ["fifty of 300", [100, 100, 100], 50],
  ["one of 40, which are all read", [40], 1],
])("draws %s equally often", async (_, sizes, count) => {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const draws = Math.ceil((total * (count === 1 ? 25 : 50)) / count);
  expect(await unfairness(bankOf(sizes), total, count, draws)).toBeLessThan(count === 1 ? 5 : 9);
});

it("draws different rows, and all there are when they are too few", async () => {
  const sizes = fc.array(fc.nat(400), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 50 }), async (of, count) => {
      const total = of.reduce((sum, size) => sum + size, 0);
      const { rows } = await drawFairly(bankOf(of), count);
      expect(new Set(rows.map(({ pk }) => pk)).size).toBe(rows.length);
      expect(rows).toHaveLength(Math.min(count, total));
    }),
    { numRuns: 100 },
  );
});

it.each([
  ["far too low", 100],
  ["far too high", 1_000_000],
])("draws when what is known of the number is %s", async (_, about) => {
  const source = bankOf([2_000], about);
  const drawn = await drawFairly(source, 1);
  expect(drawn.rows).toHaveLength(1);
  expect(source.reads.rows).toBeLessThan(2_000);
});

it("reads few rows once, in one request a partition", async () => {
  const source = bankOf([30, 0, 12]);
  expect((await drawFairly(source, 5)).rows).toHaveLength(5);
  expect(source.reads).toEqual({ rows: 42, requests: 3 });
});

it("reads as much of 20,000 rows as of 1,000", async () => {
  const readsOf = async (size: number): Promise<number> => {
    const source = bankOf([size]);
    for (let draw = 0; draw < 100; draw++) await drawFairly(source, 1);
    return source.reads.rows / 100;
  };
  const [few, many] = [await readsOf(1_000), await readsOf(20_000)];
  expect(many / few).toBeLessThan(1.5);
  expect(many).toBeLessThan(150);
});
