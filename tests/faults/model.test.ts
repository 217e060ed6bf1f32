import { isDeepStrictEqual } from "node:util";
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { digestOf } from "../../entities/credential.ts";
import { ledgerOf } from "../../entities/ledger.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import { tableDefinition } from "../../entities/table.ts";
import { questions as catalogue } from "../../scripts/content/catalogue.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ConflictError, DataLayerError } from "../../services/storage/errors.ts";
import {
  aDiagnosis,
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  CHEN,
  MARIA,
  OTHER_BCRYPT_HASH,
} from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import fc from "../generated.ts";
import { FAULTS, FaultyHandler } from "./faulty-handler.ts";
import { InMemoryModel, Refusal } from "./model.ts";
import { clientOf } from "./patient-layer.ts";
import { report } from "./report.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const OPERATIONS = LONG ? 10_000 : 300;
const SHARE_OF_FAULTS = 0.2;
/** Tries of the SDK: with one, every fault reaches the caller. */
const ATTEMPTS = [1, 3] as const;

jest.setTimeout(900_000);

/** The data layer under test, with the clock that it and the model share. */
interface Real {
  readonly layer: DataLayer;
  readonly db: TestTable;
}

const totals: Record<string, number> = { operations: 0, "retries by the caller": 0, requests: 0 };
const add = (name: string, more: number) => {
  totals[name] = (totals[name] ?? 0) + more;
};

/** Nothing of ours, so it comes from the SDK or from below it. */
const isInfrastructure = (error: unknown) =>
  (error instanceof DataLayerError && error.code === "unprocessed") ||
  (error instanceof Error &&
    (["ThrottlingException", "InternalServerError", "TimeoutError"].includes(error.name) ||
      (error as { code?: string }).code === "ECONNRESET"));

type Outcome = { readonly value: unknown } | { readonly refused: string };

const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
const refusalOf = (code: string, state?: string): Outcome => ({ refused: `${code} ${state ?? ""}` });

function expected(act: () => unknown): Outcome {
  try {
    return { value: plain(act()) };
  } catch (error) {
    if (error instanceof Refusal) return refusalOf(error.code, error.state);
    throw error;
  }
}

/** Calls as a Lambda runtime does: again after every failure of the infrastructure. */
async function actual(act: () => Promise<unknown>): Promise<{ outcome: Outcome; retries: number }> {
  for (let retries = 0; ; retries++) {
    try {
      return { outcome: { value: plain(await act()) }, retries };
    } catch (error) {
      if (isInfrastructure(error)) {
        add("retries by the caller", 1);
        continue;
      }
      if (!(error instanceof DataLayerError)) throw error;
      return {
        outcome: refusalOf(error.code, error instanceof ConflictError ? (error.state ?? error.reason) : undefined),
        retries,
      };
    }
  }
}

/** A refusal that a retry may get when the first call's answer was lost, or that the model cannot tell from another. */
interface Substitute<A> {
  readonly refused: string;
  readonly inPlaceOf: string;
  readonly when?: (model: InMemoryModel, input: A) => boolean;
}

interface Operation<A> {
  readonly name: string;
  readonly input: fc.Arbitrary<A>;
  /** `outcome` is the service's: the model needs the ids that it made. */
  readonly model: (model: InMemoryModel, input: A, outcome: Outcome) => unknown;
  readonly real: (layer: DataLayer, input: A, model: InMemoryModel) => Promise<unknown>;
  /** Its answer comes from an index or a plain read: true only once that has caught up. */
  readonly lists?: true;
  /** It removes the tokens that an index shows; one that it does not show lets nobody in, and its status stays. */
  readonly removesShown?: true;
  /** Refusals that are right in place of the model's answer (a refusal, or success). */
  readonly orElse?: readonly Substitute<A>[];
}

class Step<A> implements fc.AsyncCommand<InMemoryModel, Real> {
  private readonly operation: Operation<A>;
  private readonly input: A;

  constructor(operation: Operation<A>, input: A) {
    this.operation = operation;
    this.input = input;
  }

  check(): boolean {
    return true;
  }

