import { appendFileSync } from "node:fs";

/** Tells what a test has counted, in one line: on the console, or in the file that `npm run test:faults` reads. */
export function report(name: string, counts: Readonly<Record<string, number>>): void {
  const text = Object.entries(counts).map(([what, number]) => `${number} ${what}`);
  const line = `${name}: ${text.join(", ")}`;
  const file = process.env.FAULT_REPORT;
  if (file !== undefined) appendFileSync(file, `${line}\n`);
  else process.stdout.write(`${line}\n`);
}
