import { marshall } from "@aws-sdk/util-dynamodb";
import { digestOf } from "../../../entities/credential.ts";
import { describeModel } from "../../../entities/model.ts";
import type { EntityName } from "../../../entities/models.ts";
import { closedSetOf, ENUM_MAPPING, mergeMapping } from "../../../scripts/migration/enum-mapping.ts";
import { legacyEstate } from "../../../scripts/migration/legacy-estate.ts";
import { mappedAttributes, type Owners } from "../../../scripts/migration/mapping.ts";
import { RULES } from "../../../scripts/migration/rules.ts";
import { Translator } from "../../../scripts/migration/translator.ts";
import { createContext } from "../../../services/context.ts";
import type { StoredItem } from "../../../services/storage/requests.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { NOW } from "../../engine.ts";
import fc from "../../generated.ts";

const context = createContext({
  client: createLocalClient("http://127.0.0.1:1"),
  table: "t",
  erasureSecret: LOCAL_ERASURE_SECRET,
});
const translatorWith = (mapping = mergeMapping({}), keepSessions = true, owners?: Owners) =>
  new Translator(context, { mapping, keepSessions, owners, now: NOW, run: "run-1" });
const translator = translatorWith();
const marshalled = (item: object) => marshall(item, { removeUndefinedValues: true });

/** The stored form of a source item that must come over. */
function stored(entity: EntityName, item: object): StoredItem {
  const translation = translator.translate({ entity, name: "t" }, "[]", marshalled(item));
  if (translation.outcome !== "mapped") throw new Error(JSON.stringify(translation));
  return translation.migrated.item;
}

function reasonOf(entity: EntityName, item: object) {
  const translation = translator.translate({ entity, name: "t" }, "[]", marshalled(item));
  return translation.outcome === "quarantined" ? translation.reason : undefined;
}

const SCRYPT = `scrypt:32768:8:1$aB3dE5gH7jK9mN1p$${"0123456789abcdef".repeat(8)}`;

const USER = {
  email: " Maria.Silva@Example.com",
  password_hash: SCRYPT,
  username: "Maria",
  created_at: "2025-10-09T08:53:20.123456",
  join_date: "2025-10-09T08:53:20.123456",
  last_login: null,
  email_verified: true,
  is_active: true,
  user_id: "0d4c1f1e",
  full_name: "Maria Silva",
  assessment_count: 4,
  preferences: '{"language": "pt"}',
};
const TICKET = {
  ticket_id: "TKT-9F23A0077C1E",
  created_at: NOW,
  user_email: "Maria@example.com",
  subject: "Help",
  message: "It stops.",
  category: "general",
  priority: "high",
  status: "new",
  ai_confidence: "0.75",
  sentiment: "angry",
  human_notes: null,
};
const PURCHASE = {
  user_id: "Maria@example.com",
  product_id: "com.ieltsaiprep.academic.writing",
  platform: "ios",
  purchase_date: "2025-10-09T08:53:20",
  receipt_data: '{"Receipt": "AbC"}',
  transaction_id: "1000000Aa",
  status: "active",
  assessments_remaining: 3,
};

