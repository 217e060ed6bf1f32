import { parseArgs } from "node:util";

/** What the benchmarks accept: `--json`, and numbers such as `--rounds 5`. */
export function benchOptions<const N extends Readonly<Record<string, number>>>(
  defaults: N,
): { readonly json: boolean; readonly numbers: { readonly [K in keyof N]: number } } {
  const names = Object.keys(defaults);
  const { values } = parseArgs({
    options: {
      json: { type: "boolean" as const },
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
    },
  });
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  const numbers = names.map((name): [string, number] => [name, wholeNumber(name, given[name], defaults[name])]);
  return { json: given.json === true, numbers: Object.fromEntries(numbers) as { [K in keyof N]: number } };
}

function wholeNumber(name: string, given: string | boolean | undefined, fallback: number | undefined): number {
  const number = Number(given ?? fallback);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number from 1`);
  return number;
}