  async run(model: InMemoryModel, { layer, db }: Real): Promise<void> {
    add("operations", 1);
    const { operation, input } = this;
    if (operation.lists || operation.removesShown) db.lag.settle();
    // The real call first: reading calls may need to know what the model knew before.
    const { outcome } = await actual(() => operation.real(layer, input, model));
    const wanted = expected(() => operation.model(model, input, outcome));
    if (isDeepStrictEqual(outcome, wanted)) return;
    const first = "value" in wanted ? "success" : wanted.refused;
    const isRight = operation.orElse?.some(
      ({ refused, inPlaceOf, when }) =>
        "refused" in outcome && refused === outcome.refused && inPlaceOf === first && when?.(model, input) !== false,
    );
    if (!isRight) expect({ [this.toString()]: outcome }).toEqual({ [this.toString()]: wanted });
  }

  toString(): string {
    return `${this.operation.name}(${JSON.stringify(this.input).slice(0, 120)})`;
  }
}

const step = <A>(operation: Operation<A>): fc.Arbitrary<Step<A>> =>
  operation.input.map((input) => new Step(operation, input));

/** What lets a user in, under an id that the service makes: a failed call may leave a row whose id nobody knows. */
interface Credential {
  readonly name: string;
  readonly entity: "session" | "qr_token";
  readonly id: "session_id" | "token";
  readonly known: (model: InMemoryModel) => ReadonlyMap<string, object>;
  readonly model: (model: InMemoryModel, email: string, id: string) => object;
  readonly real: (layer: DataLayer, email: string) => Promise<object>;
}

class Issue implements fc.AsyncCommand<InMemoryModel, Real> {
  private readonly credential: Credential;
  private readonly user_email: string;

  constructor(credential: Credential, user_email: string) {
    this.credential = credential;
    this.user_email = user_email;
  }

  check(): boolean {
    return true;
  }

  async run(model: InMemoryModel, { layer, db }: Real): Promise<void> {
    add("operations", 1);
    const { credential, user_email } = this;
    const { outcome, retries } = await actual(() => credential.real(layer, user_email));
    const refused = expected(() => model.mayLetIn(user_email));
    if ("refused" in outcome || "refused" in refused) expect(outcome).toEqual(refused);
    else {
      const id = (outcome.value as Found)[credential.id] as string;
      expect(outcome.value).toEqual(plain(credential.model(model, user_email, id)));
    }
    if (retries > 0) await this.removeUnknown(model, db);
  }

  /** DynamoDB's time to live removes them in the end; here they go at once, and are all of this user and this call. */
  private async removeUnknown(model: InMemoryModel, { client, table, contents, clock }: TestTable): Promise<void> {
    const { entity, id, known } = this.credential;
    const told = new Set([...known(model).keys()].map(digestOf));
    const rows = (await contents()).filter((item) => item.__edb_e__ === entity && !told.has(String(item[id])));
    for (const { pk, sk, ...row } of rows) {
      expect(row).toMatchObject({ user_email: this.user_email, created_at: clock.now, ttl: row.expires_at });
      await client.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
    }
    add("credentials that nobody was told", rows.length);
  }

  toString(): string {
    return `${this.credential.name}(${this.user_email})`;
  }
}

const SESSION: Credential = {
  name: "sessions.start",
  entity: "session",
  id: "session_id",
  known: ({ sessions }) => sessions,
  model: (model, email, id) => model.startSession(email, id),
  real: ({ sessions }, user_email) => sessions.start({ user_email }),
};
const QR_TOKEN: Credential = {
  name: "qrLogin.issue",
  entity: "qr_token",
  id: "token",
  known: ({ tokens }) => tokens,
  model: (model, email, id) => model.issueToken(email, id),
  real: ({ qrLogin }, email) => qrLogin.issue(email),
};

class Wait implements fc.AsyncCommand<InMemoryModel, Real> {
  private readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  check(): boolean {
    return true;
  }

  async run(model: InMemoryModel, { db }: Real): Promise<void> {
    model.now += this.seconds;
    db.clock.now = model.now;
  }

  toString(): string {
    return `wait(${this.seconds})`;
  }
}

const numbered = (prefix: string, count: number) =>
  fc.integer({ min: 0, max: count - 1 }).map((number) => `${prefix}-${number}`);
