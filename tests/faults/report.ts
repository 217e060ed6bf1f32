/** Prints what a test has counted, in one line. */
export function report(name: string, counts: Readonly<Record<string, number>>): void {
  const text = Object.entries(counts).map(([what, number]) => `${number} ${what}`);
  // biome-ignore lint/suspicious/noConsole: the counts are what a run of the faults is read for
  console.info(`${name}: ${text.join(", ")}`);
}
