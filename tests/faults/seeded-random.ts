/** A small seeded generator (mulberry32), so that a run of faults can be repeated: numbers from 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run: `npm run test:faults -- --seed 7`; the normal suite always runs the same one. */
export const SEED = Number(process.env.FAULT_SEED ?? 1);

/** How much more the long run does than the normal suite. */
export const LONG = process.env.FAULT_SEED !== undefined;
