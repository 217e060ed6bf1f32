import { CustomAttributeType, type OpaquePrimitiveTypeName } from "electrodb";
import { digestOf } from "./credential.ts";
import { normalizeEmail, readEmail } from "./email-address.ts";
import { BANDS, CRITERIA, type Skill } from "./enums.ts";

/**
 * Attribute builders: each returns an ElectroDB attribute that carries its rule (`validate`) and its documentation
 * (`description`, `unit`, `setBy`), so that validation, types and the printed model come from one place.
 */
export interface AttributeNotes {
  readonly description: string;
  /**
   * Who gives the value: the caller of a service, the service itself, another attribute, or the migration from the
   * eleven tables. Default: the caller.
   */
  readonly setBy?: "caller" | "service" | "derived" | "migration";
  readonly unit?: string;
  readonly required?: true;
  readonly readOnly?: true;
  readonly hidden?: true;
  /** It tells how the table works and nothing of the user: exports leave it out. */
  readonly internal?: true;
  /** Staff wrote it for staff: exports leave it out. */
  readonly staffOnly?: true;
  /** It lets somebody in: no export, document or message shows it. */
  readonly secret?: true;
}

/** What ElectroDB's error carries, when it refuses a value by a validator. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Returns the rule that a value of the right type breaks, or undefined. */
type Check<T> = (value: T) => string | undefined;

/** A rule as this package reads it, and as ElectroDB does, which shows what a validator throws. */
const ruled = <T>(check: Check<T>) => ({
  check,
  validate: (value: T | undefined): boolean => {
    const broken = value === undefined ? undefined : check(value);
    if (broken !== undefined) throw new BrokenRule(broken);
    return true;
  },
});

const wellFormed: Check<string> = (value) =>
  value.isWellFormed() ? undefined : "must be well-formed Unicode, without lone surrogates";

const notEmpty: Check<string> = (value) => (value === "" ? "must not be empty" : wellFormed(value));

/** The last instant that ten digits hold. */
export const MAX_INSTANT = 9_999_999_999;

const checkInstant: Check<number> = (value) => {
  if (!Number.isInteger(value)) return "must be whole epoch seconds";
  if (value < 0) return "must be epoch seconds, not negative";
  if (value >= 100_000_000_000) return "must be epoch seconds; the value looks like milliseconds";
  if (value > MAX_INSTANT) return "must be epoch seconds of at most 10 digits";
  return undefined;
};

const checkEmail: Check<string> = (value) => wellFormed(value) ?? readEmail(value).broken;

const checkBand: Check<number> = (value) =>
  value >= 0 && value <= 9 && Number.isInteger(value * 2) ? undefined : "must be a band from 0 to 9 in halves";

const BCRYPT = /^\$2[abxy]\$\d{2}\$[./A-Za-z0-9]{53}$/;
const WERKZEUG = /^(?:scrypt:\d+:\d+:\d+|pbkdf2:sha(?:1|256|512)(?::\d+)?)\$[^$\s]+\$[0-9a-f]{40,}$/;
const ARGON2 = /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/;

const checkPasswordHash: Check<string> = (value) => {
  if (value.length > 512) return "must be an encoded password hash of at most 512 characters";
  const encoded = BCRYPT.test(value) || WERKZEUG.test(value) || ARGON2.test(value);
  return encoded ? undefined : "must be an encoded password hash (bcrypt, Werkzeug scrypt or pbkdf2, argon2)";
};

/** DynamoDB stores no number nearer to zero than 1e-130. */
const SMALLEST = 1e-100;

const atMost =
  (maximum: number, rule: string): Check<number> =>
  (value) =>
    value === 0 || (value >= SMALLEST && value <= maximum) ? undefined : rule;

const checkMoney: Check<number> = (value) => {
  if (!(value >= 0 && value <= 1_000_000)) return "must be an amount in USD from 0 to 1000000";
  return Number(value.toFixed(2)) === value ? undefined : "must have at most two decimals";
};

