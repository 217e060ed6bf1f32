import { pseudonymsBy } from "../../services/storage/pseudonyms.ts";
import type { PersonRule } from "./typed-tables.ts";

/** An e-mail address, also within a longer text. */
const ADDRESS = /[^\s@<>"'`,;:()[\]{}\\/|=]+@[^\s@<>"'`,;:()[\]{}\\/|=]*[^\s@<>"'`,;:()[\]{}\\/|=.!?]/g;
/** Sixteen hexadecimal digits: two of a hundred million addresses are alike once in three thousand tables. */
const DIGITS = 16;
/** An address is met again with each of its items; so many are remembered. */
const REMEMBERED = 100_000;

const asItIs = (text: string): string => text;
export const identified: PersonRule = { text: asItIs, name: asItIs };

/**
 * Puts `user-…` in the place of every e-mail address, user name and IP address, the same for the same one in all tables. Who
 * does not have the secret cannot tell which one it stands for.
 */
export function pseudonymous(secret: string): PersonRule {
  const pseudonymOf = pseudonymsBy(secret);
  const known = new Map<string, string>();
  const standIn = (name: string): string => {
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    if (known.size >= REMEMBERED) known.clear();
    const made = `user-${pseudonymOf("account", "sql", name.toLowerCase()).slice(0, DIGITS)}`;
    known.set(name, made);
    return made;
  };
  return { text: (text) => (text.includes("@") ? text.replace(ADDRESS, standIn) : text), name: standIn };
}
