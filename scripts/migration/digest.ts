import { createHash } from "node:crypto";

/** 132 bits of SHA-256: enough to tell any two items apart, and short on every item. */
const DIGEST_LENGTH = 22;

/** The same text for equal values, whatever the order of their names. Undefined is absence. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const map = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of Object.keys(map).sort()) {
    if (map[name] === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(map[name])}`;
  }
  return `{${text}}`;
}

export const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);

/** The digest of an item's attributes. */
export const digestOf = (attributes: Readonly<Record<string, unknown>>): string => hashOf(canonicalJson(attributes));
