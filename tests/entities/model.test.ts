import { Service } from "electrodb";
import { type AccessPatternDescription, describeModel } from "../../entities/model.ts";
import { MODELS } from "../../entities/models.ts";
import type { AttributeSchema } from "../../entities/schema.ts";
import { tableDefinition } from "../../entities/table.ts";
import { queryOf } from "./parameters.ts";
import { SUBJECTS, type Subject } from "./samples.ts";

/** The seed's eleven tables: every attribute, the table's key, and every index. */
const SEED = {
  user: {
    table: "ielts-genai-prep-users",
    key: ["email"],
    attributes: "email password_hash username created_at email_verified verification_token last_login account_status",
    indexes: {},
  },
  session: {
    table: "ielts-genai-prep-sessions",
    key: ["session_id"],
    attributes: "session_id user_email created_at expires_at ip_address user_agent qr_authenticated",
    indexes: { "user_email-created_at-index": ["user_email", "created_at"] },
  },
  qr_token: {
    table: "ielts-genai-prep-qr-tokens",
    key: ["token"],
    attributes: "token user_email created_at expires_at used used_at device_id",
    indexes: {},
  },
  assessment: {
    table: "ielts-genai-prep-assessments",
    key: ["assessment_id", "user_id"],
    attributes:
      "assessment_id user_id assessment_type created_at completed_at band_score scores ai_feedback improvement_plan duration_minutes status",
    indexes: {
      // The account's e-mail has one name in all its items.
      "user_id-created_at-index": ["user_email", "created_at"],
      "assessment_type-created_at-index": ["assessment_type", "created_at"],
    },
  },
  question: {
    table: "ielts-assessment-questions",
    key: ["question_id", "assessment_type"],
    attributes: "question_id assessment_type difficulty topic question_text sample_answer keywords estimated_time",
    indexes: {},
  },
  rubric: {
    table: "ielts-assessment-rubrics",
    key: ["rubric_id"],
    attributes: "rubric_id skill_type criterion band_descriptors evaluation_prompts",
    indexes: {},
  },
  entitlement: {
    table: "ielts-genai-prep-entitlements",
    key: ["user_email", "product_id"],
    attributes: "user_email product_id platform purchase_date expires_at receipt_data transaction_id price_paid status",
    indexes: { "user_email-expires_at-index": ["user_email", "expires_at"] },
  },
  safety_log: {
    table: "ielts-ai-safety-logs",
    key: ["log_id", "timestamp"],
    attributes:
      "log_id timestamp assessment_id user_email content_type moderation_action confidence categories user_response ai_response",
    indexes: {},
  },
  content_report: {
    table: "ielts-content-reports",
    key: ["report_id", "created_at"],
    attributes: "report_id created_at reporter_email assessment_id report_type description status admin_notes",
    indexes: {},
  },
  ticket: {
    table: "ielts-support-tickets",
    key: ["ticket_id", "created_at"],
    attributes:
      "ticket_id created_at user_email subject message category priority status ai_response ai_confidence escalated_at resolved_at devops_action_id",
    indexes: {
      "status-created_at-index": ["status", "created_at"],
      "priority-created_at-index": ["priority", "created_at"],
      "user_email-created_at-index": ["user_email", "created_at"],
    },
  },
  devops_action: {
    table: "ielts-devops-actions",
    key: ["action_id", "timestamp"],
    attributes:
      "action_id timestamp action_type ticket_id issue_description affected_service ai_analysis proposed_fix code_diff status reviewed_by pr_url",
    indexes: {
      "status-timestamp-index": ["status", "timestamp"],
      "affected_service-timestamp-index": ["affected_service", "timestamp"],
      "ticket_id-timestamp-index": ["ticket_id", "timestamp"],
    },
  },
} as const;

type Name = keyof typeof SEED;
const NAMES = Object.keys(SEED) as Name[];
const { entities, collections, markers, table } = describeModel();

/** An access pattern's key begins with these attributes. */
const keyBegin = ({ partition, sort }: AccessPatternDescription, length: number) =>
  [...partition, ...sort].slice(0, length);

