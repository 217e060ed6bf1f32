import { isDeepStrictEqual } from "node:util";

/**
 * Whether two values are stored as the same: DynamoDB knows no zero below zero, and a map has no prototype there.
 */
export const storedAlike = (one: unknown, other: unknown): boolean => isDeepStrictEqual(asStored(one), asStored(other));

function asStored(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, asStored(part)]));
}
