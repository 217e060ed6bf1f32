import { isDeepStrictEqual } from "node:util";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { tableDefinition } from "../../entities/table.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ConflictError, DataLayerError } from "../../services/errors.ts";
import {
  aDiagnosis,
  aFix,
  aReceipt,
  aRegistration,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  CHEN,
  MARIA,
  OTHER_BCRYPT_HASH,
} from "../builders.ts";
import { ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { FAULTS, FaultyHandler } from "./faulty-handler.ts";
import { InMemoryModel, Refusal } from "./model.ts";
import { clientOf } from "./patient-layer.ts";
import { report } from "./report.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const OPERATIONS = LONG ? 10_000 : 400;
const SHARE_OF_FAULTS = 0.2;
const ATTEMPTS = 3;

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
      return { outcome: refusalOf(error.code, error instanceof ConflictError ? error.state : undefined), retries };
    }
  }
}

interface Operation<A> {
  readonly name: string;
  readonly input: fc.Arbitrary<A>;
  readonly model: (model: InMemoryModel, input: A) => unknown;
  readonly real: (layer: DataLayer, input: A, model: InMemoryModel) => Promise<unknown>;
  /** A refusal that a retry inside may turn success into, because the write works once. */
  readonly orElse?: string;
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

  async run(model: InMemoryModel, { layer }: Real): Promise<void> {
    add("operations", 1);
    const { operation, input } = this;
    // The real call first: reading calls may need to know what the model knew before.
    const { outcome } = await actual(() => operation.real(layer, input, model));
    const wanted = expected(() => operation.model(model, input));
    if (isDeepStrictEqual(outcome, wanted)) return;
    const late = "refused" in outcome && outcome.refused === operation.orElse && "value" in wanted;
    if (!late) expect({ [this.toString()]: outcome }).toEqual({ [this.toString()]: wanted });
  }

  toString(): string {
    return `${this.operation.name}(${JSON.stringify(this.input)})`;
  }
}

const step = <A>(operation: Operation<A>): fc.Arbitrary<Step<A>> =>
  operation.input.map((input) => new Step(operation, input));

/** A session's id is made by the service, so a failed start cannot be repeated: all sessions of the user are ended. */
class StartSession implements fc.AsyncCommand<InMemoryModel, Real> {
  private readonly user_email: string;

  constructor(user_email: string) {
    this.user_email = user_email;
  }

  check(): boolean {
    return true;
  }

  async run(model: InMemoryModel, { layer }: Real): Promise<void> {
    add("operations", 1);
    const { user_email } = this;
    const wanted = expected(() => model.mayStartSession(user_email));
    try {
      const session = await layer.sessions.start({ user_email });
      expect(wanted).toEqual({ value: null });
      expect(session).toEqual(model.startSession(user_email, session.session_id));
    } catch (error) {
      if (error instanceof ConflictError) {
        expect(refusalOf(error.code, error.state)).toEqual(wanted);
        return;
      }
      if (!isInfrastructure(error)) throw error;
      await actual(() => layer.sessions.endAll(user_email));
      model.endAll(user_email);
    }
  }

  toString(): string {
    return `sessions.start(${this.user_email})`;
  }
}

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
const user = fc.constantFrom(MARIA, CHEN, "ada@example.com");
const product = fc.constantFrom("speaking", "writing");
const hash = fc.constantFrom(BCRYPT_HASH, OTHER_BCRYPT_HASH);
const token = fc.constantFrom("verify-maria", "another", "third");
const assessment = numbered("assessment", 12);
const transaction = numbered("transaction", 12);
const ticket = numbered("ticket", 8);
const action = numbered("action", 8);

type Speaking = "speaking_academic" | "speaking_general";
const speakingType = fc.constantFrom<Speaking>("speaking_academic", "speaking_general");
const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(plain(row))).sort();
const pick = <T extends object>(rows: readonly T[], ...names: readonly string[]) =>
  sorted(rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name as keyof T]]))));

