import { LEAST_CREDENTIAL } from "../../entities/attributes.ts";
import { digestOf } from "../../entities/credential.ts";
import { normalizeEmail } from "../../entities/email-address.ts";
import { CRITERIA, type Skill } from "../../entities/enums.ts";
import { TTL_ATTRIBUTE } from "../../entities/keys.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { QR_TOKEN_LIFETIME_SECONDS } from "../../entities/qr-token.ts";
import { type EntitySchema, primaryKeyOf } from "../../entities/schema.ts";
import { SESSION_LIFETIME_SECONDS } from "../../entities/session.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import type { Model } from "../../services/storage/context.ts";
import { closedSetOf, type EnumMapping } from "./enum-mapping.ts";
import { quoted, type Reason, type ReasonCode, type SkipCode } from "./reasons.ts";
import {
  flagOf,
  instantOf,
  listOf,
  mapOf,
  numberOf,
  type Plain,
  plainItem,
  type SourceItem,
  textOf,
  Unreadable,
} from "./values.ts";

/** A source item as attributes of its entity, or why not. */
export type Mapping =
  | {
      readonly outcome: "mapped";
      /** The entity's attributes, with `legacy`. */
      readonly attributes: Readonly<Record<string, unknown>>;
      /** Attributes that were derived from others. */
      readonly derived: readonly string[];
    }
  | { readonly outcome: "skipped"; readonly code: SkipCode }
  | { readonly outcome: "quarantined"; readonly reason: Reason };

/** What a conversion may tell besides its value. */
interface Reading {
  readonly entity: EntityName;
  readonly mapping: EnumMapping;
  readonly attribute: string;
  /** Keeps a part, or the original, of the value in `legacy`. */
  keep(value: Plain): void;
}

type Convert = (value: Plain, reading: Reading) => unknown;

interface Rule {
  /** Names under which sources have it, the preferred one first. */
  readonly from: readonly string[];
  readonly convert: Convert;
  /** An empty string stands for nothing. */
  readonly blankIsAbsent?: true;
  /** What it is when the source has it under none of the names. */
  readonly derive?: (item: Readonly<Record<string, Plain>>, mapped: Readonly<Record<string, unknown>>) => unknown;
}

type Rules = Readonly<Record<string, Rule>>;

/** A value of a closed set that neither the set nor the mapping has. */
class UnknownValue extends Unreadable {}

const text = (...from: string[]): Rule => ({ from, convert: textOf });
const id = (...from: string[]): Rule => ({ from, convert: textOf, blankIsAbsent: true });
/** A credential comes over as its digest, by which it goes on letting its holder in. */
const credential = (...from: string[]): Rule => ({
  from,
  convert: (value) => digestOf(textOf(value)),
  blankIsAbsent: true,
});
const instant = (...from: string[]): Rule => ({ from, convert: instantOf, blankIsAbsent: true });
const number = (...from: string[]): Rule => ({ from, convert: numberOf, blankIsAbsent: true });
const flag = (...from: string[]): Rule => ({ from, convert: flagOf });
const email = (...from: string[]): Rule => ({ from, convert: (value) => normalizeEmail(textOf(value)) });
const texts = (...from: string[]): Rule => ({
  from,
  convert: (value) => listOf(value).map(textOf),
  blankIsAbsent: true,
});
const closed = (...from: string[]): Rule => ({
  from,
  blankIsAbsent: true,
  convert(value, reading) {
    const seed = seedValueOf(textOf(value), reading);
    if (seed !== value) reading.keep(value);
    return seed;
  },
});
const closedList = (...from: string[]): Rule => ({
  from,
  blankIsAbsent: true,
  convert(value, reading) {
    const values = listOf(value).map(textOf);
    const seeds = values.map((one) => seedValueOf(one, reading));
    if (seeds.some((seed, position) => seed !== values[position])) reading.keep(value);
    return seeds;
  },
});

function seedValueOf(value: string, { entity, attribute, mapping }: Reading): string {
  const known = closedSetOf(entity, attribute) ?? [];
  const name = `${entity}.${attribute}`;
  const mapped = mapping[name];
  // An operator may send a value of the specification elsewhere too.
  if (mapped !== undefined && Object.hasOwn(mapped, value)) return mapped[value] as string;
  if (known.includes(value)) return value;
  throw new UnknownValue(
    `is ${quoted(value)}, which is none of ${known.join(", ")}; say in the mapping file under "${name}" what it becomes`,
  );
}

