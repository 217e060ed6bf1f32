import { appendFileSync } from "node:fs";

/** Tells what a test has counted, in one line of the file that `npm run test:faults` reads. */
export function report(name: string, counts: Readonly<Record<string, number>>): void {
  const file = process.env.FAULT_REPORT;
  if (file === undefined) return;
  const text = Object.entries(counts).map(([what, number]) => `${number} ${what}`);
  appendFileSync(file, `${name}: ${text.join(", ")}\n`);
}