const steps: fc.Arbitrary<fc.AsyncCommand<InMemoryModel, Real>>[] = [
  fc.oneof(fc.integer({ min: 1, max: 900 }), fc.constant(12 * 60 * 60)).map((seconds) => new Wait(seconds)),
  user.map((email) => new StartSession(email)),
  user.map((email) => new StartSession(email)),
  step({
    name: "accounts.register",
    input: fc.tuple(user, hash),
    model: (model, [email, password_hash]) => model.register(email, password_hash),
    real: ({ accounts }, [email, password_hash]) => accounts.register(aRegistration({ email, password_hash })),
  }),
  step({
    name: "accounts.find",
    input: user,
    model: (model, email) => model.findUser(email),
    real: ({ accounts }, email) => accounts.find(email),
  }),
  step({
    name: "accounts.suspend",
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
    input: fc.tuple(user, hash, hash),
    model: (model, [email, password_hash, current]) => model.changePassword(email, password_hash, current),
    real: ({ accounts }, [email, password_hash, current_hash]) =>
      accounts.changePassword(email, { password_hash, current_hash }),
  }),
  step({
    name: "accounts.verifyEmail",
    input: fc.tuple(user, token),
    model: (model, [email, given]) => model.verifyEmail(email, given),
    real: ({ accounts }, [email, given]) => accounts.verifyEmail(email, given),
    orElse: "conflict already_verified",
  }),
  step({
    name: "accounts.setVerificationToken",
    input: fc.tuple(user, token),
    model: (model, [email, given]) => model.setVerificationToken(email, given),
    real: ({ accounts }, [email, given]) => accounts.setVerificationToken(email, given),
  }),
  step({
    name: "sessions.authenticate",
    input: fc.nat(30),
    model: (model, number) => model.authenticate(model.sessionIds[number] ?? "none"),
    real: ({ sessions }, number, model) => sessions.authenticate(model.sessionIds[number] ?? "none"),
  }),
  step({
    name: "sessions.end",
    input: fc.nat(30),
    model: (model, number) => void model.sessions.delete(model.sessionIds[number] ?? "none"),
    real: ({ sessions }, number, model) => sessions.end(model.sessionIds[number] ?? "none"),
  }),
  step({
    name: "sessions.list",
    input: user,
    model: (model, email) => sorted(model.liveSessions(email).map((row) => row.session_id as unknown as object)),
    real: async ({ sessions }, email) =>
      sorted((await sessions.list(email, { limit: 100 })).items.map((row) => row.session_id as unknown as object)),
  }),
  step({
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
    input: assessment,
    model: (model, id) => model.assessments.get(id),
    real: ({ assessments }, id) => assessments.find(id),
  }),
  step({
    name: "assessments.listByUser",
    input: user,
    model: (model, email) => pick(model.assessmentsOf(email), "assessment_id", "status", "band_score"),
    real: async ({ assessments }, email) =>
      pick((await assessments.listByUser(email, { limit: 100 })).items, "assessment_id", "status", "band_score"),
  }),
  step({
    name: "assessments.countSince",
    input: user,
    model: (model, email) => model.assessmentsOf(email).length,
    real: ({ assessments }, email) => assessments.countSince(email, 0),
  }),
  ...Array.from({ length: 2 }, () =>
    step({
      name: "purchases.grant",
      input: fc.tuple(user, product, transaction),
      model: (model, [email, product_id, transaction_id]) => model.grant(email, product_id, transaction_id),
      real: ({ purchases }, [user_email, product_id, transaction_id]) =>
        purchases.grant(aReceipt({ user_email, product_id, transaction_id })),
    }),
  ),
  step({
    name: "purchases.refund",
    input: fc.tuple(user, product, transaction),
    model: (model, [email, product_id, transaction_id]) => model.refund(email, product_id, transaction_id),
    real: ({ purchases }, [email, product_id, transaction_id]) => purchases.refund(email, product_id, transaction_id),
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
  step({
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
    input: ticket,
    model: (model, id) => model.tickets.get(id),
    real: ({ support }, id) => support.find(id),
  }),
  step({
    name: "support.listByStatus",
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
    input: fc.tuple(numbered("fix", 8), fc.constant("ticket-1")),
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
    input: fc.tuple(numbered("diagnosis", 4), fc.constant("ticket-2")),
    model: (model, [id, ticket_id]) => model.recordAction(id, ticket_id, "diagnosis"),
    real: ({ devops }, [action_id, ticket_id]) => devops.recordDiagnosis(aDiagnosis({ action_id, ticket: ticket_id })),
  }),
  step({
    name: "devops.decide",
    input: fc.tuple(
      fc.oneof(action, numbered("fix", 8), numbered("diagnosis", 4)),
      fc.constantFrom("approved", "rejected"),
      fc.constantFrom("dana", "lee"),
    ),
    model: (model, [id, to, reviewer]) => model.decide(id, to, reviewer),
    real: ({ devops }, [id, to, reviewed_by]) =>
      devops[to === "approved" ? "approve" : "reject"](id, { reviewed_by, reason: "because" }),
  }),
  step({
    name: "devops.markApplied",
    input: fc.tuple(fc.oneof(action, numbered("fix", 8)), fc.constantFrom("pull/1", "pull/2")),
    model: (model, [id, url]) => model.apply(id, url),
    real: ({ devops }, [id, url]) => devops.markApplied(id, url),
  }),
  step({
    name: "devops.listByTicket",
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

async function drained(db: TestTable, index: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let startKey: Record<string, unknown> | undefined;
  do {
    const scan = new ScanCommand({
      TableName: db.table,
      IndexName: index,
      ...(startKey === undefined ? {} : { ExclusiveStartKey: startKey }),
    });
    const page = await db.client.send(scan);
    rows.push(...(page.Items ?? []));
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return rows;
}

/** The table is the model's, and each index holds each item that has its key, and nothing else. */
async function expectSameTable(db: TestTable, model: InMemoryModel): Promise<void> {
  const stored = await db.contents();
  for (const [entity, rows] of Object.entries(model.rows())) {
    const items = stored.filter((item) => item.__edb_e__ === entity);
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    expect(pick(items, ...names)).toEqual(pick(rows, ...names));
  }
  expect(stored.filter((item) => item.__edb_e__ === "claim")).toHaveLength(model.claims());
  const known = Object.values(model.rows()).flat().length + model.claims();
  expect(stored).toHaveLength(known);

  for (const { indexName, partitionKey, sortKey } of tableDefinition().globalSecondaryIndexes) {
    const keys = ["pk", "sk", partitionKey, sortKey];
    // dynalite scans an index as if it held all items; DynamoDB Local leaves out those that lack its key, as AWS does.
    const scanned = await drained(db, indexName);
    const rows = ON_DYNAMODB_LOCAL ? scanned : scanned.filter((row) => row[partitionKey] !== undefined);
    const indexed = stored.filter((item) => item[partitionKey] !== undefined);
    expect(pick(rows, ...keys)).toEqual(pick(indexed, ...keys));
    const projected = new Map(stored.map((item) => [`${item.pk} ${item.sk}`, item]));
    for (const row of rows) expect(projected.get(`${row.pk} ${row.sk}`)).toMatchObject(row);
    add("index rows", rows.length);
  }
}

/** The SDK's own retries, without its pauses. */
function hastyRetries() {
  const tokenOf = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    mode: "standard",
    acquireInitialRetryToken: async () => tokenOf(0),
    refreshRetryTokenForRetry: async (token: { getRetryCount(): number }, { errorType }: { errorType: string }) => {
      if (token.getRetryCount() + 1 >= ATTEMPTS || errorType === "CLIENT_ERROR") throw new Error("no more retries");
      return tokenOf(token.getRetryCount() + 1);
    },
    recordSuccess: () => undefined,
  };
}

it("answers and stores as an in-memory model does while a fifth of all requests fail", async () => {
  const random = seededRandom(SEED);
  const commands = fc.commands(steps, { maxCommands: LONG ? 400 : 150, size: "max" });
  const property = fc.asyncProperty(commands, async (sequence) => {
    const db = await openTestTable();
    const handler = new FaultyHandler(random, SHARE_OF_FAULTS);
    const client = await clientOf(db, { requestHandler: handler as never, retryStrategy: hastyRetries() as never });
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
  });
  for (let run = 0; (totals.operations ?? 0) < OPERATIONS; run++) {
    await fc.assert(property, { seed: SEED + run, numRuns: LONG ? 5 : 1, endOnFailure: true });
  }
  report("under fault", totals);
  expect(totals.operations).toBeGreaterThanOrEqual(OPERATIONS);
});