const checkSlug: Check<string> = (value) =>
  /^[a-z0-9][a-z0-9_-]{0,63}$/.test(value)
    ? undefined
    : "must be 1 to 64 lower-case letters, digits, hyphens or underscores";

/** Free text; may be empty. */
export const text = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(wellFormed), ...notes }) as const;

/** Free text that lists show, so that it stands in indexes, too: a few words. */
export const line = <const N extends AttributeNotes>(limit: number, notes: N) =>
  ({
    type: "string",
    ...ruled<string>((value) =>
      value.length > limit ? `must have at most ${limit.toLocaleString("en")} characters` : wellFormed(value),
    ),
    ...notes,
  }) as const;

/** An id or another value that stands in a key: not empty, kept as it is, case matters. */
export const id = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(notEmpty), ...notes }) as const;

/** The fewest characters of what a caller makes and nobody may guess: 128 bits take 22 of base64url. */
export const LEAST_CREDENTIAL = 22;

const checkToken: Check<string> = (value) =>
  value.length < LEAST_CREDENTIAL ? `must have at least ${LEAST_CREDENTIAL} characters` : notEmpty(value);

const digested = (value?: string) => (value === undefined ? undefined : digestOf(value));

/** The id of an item that is a credential to whoever knows it: given in clear or as its digest, stored as its digest. */
export const credential = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(notEmpty), set: digested, secret: true, ...notes }) as const;

/** A credential that a caller makes, long enough not to be guessed; stored as its digest. */
export const token = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(checkToken), set: digested, secret: true, ...notes }) as const;

/** A short open-ended name that stands inside a key before other parts, so it may not hold the key's separators. */
export const slug = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(checkSlug), ...notes }) as const;

/** An e-mail address, brought into its normal form on the way in. */
export const email = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(checkEmail), set: normalizeOptional, ...notes }) as const;

const normalizeOptional = (value?: string) => (value === undefined ? undefined : normalizeEmail(value));

/** Whole epoch seconds; zero-padded to ten digits in sort keys. */
export const instant = <const N extends AttributeNotes>(notes: N) =>
  ({
    type: "number",
    ...ruled(checkInstant),
    padding: { length: 10, char: "0" },
    unit: "epoch seconds",
    ...notes,
  }) as const;

const checkDay: Check<string> = (value) =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) ? undefined : "must be a day such as 2026-03-29";

/** A day of the calendar. */
export const day = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(checkDay), ...notes }) as const;

export const flag = <const N extends AttributeNotes>(notes: N) => ({ type: "boolean", ...notes }) as const;

const checkCount: Check<number> = (value) =>
  Number.isSafeInteger(value) && value >= 0 ? undefined : "must be a whole number from 0";

/** How often something happened. */
export const count = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "number", ...ruled(checkCount), unit: "times", ...notes }) as const;

/** One of a closed set. */
export const oneOf = <const V extends readonly string[], const N extends AttributeNotes>(values: V, notes: N) =>
  ({ type: values, ...notes }) as const;

/** A band or criterion score, 0 to 9 in halves. */
export const band = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "number", ...ruled(checkBand), unit: "band", ...notes }) as const;

/** A probability, 0 to 1. */
export const confidence = <const N extends AttributeNotes>(notes: N) =>
  ({
    type: "number",
    ...ruled(atMost(1, "must be a number from 0 to 1")),
    unit: "0 to 1",
    ...notes,
  }) as const;

export const minutes = <const N extends AttributeNotes>(notes: N) =>
  ({
    type: "number",
    ...ruled(atMost(1_000_000, "must be minutes from 0 to 1000000")),
    unit: "minutes",
    ...notes,
  }) as const;

export const money = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "number", ...ruled(checkMoney), unit: "USD", ...notes }) as const;

export const passwordHash = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "string", ...ruled(checkPasswordHash), ...notes }) as const;

export const textList = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "list", items: { type: "string", ...ruled(notEmpty) }, ...notes }) as const;

/** Ids, each of them once, in no order. */
export const idSet = <const N extends AttributeNotes>(notes: N) =>
  ({ type: "set", items: "string", ...notes }) as const;

