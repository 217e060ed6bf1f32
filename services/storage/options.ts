import { ValidationError } from "./errors.ts";

/** A name from outside as errors show it: escaped and cut, so that an error is one line of a log. */
export const shownName = (name: string): string => JSON.stringify(name.slice(0, 64)).slice(1, -1);

/**
 * Returns an input, unless it is no object or has an attribute that is not in `names`.
 * @throws ValidationError that names the attribute.
 */
export const only = <T extends object>(subject: string, input: T, names: readonly string[]): T =>
  named(subject, "input", input, names, "is not an attribute that can be given here");

/**
 * Returns options, unless one is none that there is: a misspelt option would be ignored without a word.
 * @throws ValidationError that names it.
 */
export const optionsIn = <T extends object>(subject: string, options: T, names: readonly string[]): T =>
  named(subject, "options", options, names, "is not an option");

function named<T extends object>(subject: string, kind: string, given: T, names: readonly string[], rule: string): T {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ValidationError(subject, kind, "must be an object", given);
  }
  for (const [name, value] of Object.entries(given)) {
    if (names.includes(name)) continue;
    throw new ValidationError(subject, shownName(name), `${rule}; these are: ${names.join(", ")}`, value);
  }
  return given;
}

/**
 * Returns a whole number from `minimum` to `maximum`.
 * @throws ValidationError for anything else.
 */
export function countIn(subject: string, name: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new ValidationError(subject, name, `must be a whole number from ${minimum} to ${maximum}`, value);
}