describe("a source item", () => {
  it("of the users keeps its hash byte for byte, and unknown attributes in legacy", () => {
    expect(stored("user", USER)).toMatchObject({
      email: "maria.silva@example.com",
      password_hash: SCRYPT,
      created_at: NOW,
      email_verified: true,
      account_status: "active",
      legacy: {
        user_id: "0d4c1f1e",
        full_name: "Maria Silva",
        is_active: true,
        assessment_count: 4,
        preferences: '{"language": "pt"}',
        join_date: USER.join_date,
      },
      migration: { run: "run-1", derived: ["account_status"] },
    });
    expect(stored("user", USER)).not.toHaveProperty("last_login");
    expect(stored("user", { ...USER, is_active: false })).toMatchObject({ account_status: "suspended" });
    expect(stored("user", { ...USER, username: null })).toMatchObject({ username: "Maria Silva" });
  });

  it("of the assessments has its time, user, type and scores under the specification's names", () => {
    const item = stored("assessment", {
      assessment_id: "As-7",
      user_email: "Maria@example.com",
      timestamp: "2025-10-09T08:53:20+00:00",
      assessment_type: "academic_writing",
      band_score: "7.5",
      scores: '{"writing": {"task_achievement": "7.0", "lexical_resource": 6.5, "spelling": 9}, "overall": 7}',
    });

    expect(item).toMatchObject({
      user_id: "maria@example.com",
      user_email: "maria@example.com",
      created_at: NOW,
      assessment_type: "writing_academic",
      band_score: 7.5,
      scores: { writing: { task_achievement: 7, lexical_resource: 6.5 } },
      status: "completed",
      legacy: { assessment_type: "academic_writing", scores: { overall: 7, writing: { spelling: 9 } } },
    });
  });

  it("of the entitlements gets an expiry that is marked as derived, and its claim", () => {
    const translation = translator.translate(
      { entity: "entitlement", name: "t" },
      '["Maria@example.com","x"]',
      marshalled(PURCHASE),
    );
    if (translation.outcome !== "mapped") throw new Error("not mapped");
    const { item, claims } = translation.migrated;

    expect(item).toMatchObject({
      user_email: "maria@example.com",
      product_id: "writing",
      expires_at: NOW + 30 * 86_400,
      receipt_data: PURCHASE.receipt_data,
      legacy: { product_id: PURCHASE.product_id, assessments_remaining: 3 },
      migration: { derived: ["expires_at"], source: 't ["Maria@example.com","x"]' },
    });
    const claimed_id = context.pseudonymOf("claim", "transaction", "1000000Aa");
    expect(claims).toMatchObject([{ kind: "transaction", claimed_id, settled: true, created_at: NOW }]);
  });

  it("of the tickets and actions goes through the mapping of values, and claims its id", () => {
    expect(stored("ticket", TICKET)).toMatchObject({
      category: "technical",
      ai_confidence: 0.75,
      legacy: { category: "general", sentiment: "angry", human_notes: null },
    });
    const action = {
      action_id: "ACT-9F23A0077C1E",
      timestamp: NOW,
      action_type: "fix_applied",
      issue_description: "d",
      affected_service: "api_gateway",
      status: "auto_resolved",
      confidence: "0.9",
      testing_steps: '["a"]',
    };
    expect(stored("devops_action", action)).toMatchObject({
      status: "applied",
      legacy: { status: "auto_resolved", confidence: "0.9", testing_steps: '["a"]' },
    });
    const ids = [TICKET, { ...TICKET, ticket_id: "0d4c1f1e-8d55-4c3a-9b1e-3f5a6c7d8e9f" }].map((one) => {
      const translation = translator.translate({ entity: "ticket", name: "t" }, "[]", marshalled(one));
      return translation.outcome === "mapped" ? translation.migrated.claims.length : undefined;
    });
    expect(ids).toEqual([1, 0]);
  });

  it("of the logs and questions has lists in place of sets", () => {
    const log = {
      log_id: "L",
      timestamp: NOW * 1000,
      assessment_id: "As-7",
      user_email: "m@example.com",
      content_type: "text",
      moderation_action: "warn",
      confidence: "0.5",
      categories: new Set(["spam", "profanity"]),
    };
    expect(stored("safety_log", log)).toMatchObject({ timestamp: NOW, categories: ["profanity", "spam"] });
    expect(stored("safety_log", { ...log, categories: null })).toMatchObject({ categories: [] });
    const question = {
      question_id: "aw_001",
      assessment_type: "writing_task2",
      difficulty: "easy",
      topic: "work",
      question_text: "?",
      keywords: new Set(["b", "a"]),
      estimated_time: "40",
    };
    expect(stored("question", question)).toMatchObject({ keywords: ["a", "b"], estimated_time: 40 });
  });

  it("of the sessions and tokens is skipped when it lets nobody in", () => {
    const session = { session_id: "web_1_aB", user_email: "m@example.com", created_at: "2025-10-09T08:53:20" };
    const token = { token: "Xy-9_zQ", user_email: "m@example.com", created_at: "2025-10-09T08:53:20" };
    const outcome = (entity: EntityName, item: object) =>
      translator.translate({ entity, name: "t" }, "[]", marshalled(item));

    expect(outcome("session", { ...session, expires_at: NOW })).toEqual({ outcome: "skipped", code: "expired" });
    expect(outcome("session", { ...session, is_active: false })).toEqual({ outcome: "skipped", code: "ended" });
    expect(outcome("qr_token", { ...token, expires_at: NOW - 1 })).toEqual({ outcome: "skipped", code: "expired" });
    expect(stored("session", { ...session, session_type: "qr" })).toMatchObject({
      session_id: digestOf("web_1_aB"),
      expires_at: NOW + 86_400,
      qr_authenticated: true,
    });
    expect(stored("qr_token", token)).toMatchObject({
      token: digestOf("Xy-9_zQ"),
      used: false,
      expires_at: NOW + 300,
    });
  });

  it("of the sessions is skipped when its id can be guessed, unless an operator says otherwise", () => {
    const [ending, kept] = [translatorWith(mergeMapping({}), false), translatorWith(mergeMapping({}), true)];
    const outcomeOf = (by: typeof ending, session_id: string) =>
      by.translate(
        { entity: "session", name: "t" },
        "[]",
        marshalled({ session_id, user_email: "m@example.com", created_at: NOW }),
      ).outcome;

    for (const id of ["web_1760000000_ab12cd34", "mobile_1760000000123_AB12CD34EF56AB78", "a".repeat(21)]) {
      expect([id, outcomeOf(ending, id)]).toEqual([id, "skipped"]);
      expect([id, outcomeOf(kept, id)]).toEqual([id, "mapped"]);
    }
    for (const id of [
      "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80",
      "q3Zk9_dT-1xYb7Lr0sVwPA",
      `web_1760000000_${"ab12cd34".repeat(4)}`,
    ])
      expect([id, outcomeOf(ending, id)]).toEqual([id, "mapped"]);
  });

  it.each([
    [
      "missing_attribute",
      "user",
      { ...USER, created_at: null, join_date: null },
      "created_at is missing: the source has no created_at or join_date",
    ],
    ["invalid_value", "user", { ...USER, password_hash: "hunter2" }, "password_hash must be an encoded password hash"],
    ["invalid_value", "user", { ...USER, email: "ma\u200bria@example.com" }, "email must be an e-mail address"],
    ["invalid_value", "user", { ...USER, email: "nobody" }, "email must be an e-mail address"],
    [
      "invalid_value",
      "user",
      { ...USER, account_status: null, is_active: "maybe" },
      "account_status, derived from other attributes, must be a boolean",
    ],
    ["unknown_value", "ticket", { ...TICKET, category: "billing" }, 'under "ticket.category"'],
    [
      "invalid_value",
      "ticket",
      { ...TICKET, ai_confidence: "high" },
      "ai_confidence must be a number or a numeric string (received string)",
    ],
    ["invalid_value", "entitlement", { ...PURCHASE, user_id: "0d4c" }, "must be an e-mail address"],
    ["unknown_value", "entitlement", { ...PURCHASE, product_id: "listening" }, "listening"],
    [
      "item_too_large",
      "entitlement",
      { ...PURCHASE, receipt_data: "r".repeat(399_000), rest: "r".repeat(20_000) },
      "409600",
    ],
  ] as const)("is quarantined as %s: %s", (code, entity, item, text) => {
    const reason = reasonOf(entity, item);

    expect(reason?.code).toBe(code);
    expect(reason?.text).toContain(text);
    expect(reason?.text).not.toContain("hunter2");
  });

  it.each([
    [
      "ticket",
      { ...TICKET, category: "billing", priority: "whenever", message: undefined, ai_confidence: 7 },
      {
        code: "unknown_value",
        attributes: ["category", "priority", "message", "ai_confidence"],
        text: expect.stringMatching(
          /^category is "billing".*; priority is "whenever".*; message is missing: the source has no message; ai_confidence must .*\(received number\)$/,
        ),
      },
    ],
    [
      "user",
      { ...USER, email: undefined, user_email: ["x"], password_hash: "0".repeat(64), name: { first: "Maria" } },
      {
        attributes: ["email", "password_hash"],
        text: "user_email, for email, must be a string (received list); password_hash must be an encoded password hash (bcrypt, Werkzeug scrypt or pbkdf2, argon2) (received string)",
      },
    ],
    [
      "assessment",
      { user_id: "nobody", assessment_type: "reading", timestamp: "soon", overall_band: 11, completed: true },
      {
        attributes: ["assessment_id", "user_id", "assessment_type", "created_at", "band_score"],
        text: expect.stringContaining("overall_band, for band_score, must be"),
      },
    ],
  ] as const)("of %ss is quarantined with all reasons at once, in its own names", (entity, item, expected) => {
    const reason = reasonOf(entity, item);

    expect(reason).toMatchObject({ ...expected, attributes: expect.arrayContaining([...expected.attributes]) });
    expect(reason?.attributes).toHaveLength(expected.attributes.length);
  });

  it("keeps a number that JavaScript cannot hold, and takes no binary for a text", () => {
    const digits = "0.93712345678901234567890123456789012345";
    const item = { ...marshalled(TICKET), ai_confidence: { N: digits }, extra: { N: "12345678901234567890" } };
    const translation = translator.translate({ entity: "ticket", name: "t" }, "[]", item);
    expect(translation).toMatchObject({
      migrated: {
        item: {
          ai_confidence: 0.9371234567890123,
          legacy: { ai_confidence: digits, extra: "12345678901234567890" },
        },
      },
    });

    for (const binary of [{ B: new Uint8Array([104, 105]) }, { BS: [new Uint8Array([104, 105])] }]) {
      const spoilt = { ...marshalled(TICKET), message: binary };
      expect(translator.translate({ entity: "ticket", name: "t" }, "[]", spoilt as never)).toMatchObject({
        outcome: "quarantined",
        reason: { attributes: ["message"], text: expect.stringContaining("message must be no binary") },
      });
    }
    const kept = { ...marshalled(TICKET), thumbnail: { B: new Uint8Array([104, 105]) } };
    expect(translator.translate({ entity: "ticket", name: "t" }, "[]", kept)).toMatchObject({
      migrated: { item: { legacy: { thumbnail: "aGk=" } } },
    });
  });

  it("is quarantined with all that is wrong with it", () => {
    const reason = reasonOf("ticket", { ...TICKET, category: "billing", priority: "whenever", message: undefined });

    expect(reason?.attributes).toEqual(["category", "priority", "message"]);
  });
});

