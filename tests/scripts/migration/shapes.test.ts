import { marshall } from "@aws-sdk/util-dynamodb";
import type { EntityName } from "../../../entities/models.ts";
import { ENUM_MAPPING } from "../../../scripts/migration/enum-mapping.ts";
import type { MappingRules } from "../../../scripts/migration/mapping.ts";
import { Translator } from "../../../scripts/migration/translator.ts";
import { createContext } from "../../../services/context.ts";
import { createLocalClient, LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { NOW } from "../../engine.ts";
import fc from "../../generated.ts";

// What the platform's code writes, as ../../../scripts/migration reads it with the built-in mapping alone.

const MARIA = "maria@example.com";
const MARIAS_ID = "0b8f4a52-6f0d-4a39-9a51-6d1f8b1f6e01";
const SCRYPT = `scrypt:32768:8:1$aB3dE5gH7jK9mN1p$${"0123456789abcdef".repeat(8)}`;
const BCRYPT = "$2b$12$abcdefghijklmnopqrstuuJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
const DAY = 86_400;
const iso = (instant: number) => new Date(instant * 1000).toISOString().slice(0, 19);

const context = createContext({
  client: createLocalClient("http://127.0.0.1:1"),
  table: "t",
  erasureSecret: LOCAL_ERASURE_SECRET,
});
/** DynamoDB's form of texts, lists and maps: the SDK's own marshalling stumbles over some names. */
const attributeOf = (value: unknown): object => {
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  if (typeof value !== "object") return { S: value };
  return { M: Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, attributeOf(child)])) };
};
const owners = (user_id: string) => (user_id === MARIAS_ID ? MARIA : undefined);

const translate = (entity: EntityName, item: object, rules: Partial<MappingRules> = {}) =>
  new Translator(context, { mapping: ENUM_MAPPING, now: NOW, owners, run: "run", ...rules }).translate(
    { entity, name: "table" },
    "[]",
    marshall(item, { removeUndefinedValues: true }),
  );

const mapped = (entity: EntityName, item: object, rules?: Partial<MappingRules>) => {
  const translation = translate(entity, item, rules);
  expect(translation).toMatchObject({ outcome: "mapped" });
  return translation.outcome === "mapped" ? translation.migrated.item : {};
};

const ACCOUNT = { email: MARIA, password_hash: SCRYPT, created_at: "2025-10-01T08:53:20.123456" };
const ASSESSMENT = {
  user_id: MARIA,
  assessment_type: "academic_writing",
  timestamp: "2025-10-01T08:53:20",
  overall_band: 7.5,
  criteria_scores: { task_achievement: 7, coherence_cohesion: 8, spelling: 9 },
  detailed_feedback: { strengths: ["clear"], advice: "Read more." },
  completed: true,
};
const PURCHASE = {
  user_id: MARIAS_ID,
  product_id: "com.ieltsaiprep.academic.mocktest",
  platform: "ios",
  purchase_date: iso(NOW - DAY),
  receipt_data: JSON.stringify({ transaction_id: "2000000901", bundle: "com.ieltsaiprep" }),
  assessments_remaining: 3,
  status: "active",
};

