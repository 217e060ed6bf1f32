/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error("there is no median of no values");
  return (low + high) / 2;
}

/** What `of` tells of each side. */
export function bySide<S extends string, T>(sides: readonly S[], of: (side: S) => T): Record<S, T> {
  const told = {} as Record<S, T>;
  for (const side of sides) told[side] = of(side);
  return told;
}

/**
 * Runs every side once a round, one after another, each round beginning with another side: what the machine does
 * meanwhile falls on all of them alike.
 */
export async function interleaved<S extends string, T>(
  sides: readonly S[],
  rounds: number,
  run: (side: S, round: number) => Promise<T>,
): Promise<Readonly<Record<S, T[]>>> {
  const results = bySide<S, T[]>(sides, () => []);
  for (let round = 0; round < rounds; round++) {
    for (const index of sides.keys()) {
      const side = sides[(round + index) % sides.length] as S;
      results[side].push(await run(side, round));
    }
  }
  return results;
}

/** The median of the rounds' own ratios, so that a slow minute weighs on both sides of a ratio. */
export const medianRatio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((value, round) => value / (theirs[round] as number)));

/** Two decimals, as a number. */
export const rounded = (value: number, decimals = 2): number => Number(value.toFixed(decimals));