const user = fc.constantFrom(MARIA, MARIA, MARIA, CHEN, "ada@example.com");
const PRODUCTS = ["speaking", "writing"] as const;
const product = fc.constantFrom(...PRODUCTS);
const hash = fc.constantFrom(BCRYPT_HASH, OTHER_BCRYPT_HASH);
const token = fc.constantFrom(
  "verify-maria-8sT2kQ9xLw4Zr7",
  "another-token-of-24-letters",
  "third-token-of-22-letters",
);
const assessment = numbered("assessment", 6);
const transaction = numbered("transaction", 4);
const ticket = numbered("ticket", 4);
const action = numbered("action", 3);

type Found = Record<string, unknown>;
const tokenOf = (model: InMemoryModel, number: number) => model.tokenIds.at(-1 - number) ?? "none";

type Speaking = "speaking_academic" | "speaking_general";
const speakingType = fc.constantFrom<Speaking>("speaking_academic", "speaking_general");
const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(plain(row))).sort();
const pick = <T extends object>(rows: readonly T[], ...names: readonly string[]) =>
  sorted(rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name as keyof T]]))));

const often = <A>(operation: Operation<A>) => [step(operation), step(operation), step(operation)];

/** Whether a transaction turned out to count as granted. */
const wasTaken = (outcome: Outcome): boolean => isDeepStrictEqual(outcome, refusalOf("conflict", "granted"));

/** Which of an erased account's purchases keeps a transaction that both had heard of, the model does not know. */
const OF_EITHER_PURCHASE: readonly Substitute<[string, string, string]>[] = [
  ["conflict claimed", "conflict granted"] as const,
  ["conflict granted", "conflict claimed"] as const,
].map(([refused, inPlaceOf]) => ({
  refused,
  inPlaceOf,
  when: (model, [, , transaction_id]) => model.heardTwice.has(transaction_id),
}));

