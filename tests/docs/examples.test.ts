import { randomUUID, scryptSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import type { SQSBatchResponse } from "aws-lambda";
import { build } from "esbuild";
import { createTableInput } from "../../entities/table.ts";
import { esbuildPreset } from "../../esbuild-preset.ts";
import { decide } from "../../scripts/iam/evaluator.ts";
import { arnsOf, POLICY_NAMES, type PolicyName, policyOf } from "../../scripts/iam/service-policies.ts";
import {
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
  BCRYPT_HASH,
  MARIA,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { accessOf, PLACE, type RecordingEndpoint, type SentRequest, startRecording } from "../sent-requests.ts";
import { countersOf, countersTable, createCountersTable } from "./counters-table.ts";
import {
  type HttpRequest,
  httpEvent,
  lambdaContext,
  type SesChanges,
  scheduledEvent,
  sesEvent,
  snsEvent,
  sqsEvent,
} from "./lambda-events.ts";

/** Modules that handlers share; everything else in docs/examples is a handler. */
const SHARED = ["http", "mail-sender", "outside", "password", "refusal"];
const HANDLERS = readdirSync("docs/examples")
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(".ts", ""))
  .filter((name) => !SHARED.includes(name));

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const REVIEWER = "dana.reviewer@example.com";
const ADMINISTRATOR = { email: REVIEWER, scope: "openid dashboard/read dashboard/review" };
const PASSWORD = "correct horse battery staple";
/** As the existing platform stores passwords (Werkzeug). */
const PASSWORD_HASH = `scrypt:1024:8:1$salt$${scryptSync(PASSWORD, "salt", 64, { N: 1024, r: 8, p: 1 }).toString("hex")}`;

/** Who waits for a refusal waits for no test. */
const timers = jest.requireActual<{ setTimeout(milliseconds: number): Promise<void> }>("node:timers/promises");
let waits: jest.SpiedFunction<typeof timers.setTimeout>;

let db: TestTable;
let folder: string;
let outside: Server;
let recording: RecordingEndpoint;
/** The handler that was invoked last, and what the handlers have sent to DynamoDB. */
let running = "";
const sent: { readonly by: string; readonly request: SentRequest }[] = [];
const before = { ...process.env };

/** What the systems beyond the table answer to each path. */
let answers: Record<string, unknown> = {};
const asked: string[] = [];
const mails: { readonly to: string; readonly kind: string; readonly token: string }[] = [];

beforeAll(async () => {
  db = await openTestTable();
  folder = mkdtempSync(join(tmpdir(), "examples-"));
  await build({
    ...esbuildPreset,
    entryPoints: HANDLERS.map((name) => `docs/examples/${name}.ts`),
    outdir: folder,
    // Jest's modules have no import(): the SDK's becomes a require.
    supported: { "dynamic-import": false },
    logLevel: "error",
  });
  outside = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    asked.push(request.url ?? "");
    text(request).then((body) => {
      if (request.url === "/mails-out") mails.push(JSON.parse(body));
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  recording = await startRecording(db.environment.DYNAMODB_ENDPOINT ?? "", (request) => {
    sent.push({ by: running, request });
  });
  Object.assign(process.env, db.environment, {
    DYNAMODB_ENDPOINT: recording.endpoint,
    RECEIPT_VERIFIER_URL: `${origin}/receipts`,
    MAIL_STORE_URL: `${origin}/mails`,
    SUPPORT_AGENT_URL: `${origin}/support`,
    DEVOPS_AGENT_URL: `${origin}/devops`,
    EXAMINER_URL: `${origin}/examiner`,
    MAILER_URL: `${origin}/mails-out`,
    DEVOPS_QUEUE_URL: `${origin}/devops-queue`,
    COUNTERS_TABLE: countersTable(db),
  });
});
beforeEach(async () => {
  await db.reset();
  answers = {};
  asked.length = 0;
  mails.length = 0;
  // The functions have the system's clock: it is the test's here.
  jest.spyOn(Date, "now").mockImplementation(() => db.clock() * 1000);
  waits = jest.spyOn(timers, "setTimeout").mockResolvedValue();
  const registration = aRegistration({ password_hash: PASSWORD_HASH });
  await db.layer.accounts.register(registration);
  const { verification_token = "" } = registration;
  await db.layer.accounts.verifyEmail(MARIA, { verification_token });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  process.env = before;
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => outside.close(resolve));
  await recording.stop();
  await db.drop();
});

/** Invokes a bundle as Lambda does. */
const invoke = <T>(name: string, event: object, context = lambdaContext()): Promise<T> => {
  running = name;
  return (require(join(folder, `${name}.js`)) as { handler(event: object, context: object): Promise<T> }).handler(
    event,
    context,
  );
};

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> & { readonly items: readonly Record<string, unknown>[] };
}

/** Calls a route and reads the JSON that it answers. */
async function call(name: string, routeKey: string, request?: HttpRequest): Promise<Answer> {
  const event = httpEvent(routeKey, request);
  const answer = await invoke<Omit<Answer, "body"> & { body?: string }>(name, event);
  expect(answer.headers["cache-control"]).toBe("no-store");
  return { ...answer, body: answer.body === undefined ? {} : JSON.parse(answer.body) };
}

async function logIn(): Promise<string> {
  const { statusCode, body } = await call("log-in", "POST /sessions", { body: { email: MARIA, password: PASSWORD } });
  expect(statusCode).toBe(201);
  return body.session_id as string;
}

async function buySpeaking(session: string): Promise<Answer> {
  answers["/receipts"] = { transaction_id: "1000000901", price_paid: 36.99, purchase_date: NOW };
  const { platform, product_id, receipt_data } = aReceipt();
  return call("purchases", "POST /purchases", { session, body: { platform, product_id, receipt_data } });
}

it("has a test for every handler", () => {
  expect(HANDLERS.sort()).toEqual([
    "account-data",
    "assessments",
    "changes",
    "counters",
    "dashboard",
    "diagnosis",
    "erasures",
    "log-in",
    "moderation-events",
    "nightly",
    "purchases",
    "qr-login",
    "sign-up",
    "store-events",
    "support-mail",
  ]);
});

describe("sign up, verify and reset", () => {
  const ADA = { email: "ada@example.com", username: "Ada", password: "twelve letters and more" };
  const post = (routeKey: string, body: object) => call("sign-up", `POST ${routeKey}`, { body });
  const logInAs = (email: string, password: string) => call("log-in", "POST /sessions", { body: { email, password } });
  beforeEach(() => {
    answers["/mails-out"] = { sent: true };
  });

  it("registers a user who verifies the address by the mail, and logs in", async () => {
    expect((await post("/accounts", ADA)).statusCode).toBe(202);
    expect(mails).toEqual([{ to: ADA.email, kind: "verify", token: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    expect((await logInAs(ADA.email, ADA.password)).body.code).toBe("not_verified");

    const verified = await post("/accounts/verification", { email: ADA.email, token: mails[0]?.token });

    expect(verified.statusCode).toBe(204);
    expect((await logInAs(ADA.email, ADA.password)).statusCode).toBe(201);
  });

  it("mails the token anew, and takes the latest alone", async () => {
    await post("/accounts", ADA);
    await post("/accounts/verification/mail", { email: ADA.email });

    const [first, second] = mails.map(({ token }) => ({ email: ADA.email, token }));
    expect(await post("/accounts/verification", first ?? {})).toMatchObject({ statusCode: 409 });
    expect(await post("/accounts/verification", second ?? {})).toMatchObject({ statusCode: 204 });
  });

  it("resets a forgotten password, and ends the sessions", async () => {
    const session = await logIn();
    expect((await post("/accounts/password/mail", { email: MARIA })).statusCode).toBe(202);
    const [{ token = "" } = {}] = mails;
    const reset = { email: MARIA, token, password: "another password of mine" };

    expect((await post("/accounts/password", reset)).statusCode).toBe(204);

    expect((await call("log-in", "DELETE /sessions", { session })).statusCode).toBe(401);
    expect((await logInAs(MARIA, PASSWORD)).statusCode).toBe(401);
    expect((await logInAs(MARIA, reset.password)).statusCode).toBe(201);
    expect((await post("/accounts/password", { ...reset, password: "and once more" })).body.reason).toBe("wrong_token");
  });

  it("answers alike, in words and in time, whether an address has an account or not", async () => {
    const asked = [
      await post("/accounts", ADA),
      await post("/accounts", { ...ADA, email: MARIA }),
      await post("/accounts/verification/mail", { email: "nobody@example.com" }),
      await post("/accounts/verification/mail", { email: MARIA }),
      await post("/accounts/password/mail", { email: "nobody@example.com" }),
      await post("/accounts/password/mail", { email: MARIA }),
    ];

    for (const answer of asked) expect(answer).toEqual(asked[0]);
    expect(waits).toHaveBeenCalledTimes(asked.length);
    expect(mails.map(({ to, kind }) => [to, kind])).toEqual([
      [ADA.email, "verify"],
      [MARIA, "known"],
      [MARIA, "reset"],
    ]);
  });

  it.each([
    [{ ...ADA, password: "short" }, "password"],
    [{ ...ADA, email: "no address" }, "email"],
    [{ ...ADA, username: 7 }, "username"],
  ])("refuses %j, and mails nobody", async (body, attribute) => {
    expect(await post("/accounts", body)).toMatchObject({ statusCode: 400, body: { attribute } });
    expect(mails).toEqual([]);
  });
});

describe("workflow 1: log in, by password and by QR code", () => {
  it("logs in and out", async () => {
    const session = await logIn();
    expect((await db.layer.accounts.get(MARIA)).last_login).toBe(NOW);
    expect((await call("account-data", "GET /account", { session })).statusCode).toBe(200);

    expect((await call("log-in", "DELETE /sessions", { session })).statusCode).toBe(204);

    expect((await call("account-data", "GET /account", { session })).statusCode).toBe(401);
  });

  it("refuses a wrong password, an unknown account and a malformed request", async () => {
    const refused = (body: unknown) => call("log-in", "POST /sessions", { body });

    const wrong = await refused({ email: MARIA, password: "wrong" });
    expect(wrong.statusCode).toBe(401);
    expect(await refused({ email: "nobody@example.com", password: PASSWORD })).toEqual(wrong);
    expect(await refused({ password: PASSWORD })).toMatchObject({
      statusCode: 400,
      body: { code: "validation", attribute: "email" },
    });
    for (const password of [undefined, "", 42, "x".repeat(1_025)])
      expect(await refused({ email: MARIA, password })).toMatchObject({
        statusCode: 400,
        body: { attribute: "password" },
      });
    expect(await refused("{")).toMatchObject({ statusCode: 400, body: { attribute: "body" } });
    expect((await db.contents()).map((item) => item.__edb_e__)).toEqual(["user"]);
  });

  it.each([
    ["argon2id", "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
    ["bcrypt", "abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"],
  ])("logs in by a hash of %s", async (_kind, password, password_hash) => {
    await db.layer.accounts.changePassword(MARIA, { password_hash });
    const attempt = (given: string) => call("log-in", "POST /sessions", { body: { email: MARIA, password: given } });

    expect((await attempt(PASSWORD)).statusCode).toBe(401);
    expect((await attempt(password)).statusCode).toBe(201);
  });

  it("answers every refusal at the same moment, and no success later than it is ready", async () => {
    let now = 0;
    let took = 0;
    // The first question for the time is when the request came, the second when its answer was ready.
    jest.spyOn(performance, "now").mockImplementation(() => {
      const instant = now;
      now += took;
      return instant;
    });
    const answeredAfter = async (body: object, milliseconds: number) => {
      took = milliseconds;
      await call("log-in", "POST /sessions", { body });
      return milliseconds + (waits.mock.calls.at(-1)?.[0] ?? Number.NaN);
    };

    expect(await answeredAfter({ email: "nobody@example.com", password: PASSWORD }, 80)).toBe(1_000);
    expect(await answeredAfter({ email: MARIA, password: "wrong" }, 310)).toBe(1_000);
    expect(await answeredAfter({ email: "no address", password: "wrong" }, 2)).toBe(1_000);
    await db.layer.accounts.changePassword(MARIA, { password_hash: BCRYPT_HASH });
    expect(await answeredAfter({ email: MARIA, password: "wrong" }, 1_250)).toBe(2_000);
    await db.layer.accounts.changePassword(MARIA, { password_hash: PASSWORD_HASH });
    await db.layer.accounts.suspend(MARIA);
    expect(await answeredAfter({ email: MARIA, password: PASSWORD }, 400)).toBe(1_000);
    expect(waits).toHaveBeenCalledTimes(5);

    await db.layer.accounts.reactivate(MARIA);
    await logIn();
    expect(waits).toHaveBeenCalledTimes(5);
  });

  it("lets nobody in under an address that is not verified, and tells only who knows the password", async () => {
    await db.layer.accounts.register(aRegistration({ email: "chen@example.com", password_hash: PASSWORD_HASH }));
    const attempt = (password: string) =>
      call("log-in", "POST /sessions", { body: { email: "chen@example.com", password } });

    expect(await attempt(PASSWORD)).toMatchObject({ statusCode: 403, body: { code: "not_verified" } });
    expect((await attempt("wrong")).body.code).toBe("wrong_credentials");
    expect((await db.layer.sessions.listByUser("chen@example.com")).items).toEqual([]);
  });

  it("gives a suspended account no session", async () => {
    await db.layer.accounts.suspend(MARIA);

    const { statusCode, body } = await call("log-in", "POST /sessions", { body: { email: MARIA, password: PASSWORD } });

    expect([statusCode, body.state]).toEqual([409, "suspended"]);
  });

  it("lets one phone in by a code, for five minutes", async () => {
    const session = await logIn();
    const { body: issued } = await call("qr-login", "POST /qr-tokens", { session });
    const { token } = issued;
    const [hers, another] = [randomUUID(), randomUUID()];
    const redeem = (device_id: string) =>
      call("qr-login", "POST /qr-tokens/redemption", { body: { token, device_id } });
    const poll = async () => (await call("qr-login", "POST /qr-tokens/status", { body: { token } })).body.state;
    expect(await poll()).toBe("waiting");

    const phone = await redeem(hers);

    expect(phone).toMatchObject({ statusCode: 201, body: { qr_authenticated: true } });
    expect((await redeem(hers)).body.session_id).toBe(phone.body.session_id);
    expect(await redeem(another)).toMatchObject({ statusCode: 409, body: { code: "token_used" } });
    expect(await poll()).toBe("used");
    const { body: late } = await call("qr-login", "POST /qr-tokens", { session });
    db.clock.advance(301);
    const expired = await call("qr-login", "POST /qr-tokens/redemption", {
      body: { token: late.token, device_id: hers },
    });
    expect(expired).toMatchObject({ statusCode: 410, body: { code: "expired" } });
  });
});

describe("workflow 2: a purchase", () => {
  it("is granted once for a receipt that the store knows", async () => {
    const session = await logIn();

    const first = await buySpeaking(session);
    db.clock.advance(60);
    const retry = await buySpeaking(session);

    expect(first).toMatchObject({ statusCode: 201, body: { status: "active", expires_at: NOW + 30 * DAY } });
    expect(retry).toEqual({ ...first, statusCode: 200 });
    expect((await call("purchases", "GET /purchases", { session })).body.items).toHaveLength(1);
  });

  it("is refused for a receipt that the store does not know, and for another's", async () => {
    const session = await logIn();
    const body = { platform: "ios", product_id: "speaking", receipt_data: "forged" };
    expect((await call("purchases", "POST /purchases", { session, body })).statusCode).toBe(402);
    await db.layer.purchases.grant(aReceipt({ user_email: "chen@example.com" }));

    expect((await buySpeaking(session)).statusCode).toBe(409);

    expect(await db.layer.purchases.hasAccess(MARIA, "speaking")).toBe(false);
    expect((await call("purchases", "POST /purchases", { body })).statusCode).toBe(401);
  });

  it("is refunded, and its refund reversed, by messages in any order and again", async () => {
    const at = (type: string, seconds: number) => ({
      ...{ type, user_email: MARIA, product_id: "speaking", platform: "ios", receipt_data: "MIIT", at: NOW + seconds },
      transaction: { transaction_id: "1000000901", price_paid: 36.99, purchase_date: NOW },
    });
    const tell = (...messages: object[]) => invoke("store-events", sqsEvent(messages));

    expect(await tell(at("refund", 1))).toEqual({ batchItemFailures: [] });
    await tell(at("purchase", 0));
    expect(await db.layer.purchases.hasAccess(MARIA, "speaking")).toBe(false);

    await tell(at("refund_reversed", 2));
    await tell(at("refund", 1), at("purchase", 0));
    expect(await db.layer.purchases.get(MARIA, "speaking")).toMatchObject({ expires_at: NOW + 30 * DAY });
    expect(await db.layer.purchases.hasAccess(MARIA, "speaking")).toBe(true);

    const { user_email: _, product_id: __, ...unnamed } = at("refund", 3);
    await tell(unnamed);
    expect(await db.layer.purchases.hasAccess(MARIA, "speaking")).toBe(false);

    jest.spyOn(console, "error").mockImplementation(() => {});
    expect(await tell({ ...unnamed, transaction: { transaction_id: "1000000999" } })).toMatchObject({
      batchItemFailures: [{}],
    });
    const failed = await tell({ ...at("purchase", 0), user_email: "thief@example.com" });
    expect(failed).toMatchObject({ batchItemFailures: [{}] });
  });

  it("expires in the nightly job, which an interrupted run does not harm", async () => {
    await buySpeaking(await logIn());
    db.clock.advance(30 * DAY);

    await expect(invoke("nightly", scheduledEvent(), lambdaContext(0))).rejects.toThrow(/time is over|abort/i);
    expect(await invoke("nightly", scheduledEvent())).toEqual({ expired: 1 });
    expect(await invoke("nightly", scheduledEvent())).toEqual({ expired: 0 });
    expect((await db.layer.purchases.find(MARIA, "speaking"))?.status).toBe("expired");
  });
});

describe("workflow 3: an assessment", () => {
  const start = (session: string, id: string, assessment_type = "speaking_academic") =>
    call("assessments", "PUT /assessments/{id}", { session, path: { id }, body: { assessment_type } });

  it("is started, completed and shown in the history", async () => {
    const session = await logIn();
    await buySpeaking(session);
    expect((await start(session, "as-1")).body.status).toBe("in_progress");

    const path = { id: "as-1" };
    const body = { answers: "I come from a small town near the sea." };
    const finish = () => call("assessments", "POST /assessments/{id}/answers", { session, path, body });
    answers["/examiner"] = aSpeakingResult();
    expect(await finish()).toMatchObject({ statusCode: 200, body: { band_score: 7 } });
    answers["/examiner"] = aSpeakingResult({ ai_feedback: "In other words." });
    expect(await finish()).toMatchObject({ statusCode: 200, body: { band_score: 7 } });
    expect(asked.filter((path) => path === "/examiner")).toHaveLength(1);

    const history = await call("assessments", "GET /assessments", { session, query: { limit: "10" } });
    expect(history.body.items).toMatchObject([{ assessment_id: "as-1", band_score: 7, status: "completed" }]);
    expect((await call("assessments", "GET /progress", { session })).body.items).toMatchObject([{ completed: 1 }]);
    const forged = await call("assessments", "GET /assessments", { session, query: { cursor: "forged" } });
    expect(forged).toMatchObject({ statusCode: 400, body: { code: "invalid_cursor" } });
  });

  it("is limited to five a day, retries not counted, and to what was bought", async () => {
    const session = await logIn();
    expect((await start(session, "as-0")).statusCode).toBe(402);
    await buySpeaking(session);
    for (const id of ["as-1", "as-2", "as-3", "as-4", "as-5"]) {
      expect((await start(session, id)).statusCode).toBe(201);
    }

    expect((await start(session, "as-6")).statusCode).toBe(429);
    expect((await start(session, "as-5")).statusCode).toBe(201);
    expect((await start(session, "as-7", "writing_academic")).statusCode).toBe(402);
    db.clock.advance(DAY - (NOW % DAY));
    expect((await start(await logIn(), "as-6")).statusCode).toBe(201);
  });

  it("is limited to five a day, however many starts run at once", async () => {
    const session = await logIn();
    await buySpeaking(session);

    const started = await Promise.all(Array.from({ length: 8 }, (_, place) => start(session, `as-${place}`)));

    expect(started.map(({ statusCode }) => statusCode).sort()).toEqual([...Array(5).fill(201), ...Array(3).fill(429)]);
  });

  it("is its user's alone", async () => {
    await db.layer.accounts.register(aRegistration({ email: "chen@example.com" }));
    await db.layer.assessments.start({
      assessment_id: "as-9",
      user_id: "chen@example.com",
      assessment_type: "writing_general",
    });

    const session = await logIn();
    const stolen = { session, path: { id: "as-9" }, body: { answers: "…" } };

    expect((await call("assessments", "POST /assessments/{id}/answers", stolen)).statusCode).toBe(404);
    await buySpeaking(session);
    expect((await start(session, "as-9")).statusCode).toBe(409);
  });
});

describe("workflow 4: moderation", () => {
  it("records events, and asks again only for those that failed", async () => {
    await db.layer.assessments.start({
      assessment_id: "assessment-1",
      user_id: MARIA,
      assessment_type: "speaking_academic",
    });
    await db.layer.moderation.fileReport(aReport());
    const event = { ...aSafetyEvent(), log_id: "log-1", timestamp: NOW };
    const batch = sqsEvent([event, "{ not JSON", { ...event, log_id: "log-2", assessment_id: "gone" }]);
    const ids = batch.Records.map(({ messageId }) => ({ itemIdentifier: messageId }));

    const logged = jest.spyOn(console, "error").mockImplementation(() => {});
    const first = await invoke<SQSBatchResponse>("moderation-events", batch);
    const again = await invoke<SQSBatchResponse>("moderation-events", sqsEvent([event]));

    expect(first.batchItemFailures).toEqual([ids[1], ids[2]]);
    expect(logged.mock.calls.map(([messageId]) => ({ itemIdentifier: messageId }))).toEqual([ids[1], ids[2]]);
    expect(again.batchItemFailures).toEqual([]);
    expect((await db.layer.moderation.reviewOutline("assessment-1")).safetyLogs).toHaveLength(1);

    const { log_id: _, ...nameless } = event;
    await invoke("moderation-events", sqsEvent([nameless]));
    await invoke("moderation-events", sqsEvent([nameless]));
    expect((await db.layer.moderation.reviewOutline("assessment-1")).safetyLogs).toHaveLength(2);
    const reports = await call("dashboard", "GET /admin/reports", { claims: ADMINISTRATOR });
    expect(reports.body.items).toMatchObject([{ report_type: "inaccurate_score" }]);
  });
});

describe("workflow 5: support, diagnosis and approval", () => {
  it("goes from a mail to an approved fix and a resolved ticket", async () => {
    answers["/mails"] = { text: "In part 2 the recording stopped." };
    answers["/support"] = {
      category: "audio",
      priority: "urgent",
      ai_response: "We are looking into it.",
      ai_confidence: 0.4,
    };
    answers["/devops"] = {
      ai_analysis: "The time-out is shorter than the upload.",
      fix: { proposed_fix: "Raise the time-out.", code_diff: "-60\n+120\n" },
    };
    const mail = sesEvent("o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1", "The microphone stops", MARIA);
    const admin = (routeKey: string, request: HttpRequest = {}) =>
      call("dashboard", routeKey, { claims: ADMINISTRATOR, ...request });

    await invoke("support-mail", mail);
    db.clock.advance(30);
    answers["/support"] = { category: "technical", priority: "low" };
    await invoke("support-mail", mail);
    const escalated = await admin("GET /admin/tickets");
    const ticket_id = escalated.body.items[0]?.ticket_id as string;
    expect(escalated.body.items).toMatchObject([{ priority: "urgent", created_at: NOW }]);
    expect(ticket_id).toMatch(/^TKT-[0-9A-F]{12}$/);

    const problem = { ticket_id, issue_description: "Uploads time out", affected_service: "lambda" };
    const notification = snsEvent("95df01b4-ee98-5cb9-9903-4c221d41eb5e", problem);
    const { fix } = answers["/devops"] as { fix: object };
    // The first delivery ends before it proposes the fix, and the agent never says the same thing twice.
    answers["/devops"] = { ai_analysis: "Uploads are too slow." };
    await invoke("diagnosis", notification);
    answers["/devops"] = { ai_analysis: "The time-out is shorter than the upload.", fix };
    await invoke("diagnosis", notification);
    answers["/devops"] = { ai_analysis: "Once more.", fix: { proposed_fix: "Something else." } };
    await invoke("diagnosis", notification);
    const pending = await admin("GET /admin/actions");
    expect(pending.body.items).toHaveLength(1);

    const path = { id: pending.body.items[0]?.action_id as string };
    const body = { review_reason: "One line, and covered by a test." };
    const approved = await admin("POST /admin/actions/{id}/approval", { path, body });
    expect(approved).toMatchObject({ statusCode: 200, body: { status: "approved", reviewed_by: REVIEWER } });
    const rejected = await admin("POST /admin/actions/{id}/rejection", { path, body });
    expect(rejected).toMatchObject({ statusCode: 409, body: { code: "conflict", state: "approved" } });

    const resolved = await admin("POST /admin/tickets/{id}/resolution", { path: { id: ticket_id } });
    expect(resolved.body.status).toBe("resolved");
    const thread = await admin("GET /admin/tickets/{id}", { path: { id: ticket_id } });
    expect(thread.body).toMatchObject({ ticket: { message: "In part 2 the recording stopped." } });
    expect((await admin("GET /admin/tickets/counts")).body).toEqual({
      new: 0,
      in_progress: 0,
      resolved: 1,
      escalated: 0,
    });
    expect((await admin("GET /admin/tickets/urgent")).body.items).toHaveLength(1);
  });

  it("shows the dashboard to whose token has the scope, and lets them decide by name", async () => {
    const { action_id } = await db.layer.devops.proposeFix(aFix());
    const statusOf = async (routeKey: string, claims?: Readonly<Record<string, string>>) => {
      const body = { review_reason: "It is tested." };
      const request = { path: { id: action_id }, body, ...(claims && { claims }) };
      return (await call("dashboard", routeKey, request)).statusCode;
    };
    const [queue, approval] = ["GET /admin/tickets", "POST /admin/actions/{id}/approval"];

    for (const claims of [undefined, { email: REVIEWER }, { email: REVIEWER, scope: "openid dashboard/reader" }])
      expect([await statusOf(queue, claims), await statusOf(approval, claims)]).toEqual([403, 403]);
    const reader = { email: REVIEWER, scope: "dashboard/read" };
    expect([await statusOf(queue, reader), await statusOf(approval, reader)]).toEqual([200, 403]);
    expect(await statusOf(approval, { scope: "dashboard/review" })).toBe(403);
    expect(await statusOf(approval, { email: REVIEWER, scope: "dashboard/review" })).toBe(200);
  });

  it.each<[string, SesChanges]>([
    ["another envelope's, unless DMARC passed", { source: "bounces@mailer.example", dmarc: "GRAY" }],
    ["one whose SPF failed", { spf: "FAIL" }],
    ["one whose DKIM is not there", { dkim: "GRAY" }],
    ["one whose DMARC failed", { dmarc: "FAIL" }],
    ["a bounce", { source: "" }],
    ["a bounce by name", { source: "MAILER-DAEMON@mail.example.com", dmarc: "PASS" }],
    [
      "a delivery report",
      { headers: [{ name: "Content-Type", value: "multipart/report; report-type=delivery-status" }] },
    ],
    ["an out-of-office note", { headers: [{ name: "Auto-Submitted", value: "auto-replied" }] }],
    ["two senders", { from: [MARIA, "chen@example.com"] }],
    ["no sender", { from: [] }],
  ])("opens no ticket for a mail that nobody certainly wrote: %s", async (_what, changes) => {
    const warned = jest.spyOn(console, "warn").mockImplementation(() => {});

    await invoke("support-mail", sesEvent("mail-1", "Help", MARIA, changes));

    expect([asked, warned.mock.calls]).toEqual([[], [["no ticket for mail", "mail-1"]]]);
  });

  it("opens the ticket of whom the mail names as its sender, not of its envelope's", async () => {
    answers["/mails"] = { text: "My recording stopped." };
    answers["/support"] = { category: "audio", priority: "low" };

    const from = [`"Maria <no@example.org>" <${MARIA}>`];
    await invoke("support-mail", sesEvent("mail-1", "Help", MARIA, { source: "bounce+1@news.example.net", from }));

    const tickets = await db.layer.support.listByUser(MARIA);
    expect(tickets.items).toHaveLength(1);
  });

  it("opens no ticket for spam, and fails for Lambda to try again when a system is down", async () => {
    jest.spyOn(console, "warn").mockImplementation(() => {});
    await invoke("support-mail", sesEvent("spam-1", "You won", "spam@example.com", { spam: "FAIL" }));
    expect(asked).toEqual([]);

    await expect(invoke("support-mail", sesEvent("mail-1", "Help", MARIA))).rejects.toThrow("MAIL_STORE_URL");
    expect((await db.contents()).map((item) => item.__edb_e__)).toEqual(["user"]);
  });
});

describe("changes of the table", () => {
  const TECHNICAL = { ticket_id: "TKT-1", category: "technical", subject: "No sound" } as const;

  it("hand a technical ticket to the DevOps agent, and mail its user when it is resolved, once each", async () => {
    answers["/devops-queue"] = answers["/mails-out"] = { sent: true };
    const events = [
      await db.streamEvent(() => db.layer.support.open(aTicket(TECHNICAL))),
      await db.streamEvent(() => db.layer.support.answer("TKT-1", { ai_response: "We look into it." })),
      await db.streamEvent(() => db.layer.support.resolve("TKT-1")),
    ];

    for (const event of [...events, ...events])
      expect(await invoke("changes", event)).toEqual({ batchItemFailures: [] });

    expect(asked).toEqual(["/devops-queue", "/mails-out"]);
    expect(mails).toEqual([{ to: MARIA, kind: "resolved", subject: "No sound" }]);
  });

  it("come again from the one whose mail could not be sent", async () => {
    const complaints = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const event = await db.streamEvent(() => db.layer.support.open(aTicket(TECHNICAL)));

    const { batchItemFailures } = await invoke<SQSBatchResponse>("changes", event);
    expect(batchItemFailures).toHaveLength(1);
    expect(JSON.stringify(complaints.mock.calls)).not.toContain(MARIA);

    answers["/devops-queue"] = { sent: true };
    expect(await invoke("changes", event)).toEqual({ batchItemFailures: [] });
  });
});

describe("counters of what happens", () => {
  const KEY = { assessment_type: "speaking_academic", assessment_id: "as-counted" } as const;
  beforeAll(() => createCountersTable(db));

  it("count each change once, by the hour, however often it comes", async () => {
    const { assessments, support } = db.layer;
    const events = [
      await db.streamEvent(() => support.open(aTicket({ ticket_id: "TKT-1", category: "audio" }))),
      await db.streamEvent(() => support.answer("TKT-1", { ai_response: "We look into it." })),
      await db.streamEvent(() => support.resolve("TKT-1")),
      await db.streamEvent(() => assessments.start({ ...KEY, user_id: MARIA })),
      await db.streamEvent(() => assessments.complete(KEY.assessment_id, aSpeakingResult())),
    ];
    for (const event of [...events, ...events])
      expect(await invoke("counters", event)).toEqual({ batchItemFailures: [] });

    expect(await countersOf(db)).toEqual({
      "tickets opened: audio": 1,
      "tickets resolved": 1,
      "assessments completed: speaking_academic": 1,
    });
  });
});

describe("workflow 6: a user's own data", () => {
  it("is shown, exported without secrets, and erased", async () => {
    const session = await logIn();
    await buySpeaking(session);
    const overview = await call("account-data", "GET /account", { session });
    expect(overview.body).toMatchObject({ user: { email: MARIA }, entitlements: [{ active: true }] });

    const exported = await call("account-data", "GET /account/export", { session });
    expect(exported.body).toMatchObject({ items: { user: [{ email: MARIA }], entitlement: [{}], session: [{}] } });
    expect(JSON.stringify(exported.body)).not.toContain(PASSWORD_HASH);
    expect(JSON.stringify(exported.body)).not.toContain(session);

    const erased = await call("account-data", "DELETE /account", { session });
    expect(erased).toMatchObject({ statusCode: 200, body: { final_at: NOW + HOUR } });
    expect((await call("account-data", "GET /account", { session })).statusCode).toBe(401);
    await expect(db.layer.accounts.export(MARIA)).rejects.toMatchObject({ code: "not_found" });

    expect(await invoke("erasures", scheduledEvent())).toEqual({ final: 0, unfinished: 1 });
    db.clock.advance(HOUR);
    expect(await invoke("erasures", scheduledEvent(), lambdaContext(0))).toEqual({ final: 0, unfinished: 1 });
    expect(await invoke("erasures", scheduledEvent())).toEqual({ final: 1, unfinished: 0 });
    expect(JSON.stringify(await db.contents())).not.toContain(MARIA);
  });

  it("lets events and mails for an erased account come to nothing, and once", async () => {
    const session = await logIn();
    await call("account-data", "DELETE /account", { session });
    const before = (await db.contents()).filter(({ __edb_e__ }) => __edb_e__ !== "claim");

    expect(await invoke("moderation-events", sqsEvent([aSafetyEvent()]))).toEqual({ batchItemFailures: [] });
    answers["/mails"] = { text: "Is anybody there?" };
    answers["/support"] = { category: "technical", priority: "low" };
    await invoke("support-mail", sesEvent("mail-late", "Still there?", MARIA));

    expect((await db.contents()).filter(({ __edb_e__ }) => __edb_e__ !== "claim")).toEqual(before);
  });
});

describe("what no handler can name", () => {
  it("fails the function, so that it is counted", async () => {
    const session = await logIn();
    const { TABLE_NAME = "" } = process.env;
    await db.client.send(new DeleteTableCommand({ TableName: TABLE_NAME }));

    await expect(call("account-data", "GET /account", { session })).rejects.toThrow(/non-existent table|not found/i);

    await db.client.send(new CreateTableCommand(createTableInput(TABLE_NAME)));
  });

  it("is 504 when the time is over, and 404 for a route that is none", async () => {
    const late = await invoke(
      "qr-login",
      httpEvent("POST /qr-tokens/status", { body: { token: "x" } }),
      lambdaContext(100),
    );
    expect(late).toMatchObject({ statusCode: 504 });
    expect((await call("log-in", "GET /nothing")).statusCode).toBe(404);
  });
});

describe("the policies that docs/examples/README.md gives each handler", () => {
  /** By the handler: the third column of the table. */
  const given = new Map(
    [...readFileSync("docs/examples/README.md", "utf8").matchAll(/^\| \[([\w-]+)\.ts\].*? \| ([^|]+?) +\|$/gm)].map(
      ([, name = "", policies = ""]) =>
        [name, [...policies.matchAll(/`(\w+)`/g)].map(([, policy = ""]) => policy as PolicyName)] as const,
    ),
  );
  // The tests above have run when this one does: with a filter of titles only some have.
  const denied = (name: string, policies: readonly PolicyName[]) => {
    const documents = policies.map((policy) => policyOf(policy, arnsOf(db.table, PLACE)));
    return sent
      .filter(({ by, request }) => by === name && request.table === db.table)
      .map(({ request }) => request)
      .filter((request) => decide(documents, accessOf(request)) !== "allowed")
      .map(({ operation, index, keys }) => `${operation} on ${index}, keys ${keys}`);
  };

  it("are there for every handler", () => {
    expect([...given.keys()].sort()).toEqual(HANDLERS);
    expect([...given.values()].flat().filter((policy) => !POLICY_NAMES.includes(policy))).toEqual([]);
  });

  it.each(HANDLERS)("allow %s all that it does, and none of them is needless", (name) => {
    const policies = given.get(name) ?? [];

    expect(denied(name, policies)).toEqual([]);
    for (const needless of policies) {
      const others = policies.filter((policy) => policy !== needless);
      expect({ needless, denied: denied(name, others).length }).not.toEqual({ needless, denied: 0 });
    }
  });
});
