import { BatchWriteItemCommand, CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import {
  ACTION_TYPES,
  ASSESSMENT_TYPES,
  CRITERIA,
  DIFFICULTIES,
  QUESTION_TYPES,
  TICKET_PRIORITIES,
} from "../../entities/enums.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { address, Chance, DAY, type Item, iso, type Place, userOf } from "./chance.ts";
import { CODE_SHAPES, type CodeShape } from "./code-shapes.ts";
import type { ReasonCode } from "./reasons.ts";
import { runTasks } from "./tasks.ts";
import type { SourceItem } from "./values.ts";

/** An item of the platform of today, and why it cannot be brought over, if it is a dirty one. */
export interface LegacyItem {
  readonly entity: EntityName;
  readonly item: SourceItem;
  readonly dirty: ReasonCode | undefined;
}

export interface EstateRequest {
  /** Items over all tables. */
  readonly items: number;
  readonly seed: number;
  /** The present, epoch seconds. */
  readonly now: number;
}

type Key = readonly [name: string, type: "S" | "N"];

/** Keys and indexes as the platform of today has them: its times are strings in most. */
const TABLES: Readonly<
  Record<EntityName, { readonly keys: readonly Key[]; readonly indexes?: readonly (readonly [Key, Key])[] }>
> = {
  user: { keys: [["email", "S"]] },
  session: {
    keys: [["session_id", "S"]],
    indexes: [
      [
        ["user_email", "S"],
        ["created_at", "S"],
      ],
    ],
  },
  qr_token: { keys: [["token", "S"]] },
  assessment: {
    keys: [
      ["assessment_id", "S"],
      ["user_email", "S"],
    ],
    indexes: [
      [
        ["user_email", "S"],
        ["timestamp", "S"],
      ],
      [
        ["assessment_type", "S"],
        ["timestamp", "S"],
      ],
    ],
  },
  question: {
    keys: [
      ["question_id", "S"],
      ["assessment_type", "S"],
    ],
  },
  rubric: { keys: [["rubric_id", "S"]] },
  entitlement: {
    keys: [
      ["user_id", "S"],
      ["product_id", "S"],
    ],
    indexes: [
      [
        ["user_id", "S"],
        ["expires_at", "N"],
      ],
    ],
  },
  safety_log: {
    keys: [
      ["log_id", "S"],
      ["timestamp", "N"],
    ],
  },
  content_report: {
    keys: [
      ["report_id", "S"],
      ["created_at", "N"],
    ],
  },
  ticket: {
    keys: [
      ["ticket_id", "S"],
      ["created_at", "N"],
    ],
    indexes: [
      [
        ["status", "S"],
        ["created_at", "N"],
      ],
      [
        ["priority", "S"],
        ["created_at", "N"],
      ],
      [
        ["user_email", "S"],
        ["created_at", "N"],
      ],
    ],
  },
  devops_action: {
    keys: [
      ["action_id", "S"],
      ["timestamp", "N"],
    ],
    indexes: [
      [
        ["status", "S"],
        ["timestamp", "N"],
      ],
      [
        ["affected_service", "S"],
        ["timestamp", "N"],
      ],
      [
        ["ticket_id", "S"],
        ["timestamp", "N"],
      ],
    ],
  },
};

const keySchema = (keys: readonly Key[]) =>
  keys.map(([AttributeName], position) => ({
    AttributeName,
    KeyType: position === 0 ? ("HASH" as const) : ("RANGE" as const),
  }));

/** Creates the eleven tables of today behind a prefix, on demand with streams. */
export async function createLegacyTables(client: DynamoDBClient, prefix: string, streams = false): Promise<void> {
  for (const [entity, { keys, indexes = [] }] of Object.entries(TABLES)) {
    const attributes = new Map([...keys, ...indexes.flat()]);
    await client.send(
      new CreateTableCommand({
        TableName: prefix + MODELS[entity as EntityName].seedTable,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: keySchema(keys),
        ...(indexes.length === 0
          ? {}
          : {
              GlobalSecondaryIndexes: indexes.map((index) => ({
                IndexName: `${index[0][0]}-${index[1][0]}-index`,
                KeySchema: keySchema(index),
                Projection: { ProjectionType: "ALL" as const },
              })),
            }),
        ...(streams
          ? { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" as const } }
          : {}),
      }),
      {},
    );
  }
}

/** Of a thousand items. */
const SHARES: Readonly<Record<EntityName, number>> = {
  user: 100,
  session: 60,
  qr_token: 20,
  assessment: 280,
  question: 20,
  rubric: 1,
  entitlement: 100,
  safety_log: 229,
  content_report: 30,
  ticket: 100,
  devops_action: 60,
};

/** Seconds, milliseconds, a numeric string or ISO: for times that are no keys. */
const anyTime = (instant: number, chance: Chance) =>
  chance.pick([instant, instant * 1000, String(instant), iso(instant, chance)]);

const band = (chance: Chance) => {
  const value = chance.whole(8, 18) / 2;
  return chance.of(0.5) ? value : value.toFixed(1);
};

const cased = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const listOrSet = (values: readonly string[], chance: Chance) =>
  values.length > 0 && chance.of(0.5) ? new Set(values) : [...values];

type Spoil = (item: Item, place: Place) => void;

interface Kind {
  make(place: Place): Item;
  /** Ways in which an item is dirty alone. */
  readonly spoilt: readonly (readonly [ReasonCode, Spoil])[];
  /** Makes two neighbours one: called for both, with the same numbers but for `second`. */
  readonly pairs?: readonly Pair[];
  /** Makes two of a hundred parts of one item, which is no fault. */
  readonly joined?: Pair;
}

type Pair = (item: Item, second: boolean, pair: Chance) => void;

const without =
  (name: string): Spoil =>
  (item) => {
    delete item[name];
  };
const setting =
  (name: string, value: unknown): Spoil =>
  (item) => {
    item[name] = value;
  };

const KINDS: Readonly<Record<EntityName, Kind>> = {
  user: {
    make({ index, now, chance, userId }) {
      const joined = now - chance.whole(DAY, 900 * DAY);
      const email = address(index);
      return {
        email: chance.of(0.05) ? ` ${cased(email)}` : email,
        password_hash: chance.of(0.5)
          ? `scrypt:32768:8:1$${chance.hex(16)}$${chance.hex(128)}`
          : `pbkdf2:sha256:600000$${chance.hex(16)}$${chance.hex(64)}`,
        username: `candidate ${index}`,
        created_at: iso(joined, chance),
        join_date: iso(joined, chance),
        last_login: chance.of(0.3) ? null : iso(now - chance.whole(0, DAY), chance),
        email_verified: chance.of(0.8),
        account_status: chance.of(0.5) ? "active" : null,
        user_id: userId(index),
        full_name: chance.of(0.4) ? null : `Candidate ${index}`,
        is_active: chance.of(0.95),
        assessment_count: chance.whole(0, 40),
        preferences: chance.of(0.5) ? null : JSON.stringify({ language: "en", reminders: chance.of(0.5) }),
      };
    },
    spoilt: [
      ["invalid_value", setting("password_hash", "hunter2")],
      [
        "missing_attribute",
        (item) => {
          delete item.created_at;
          item.join_date = null;
        },
      ],
      ["invalid_value", setting("last_login", "yesterday")],
      ["unknown_value", setting("account_status", "frozen")],
    ],
    pairs: [
      (item, second, pair) => {
        const email = `twice${pair.hex(12)}@example.com`;
        item.email = second ? cased(email) : email;
      },
    ],
  },
  session: {
    make(place) {
      const { now, chance } = place;
      const created = now - chance.whole(0, 2 * DAY - 1000);
      return {
        session_id: `${chance.pick(["web", "mobile"])}_${created}_${chance.hex(8)}`,
        user_email: userOf(place),
        created_at: iso(created, chance),
        expires_at: created + DAY,
        user_id: chance.uuid(),
        session_type: chance.pick(["web", "mobile", "qr"]),
        is_active: chance.of(0.95),
      };
    },
    spoilt: [
      [
        "invalid_value",
        (item, { now }) => {
          item.created_at = "last Tuesday";
          item.expires_at = now + DAY;
          item.is_active = true;
        },
      ],
      [
        "missing_attribute",
        (item, { now }) => {
          delete item.user_email;
          delete item.user_id;
          item.expires_at = now + DAY;
          item.is_active = true;
        },
      ],
    ],
  },
  qr_token: {
    make(place) {
      const { now, chance } = place;
      const created = now - chance.whole(0, 600);
      return {
        token: Buffer.from(chance.hex(64), "hex").toString("base64url"),
        user_email: userOf(place),
        created_at: iso(created, chance),
        expires_at: created + 300,
        purpose: "mobile_login",
      };
    },
    spoilt: [["invalid_value", setting("expires_at", "soon")]],
  },
  assessment: {
    make(place) {
      const { now, chance } = place;
      const type = chance.pick(ASSESSMENT_TYPES);
      const skill = type.startsWith("speaking") ? "speaking" : "writing";
      const started = now - chance.whole(0, 700 * DAY);
      const criteria = Object.fromEntries(CRITERIA[skill].map((name) => [name, band(chance)]));
      const scores = { [skill]: criteria };
      return {
        assessment_id: chance.uuid(),
        user_email: chance.of(0.02) ? cased(userOf(place)) : userOf(place),
        assessment_type: chance.of(0.2) ? `${type.split("_")[1]}_${skill}` : type,
        timestamp: iso(started, chance),
        completed_at: chance.pick([iso(started + 900, chance), started + 900]),
        band_score: band(chance),
        scores: chance.of(0.5) ? scores : JSON.stringify({ ...scores, overall: 7 }),
        ai_feedback: chance.prose(chance.whole(300, 1500)),
        improvement_plan: chance.prose(chance.whole(100, 600)),
        duration_minutes: chance.pick([14, "14.5"]),
        status: "completed",
        nova_sonic_version: "1.0",
      };
    },
    spoilt: [
      ["invalid_value", setting("band_score", "7.3")],
      ["unknown_value", setting("assessment_type", "listening_academic")],
      ["invalid_value", setting("scores", "{not json")],
      ["missing_attribute", without("timestamp")],
    ],
    pairs: [
      (item, second, pair) => {
        const user = `pair${pair.hex(12)}@example.com`;
        item.assessment_id = pair.uuid();
        item.user_email = second ? cased(user) : user;
      },
    ],
  },
  question: {
    make({ index, chance }) {
      return {
        question_id: `${chance.pick(["aw", "as", "gw", "gs"])}_${String(index).padStart(3, "0")}`,
        assessment_type: chance.pick(QUESTION_TYPES),
        difficulty: chance.pick(DIFFICULTIES),
        topic: chance.pick(["work", "education", "technology", "travel"]),
        question_text: chance.prose(200),
        sample_answer: chance.prose(600),
        keywords: listOrSet(["career", "balance", "colleague"], chance),
        estimated_time: chance.pick([2, "20"]),
      };
    },
    spoilt: [
      ["unknown_value", setting("difficulty", "fiendish")],
      ["invalid_value", setting("topic", "Work & Study")],
    ],
  },
  rubric: {
    make({ index, chance }) {
      const descriptors = Object.fromEntries(
        Array.from({ length: 10 }, (_, number) => [String(number), chance.prose(120)]),
      );
      return {
        rubric_id: `rubric-${index}`,
        skill_type: "speaking",
        criterion: chance.pick(CRITERIA.speaking),
        band_descriptors: chance.of(0.5) ? descriptors : JSON.stringify(descriptors),
        evaluation_prompts: ["Listen for hesitation.", "Count repairs."],
      };
    },
    spoilt: [["unknown_value", setting("criterion", "charm")]],
  },
  entitlement: {
    make({ index, now, chance }) {
      const bought = now - chance.whole(0, 60 * DAY);
      const user = address(index * 100 + 50);
      return {
        user_id: user,
        ...(chance.of(0.5) ? { user_email: user } : {}),
        product_id: chance.pick([
          "com.ieltsaiprep.academic.writing",
          "academic_writing",
          "general_speaking",
          "full_mock_test",
        ]),
        platform: chance.pick(["ios", "android"]),
        purchase_date: iso(bought, chance),
        ...(chance.of(0.6) ? { expires_at: bought + 30 * DAY } : {}),
        receipt_data: JSON.stringify({ receipt: chance.hex(16).repeat(Math.ceil(20 + 400 * chance.next() ** 3)) }),
        transaction_id: String(1_000_000_000 + index),
        price_paid: chance.pick([36, "36.49"]),
        status: "active",
        assessments_purchased: 4,
        assessments_remaining: chance.whole(0, 4),
      };
    },
    spoilt: [
      ["unknown_value", setting("product_id", "com.ieltsaiprep.listening")],
      ["invalid_value", setting("price_paid", "free")],
      ["missing_attribute", without("receipt_data")],
      [
        "invalid_value",
        (item, { index }) => {
          item.user_id = `account-${index}`;
          delete item.user_email;
        },
      ],
    ],
    // Academic and general writing of one buyer, or one of them under two names.
    joined: (item, second, pair) => {
      item.user_id = `twice${pair.hex(12)}@example.com`;
      delete item.user_email;
      item.product_id = second
        ? pair.pick(["academic_writing", "general_writing"])
        : "com.ieltsaiprep.academic.writing";
    },
    pairs: [
      // One receipt that was granted to two accounts.
      (item, _second, pair) => {
        item.transaction_id = `shared-${pair.hex(12)}`;
      },
    ],
  },
  safety_log: {
    make(place) {
      const { now, chance } = place;
      const at = now - chance.whole(0, 300 * DAY);
      return {
        log_id: chance.uuid(),
        timestamp: chance.pick([at, at * 1000]),
        assessment_id: chance.uuid(),
        user_email: userOf(place),
        content_type: chance.pick(["audio", "text"]),
        moderation_action: chance.pick(["none", "warn", "block"]),
        confidence: chance.pick([0.93, "0.871"]),
        categories: listOrSet(chance.pick([[], ["profanity"], ["spam", "violence"]]), chance),
        user_response: chance.prose(chance.whole(50, 500)),
        ai_response: chance.prose(150),
        model: "nova-micro",
      };
    },
    spoilt: [
      ["unknown_value", setting("categories", ["politics"])],
      ["invalid_value", setting("confidence", "93%")],
      ["missing_attribute", without("assessment_id")],
    ],
    pairs: [
      // One event logged in seconds and in milliseconds.
      (item, second, pair) => {
        item.log_id = pair.uuid();
        const at = 1_700_000_000 + pair.whole(0, 1_000_000);
        item.timestamp = second ? at * 1000 : at;
      },
    ],
  },
  content_report: {
    make(place) {
      const { now, chance } = place;
      return {
        report_id: chance.uuid(),
        created_at: now - chance.whole(0, 300 * DAY),
        user_email: userOf(place),
        assessment_id: chance.of(0.8) ? chance.uuid() : null,
        report_type: chance.pick(["bug", "inaccurate_score", "inappropriate_ai"]),
        description: chance.prose(200),
        status: chance.pick(["new", "resolved"]),
        categories: listOrSet(["score"], chance),
      };
    },
    spoilt: [
      ["unknown_value", setting("report_type", "praise")],
      ["missing_attribute", without("description")],
    ],
  },
  ticket: {
    make(place) {
      const { now, chance } = place;
      const opened = now - chance.whole(DAY, 300 * DAY);
      const status = chance.pick(["new", "in_progress", "resolved", "escalated"]);
      return {
        ticket_id: `TKT-${chance.hex(12).toUpperCase()}`,
        created_at: opened,
        user_email: userOf(place),
        subject: "The microphone stops",
        message: chance.prose(chance.whole(100, 900)),
        category: chance.pick(["purchase", "qr_code", "audio", "refund", "technical", "general", "access"]),
        priority: chance.pick(TICKET_PRIORITIES),
        status,
        ai_response: status === "new" ? null : chance.prose(300),
        ai_confidence: chance.pick([0.8, "0.75"]),
        ...(status === "resolved" ? { resolved_at: anyTime(opened + 3600, chance) } : {}),
        sentiment: "frustrated",
        escalation_tier: chance.whole(1, 3),
        devops_analysis: { suspected: "api_gateway", confidence: 0.5 },
        human_notes: chance.of(0.2) ? "called back" : null,
      };
    },
    spoilt: [
      ["unknown_value", setting("category", "billing question")],
      ["invalid_value", setting("ai_confidence", "very high")],
      ["missing_attribute", without("message")],
      ["invalid_value", setting("user_email", "nobody")],
    ],
    pairs: [
      // One ticket in seconds and in milliseconds.
      (item, second, pair) => {
        item.ticket_id = `TKT-${pair.hex(12).toUpperCase()}`;
        const at = 1_700_000_000 + pair.whole(0, 1_000_000);
        item.created_at = second ? at * 1000 : at;
      },
    ],
  },
  devops_action: {
    make({ now, chance }) {
      return {
        action_id: `ACT-${chance.hex(12).toUpperCase()}`,
        timestamp: now - chance.whole(0, 300 * DAY),
        action_type: chance.pick(ACTION_TYPES),
        ...(chance.of(0.7) ? { ticket_id: `TKT-${chance.hex(12).toUpperCase()}` } : {}),
        issue_description: chance.prose(200),
        affected_service: chance.pick(["gemini", "api_gateway", "qr_code", "unknown"]),
        ai_analysis: chance.prose(600),
        proposed_fix: chance.prose(300),
        code_diff: `--- a/handler.py\n+++ b/handler.py\n${chance.prose(400)}`,
        status: chance.pick(["pending_review", "approved", "rejected", "applied", "auto_resolved", "failed"]),
        confidence: "0.82",
        testing_steps: JSON.stringify(["deploy to staging", "replay the request"]),
      };
    },
    spoilt: [
      ["unknown_value", setting("status", "rolled_back")],
      ["invalid_value", setting("affected_service", "API Gateway")],
      ["missing_attribute", without("issue_description")],
    ],
  },
};

/** How many items each table gets. */
export function estateSizes(items: number): Record<EntityName, number> {
  const sizes = Object.fromEntries(
    Object.entries(SHARES).map(([entity, share]) => [entity, Math.floor((items * share) / 1000)]),
  ) as Record<EntityName, number>;
  const given = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  sizes.assessment += items - given;
  return sizes;
}

/**
 * Of a hundred items of each table three are dirty beside what its code's shapes are: pairs of them become one key, the others
 * cannot be read.
 */
function legacyItem(entity: EntityName, index: number, size: number, { items, seed, now }: EstateRequest): LegacyItem {
  const chance = new Chance(seed, entity, index);
  const { make, spoilt, pairs = [], joined } = KINDS[entity];
  const users = Math.max(1, Math.floor((items * SHARES.user) / 100_000));
  const userId = (number: number) => new Chance(seed, "user id", number).uuid();
  const place: Place = { index, users, population: estateSizes(items).user, now, chance, userId };
  const [group, slot] = [Math.floor(index / 100), index % 100];
  const shape = codeShapeOf(entity, group, slot);
  if (shape !== undefined) return { entity, item: marshalled(shape.make(place)), dirty: shape.dirty };
  const item = make(place);
  let dirty: ReasonCode | undefined;
  if ((slot === 10 || slot === 11) && group * 100 + 11 < size)
    joined?.(item, slot === 11, new Chance(seed, entity, "joined", group));
  const pair = group % 2 === 0 && slot < 2 && group * 100 + 1 < size ? pairs[(group / 2) % pairs.length] : undefined;
  if (pair !== undefined) {
    pair(item, slot === 1, new Chance(seed, entity, "pair", group));
    dirty = "conflict";
  } else if (slot < 3) {
    const [code, spoil] = spoilt[(group * 3 + slot) % spoilt.length] as readonly [ReasonCode, Spoil];
    spoil(item, place);
    dirty = code;
  }
  // A dirty token or session must not be taken for an expired one.
  if (dirty !== undefined && entity === "qr_token") item.created_at = iso(now, chance);
  return { entity, item: marshalled(item), dirty };
}

const marshalled = (item: Item): SourceItem => marshall(item, { removeUndefinedValues: true });

/** Thirty of a hundred items have a shape that the platform's code writes, each in turn. */
function codeShapeOf(entity: EntityName, group: number, slot: number): CodeShape | undefined {
  const shapes = CODE_SHAPES[entity] ?? [];
  return slot < 20 || slot >= 50 || shapes.length === 0 ? undefined : shapes[(group * 30 + slot) % shapes.length];
}

/** The items of the platform of today, table by table. */
export function* legacyEstate(request: EstateRequest): Generator<LegacyItem> {
  for (const [entity, size] of Object.entries(estateSizes(request.items)) as [EntityName, number][])
    for (let index = 0; index < size; index++) yield legacyItem(entity, index, size, request);
}

/** Writes an estate into the tables behind a prefix. */
export async function writeEstate(client: DynamoDBClient, prefix: string, request: EstateRequest): Promise<void> {
  const estate = legacyEstate(request);
  const take = (count: number): LegacyItem[] => {
    const taken: LegacyItem[] = [];
    while (taken.length < count) {
      const { value, done } = estate.next();
      if (done === true) break;
      taken.push(value);
    }
    return taken;
  };
  const worker = async () => {
    for (let batch = take(25); batch.length > 0; batch = take(25)) {
      const requests: Record<string, { PutRequest: { Item: SourceItem } }[]> = {};
      for (const { entity, item } of batch) {
        const table = prefix + MODELS[entity].seedTable;
        requests[table] ??= [];
        requests[table].push({ PutRequest: { Item: item } });
      }
      await client.send(new BatchWriteItemCommand({ RequestItems: requests }), {});
    }
  };
  await runTasks(
    Array.from({ length: 8 }, () => worker),
    8,
  );
}
