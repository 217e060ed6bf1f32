import { ValidationError } from "./errors.ts";

const MIN_LENGTH = 16;

/** What `isSecret` takes. */
export const SECRET_RULE = `must have at least ${MIN_LENGTH} characters`;

/** Whether a value can be a secret of a deployment. */
export const isSecret = (value: unknown): boolean => typeof value === "string" && value.length >= MIN_LENGTH;

/** @throws ValidationError for a secret that is too short, by the name of its option. */
export function checkSecret(option: string, value: unknown): void {
  if (!isSecret(value)) throw new ValidationError("options", option, SECRET_RULE, value);
}