const attributesOf = (name: Name): Readonly<Record<string, AttributeSchema>> => MODELS[name].schema.attributes;

/** Whether an attribute's rule is that of e-mail addresses. */
const isAddress = ({ check }: AttributeSchema): boolean => check?.("nobody") === "must be an e-mail address";

describe("describeModel", () => {
  it("describes the eleven entities, and the table as the table's definition has it", () => {
    expect(Object.keys(entities)).toEqual(NAMES);
    expect(table).toEqual(tableDefinition());
  });

  it.each(NAMES)("names the seed's table, key and every attribute of %s", (name) => {
    const { seedTable, attributes, accessPatterns } = entities[name];
    const seed = SEED[name];

    expect(seedTable).toBe(seed.table);
    expect(Object.keys(attributes)).toEqual(expect.arrayContaining(seed.attributes.split(" ")));
    const [primary] = accessPatterns;
    expect(primary?.index).toBe("table");
    expect([...(primary?.partition ?? []), ...(primary?.sort ?? [])]).toEqual(seed.key);
  });

  it.each(NAMES)("puts each of the seed's indexes of %s on an access pattern with its key", (name) => {
    const found = entities[name].accessPatterns.flatMap((pattern) =>
      pattern.seedIndex === undefined ? [] : [[pattern.seedIndex, keyBegin(pattern, 2)]],
    );

    expect(Object.fromEntries(found)).toEqual(SEED[name].indexes);
    expect(found).toHaveLength(Object.keys(SEED[name].indexes).length);
  });

  it("answers all ten indexes of the seed", () => {
    const answered = Object.values(entities).flatMap(({ accessPatterns }) =>
      accessPatterns.flatMap(({ seedIndex }) => seedIndex ?? []),
    );
    expect(answered).toHaveLength(10);
  });

  it("adds to the seed's attributes only what these need", () => {
    const added = NAMES.flatMap((name) => {
      const known: string[] = SEED[name].attributes.split(" ");
      return Object.keys(entities[name].attributes)
        .filter((attribute) => !known.includes(attribute) && !["legacy", "migration"].includes(attribute))
        .map((attribute) => `${name}.${attribute}`);
    });

    expect(added).toEqual([
      "user.verification_expires_at",
      "user.reset_token",
      "user.reset_expires_at",
      "user.generation",
      "user.kept_session",
      "user.address_change",
      "user.user_email",
      "session.qr_token",
      "session.generation",
      "session.ttl",
      "qr_token.session_salt",
      "qr_token.generation",
      "qr_token.ttl",
      "assessment.user_email",
      "question.draw_key",
      "entitlement.ledger",
      "entitlement.ledger_digest",
      "entitlement.claim_owner",
      "ticket.answers",
      "devops_action.review_reason",
    ]);
  });

  it("tells of each attribute its type, its unit, who sets it and what it means", () => {
    for (const { attributes } of [...Object.values(entities), ...Object.values(markers)]) {
      for (const { type, description, setBy, ...attribute } of Object.values(attributes)) {
        expect(["string", "number", "boolean", "enum", "map", "list", "set"]).toContain(type);
        expect(description).toMatch(/^\S.{3,}\S$/);
        expect(["caller", "service", "derived", "migration"]).toContain(setBy);
        if (type === "enum") expect(attribute.enum?.length).toBeGreaterThan(1);
        if (type === "number") expect(attribute.unit).toMatch(/^(epoch seconds|band|0 to 1|minutes|USD|times)$/);
      }
    }
  });

  it.each([
    ["user", "password_hash", { type: "string", required: true, hidden: true, setBy: "caller" }],
    ["user", "account_status", { type: "enum", required: true, enum: ["active", "suspended", "deleted"] }],
    ["session", "expires_at", { type: "number", required: true, unit: "epoch seconds", setBy: "service" }],
    ["session", "ttl", { type: "number", required: false, hidden: true, unit: "epoch seconds", setBy: "derived" }],
    ["assessment", "scores", { type: "map", required: false, unit: "band", setBy: "caller" }],
    ["assessment", "user_email", { type: "string", required: false, hidden: true, setBy: "derived" }],
    ["entitlement", "price_paid", { type: "number", required: false, unit: "USD", setBy: "caller" }],
    ["safety_log", "confidence", { type: "number", required: true, unit: "0 to 1", setBy: "caller" }],
    ["question", "keywords", { type: "list", required: false, setBy: "caller" }],
    [
      "safety_log",
      "categories",
      { type: "list", required: true, enum: ["profanity", "hate_speech", "violence", "sexual_content", "spam"] },
    ],
  ] as const)("describes %s.%s", (name, attribute, expected) => {
    expect(entities[name].attributes[attribute]).toMatchObject(expected);
  });

  it("hides secrets, and nothing else that a caller gives", () => {
    const hidden = NAMES.flatMap((name) =>
      Object.entries(entities[name].attributes)
        .filter(([, { hidden, setBy }]) => hidden === true && setBy !== "derived" && setBy !== "migration")
        .map(([attribute]) => `${name}.${attribute}`),
    );

    expect(hidden).toEqual([
      "user.password_hash",
      "user.verification_token",
      "user.verification_expires_at",
      "user.reset_token",
      "user.reset_expires_at",
      "user.generation",
      "user.kept_session",
      "user.address_change",
      "session.qr_token",
      "session.generation",
      "qr_token.session_salt",
      "qr_token.generation",
      "entitlement.receipt_data",
      "entitlement.ledger",
      "entitlement.claim_owner",
      "ticket.answers",
    ]);
  });

  it("calls secret what lets somebody in", () => {
    const secret = NAMES.flatMap((name) =>
      Object.entries(entities[name].attributes)
        .filter(([, attribute]) => attribute.secret === true)
        .map(([attribute]) => `${name}.${attribute}`),
    );

    expect(secret).toEqual([
      "user.password_hash",
      "user.verification_token",
      "user.reset_token",
      "session.session_id",
      "session.qr_token",
      "qr_token.token",
    ]);
  });

  it("says of each entity with an address to whose account its items belong", () => {
    for (const name of NAMES) {
      const addresses = Object.entries(attributesOf(name))
        .filter(([, attribute]) => attribute.setBy !== "derived" && isAddress(attribute))
        .map(([attribute]) => attribute);

      expect([name, ...addresses]).toEqual([
        name,
        ...(entities[name].account ? [entities[name].account.attribute] : []),
      ]);
    }
  });

  it("finds an account's items by its address", () => {
    for (const name of NAMES) {
      const { account, accessPatterns } = entities[name];
      if (account === undefined) continue;
      const asked = accessPatterns.find((pattern) => pattern.name === account.by)?.partition ?? [];
      const sources = asked.map((attribute) => attributesOf(name)[attribute]?.sameAs ?? attribute);

      expect([name, sources]).toEqual([name, [account.attribute]]);
    }
  });

  it.each(NAMES)("claims an id of %s for good, or the one that its key begins with", (name) => {
    const { claim, accessPatterns, attributes } = entities[name];
    const [id, ...others] = keyBegin(accessPatterns[0] as AccessPatternDescription, 9);
    // Two items may have the same id where the key has a second part. Questions come with their ids.
    expect(claim !== undefined).toBe(others.length > 0 && name !== "question");
    if (claim === undefined) return;
    expect(claim.id === id).toBe(claim.settles !== true);
    for (const attribute of [claim.id, claim.begins, ...claim.owner])
      expect([attribute, attributes[attribute]?.required]).toEqual([attribute, true]);
  });

  it.each(NAMES)("lets %s carry what a migration keeps, hidden", (name) => {
    const mark = { type: "map", hidden: true, required: false, setBy: "migration" };
    expect(entities[name].attributes).toMatchObject({ legacy: mark, migration: mark });
  });

  it("has a time to live on sessions and QR tokens, and on no entity that must stay", () => {
    expect(NAMES.filter((name) => "ttl" in entities[name].attributes)).toEqual(["session", "qr_token"]);
  });

  it("tells the members of each collection and the index that they share", () => {
    expect(collections).toEqual({
      account: { index: "gsi1", members: ["user", "assessment", "entitlement", "ticket"] },
      ticketThread: { index: "gsi4", members: ["ticket", "devops_action"] },
      assessmentReview: { index: "gsi4", members: ["safety_log", "content_report"] },
    });
  });

  it("says what each access pattern answers", () => {
    for (const { accessPatterns } of Object.values(entities)) {
      for (const { description, index } of accessPatterns) {
        expect(description).toMatch(/^[A-Z].{8,}[^.]$/);
        expect(["table", "gsi1", "gsi2", "gsi3", "gsi4", "gsi5"]).toContain(index);
      }
    }
  });

  it("describes the markers beside the entities", () => {
    expect(Object.keys(markers)).toEqual(["claim", "erasure", "daily_starts"]);
    expect(markers.daily_starts?.account).toEqual({ attribute: "user_email", by: "byDay" });
    expect(markers.erasure?.accessPatterns.map(({ name, index }) => [name, index])).toEqual([
      ["byAccount", "table"],
      ["byState", "gsi3"],
    ]);
    expect(markers.claim?.accessPatterns).toEqual([
      {
        name: "byId",
        index: "table",
        partition: ["kind", "claimed_id"],
        sort: [],
        description: "Who claimed an id first, and when",
      },
    ]);
  });

  it("is plain data that survives JSON", () => {
    expect(JSON.parse(JSON.stringify(describeModel()))).toEqual(describeModel());
  });
});

