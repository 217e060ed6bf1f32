export { seededRandom } from "../../testing/lag/random.ts";

/** The seed of this run: `npm run test:faults -- --seed 7`; the normal suite always runs the same one. */
export const SEED = Number(process.env.FAULT_SEED ?? 1);

/** How much more the long run does than the normal suite. */
export const LONG = process.env.FAULT_SEED !== undefined;