const or = (rule: Rule, derive: NonNullable<Rule["derive"]>): Rule => ({ ...rule, derive });
const plus = (attribute: string, seconds: number): NonNullable<Rule["derive"]> => {
  return (_, mapped) => (mapped[attribute] === undefined ? undefined : (mapped[attribute] as number) + seconds);
};

/** Criterion scores by skill; what the specification does not know stays in `legacy`. */
const scores: Rule = {
  from: ["scores"],
  blankIsAbsent: true,
  convert(value, reading) {
    const rest: Record<string, Plain> = {};
    const known: Record<string, Record<string, number>> = {};
    for (const [skill, criteria] of Object.entries(mapOf(value))) {
      if (criteria === null) continue;
      if (!Object.hasOwn(CRITERIA, skill)) rest[skill] = criteria;
      else {
        const [scored, others] = criterionScores(skill as Skill, mapOf(criteria));
        known[skill] = scored;
        if (Object.keys(others).length > 0) rest[skill] = others;
      }
    }
    if (Object.keys(rest).length > 0) reading.keep(rest);
    return Object.keys(known).length === 0 ? undefined : known;
  },
};

function criterionScores(skill: Skill, criteria: Readonly<Record<string, Plain>>) {
  const scored: Record<string, number> = {};
  const others: Record<string, Plain> = {};
  const names: readonly string[] = CRITERIA[skill];
  for (const [criterion, score] of Object.entries(criteria)) {
    if (!names.includes(criterion)) others[criterion] = score;
    else if (score !== null) scored[criterion] = numberOf(score);
  }
  return [scored, others] as const;
}

/** Texts by whole band; other keys stay in `legacy`. */
const bandDescriptors: Rule = {
  from: ["band_descriptors"],
  convert(value, reading) {
    const entries = Object.entries(mapOf(value));
    const others = entries.filter(([band]) => !/^\d$/.test(band));
    if (others.length > 0) reading.keep(Object.fromEntries(others));
    return Object.fromEntries(
      entries.filter(([band]) => /^\d$/.test(band)).map(([band, descriptor]) => [band, textOf(descriptor)]),
    );
  },
};

const owner = email("user_email", "user_id");

/** The platform's tokens had no end: those of older accounts are sent anew. */
const MIGRATED_VERIFICATION_SECONDS = 30 * 24 * 60 * 60;