const steps: fc.Arbitrary<fc.AsyncCommand<InMemoryModel, Real>>[] = [
  fc.oneof(fc.integer({ min: 1, max: 900 }), fc.constant(12 * 60 * 60)).map((seconds) => new Wait(seconds)),
  user.map((email) => new Issue(SESSION, email)),
  user.map((email) => new Issue(QR_TOKEN, email)),
  step({
    name: "qrLogin.redeem",
    input: fc.tuple(fc.nat(3), fc.constantFrom("phone-5b1f9c24e7d03a86aa", "tablet-0e6d21b8c94f7a35aa")),
    model: (model, [number, device], outcome) => {
      const session_id = "value" in outcome ? String((outcome.value as Found).session_id) : "none";
      return model.redeem(tokenOf(model, number), device, session_id);
    },
    real: ({ qrLogin }, [number, device_id], model) => qrLogin.redeem(tokenOf(model, number), { device_id }),
  }),
  step({
    name: "qrLogin.status",
    input: fc.nat(3),
    model: (model, number) => model.tokenStatus(tokenOf(model, number)),
    real: ({ qrLogin }, number, model) => qrLogin.status(tokenOf(model, number)),
  }),
  step({
    name: "accounts.erase",
    // What an index does not show is not erased yet.
    lists: true,
    input: fc.constantFrom(CHEN, "ada@example.com"),
    model: (model, email) => model.erase(email),
    real: async ({ accounts }, email) => void (await accounts.erase(email)),
  }),
  step({
    name: "accounts.finishErasures",
    lists: true,
    input: fc.constant(undefined),
    model: (model) => model.finishErasures(),
    real: async ({ accounts }) => void (await accounts.finishErasures()),
  }),
  step({
    name: "accounts.export",
    lists: true,
    input: user,
    model: (model, email) => model.exportCounts(email),
    real: async ({ accounts }, email) => {
      const { items } = await accounts.export(email);
      return Object.fromEntries(Object.entries(items).map(([entity, rows]) => [entity, rows.length]));
    },
  }),
  step({
    name: "accounts.overview",
    lists: true,
    input: user,
    model: (model, email) => {
      const { user: own = [], ticket: tickets = [], assessment: taken = [] } = model.itemsOf(email);
      if (own.length === 0) throw new Refusal("not_found");
      const byStart = (row: Found) => `${row.created_at} ${row.assessment_id}`;
      return {
        tickets: pick(
          tickets.filter(({ status }) => status !== "resolved"),
          "ticket_id",
          "status",
        ),
        assessments: taken
          .sort((a, b) => (byStart(a) < byStart(b) ? 1 : -1))
          .slice(0, 10)
          .map(({ assessment_id }) => assessment_id),
        active: PRODUCTS.filter((name) => model.hasAccess(email, name)),
      };
    },
    real: async ({ accounts }, email) => {
      const { openTickets, assessments, entitlements } = await accounts.overview(email);
      return {
        tickets: pick(openTickets, "ticket_id", "status"),
        assessments: assessments.map(({ assessment_id }) => assessment_id),
        active: PRODUCTS.filter((name) => entitlements.some((row) => row.product_id === name && row.active)),
      };
    },
  }),
  step({
    name: "moderation.recordSafetyEvent",
    input: fc.tuple(numbered("log", 4), user),
    model: (model, [log_id, email]) => model.recordEvent(log_id, email),
    real: ({ moderation }, [log_id, user_email]) => moderation.recordSafetyEvent(aSafetyEvent({ log_id, user_email })),
  }),
  step({
    name: "moderation.fileReport",
    input: fc.tuple(numbered("report", 4), user),
    model: (model, [report_id, email]) => model.fileReport(report_id, email),
    real: ({ moderation }, [report_id, reporter_email]) =>
      moderation.fileReport(aReport({ report_id, reporter_email })),
  }),
  step({
    name: "moderation.triage",
    input: fc.tuple(
      numbered("report", 4),
      fc.constantFrom<"investigating" | "resolved" | "dismissed">("investigating", "resolved", "dismissed"),
      fc.constantFrom("seen", "known"),
    ),
    model: (model, [id, status, notes]) => model.triage(id, status, notes),
    real: ({ moderation }, [id, status, admin_notes]) => moderation.triage(id, { status, admin_notes }),
  }),
  step({
    name: "moderation.listReportsByStatus",
    lists: true,
    input: fc.constantFrom("new", "investigating", "resolved", "dismissed"),
    model: (model, status) =>
      pick(
        [...model.reports.values()].filter((row) => row.status === status),
        "report_id",
        "reporter_email",
      ),
    real: async ({ moderation }, status) =>
      pick((await moderation.listReportsByStatus(status, { limit: 100 })).items, "report_id", "reporter_email"),
  }),
  step({
    name: "moderation.review",
    lists: true,
    input: fc.constant(aReport().assessment_id ?? ""),
    model: (model) => [
      pick([...model.logs.values()], "log_id", "timestamp", "user_response"),
      pick([...model.reports.values()], "report_id", "status", "admin_notes"),
    ],
    real: async ({ moderation }, id) => {
      const { safetyLogs, reports } = await moderation.review(id);
      return [
        pick(safetyLogs, "log_id", "timestamp", "user_response"),
        pick(reports, "report_id", "status", "admin_notes"),
      ];
    },
  }),
  ...often({
    name: "questions.import",
    input: fc.nat(3).map((block) => catalogue.slice(block * 30, (block + 1) * 30)),
    model: (model, block) => model.importQuestions(block),
    real: async ({ questions }, block) => {
      const { failed } = await questions.import(block);
      if (failed[0] !== undefined) throw failed[0].cause;
    },
  }),
  step({
    name: "questions.listByType",
    lists: true,
    input: fc.constantFrom("speaking_part1", "writing_task2"),
    model: (model, type) =>
      pick(
        [...model.questions.values()].filter((row) => row.assessment_type === type),
        "question_id",
        "keywords",
      ),
    real: async ({ questions }, assessment_type) =>
      pick((await questions.listByType({ assessment_type }, { limit: 100 })).items, "question_id", "keywords"),
  }),
  ...often({
    name: "accounts.register",
    input: fc.tuple(user, hash),
    model: (model, [email, password_hash]) => model.register(email, password_hash),
    real: ({ accounts }, [email, password_hash]) => accounts.register(aRegistration({ email, password_hash })),
  }),
  step({
    name: "accounts.find",
    lists: true,
    input: user,
    model: (model, email) => model.findUser(email),
    real: ({ accounts }, email) => accounts.find(email),
  }),
  step({
    name: "accounts.suspend",
    removesShown: true,
    input: user,
    model: (model, email) => model.setStatus(email, "suspended"),
    real: ({ accounts }, email) => accounts.suspend(email),
  }),
  step({
    name: "accounts.reactivate",
    input: user,
    model: (model, email) => model.setStatus(email, "active"),
    real: ({ accounts }, email) => accounts.reactivate(email),
  }),
  step({
    name: "accounts.markDeleted",
    removesShown: true,
    input: fc.constant("ada@example.com"),
    model: (model, email) => model.setStatus(email, "deleted"),
    real: ({ accounts }, email) => accounts.markDeleted(email),
  }),
  step({
    name: "accounts.recordLogin",
    input: user,
    model: (model, email) => model.recordLogin(email),
    real: ({ accounts }, email) => accounts.recordLogin(email),
  }),
  step({
    name: "accounts.changePassword",
    removesShown: true,
    input: fc.tuple(user, hash, hash),
    model: (model, [email, password_hash, current]) => model.changePassword(email, password_hash, current),
    real: ({ accounts }, [email, password_hash, current_hash]) =>
      accounts.changePassword(email, { password_hash, current_hash }),
  }),
  step({
    name: "accounts.verifyEmail",
    input: fc.tuple(user, token),
    model: (model, [email, given]) => model.verifyEmail(email, given),
    real: ({ accounts }, [email, given]) => accounts.verifyEmail(email, { verification_token: given }),
    // A verification token works once.
    orElse: [{ refused: "conflict already_verified", inPlaceOf: "success" }],
  }),
  step({
    name: "accounts.setVerificationToken",
    input: fc.tuple(user, token),
    model: (model, [email, given]) => model.setVerificationToken(email, given),
    real: ({ accounts }, [email, given]) => accounts.setVerificationToken(email, { verification_token: given }),
  }),
  step({
    name: "sessions.authenticate",
    input: fc.nat(5),
    model: (model, number) => model.authenticate(model.sessionIds.at(-1 - number) ?? "none"),
    real: ({ sessions }, number, model) => sessions.authenticate(model.sessionIds.at(-1 - number) ?? "none"),
  }),
  step({
    name: "sessions.end",
    input: fc.nat(5),
    model: (model, number) => model.end(model.sessionIds.at(-1 - number) ?? "none"),
    real: ({ sessions }, number, model) => sessions.end(model.sessionIds.at(-1 - number) ?? "none"),
  }),
  step({
    name: "sessions.listByUser",
    lists: true,
    input: user,
    model: (model, email) =>
      sorted(model.liveSessions(email).map((row) => digestOf(String(row.session_id)) as unknown as object)),
    real: async ({ sessions }, email) =>
      sorted(
        (await sessions.listByUser(email, { limit: 100 })).items.map((row) => row.session_id as unknown as object),
      ),
  }),
  ...often({
    name: "assessments.start",
    input: fc.tuple(assessment, user, speakingType),
    model: (model, [id, user_id, type]) => model.startAssessment(id, user_id, type),
    real: ({ assessments }, [assessment_id, user_id, assessment_type]) =>
      assessments.start({ assessment_id, user_id, assessment_type }),
  }),
  step({
    name: "assessments.complete",
    input: fc.tuple(assessment, fc.integer({ min: 1, max: 2 })),
    model: (model, [id, duration]) => model.completeAssessment(id, duration),
    real: ({ assessments }, [id, duration_minutes]) => assessments.complete(id, aSpeakingResult({ duration_minutes })),
  }),
  step({
    name: "assessments.abandon",
    input: assessment,
    model: (model, id) => model.abandonAssessment(id),
    real: ({ assessments }, id) => assessments.abandon(id),
  }),
  step({
    name: "assessments.find",
    lists: true,
    input: assessment,
    model: (model, id) => model.assessments.get(id),
    real: ({ assessments }, id) => assessments.find(id),
  }),
  step({
    name: "assessments.listByUser",
    lists: true,
    input: user,
    model: (model, email) => pick(model.assessmentsOf(email), "assessment_id", "status", "band_score"),
    real: async ({ assessments }, email) =>
      pick((await assessments.listByUser(email, { limit: 100 })).items, "assessment_id", "status", "band_score"),
  }),
  step({
    name: "assessments.countSince",
    lists: true,
    input: user,
    model: (model, email) => model.assessmentsOf(email).length,
    real: ({ assessments }, email) => assessments.countSince(email, 0),
  }),
  ...often({
    name: "purchases.grant",
    input: fc.tuple(user, product, transaction),
    model: (model, [email, product_id, transaction_id], outcome) =>
      model.grant(email, product_id, transaction_id, wasTaken(outcome)),
    real: async ({ purchases }, [user_email, product_id, transaction_id]) =>
      (await purchases.grant(aReceipt({ user_email, product_id, transaction_id }))).purchase,
    // Taken back from an erased account by the call before, which makes it count as granted.
    orElse: [{ refused: "conflict granted", inPlaceOf: "conflict erased" }, ...OF_EITHER_PURCHASE],
  }),
  step({
    name: "purchases.refund",
    input: fc.tuple(user, product, transaction),
    model: (model, input, outcome) => model.tellRefund("refunded", input, wasTaken(outcome)),
    real: ({ purchases }, [email, product_id, transaction_id]) => purchases.refund(email, product_id, transaction_id),
    orElse: OF_EITHER_PURCHASE,
  }),
  step({
    name: "purchases.reverseRefund",
    input: fc.tuple(user, product, transaction),
    model: (model, input, outcome) => model.tellRefund("reversed", input, wasTaken(outcome)),
    real: ({ purchases }, [email, product_id, transaction_id]) =>
      purchases.reverseRefund(email, product_id, transaction_id),
    orElse: OF_EITHER_PURCHASE,
  }),
  step({
    name: "purchases.find",
    input: fc.tuple(user, product),
    model: (model, [email, product_id]) => model.findPurchase(email, product_id),
    real: ({ purchases }, [email, product_id]) => purchases.find(email, product_id),
  }),
  step({
    name: "purchases.hasAccess",
    input: fc.tuple(user, product),
    model: (model, [email, product_id]) => model.hasAccess(email, product_id),
    real: ({ purchases }, [email, product_id]) => purchases.hasAccess(email, product_id),
  }),
  ...often({
    name: "support.open",
    input: fc.tuple(ticket, user),
    model: (model, [ticket_id, email]) => model.openTicket(ticket_id, email),
    real: ({ support }, [ticket_id, user_email]) => support.open(aTicket({ ticket_id, user_email })),
  }),
  step({
    name: "support.answer",
    input: fc.tuple(ticket, fc.constantFrom("one", "two")),
    model: (model, [id, text]) => model.answerTicket(id, text),
    real: ({ support }, [id, ai_response]) => support.answer(id, { ai_response }),
  }),
  step({
    name: "support.escalate",
    input: ticket,
    model: (model, id) => model.moveTicket(id, "escalated"),
    real: ({ support }, id) => support.escalate(id),
  }),
  step({
    name: "support.resolve",
    input: ticket,
    model: (model, id) => model.moveTicket(id, "resolved"),
    real: ({ support }, id) => support.resolve(id),
  }),
  step({
    name: "support.reopen",
    input: ticket,
    model: (model, id) => model.moveTicket(id, "in_progress"),
    real: ({ support }, id) => support.reopen(id),
  }),
  step({
    name: "support.setPriority",
    input: fc.tuple(ticket, fc.constantFrom("low", "high", "urgent")),
    model: (model, [id, priority]) => model.setPriority(id, priority),
    real: ({ support }, [id, priority]) => support.setPriority(id, priority),
  }),
  step({
    name: "support.find",
    lists: true,
    input: ticket,
    model: (model, id) => model.tickets.get(id),
    real: ({ support }, id) => support.find(id),
  }),
  step({
    name: "support.listByStatus",
    lists: true,
    input: fc.constantFrom("new", "in_progress", "escalated", "resolved"),
    model: (model, status) =>
      pick(
        [...model.tickets.values()].filter((row) => row.status === status),
        "ticket_id",
        "priority",
      ),
    real: async ({ support }, status) =>
      pick((await support.listByStatus(status, { limit: 100 })).items, "ticket_id", "priority"),
  }),
  step({
    name: "devops.proposeFix",
    input: fc.tuple(numbered("fix", 3), fc.constant("ticket-1")),
    model: (model, [id, ticket_id]) => model.recordAction(id, ticket_id, "fix"),
    real: ({ devops }, [action_id, ticket_id]) => devops.proposeFix(aFix({ action_id, ticket: ticket_id })),
  }),
  step({
    name: "devops.proposeFix without a ticket",
    input: action,
    model: (model, id) => model.recordAction(id, undefined, "fix"),
    real: ({ devops }, action_id) => devops.proposeFix(aFix({ action_id })),
  }),
  step({
    name: "devops.recordDiagnosis",
    input: fc.tuple(numbered("diagnosis", 3), fc.constant("ticket-2")),
    model: (model, [id, ticket_id]) => model.recordAction(id, ticket_id, "diagnosis"),
    real: ({ devops }, [action_id, ticket_id]) => devops.recordDiagnosis(aDiagnosis({ action_id, ticket: ticket_id })),
  }),
  step({
    name: "devops.decide",
    input: fc.tuple(
      fc.oneof(action, numbered("fix", 3), numbered("diagnosis", 3)),
      fc.constantFrom("approved", "rejected"),
      fc.constantFrom("dana", "lee"),
    ),
    model: (model, [id, to, reviewer]) => model.decide(id, to, reviewer),
    real: ({ devops }, [id, to, reviewed_by]) =>
      devops[to === "approved" ? "approve" : "reject"](id, { reviewed_by, review_reason: "because" }),
  }),
  step({
    name: "devops.markApplied",
    input: fc.tuple(fc.oneof(action, numbered("fix", 3)), fc.constantFrom("pull/1", "pull/2")),
    model: (model, [id, url]) => model.apply(id, url),
    real: ({ devops }, [id, url]) => devops.markApplied(id, url),
  }),
  step({
    name: "devops.listByTicket",
    lists: true,
    input: fc.constantFrom("ticket-1", "ticket-2"),
    model: (model, id) =>
      pick(
        [...model.actions.values()].filter((row) => row.ticket_id === id),
        "action_id",
        "status",
      ),
    real: async ({ devops }, id) => pick((await devops.listByTicket(id, { limit: 100 })).items, "action_id", "status"),
  }),
];