describe("models", () => {
  it("have one service, the frozen version 1 and names of their own", () => {
    const models = Object.values<Subject>(SUBJECTS).map(({ model }) => model.schema.model);

    expect(models.map(({ service, version }) => [service, version])).toEqual(Array(13).fill(["ielts", "1"]));
    expect(new Set(models.map(({ entity }) => entity)).size).toBe(13);
    expect(Object.entries(MODELS).filter(([name, { schema }]) => name !== schema.model.entity)).toEqual([]);
  });

  it("bind a fresh entity each time, so that two data layers never share one", () => {
    const [one, other] = [MODELS.ticket.bind({ table: "one" }), MODELS.ticket.bind({ table: "other" })];

    expect(one.get({ ticket_id: "T", created_at: 1 }).params()).toMatchObject({ TableName: "one" });
    expect(other.get({ ticket_id: "T", created_at: 1 }).params()).toMatchObject({ TableName: "other" });
  });
});

describe("collections", () => {
  const bound = () => {
    const config = { table: "t" };
    return {
      user: MODELS.user.bind(config),
      session: MODELS.session.bind(config),
      qr_token: MODELS.qr_token.bind(config),
      assessment: MODELS.assessment.bind(config),
      question: MODELS.question.bind(config),
      rubric: MODELS.rubric.bind(config),
      entitlement: MODELS.entitlement.bind(config),
      safety_log: MODELS.safety_log.bind(config),
      content_report: MODELS.content_report.bind(config),
      ticket: MODELS.ticket.bind(config),
      devops_action: MODELS.devops_action.bind(config),
    };
  };

  it("have names of which none is the beginning of another", () => {
    const names = Object.keys(collections);
    const begins = names.filter((name) => names.some((other) => other !== name && other.startsWith(name)));
    expect(begins).toEqual([]);
  });

  it("are one request each in a service of all entities", () => {
    const { account, ticketThread, assessmentReview } = new Service(bound()).collections;

    expect(queryOf(account({ user_email: "maria@example.com" }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "account#maria@example.com"',
    });
    expect(queryOf(ticketThread({ ticket_id: "TKT-9F" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "ticketThread#TKT-9F"',
    });
    expect(queryOf(assessmentReview({ assessment_id: "As-7" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "assessmentReview#As-7"',
    });
  });

  it.each(Object.entries(collections))("construct a service of the members of %s alone", (collection, { members }) => {
    const all = bound();
    const alone = Object.fromEntries(members.map((name) => [name, all[name as Name]]));

    expect(Object.keys(new Service(alone).collections)).toContain(collection);
  });
});