describe("the rules", () => {
  it("cover every attribute that an entity is given, but what the new layer makes: an account's resets and kept session, a session's ties, a purchase's ledger and the owner of its claims, which its attributes tell, and receipts of answers", () => {
    const uncovered = Object.entries(describeModel().entities).flatMap(([entity, { attributes }]) => {
      const given = Object.keys(attributes).filter(
        (name) => !["derived", "migration"].includes(attributes[name]?.setBy ?? ""),
      );
      const rules = mappedAttributes(entity as EntityName);
      return [
        ...given.filter((name) => !rules.includes(name)).map((name) => `${entity}.${name} has no rule`),
        ...rules.filter((name) => !given.includes(name)).map((name) => `${entity}.${name} is no attribute`),
      ];
    });

    expect(uncovered).toEqual([
      "user.reset_token has no rule",
      "user.reset_expires_at has no rule",
      "user.generation has no rule",
      "user.kept_session has no rule",
      "user.address_change has no rule",
      "session.qr_token has no rule",
      "session.generation has no rule",
      "qr_token.session_salt has no rule",
      "qr_token.generation has no rule",
      "entitlement.ledger has no rule",
      "entitlement.claim_owner has no rule",
      "ticket.answers has no rule",
    ]);
  });
});

describe("the mapping of values", () => {
  it("leads into the specification's closed sets, and from nothing that is in them", () => {
    for (const [name, values] of Object.entries(ENUM_MAPPING)) {
      const [entity, attribute] = name.split(".");
      const closed = closedSetOf(entity as EntityName, attribute ?? "") ?? [];
      expect(Object.values(values).filter((value) => !closed.includes(value))).toEqual([]);
      expect(Object.keys(values).filter((value) => closed.includes(value))).toEqual([]);
    }
  });

  it("is added to and overridden by an operator's", () => {
    const mapping = mergeMapping({ "ticket.category": { billing: "purchase", general: "refund" } });
    const categories = ["billing", "general", "access"].map((category) => {
      const translation = translatorWith(mapping).translate(
        { entity: "ticket", name: "t" },
        "[]",
        marshalled({ ...TICKET, category }),
      );
      return translation.outcome === "mapped" ? translation.migrated.item.category : undefined;
    });

    expect(categories).toEqual(["purchase", "refund", "technical"]);
  });

  it.each([
    [[], "must be an object"],
    [{ "ticket.subject": {} }, "ticket.subject"],
    [{ "nothing.category": {} }, "nothing.category"],
    [{ "ticket.category": "technical" }, "must be an object"],
    [{ "ticket.category": { billing: "money" } }, "none of purchase"],
  ])("refuses %j", (override, text) => {
    expect(() => mergeMapping(override)).toThrow(text);
  });
});

