import { ValidationError } from "./errors.ts";

/**
 * Options, unless one is none that there is: a misspelt option would be ignored without a word.
 * @throws ValidationError that names it.
 */
export function optionsIn<T extends object>(subject: string, options: T, names: readonly string[]): T {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ValidationError(subject, "options", "must be an object", options);
  }
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name)) continue;
    const shown = JSON.stringify(name.slice(0, 64)).slice(1, -1);
    throw new ValidationError(subject, shown, `is not an option; these are: ${names.join(", ")}`, value);
  }
  return options;
}
