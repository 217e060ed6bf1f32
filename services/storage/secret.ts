import { ValidationError } from "./errors.ts";

/** The secrets of a deployment, and the fewest characters of each: pseudonyms last for years, so theirs is longer. */
const FEWEST = { cursorSecret: 16, erasureSecret: 32 } as const;

/** The option that gives a secret. */
export type SecretOption = keyof typeof FEWEST;

/** What `isSecret` takes. */
export const secretRule = (option: SecretOption): string => `must have at least ${FEWEST[option]} characters`;

/** Whether a value can be a secret of a deployment. */
export const isSecret = (option: SecretOption, value: unknown): boolean =>
  typeof value === "string" && value.length >= FEWEST[option];

/** @throws ValidationError for a secret that is too short, by the name of its option; one that is not given is none. */
export function checkSecret(option: SecretOption, value: unknown): void {
  if (value !== undefined && !isSecret(option, value))
    throw new ValidationError("options", option, secretRule(option), value);
}