/** Every row of an index: it may be scanned here, as no service does it. */
async function drained({ client, table: TableName }: TestTable, IndexName: string): Promise<Found[]> {
  const rows: Found[] = [];
  const pages = paginateScan({ client: DynamoDBDocumentClient.from(client) }, { TableName, IndexName });
  for await (const { Items = [] } of pages) rows.push(...Items);
  return rows;
}

/**
 * What a service wrote of an item: neither keys nor what is derived, nor how often sessions were ended, for retries count. Ledgers
 * are compared as what they tell.
 */
function written(entity: EntityName, item: Found): Found {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => {
      const rules = attributes[name];
      return rules !== undefined && rules.setBy !== "derived" && rules.internal !== true && name !== "ledger";
    }),
  );
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

/** Rows as texts, in an order that depends on nothing but them: engines keep the order of maps or do not. */
const inOrder = (rows: readonly Found[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value: unknown) =>
        isMap(value) ? Object.fromEntries(Object.entries(value).sort(byName)) : value,
      ),
    )
    .sort();

/** The table is the model's, and each index holds each item that has its key as it is projected, and nothing else. */
async function expectSameTable(db: TestTable, model: InMemoryModel): Promise<void> {
  db.lag.settle();
  const stored = await db.contents();
  for (const [entity, rows] of Object.entries(model.rows()) as [EntityName, Found[]][]) {
    const items = stored.filter((item) => item.__edb_e__ === entity);
    expect({ [entity]: inOrder(items.map((item) => written(entity, item))) }).toEqual({ [entity]: inOrder(rows) });
  }
  for (const item of stored.filter(({ __edb_e__ }) => __edb_e__ === "entitlement")) {
    const told = ledgerOf(item as never).map(({ transaction_id, purchase_date: bought, refunded_at, reversed_at }) => [
      transaction_id,
      {
        ...(bought === undefined ? {} : { bought }),
        ...(refunded_at === undefined ? {} : { refunded: true }),
        ...(reversed_at === undefined ? {} : { reversed: true }),
      },
    ]);
    const known = model.ledgers.get(`${item.user_email} ${item.product_id}`);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(known ?? []));
    add("ledgers compared", 1);
  }
  expect(stored.filter((item) => item.__edb_e__ === "claim")).toHaveLength(model.claims());
  const erasures = stored.filter((item) => item.__edb_e__ === "erasure");
  expect(inOrder(erasures.map(({ state, erased_at }) => ({ state, erased_at })))).toEqual(
    inOrder([...model.erased.values()].map((entry) => ({ ...entry }))),
  );
  expect(stored).toHaveLength(Object.values(model.rows()).flat().length + model.claims() + erasures.length);

  const { keySchema, globalSecondaryIndexes } = tableDefinition();
  for (const { indexName, partitionKey, sortKey, projectionType, nonKeyAttributes } of globalSecondaryIndexes) {
    const names = new Set([...Object.values(keySchema), partitionKey, sortKey, ...nonKeyAttributes]);
    const projected = (item: Found) =>
      Object.fromEntries(Object.entries(item).filter(([name]) => projectionType === "ALL" || names.has(name)));
    const keyed = stored.filter((item) => partitionKey in item || sortKey in item);
    expect(keyed.filter((item) => !(partitionKey in item && sortKey in item))).toEqual([]);
    const rows = await drained(db, indexName);
    expect({ [indexName]: inOrder(rows) }).toEqual({ [indexName]: inOrder(keyed.map(projected)) });
    add("index entries compared", rows.length);
  }
  add("items compared", stored.length);
}

