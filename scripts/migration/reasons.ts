/** Why a source item was not brought over. */
export type ReasonCode =
  /** A required attribute is absent and no rule derives it. */
  | "missing_attribute"
  /** An attribute cannot be read as what it should be, or breaks the entity's rule. */
  | "invalid_value"
  /** A value is neither in the specification's closed set nor in the mapping. */
  | "unknown_value"
  /** Its owner's id is of nobody in the users table. */
  | "unknown_owner"
  /** Over DynamoDB's 400 KB once it is mapped. */
  | "item_too_large"
  /** Another source item becomes the same key. */
  | "conflict"
  /** Its transaction or id is claimed by something else in the new table. */
  | "claimed"
  /** Its account has another address in the new table, or is getting one. */
  | "moved"
  /** Its source has changed since the line of the quarantine file was written. */
  | "changed";

/** Why an item was left out though nothing is wrong with it. */
export type SkipCode =
  /** A session or token whose time is over. */
  | "expired"
  /** A session that was logged out. */
  | "ended"
  /** It was deleted from the source after it was read. */
  | "gone"
  /** A session whose id can be guessed: its user logs in anew. */
  | "guessable"
  /** Its account was erased in the new table since it began. */
  | "erased"
  /** A newer generation of its table has the item. */
  | "superseded";

export interface Reason {
  readonly code: ReasonCode;
  /** The attributes of the entity that it is about. */
  readonly attributes: readonly string[];
  /** What an operator reads: it names rules and closed sets, and no value of a secret. */
  readonly text: string;
}

/** Says a value in a reason: short, on one line. */
export const quoted = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
};
