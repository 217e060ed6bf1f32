import fc from "fast-check";
import { SEED } from "./faults/seeded-random.ts";

// The normal suite generates the same values on every run; `npm run test:faults` makes others.
fc.configureGlobal({ seed: SEED });

/** fast-check with this run's seed. */
export default fc;