describe("a generated estate", () => {
  it("comes over or is quarantined as its generator says, and reads back as its source", () => {
    const clean = new Set<EntityName>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const estate = [...legacyEstate({ items: 600, seed, now: NOW })];
        const addresses = new Map(
          estate.flatMap(({ entity, item }) => (entity === "user" ? [[item.user_id?.S, item.email?.S] as const] : [])),
        );
        const translator = translatorWith(mergeMapping({}), true, (id) => addresses.get(id));
        for (const { entity, item, dirty } of estate) {
          if (dirty === "conflict") continue;
          const translation = translator.translate({ entity, name: "t" }, "[]", item);
          if (translation.outcome === "quarantined") expect(translation.reason.code).toBe(dirty);
          else expect(dirty).toBeUndefined();
          if (translation.outcome !== "mapped") continue;
          clean.add(entity);
          const { item: row, digest } = translation.migrated;
          expect(translator.contentDigest(entity, row)).toBe(digest);
          // Nothing is lost: each source attribute is an attribute, or in legacy, or said nothing.
          const legacy = (row.legacy ?? {}) as Record<string, unknown>;
          for (const [name, value] of Object.entries(item)) {
            const known = Object.entries(RULES[entity]).filter(([, { from }]) => from.includes(name));
            const found = [name, ...known.map(([one]) => one)].some((one) => row[one] !== undefined) || name in legacy;
            expect([name, found || value.NULL === true]).toEqual([name, true]);
          }
        }
      }),
      { numRuns: 2 },
    );
    expect(clean.size).toBe(10);
  });
});
