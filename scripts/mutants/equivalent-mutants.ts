/** A mutant that no test can notice, or that none should. */
interface EquivalentMutant {
  readonly file: string;
  /** The line that it changes, without its indentation. */
  readonly code: string;
  /** The mutator, and the first line of what it puts in place. */
  readonly mutant: string;
  readonly why: string;
}

/** Read one by one, and left alive for a reason. They count neither way. */
export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [];
