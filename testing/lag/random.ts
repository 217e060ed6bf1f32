/** A small seeded generator (mulberry32), so that a run can be repeated: numbers from 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A generator for one place of a run, whatever other places draw. */
export const seededAt = (seed: number, ...place: readonly number[]): (() => number) =>
  seededRandom(place.reduce((state, part) => Math.imul(state ^ (part + 1), 0x9e3779b1) ^ (state >>> 13), seed));