/** How each attribute of the specification is found in a source item, and what stands in where it is missing. */
const RULES: Readonly<Record<EntityName, Rules>> = {
  user: {
    email: email("email", "user_email"),
    password_hash: text("password_hash"),
    username: or(text("username"), ({ full_name }, { email: address }) =>
      typeof full_name === "string" && full_name !== "" ? full_name : String(address).split("@")[0],
    ),
    created_at: instant("created_at", "join_date"),
    email_verified: or(flag("email_verified"), () => false),
    verification_token: credential("verification_token"),
    verification_expires_at: or(instant("verification_expires_at"), (_, { verification_token, created_at }) =>
      verification_token === undefined ? undefined : (created_at as number) + MIGRATED_VERIFICATION_SECONDS,
    ),
    last_login: instant("last_login"),
    account_status: or(closed("account_status"), ({ is_active }) =>
      is_active === undefined || is_active === null ? undefined : flagOf(is_active) ? "active" : "suspended",
    ),
  },
  session: {
    session_id: credential("session_id"),
    user_email: owner,
    created_at: instant("created_at", "timestamp"),
    expires_at: or(instant("expires_at"), plus("created_at", SESSION_LIFETIME_SECONDS)),
    ip_address: text("ip_address"),
    user_agent: text("user_agent"),
    qr_authenticated: or(flag("qr_authenticated"), ({ session_type }) => /^(?:mobile_)?qr/i.test(String(session_type))),
  },
  qr_token: {
    token: credential("token"),
    user_email: owner,
    created_at: instant("created_at", "timestamp"),
    expires_at: or(instant("expires_at"), plus("created_at", QR_TOKEN_LIFETIME_SECONDS)),
    used_at: instant("used_at"),
    used: or(flag("used"), (_, { used_at }) => used_at !== undefined),
    device_id: id("device_id"),
  },
  assessment: {
    assessment_id: id("assessment_id"),
    user_id: owner,
    assessment_type: closed("assessment_type"),
    created_at: instant("created_at", "timestamp"),
    completed_at: instant("completed_at"),
    band_score: number("band_score"),
    scores,
    ai_feedback: text("ai_feedback"),
    improvement_plan: text("improvement_plan"),
    duration_minutes: number("duration_minutes"),
    status: or(closed("status"), (_, { completed_at, band_score }) =>
      completed_at === undefined && band_score === undefined ? undefined : "completed",
    ),
  },
  question: {
    question_id: id("question_id"),
    assessment_type: closed("assessment_type"),
    difficulty: closed("difficulty"),
    topic: text("topic"),
    question_text: text("question_text"),
    sample_answer: text("sample_answer"),
    keywords: texts("keywords"),
    estimated_time: number("estimated_time"),
  },
  rubric: {
    rubric_id: id("rubric_id"),
    skill_type: closed("skill_type"),
    criterion: closed("criterion"),
    band_descriptors: bandDescriptors,
    evaluation_prompts: texts("evaluation_prompts"),
  },
  entitlement: {
    user_email: owner,
    product_id: closed("product_id"),
    platform: closed("platform"),
    purchase_date: instant("purchase_date", "created_at", "timestamp"),
    expires_at: or(instant("expires_at"), plus("purchase_date", ACCESS_PERIOD_SECONDS)),
    receipt_data: text("receipt_data"),
    transaction_id: id("transaction_id"),
    price_paid: number("price_paid"),
    status: closed("status"),
  },
  safety_log: {
    log_id: id("log_id"),
    timestamp: instant("timestamp", "created_at"),
    assessment_id: id("assessment_id"),
    user_email: owner,
    content_type: closed("content_type"),
    moderation_action: closed("moderation_action"),
    confidence: number("confidence"),
    categories: or(closedList("categories"), () => []),
    user_response: text("user_response"),
    ai_response: text("ai_response"),
  },
  content_report: {
    report_id: id("report_id"),
    created_at: instant("created_at", "timestamp"),
    reporter_email: email("reporter_email", "user_email", "user_id"),
    assessment_id: id("assessment_id"),
    report_type: closed("report_type"),
    description: text("description"),
    status: closed("status"),
    admin_notes: text("admin_notes"),
  },
  ticket: {
    ticket_id: id("ticket_id"),
    created_at: instant("created_at", "timestamp"),
    user_email: owner,
    subject: text("subject"),
    message: text("message"),
    category: closed("category"),
    priority: closed("priority"),
    status: closed("status"),
    ai_response: text("ai_response"),
    ai_confidence: number("ai_confidence"),
    escalated_at: instant("escalated_at"),
    resolved_at: instant("resolved_at"),
    devops_action_id: id("devops_action_id"),
  },
  devops_action: {
    action_id: id("action_id"),
    timestamp: instant("timestamp", "created_at"),
    action_type: closed("action_type"),
    ticket_id: id("ticket_id"),
    issue_description: text("issue_description"),
    affected_service: text("affected_service"),
    ai_analysis: text("ai_analysis"),
    proposed_fix: text("proposed_fix"),
    code_diff: text("code_diff"),
    status: closed("status"),
    reviewed_by: id("reviewed_by"),
    review_reason: text("review_reason"),
    pr_url: id("pr_url"),
  },
};

/** The attributes that have a rule; what a source calls like any other goes to `legacy`. */
export const mappedAttributes = (entity: EntityName): string[] => Object.keys(RULES[entity]);

/** Attributes without which an entity is not whole; the entity's own rules check the rest. */
const REQUIRED: ReadonlyMap<EntityName, readonly string[]> = new Map(
  (Object.keys(RULES) as EntityName[]).map((entity) => [entity, requiredOf(entity)]),
);

function requiredOf(entity: EntityName): string[] {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  return Object.keys(attributes).filter((name) => attributes[name]?.required === true);
}

interface Problem {
  readonly code: ReasonCode;
  readonly attribute: string;
  readonly text: string;
}

type Value = { readonly value: unknown; readonly name: string } | undefined;

