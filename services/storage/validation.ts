import type { Model } from "./context.ts";
import { rulesOf } from "./rules.ts";

export { countIn, only } from "./options.ts";

/**
 * The stored form of a value that a caller gives for an attribute, under another `name` if it has one. ElectroDB does
 * not validate the keys of reads, so call this first.
 * @throws ValidationError
 */
export const attributeValue = <T>(model: Model, attribute: string, value: T, name?: string): T =>
  rulesOf(model).value(attribute, value, name) as T;
