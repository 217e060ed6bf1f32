import { MAX_INSTANT } from "../../entities/attributes.ts";
import { digestOf } from "../../entities/credential.ts";
import { normalizeEmail } from "../../entities/email-address.ts";
import { CRITERIA, type Skill } from "../../entities/enums.ts";
import type { EntityName } from "../../entities/models.ts";
import { QR_TOKEN_LIFETIME_SECONDS } from "../../entities/qr-token.ts";
import { platformOf } from "../../entities/receipt.ts";
import { SESSION_LIFETIME_SECONDS } from "../../entities/session.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import { closedSetOf, type EnumMapping } from "./enum-mapping.ts";
import { quoted } from "./reasons.ts";
import { flagOf, ifReadable, instantOf, listOf, mapOf, numberOf, type Plain, textOf, Unreadable } from "./values.ts";

/** What a conversion may tell besides its value. */
export interface Reading {
  readonly entity: EntityName;
  readonly mapping: EnumMapping;
  readonly attribute: string;
  /** What the source calls the value. */
  readonly name: string;
  /** The attributes that were read before. */
  readonly mapped: Readonly<Record<string, unknown>>;
  /** The address of whoever an id is, by the users table; undefined when it knows none. */
  ownerOf(user_id: string): string | undefined;
  /** Keeps a part, or the original, of the value in `legacy`. */
  keep(value: Plain): void;
}

type Convert = (value: Plain, reading: Reading) => unknown;

export interface Rule {
  /** Names under which sources have it, the preferred one first. */
  readonly from: readonly string[];
  readonly convert: Convert;
  /** An empty string stands for nothing. */
  readonly blankIsAbsent?: true;
  /** What it is when the source has it under none of the names. */
  readonly derive?: (
    item: Readonly<Record<string, Plain>>,
    mapped: Readonly<Record<string, unknown>>,
    given: { readonly accessFrom?: number | undefined },
  ) => unknown;
}

export type Rules = Readonly<Record<string, Rule>>;

/** A value of a closed set that neither the set nor the mapping has. */
class UnknownValue extends Unreadable {
  override readonly code = "unknown_value";
}

const text = (...from: string[]): Rule => ({ from, convert: textOf });
/** A text, or a value of the old platform's models as the JSON that says it. */
const textOrJson = (...from: string[]): Rule => ({
  from,
  convert: (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : textOf(value)),
});
const id = (...from: string[]): Rule => ({ from, convert: textOf, blankIsAbsent: true });
/** A credential comes over as its digest, by which it goes on letting its holder in. */
const credential = (...from: string[]): Rule => ({
  from,
  convert: (value) => digestOf(textOf(value)),
  blankIsAbsent: true,
});
/** An instant; what is later than ten digits tell is the last that they do, and the original is kept. */
const instant = (...from: string[]): Rule => ({
  from,
  convert(value, reading) {
    const instant = instantOf(value);
    if (instant <= MAX_INSTANT) return instant;
    reading.keep(value);
    return MAX_INSTANT;
  },
  blankIsAbsent: true,
});
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

/** The scores of one skill, without its name, are under that of the assessment's type. */
function bySkill(value: Plain, { name, mapped }: Reading): { readonly [skill: string]: Plain } {
  const scores = mapOf(value);
  return name === "criteria_scores" ? { [String(mapped.assessment_type).split("_")[0] ?? ""]: scores } : scores;
}