class ItemReader implements Reading {
  readonly legacy: Record<string, Plain> = {};
  readonly problems: Problem[] = [];
  readonly entity: EntityName;
  readonly mapping: EnumMapping;
  attribute = "";
  private name = "";
  private readonly item: Readonly<Record<string, Plain>>;

  constructor(entity: EntityName, item: Readonly<Record<string, Plain>>, mapping: EnumMapping) {
    this.entity = entity;
    this.item = item;
    this.mapping = mapping;
  }

  /** The value under the first name that has one. */
  read(attribute: string, { from, convert, blankIsAbsent }: Rule): Value {
    for (const name of from) {
      const value = this.item[name];
      if (value === undefined || value === null || (blankIsAbsent === true && value === "")) continue;
      this.attribute = attribute;
      this.name = name;
      try {
        return { value: convert(value, this), name };
      } catch (error) {
        this.note(attribute, name === attribute ? "" : ` (${name} in the source)`, error);
        return { value: undefined, name };
      }
    }
    return undefined;
  }

  keep(part: Plain): void {
    this.legacy[this.name] = part;
  }

  derive(attribute: string, derivation: () => unknown): unknown {
    try {
      return derivation();
    } catch (error) {
      this.note(attribute, ", derived from what", error);
      return undefined;
    }
  }

  private note(attribute: string, said: string, error: unknown): void {
    if (!(error instanceof Unreadable)) throw error;
    const code = error instanceof UnknownValue ? "unknown_value" : "invalid_value";
    this.problems.push({ code, attribute, text: `${this.entity}.${attribute}${said} ${error.message}` });
  }
}

/** What source items are mapped by. */
export interface MappingRules {
  readonly mapping: EnumMapping;
  /** The instant by which sessions and tokens count as expired, epoch seconds. */
  readonly now: number;
  /** Whether sessions come over whose ids can be guessed. Default: they end at the cut-over. */
  readonly keepSessions?: boolean | undefined;
}

/** Maps source items of one table. Pure: the same item and rules give the same attributes. */
export function mapItem(entity: EntityName, source: SourceItem, given: MappingRules): Mapping {
  const { mapping } = given;
  const item = plainItem(source);
  const skipped = skipOf(entity, item, given);
  if (skipped !== undefined) return { outcome: "skipped", code: skipped };
  const reader = new ItemReader(entity, item, mapping);
  const attributes: Record<string, unknown> = {};
  const derived: string[] = [];
  const used = new Set<string>();
  const rules = RULES[entity];
  for (const attribute in rules) {
    const rule = rules[attribute] as Rule;
    const read = reader.read(attribute, rule);
    if (read !== undefined) {
      used.add(read.name);
      if (read.value !== undefined) attributes[attribute] = read.value;
      continue;
    }
    const value =
      rule.derive === undefined ? undefined : reader.derive(attribute, () => rule.derive?.(item, attributes));
    if (value === undefined) continue;
    attributes[attribute] = value;
    derived.push(attribute);
  }
  const missing = (REQUIRED.get(entity) ?? []).filter(
    (name) => attributes[name] === undefined && !reader.problems.some(({ attribute }) => attribute === name),
  );
  const problems: Problem[] = [
    ...reader.problems,
    ...missing.map((attribute) => ({
      code: "missing_attribute" as const,
      attribute,
      text: `${entity}.${attribute} is missing: the source has no ${(rules[attribute]?.from ?? []).join(" or ")}`,
    })),
  ];
  const [first] = problems;
  if (first !== undefined) {
    const reason = {
      code: first.code,
      attributes: problems.map(({ attribute }) => attribute),
      text: problems.map((problem) => problem.text).join("; "),
    };
    return { outcome: "quarantined", reason };
  }
  const legacy = legacyOf(rules, item, used, reader.legacy);
  return {
    outcome: "mapped",
    attributes: Object.keys(legacy).length === 0 ? attributes : { ...attributes, legacy },
    derived,
  };
}