const OVER: readonly (readonly [shape: string, entity: EntityName, item: object, becomes: object])[] = [
  [
    "users of the mobile app",
    "user",
    {
      ...ACCOUNT,
      join_date: "2025-10-01",
      email_verified: true,
      assessment_count: 4,
      is_active: true,
      platform: "ios",
    },
    { email: MARIA, email_verified: true, account_status: "active", legacy: { assessment_count: 4, is_active: true } },
  ],
  [
    "users that no flag calls active",
    "user",
    {
      ...ACCOUNT,
      password_hash: BCRYPT,
      name: "Maria S.",
      gdpr_consent: { at: 1 },
      assessment_attempts: { writing: 2 },
    },
    {
      account_status: "active",
      username: "Maria S.",
      legacy: { gdpr_consent: { at: 1 }, assessment_attempts: { writing: 2 } },
    },
  ],
  [
    "users with their purchases inside",
    "user",
    { ...ACCOUNT, purchases: [{ product: "academic_writing" }] },
    { email: MARIA, legacy: { purchases: [{ product: "academic_writing" }] } },
  ],
  [
    "sessions with an ISO expiry, owned by email",
    "session",
    {
      session_id: "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80",
      email: MARIA,
      created_at: iso(NOW),
      expires_at: iso(NOW + 60),
    },
    { user_email: MARIA, created_at: NOW, expires_at: NOW + 60 },
  ],
  [
    "sessions in floating epochs",
    "session",
    {
      session_id: "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80",
      user_email: MARIA,
      created_at: NOW + 0.25,
      expires_at: NOW + 60.75,
    },
    { created_at: NOW, expires_at: NOW + 60 },
  ],
  [
    "QR tokens by token_id",
    "qr_token",
    {
      token_id: "0e6d21b8-c94f-4a35-8f0e-5b1f9c24e7d0",
      user_email: MARIA,
      created_at: NOW,
      expires_at: NOW + 60,
      used_at: iso(NOW),
    },
    { user_email: MARIA, used: true, used_at: NOW },
  ],
  [
    "assessments with flat scores",
    "assessment",
    { ...ASSESSMENT, result_id: "result-1" },
    {
      assessment_id: "result-1",
      user_id: MARIA,
      assessment_type: "writing_academic",
      band_score: 7.5,
      scores: { writing: { task_achievement: 7, coherence_cohesion: 8 } },
      ai_feedback: JSON.stringify(ASSESSMENT.detailed_feedback),
      status: "completed",
      legacy: { completed: true, criteria_scores: { writing: { spelling: 9 } } },
    },
  ],
  [
    "assessments of a task, scored by a model, of a user's id",
    "assessment",
    {
      assessment_id: `${MARIA}_1760000000`,
      user_id: MARIAS_ID.toUpperCase(),
      assessment_type: "academic_task2",
      timestamp: iso(NOW),
      ai_evaluation: { overall_score: 6.5, remarks: "Good." },
      essay_text: "Some people think …",
    },
    {
      user_id: MARIA,
      assessment_type: "writing_academic",
      band_score: 6.5,
      status: "completed",
      legacy: { user_id: MARIAS_ID.toUpperCase(), essay_text: "Some people think …" },
    },
  ],
  [
    "purchases of a user's id, with the transaction in the receipt",
    "entitlement",
    PURCHASE,
    {
      user_email: MARIA,
      product_id: "full_mock_test",
      transaction_id: "2000000901",
      expires_at: NOW + 29 * DAY,
      status: "active",
      legacy: { user_id: MARIAS_ID, product_id: PURCHASE.product_id, assessments_remaining: 3 },
    },
  ],
  [
    "purchases that are used up, of a store that nobody named",
    "entitlement",
    { ...PURCHASE, platform: undefined, status: "consumed", transaction_id: "GPA.3399-1200" },
    { platform: "android", status: "expired", legacy: { status: "consumed" } },
  ],
  [
    "content reports",
    "content_report",
    {
      report_id: "report-1",
      user_email: MARIA,
      created_at: iso(NOW),
      report_reason: "The examiner was rude.",
      reported_content: "Go away.",
      status: "pending_review",
    },
    {
      description: "The examiner was rude.",
      report_type: "inappropriate_ai",
      status: "new",
      legacy: { reported_content: "Go away." },
    },
  ],
  [
    "actions with the model's JSON, and a rejection",
    "devops_action",
    {
      action_id: "action-1",
      timestamp: iso(NOW),
      action_type: "fix_proposed",
      issue_description: "Uploads time out",
      affected_service: "lambda",
      proposed_fix: { steps: ["raise the timeout"] },
      code_diff: ["- 3", "+ 30"],
      confidence: "high",
      status: "rejected",
      rejection_reason: "Too long.",
    },
    {
      proposed_fix: '{"steps":["raise the timeout"]}',
      code_diff: '["- 3","+ 30"]',
      review_reason: "Too long.",
      legacy: { confidence: "high" },
    },
  ],
];

it.each(OVER)("%s come over", (_, entity, item, becomes) => {
  expect(mapped(entity, item)).toMatchObject(becomes);
});

it.each([
  [
    "users whose hash nobody can use",
    "user",
    { ...ACCOUNT, password_hash: "5f4dcc3b".repeat(8) },
    "invalid_value",
    "password_hash",
  ],
  ["users without a password", "user", { ...ACCOUNT, password_hash: undefined }, "missing_attribute", "password_hash"],
  ["stubs that an update made", "user", { email: MARIA, last_login: iso(NOW) }, "missing_attribute", "password_hash"],
  [
    "purchases of an id that is nobody's",
    "entitlement",
    { ...PURCHASE, user_id: MARIAS_ID.replace("0b", "0c") },
    "unknown_owner",
    "user_email",
  ],
  [
    "reading tests",
    "assessment",
    { ...ASSESSMENT, assessment_id: "a", assessment_type: "reading" },
    "unknown_value",
    "assessment_type",
  ],
  [
    "logs without what the specification asks for",
    "safety_log",
    { log_id: "l", event_type: "x", timestamp: iso(NOW) },
    "missing_attribute",
    "user_email",
  ],
] as const)("%s are set aside", (_, entity, item, code, attribute) => {
  const translation = translate(entity, item);

  expect(translation).toMatchObject({ outcome: "quarantined", reason: { code } });
  if (translation.outcome === "quarantined") expect(translation.reason.attributes).toContain(attribute);
});