/** A list of maps that all follow one schema. */
export const mapList = <const P extends Readonly<Record<string, object>>, const N extends AttributeNotes>(
  properties: P,
  notes: N,
) => ({ type: "list", items: { type: "map", properties }, ...notes }) as const;

export const listOf = <const V extends readonly string[], const N extends AttributeNotes>(values: V, notes: N) =>
  ({
    type: "list",
    items: { type: "string" as OpaquePrimitiveTypeName<V[number]>, ...ruled(oneOfThe(values)) },
    enum: values,
    ...notes,
  }) as const;

const oneOfThe =
  (values: readonly string[]): Check<string> =>
  (value) =>
    values.includes(value) ? undefined : `must be one of ${values.join(", ")}`;

/** The account's e-mail under the name that the `account` collection and the by-user indexes share. */
export const accountEmailFrom = <const S extends string>(source: S) =>
  ({
    type: "string",
    hidden: true,
    watch: [source],
    sameAs: source,
    set: (_: string | undefined, item: Record<string, unknown>) => {
      const address = item[source];
      return typeof address === "string" ? normalizeEmail(address) : undefined;
    },
    description: `The account, derived from ${source}: the name that all items of an account share`,
    setBy: "derived",
  }) as const;

/** DynamoDB deletes the item some time after this instant. */
export const timeToLive = () =>
  ({
    type: "number",
    hidden: true,
    watch: ["expires_at"],
    set: (_: number | undefined, { expires_at }: { expires_at?: number }) => expires_at,
    description: "DynamoDB's time to live, derived from expires_at",
    setBy: "derived",
    unit: "epoch seconds",
  }) as const;

/** What the migration keeps on an item to find it again: see `docs/migration.md`. */
export interface MigrationMark {
  /** The source item: its table, and its values in the order of the table's key, as JSON. */
  readonly source: string;
  /** Hash of the attributes as they were migrated. */
  readonly digest: string;
  /** The run that wrote it; `stream` for the stream handler. */
  readonly run: string;
  /** Attributes that the source lacked and that were derived from others. */
  readonly derived?: readonly string[];
  /** Digest of the source item that an operator has corrected: what it says stays until the source is another. */
  readonly mended?: string;
  /** The other source items, where several became one. */
  readonly joined?: readonly string[];
}

/** What an item that was brought over from the eleven tables carries besides the seed's attributes; in no index. */
export const migrated = () =>
  ({
    legacy: {
      type: CustomAttributeType<Readonly<Record<string, unknown>>>("any"),
      shape: "map",
      hidden: true,
      setBy: "migration",
      description: "Attributes of the source item that the specification does not know",
    },
    migration: {
      type: CustomAttributeType<MigrationMark>("any"),
      shape: "map",
      hidden: true,
      internal: true,
      setBy: "migration",
      description: "Source key and digest of an item that was brought over from the eleven tables",
    },
  }) as const;

/** A map's properties that all follow one schema. */
const alike = <const K extends string, V>(keys: readonly K[], schema: V) =>
  Object.fromEntries(keys.map((key) => [key, schema])) as { readonly [P in K]: V };

const criterionScores = <const S extends Skill>(skill: S) => {
  const criteria: readonly (typeof CRITERIA)[S][number][] = CRITERIA[skill];
  return {
    type: "map",
    properties: alike(criteria, { type: "number", ...ruled(checkBand) } as const),
  } as const;
};

/** Criterion scores by skill: `{ speaking?: { fluency_coherence: 7.5, … }, writing?: { … } }`. */
export const scores = <const N extends AttributeNotes>(notes: N) =>
  ({
    type: "map",
    properties: { speaking: criterionScores("speaking"), writing: criterionScores("writing") },
    unit: "band",
    ...notes,
  }) as const;

/** Texts by band: `{ "0": …, …, "9": … }`; bands may be missing. */
export const bandDescriptors = <const N extends AttributeNotes>(notes: N) =>
  ({
    type: "map",
    properties: alike(BANDS, { type: "string", ...ruled(notEmpty) } as const),
    ...notes,
  }) as const;
