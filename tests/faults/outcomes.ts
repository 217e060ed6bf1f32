/** What became of calls that ran at once. */
export interface Outcomes<T> {
  readonly won: readonly T[];
  readonly lost: readonly unknown[];
}

/** Runs all calls at once and waits for every one of them. */
export async function atOnce<T>(calls: readonly (() => Promise<T>)[]): Promise<Outcomes<T>> {
  const settled = await Promise.allSettled(calls.map((call) => call()));
  return {
    won: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    lost: settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : [])),
  };
}

/** What a call that must fail fails with. */
export const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

export const times = <T>(count: number, each: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => each(number));

/** Runs a task for each number, a few at a time. */
export async function inGroups(count: number, size: number, task: (number: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += size) {
    await Promise.all(times(Math.min(size, count - first), (offset) => task(first + offset)));
  }
}