it.each([
  ["completed_at", { completed_at: iso(NOW), overall_band: undefined, completed: undefined }, "completed"],
  ["a band", { completed: undefined }, "completed"],
  ["a flag", { overall_band: undefined, completed: "True" }, "completed"],
  ["a state of its own", { status: "abandoned" }, "abandoned"],
])("assessments are in the state that %s says", (_, parts, status) => {
  expect(mapped("assessment", { ...ASSESSMENT, result_id: "r", ...parts })).toMatchObject({ status });
});

it.each([false, undefined, "maybe"])(
  "assessments of which nothing tells the state, and completed is %p, wait",
  (completed) => {
    const translation = translate("assessment", { ...ASSESSMENT, result_id: "r", overall_band: undefined, completed });
    expect(translation).toMatchObject({
      outcome: "quarantined",
      reason: { code: "missing_attribute", attributes: ["status"] },
    });
  },
);

it.each([false, "false", "False", "FALSE", "0", "no", 0])(
  "sessions that were logged out as %p are skipped",
  (is_active) => {
    const session = {
      session_id: "6f0c1f0e-4c1b-4f0e-9b7a-2f4f5f6f7f80",
      user_email: MARIA,
      created_at: NOW,
      is_active,
    };

    expect(translate("session", session)).toEqual({ outcome: "skipped", code: "ended" });
  },
);

it("an operator says what an absent state means", () => {
  const mapping = { ...ENUM_MAPPING, "user.account_status": { "": "suspended" } };

  expect(mapped("user", ACCOUNT, { mapping })).toMatchObject({ account_status: "suspended" });
  expect(mapped("user", { ...ACCOUNT, is_active: true }, { mapping })).toMatchObject({ account_status: "active" });
});

it("an operator says from when the days of active purchases count", () => {
  const old = { ...PURCHASE, purchase_date: iso(NOW - 90 * DAY) };

  expect(mapped("entitlement", old)).toMatchObject({ expires_at: NOW - 60 * DAY });
  expect(mapped("entitlement", old, { accessFrom: NOW })).toMatchObject({ expires_at: NOW + 30 * DAY });
  expect(mapped("entitlement", PURCHASE, { accessFrom: NOW - 90 * DAY })).toMatchObject({ expires_at: NOW + 29 * DAY });
  for (const status of ["consumed", "refunded"])
    expect(mapped("entitlement", { ...old, status }, { accessFrom: NOW })).toMatchObject({
      expires_at: NOW - 60 * DAY,
    });
  expect(mapped("entitlement", { ...old, expires_at: NOW + 5 }, { accessFrom: NOW })).toMatchObject({
    expires_at: NOW + 5,
  });
});

it("an end that is never comes over as the last instant that keys hold, and says what it was", () => {
  const never = { ...PURCHASE, expires_at: "9999-12-31T23:59:59Z" };

  expect(mapped("entitlement", never)).toMatchObject({
    expires_at: 9_999_999_999,
    legacy: { expires_at: "9999-12-31T23:59:59Z" },
  });
});

it("what no item can say is set aside by name, at any depth, and stops nothing", () => {
  const names = fc.constantFrom("__proto__", "");
  const depth = fc.array(fc.constantFrom("map", "list"), { maxLength: 3 });
  fc.assert(
    fc.property(names, depth, (name, path) => {
      let inner: unknown = Object.fromEntries([[name, "x"]]);
      for (const step of path) inner = step === "map" ? { ordinary: inner } : ["ordinary", inner];
      const source = { ...marshall(ACCOUNT), extra: attributeOf(inner) };
      const translator = new Translator(context, { mapping: ENUM_MAPPING, now: NOW, run: "run" });

      expect(translator.translate({ entity: "user", name: "users" }, "[]", source as never)).toMatchObject({
        outcome: "quarantined",
        reason: {
          code: "invalid_value",
          attributes: ["extra"],
          text: expect.stringContaining("extra has a map key"),
        },
      });
      expect(translator.keyOf("user", source as never)).toMatchObject({ pk: `user#${MARIA}` });
    }),
  );
});

it("names that JavaScript's objects have come over", () => {
  const extra = { constructor: "Ada", toString: "x", hasOwnProperty: "y" };
  const source = { ...marshall(ACCOUNT), extra: attributeOf(extra) };
  const translator = new Translator(context, { mapping: ENUM_MAPPING, now: NOW, run: "run" });

  expect(translator.translate({ entity: "user", name: "users" }, "[]", source as never)).toMatchObject({
    outcome: "mapped",
    migrated: { item: { legacy: { extra } } },
  });
});
