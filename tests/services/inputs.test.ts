import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { DataLayer } from "../../services/data-layer.ts";
import type { InputSchema } from "../../services/inputs.ts";
import * as inputs from "../../services/inputs.ts";
import { ValidationError } from "../../services/storage/errors.ts";
import type { TicketOpening } from "../../services/support.ts";
import {
  aDiagnosis,
  aFix,
  anAssessment,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";

type Name = keyof typeof inputs;
const INPUTS: Readonly<Record<Name, InputSchema<object>>> = { ...inputs };

interface Case {
  /** One that the service takes. */
  readonly valid: object;
  /** The function that takes it. */
  call(layer: DataLayer, input: never): Promise<unknown>;
}

const decision = { reviewed_by: "dana", review_reason: "Small, and easy to take back." };

const CASES: { readonly [N in Name]: Case } = {
  registration: {
    valid: aRegistration({ email: "inputs@example.com" }),
    call: ({ accounts }, input) => accounts.register(input),
  },
  emailVerification: {
    valid: { verification_token: "verify-maria-8sT2kQ9xLw4Zr7" },
    call: ({ accounts }, input) => accounts.verifyEmail("nobody@example.com", input),
  },
  qrRedemption: {
    valid: { device_id: "phone-5b1f9c24e7d03a86aa", ip_address: "203.0.113.7" },
    call: ({ qrLogin }, input) => qrLogin.redeem("no-token", input),
  },
  assessmentStart: { valid: anAssessment(), call: ({ assessments }, input) => assessments.start(input) },
  assessmentResult: {
    valid: aSpeakingResult(),
    call: ({ assessments }, input) => assessments.complete("no-assessment", input),
  },
  verifiedReceipt: { valid: aReceipt(), call: ({ purchases }, input) => purchases.grant(input) },
  safetyEvent: { valid: aSafetyEvent(), call: ({ moderation }, input) => moderation.recordSafetyEvent(input) },
  reportFiling: { valid: aReport(), call: ({ moderation }, input) => moderation.fileReport(input) },
  reportTriage: {
    valid: { status: "dismissed", admin_notes: "Nothing to see." },
    call: ({ moderation }, input) => moderation.triage({ report_id: "no-report", created_at: NOW }, input),
  },
  ticketOpening: { valid: aTicket(), call: ({ support }, input) => support.open(input) },
  ticketAnswer: {
    valid: { ai_response: "We look into it.", ai_confidence: 0.9 },
    call: ({ support }, input) => support.answer("no-ticket", input),
  },
  diagnosis: {
    valid: aDiagnosis({ ticket: "TKT-1" }),
    call: ({ devops }, input) => devops.recordDiagnosis(input),
  },
  fixProposal: { valid: aFix({ ticket: "TKT-1" }), call: ({ devops }, input) => devops.proposeFix(input) },
  reviewDecision: { valid: decision, call: ({ devops }, input) => devops.approve("no-action", input) },
};

const NAMES = Object.keys(CASES) as Name[];
const ajv = new Ajv2020();

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const issuesOf = (name: Name, value: unknown) => {
  const result = INPUTS[name]["~standard"].validate(value);
  return "value" in result ? [] : result.issues;
};

/** What the service says of an input: the attribute that it refuses. */
const refusedBy = (name: Name, input: object): Promise<string | undefined> =>
  CASES[name].call(db.layer, input as never).then(
    () => undefined,
    (error: unknown) => (error instanceof ValidationError ? error.attribute : undefined),
  );

describe.each(NAMES)("%s", (name) => {
  const { valid } = CASES[name];
  const schema = INPUTS[name].jsonSchema as {
    readonly properties: Readonly<Record<string, object>>;
    readonly required: readonly string[];
  };

  it("takes what the service takes", async () => {
    const result = INPUTS[name]["~standard"].validate(valid);

    expect(result).toEqual({ value: valid });
    expect(INPUTS[name].parse(valid)).toBe(valid);
    expect(await refusedBy(name, valid)).toBeUndefined();
    expect(ajv.validate(schema, valid)).toBe(true);
  });

  it("refuses what the service refuses: an attribute that it does not know, by name", async () => {
    const wrong = { ...valid, shoe_size: 41 };

    expect(issuesOf(name, wrong)).toEqual([
      { message: "is not an attribute that can be given here", path: ["shoe_size"] },
    ]);
    expect(await refusedBy(name, wrong)).toBe("shoe_size");
    expect(ajv.validate(schema, wrong)).toBe(false);
  });

  it("has no attribute that the service does not know", async () => {
    for (const attribute of Object.keys(schema.properties)) {
      const wrong = { ...valid, [attribute]: Symbol("of no kind") };
      // The service refuses the value, not the name; of a ticket the id.
      const refused = attribute === "ticket" ? "ticket_id" : attribute;
      expect([attribute, await refusedBy(name, wrong)]).toEqual([attribute, refused]);
      expect(issuesOf(name, wrong)[0]?.path).toEqual([attribute]);
    }
  });

  it("asks for what the service asks for", async () => {
    for (const attribute of Object.keys(schema.properties)) {
      const { [attribute]: _, ...without } = valid as Record<string, unknown>;
      const required = schema.required.includes(attribute);
      const issue = { message: "is required", path: [attribute] };
      expect([attribute, issuesOf(name, without)]).toEqual([attribute, required ? [issue] : []]);
      expect([attribute, await refusedBy(name, without)]).toEqual([attribute, required ? attribute : undefined]);
      expect([attribute, ajv.validate(schema, without)]).toEqual([attribute, !required]);
    }
  });

  it.each([undefined, null, "text", 7, []])("refuses %p", (value) => {
    expect(issuesOf(name, value)).toEqual([{ message: "must be an object", path: ["input"] }]);
    expect(() => INPUTS[name].parse(value)).toThrow(ValidationError);
  });
});

it("has a test for every input", () => {
  expect(NAMES).toEqual(expect.arrayContaining(Object.keys(inputs)));
});

it("tells every issue at once, where it stands, and no value", () => {
  const secret = "s3cr3t";
  const ticket = { ...aTicket(), category: secret, priority: 7, subject: undefined, [secret.repeat(20)]: 1 };

  const issues = issuesOf("ticketOpening", ticket);

  expect(issues.map(({ path }) => path[0])).toEqual([
    "subject",
    "category",
    "priority",
    secret.repeat(20).slice(0, 64),
  ]);
  expect(issues.map(({ message }) => message).join(" ")).not.toContain(secret);
});

it("leads to the part of a map or a list", () => {
  const scores = { speaking: { ...aSpeakingResult().scores.speaking, pronunciation: 9.3 } };
  expect(issuesOf("assessmentResult", { ...aSpeakingResult(), scores })).toEqual([
    { message: "must be a band from 0 to 9 in halves", path: ["scores", "speaking", "pronunciation"] },
  ]);
  expect(issuesOf("safetyEvent", { ...aSafetyEvent(), categories: ["profanity", 7] })[0]?.path).toEqual([
    "categories",
    1,
  ]);
});

it("refuses a device id that could be guessed, as the service does", async () => {
  const guessed = { device_id: "phone" };
  expect(issuesOf("qrRedemption", guessed)).toEqual([
    { message: "must have at least 22 characters", path: ["device_id"] },
  ]);
  expect(await refusedBy("qrRedemption", guessed)).toBe("device_id");
});

it("says types, closed sets and meanings in JSON Schema", () => {
  const { properties } = inputs.ticketOpening.jsonSchema as { properties: Record<string, object> };

  expect(properties.priority).toEqual({ enum: ["urgent", "high", "normal", "low"], description: "Urgency" });
  expect(properties.ai_confidence).toMatchObject({ type: "number", description: expect.stringContaining("(0 to 1)") });
  expect(inputs.reportTriage.jsonSchema.properties).toMatchObject({
    status: { enum: ["investigating", "resolved", "dismissed"] },
  });
  for (const name of NAMES) expect(() => ajv.compile(INPUTS[name].jsonSchema)).not.toThrow();
});

it("is a Standard Schema of the input's type", () => {
  const schema: StandardSchemaV1<TicketOpening> = inputs.ticketOpening;
  const parsed: TicketOpening = inputs.ticketOpening.parse(aTicket());

  expect(schema["~standard"]).toMatchObject({ version: 1, vendor: "ielts-ai-prep" });
  expect(parsed).toEqual(aTicket());
});