/** The SDK's own retries, without its pauses. */
function hastyRetries(attempts: number) {
  const tokenOf = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    mode: "standard",
    acquireInitialRetryToken: async () => tokenOf(0),
    refreshRetryTokenForRetry: async (token: { getRetryCount(): number }, { errorType }: { errorType: string }) => {
      if (token.getRetryCount() + 1 >= attempts || errorType === "CLIENT_ERROR") throw new Error("no more retries");
      return tokenOf(token.getRetryCount() + 1);
    },
    recordSuccess: () => undefined,
  };
}

afterAll(() => report("operations under fault", totals));

it("answers and stores as an in-memory model does while a fifth of all requests fail", async () => {
  const random = seededRandom(SEED);
  const commands = fc.commands(steps, { maxCommands: LONG ? 1_000 : 700, size: "max" });
  const play = async (sequence: Iterable<fc.AsyncCommand<InMemoryModel, Real>>, attempts: number) => {
    const db = await openTestTable();
    const handler = new FaultyHandler(random, SHARE_OF_FAULTS);
    const client = await clientOf(db, {
      requestHandler: handler as never,
      retryStrategy: hastyRetries(attempts) as never,
    });
    const model = new InMemoryModel();
    try {
      await fc.asyncModelRun(() => ({ model, real: { layer: db.layerWith({ client }), db } }), sequence);
      await expectSameTable(db, model);
      add("runs", 1);
    } finally {
      add("requests", handler.requests);
      for (const fault of FAULTS) add(fault, handler.counts[fault]);
      client.destroy();
      await db.drop();
    }
  };
  for (let run = 0; (totals.operations ?? 0) < OPERATIONS; run++) {
    // Not shrunk: the engine would be asked thousands of times again, and the faults would fall elsewhere.
    const attempts = ATTEMPTS[run % ATTEMPTS.length] ?? 1;
    await fc.assert(
      fc.asyncProperty(commands, (sequence) => play(sequence, attempts)),
      { seed: SEED + run, numRuns: 1, endOnFailure: true },
    );
  }
  expect(totals.operations).toBeGreaterThanOrEqual(OPERATIONS);
  expect(FAULTS.filter((fault) => totals[fault] === 0)).toEqual([]);
});
