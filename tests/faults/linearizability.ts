/** A call of a history: when it was made, and what it was answered; without an answer it died, and may yet take effect. */
export interface HistoricCall<C> {
  readonly call: C;
  readonly began: number;
  readonly answer?: { readonly at: number; readonly text: string };
}

/** What calls do to a state when they come one after the other. */
export interface SequentialModel<S, C> {
  readonly initial: S;
  /** The state after a call, and its answer as a text. */
  apply(state: S, call: C): { readonly state: S; readonly text: string };
  /** A text that is the same for equal states. */
  keyOf(state: S): string;
}

/**
 * Whether there is an order of the calls that explains all answers, in which no call comes before one that was answered
 * before it began. Calls without an answer come anywhere after they began, or never.
 */
export function isLinearizable<S, C>(model: SequentialModel<S, C>, history: readonly HistoricCall<C>[]): boolean {
  const all = history.reduce((mask, { answer }, place) => (answer === undefined ? mask : mask | (1 << place)), 0);
  const seen = new Set<string>();
  const explains = (done: number, state: S): boolean => {
    if ((done & all) === all) return true;
    const key = `${done} ${model.keyOf(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const open = history.filter((_, place) => (done & (1 << place)) === 0);
    const firstAnswer = Math.min(...open.map(({ answer }) => answer?.at ?? Number.POSITIVE_INFINITY));
    return history.some(({ call, began, answer }, place) => {
      if ((done & (1 << place)) !== 0 || began > firstAnswer) return false;
      const next = model.apply(state, call);
      return (answer === undefined || answer.text === next.text) && explains(done | (1 << place), next.state);
    });
  };
  return explains(0, model.initial);
}