/** What no rule used: unknown attributes, and second names whose value is not the first one's. */
function legacyOf(
  rules: Rules,
  item: Readonly<Record<string, Plain>>,
  used: ReadonlySet<string>,
  kept: Readonly<Record<string, Plain>>,
): Record<string, Plain> {
  const legacy: Record<string, Plain> = { ...kept };
  for (const name in item) {
    if (used.has(name)) continue;
    // Nothing is what an absent attribute of the specification says, too.
    if (Object.hasOwn(rules, name) && (item[name] === null || item[name] === "")) continue;
    legacy[name] = item[name] as Plain;
  }
  return legacy;
}

/** A session or token that lets nobody in any more. */
function skipOf(
  entity: EntityName,
  item: Readonly<Record<string, Plain>>,
  { now, keepSessions = false }: MappingRules,
): SkipCode | undefined {
  if (!(TTL_ATTRIBUTE in MODELS[entity].schema.attributes)) return undefined;
  if (entity === "session" && (item.is_active === false || item.is_active === "false")) return "ended";
  if (entity === "session" && !keepSessions && isGuessable(item.session_id)) return "guessable";
  try {
    return item.expires_at !== undefined && item.expires_at !== null && instantOf(item.expires_at) <= now
      ? "expired"
      : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Whether an id of a session has less than 128 unguessable bits: the old platform's have a kind, an instant and 32 of them. */
const isGuessable = (id: Plain | undefined): boolean =>
  typeof id === "string" && (id.length < LEAST_CREDENTIAL || /^[a-z]+_\d{9,13}_[0-9a-f]{1,16}$/i.test(id));

/** The attributes that make an entity's key. */
const keyOf = (entity: EntityName): readonly string[] => primaryKeyOf(MODELS[entity].schema).attributes;

/**
 * Where a conflict's items can stand in the source. A key that stays byte for byte what it is has none; where the partition
 * key stays and the sort key changes they are neighbours, which a scan gives one after another; else they are anywhere. So
 * are those whose key begins with an address, which is normalised, or that claim an id beside their key.
 */
export function rivalsOf(entity: EntityName, partitionKey: string | undefined): "none" | "neighbours" | "anywhere" {
  const { account }: Model = MODELS[entity];
  const [[kept = "", ...others] = [], ...claimed] = uniqueGroups(entity);
  if (account?.attribute === kept || claimed.length > 0 || kept !== partitionKey) return "anywhere";
  return others.length === 0 ? "none" : "neighbours";
}

/** The attributes that together are an item's own: its key, and an id beside it that it claims. */
function uniqueGroups(entity: EntityName): readonly (readonly string[])[] {
  const { claim }: Model = MODELS[entity];
  const key = keyOf(entity);
  return claim === undefined || key.includes(claim.id) ? [key] : [key, [claim.id]];
}

/** The source attributes that `uniquesOf` looks at. */
export const uniqueNames = (entity: EntityName): string[] => [
  ...new Set(
    uniqueGroups(entity)
      .flat()
      .flatMap((attribute) => RULES[entity][attribute]?.from ?? []),
  ),
];

/** What an item would be the only one of, as texts: its key, and a purchase's transaction. Unreadable parts leave them out. */
export function uniquesOf(entity: EntityName, source: SourceItem, mapping: EnumMapping): string[] {
  const reader = new ItemReader(entity, plainItem(source), mapping);
  return uniqueGroups(entity).flatMap((names) => {
    const values = names.map((attribute) => reader.read(attribute, RULES[entity][attribute] as Rule)?.value);
    return values.includes(undefined) ? [] : [uniqueText(names, values)];
  });
}

/** The same of attributes that are mapped. */
export const uniquesOfMapped = (entity: EntityName, attributes: Readonly<Record<string, unknown>>): string[] =>
  uniqueGroups(entity).map((names) =>
    uniqueText(
      names,
      names.map((name) => attributes[name]),
    ),
  );

/** The key's attributes of an item that may be unreadable otherwise. */
export function keyAttributesOf(
  entity: EntityName,
  source: SourceItem,
  mapping: EnumMapping,
): Readonly<Record<string, unknown>> | undefined {
  const reader = new ItemReader(entity, plainItem(source), mapping);
  const values = keyOf(entity).map((name) => [name, reader.read(name, RULES[entity][name] as Rule)?.value] as const);
  return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values);
}

const uniqueText = (names: readonly string[], values: readonly unknown[]) =>
  names.map((name, position) => `${name} ${JSON.stringify(values[position])}`).join(", ");