/** Criterion scores by skill; what the specification does not know stays in `legacy`. */
const scores: Rule = {
  from: ["scores", "criteria_scores"],
  blankIsAbsent: true,
  convert(value, reading) {
    const rest: Record<string, Plain> = {};
    const known: Record<string, Record<string, number>> = {};
    for (const [skill, criteria] of Object.entries(bySkill(value, reading))) {
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

/** An id of the users table. */
export const USER_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** No user has the id. */
class UnknownOwner extends Unreadable {
  override readonly code = "unknown_owner";
}

/** Whose an item is: an address, or an id of the users table, which is kept. */
const owner: Rule = {
  from: ["user_email", "user_id", "email"],
  convert(value, reading) {
    const text = textOf(value);
    if (!USER_ID.test(text)) return normalizeEmail(text);
    const address = reading.ownerOf(text.toLowerCase());
    if (address === undefined) throw new UnknownOwner("is the id of nobody in the users table");
    reading.keep(value);
    return normalizeEmail(address);
  },
};

/** A part of a purchase that only its receipt tells, where that is JSON. */
function inReceipt({ receipt_data }: Readonly<Record<string, Plain>>, ...names: readonly string[]): string | undefined {
  const receipt = ifReadable(() => mapOf(receipt_data ?? null)) ?? {};
  return names.map((name) => receipt[name]).find((part): part is string => typeof part === "string" && part !== "");
}

/** Names of a transaction's id in receipts. */
const TRANSACTION = ["transaction_id", "transactionId", "original_transaction_id", "originalTransactionId", "orderId"];

/** A score, where there is one. */
const scoreIn = (value: Plain | undefined) => (value === undefined || value === null ? undefined : numberOf(value));

/** The platform's tokens had no end: those of older accounts are sent anew. */
const MIGRATED_VERIFICATION_SECONDS = 30 * 24 * 60 * 60;

/** How each attribute of the specification is found in a source item, and what stands in where it is missing. */
export const RULES: Readonly<Record<EntityName, Rules>> = {
  user: {
    email: email("email", "user_email"),
    password_hash: text("password_hash"),
    username: or(
      text("username"),
      ({ full_name, name }, { email: address }) =>
        [full_name, name].find((one) => typeof one === "string" && one !== "") ?? String(address).split("@")[0],
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
    token: credential("token", "token_id"),
    user_email: owner,
    created_at: instant("created_at", "timestamp"),
    expires_at: or(instant("expires_at"), plus("created_at", QR_TOKEN_LIFETIME_SECONDS)),
    used_at: instant("used_at"),
    used: or(flag("used"), (_, { used_at }) => used_at !== undefined),
    device_id: id("device_id"),
  },
  assessment: {
    assessment_id: id("assessment_id", "result_id"),
    user_id: owner,
    assessment_type: closed("assessment_type"),
    created_at: instant("created_at", "timestamp"),
    completed_at: instant("completed_at"),
    band_score: or(number("band_score", "overall_band"), ({ ai_evaluation }) =>
      ai_evaluation === undefined || ai_evaluation === null ? undefined : scoreIn(mapOf(ai_evaluation).overall_score),
    ),
    scores,
    ai_feedback: textOrJson("ai_feedback", "feedback", "detailed_feedback"),
    improvement_plan: textOrJson("improvement_plan"),
    duration_minutes: number("duration_minutes"),
    status: or(closed("status"), ({ completed }, { completed_at, band_score }) =>
      completed_at === undefined && band_score === undefined && ifReadable(() => flagOf(completed ?? null)) !== true
        ? undefined
        : "completed",
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
    transaction_id: or(id("transaction_id"), (item) => inReceipt(item, ...TRANSACTION)),
    platform: or(closed("platform"), (_, { transaction_id }) =>
      transaction_id === undefined ? undefined : platformOf(transaction_id as string),
    ),
    purchase_date: instant("purchase_date", "created_at", "timestamp"),
    expires_at: or(instant("expires_at"), ({ status }, { purchase_date }, { accessFrom = 0 }) => {
      if (purchase_date === undefined) return undefined;
      const counted = status === "active" ? Math.max(purchase_date as number, accessFrom) : (purchase_date as number);
      return counted + ACCESS_PERIOD_SECONDS;
    }),
    receipt_data: textOrJson("receipt_data"),
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
    reporter_email: { ...owner, from: ["reporter_email", ...owner.from] },
    assessment_id: id("assessment_id"),
    report_type: closed("report_type"),
    description: textOrJson("description", "report_reason"),
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
    ai_analysis: textOrJson("ai_analysis"),
    proposed_fix: textOrJson("proposed_fix"),
    code_diff: textOrJson("code_diff"),
    status: closed("status"),
    reviewed_by: id("reviewed_by"),
    review_reason: text("review_reason", "rejection_reason"),
    pr_url: id("pr_url"),
  },
};
