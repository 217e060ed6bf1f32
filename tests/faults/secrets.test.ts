import { inspect } from "node:util";
import { digestOf } from "../../entities/credential.ts";
import { MODELS } from "../../entities/models.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import type { RequestEvent } from "../../services/storage/context.ts";
import {
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aTicket,
  BCRYPT_HASH,
  CHEN,
  MARIA,
} from "../builders.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import fc from "../generated.ts";
import { interceptedClient } from "../instruments.ts";
import { FAULTS, FaultyHandler } from "./faulty-handler.ts";
import { failureOf } from "./outcomes.ts";
import { clientOf } from "./patient-layer.ts";
import { report } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const HASH = `$2b$12$${"MarkerHash".repeat(6).slice(0, 53)}`;
const OTHER_HASH = `$2b$12$${"SecondMarker".repeat(6).slice(0, 53)}`;
const VERIFICATION = "marker-verification-token";
const RESET = "marker-password-reset-token";
const RECEIPT = "marker-receipt-data";
const UNKNOWN = "marker-unknown-credential";

jest.setTimeout(120_000);

let db: TestTable;
let layer: DataLayer;
const events: RequestEvent[] = [];
const written: string[] = [];
/** What was sent to DynamoDB: all that streams, CloudTrail's data events and Contributor Insights could show. */
const sent: string[] = [];
/** What must appear nowhere: the part of each secret that gives it away. */
const markers = ["MarkerHash", "SecondMarker", VERIFICATION, RESET, RECEIPT, UNKNOWN];
const counts = { failures: 0, searched: 0 };

const WRITERS = ["log", "info", "warn", "error", "debug"] as const;

beforeAll(async () => {
  db = await openTestTable();
  const client = interceptedClient(db.client, ({ input }, next) => {
    sent.push(jsonOf(input));
    return next();
  });
  layer = db.layerWith({ client, onRequest: (event) => events.push(event), consumedCapacity: true });
  for (const name of WRITERS) {
    jest.spyOn(console, name).mockImplementation((...values: unknown[]) => void written.push(inspect(values)));
  }
});
afterAll(async () => {
  jest.restoreAllMocks();
  report("secrets", { ...counts, events: events.length, markers: markers.length });
  await db.drop();
});

/** Everything that a logger could make of an error, and of the errors behind it. */
function textsOf(error: unknown): string[] {
  const texts = [
    String(error),
    inspect(error, { depth: 12, maxStringLength: null, maxArrayLength: null }),
    inspect(error, { depth: 12, maxStringLength: null, maxArrayLength: null, showHidden: true }),
  ];
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
    texts.push(cause.message, String(cause.stack), jsonOf(cause), jsonOf(Object.getOwnPropertyDescriptors(cause)));
  }
  return texts;
}

function jsonOf(value: unknown): string {
  const seen = new Set<unknown>();
  const text = JSON.stringify(value, (_, child: unknown) => {
    if (typeof child === "bigint") return String(child);
    if (typeof child !== "object" || child === null) return child;
    if (seen.has(child)) return "seen";
    seen.add(child);
    return child;
  });
  return text ?? "";
}

/** The secrets in some texts, each with what stands around it. */
function leaksIn(texts: readonly string[], secrets: readonly string[] = markers): string[] {
  counts.searched += texts.length;
  return texts.flatMap((text) =>
    secrets.flatMap((secret) => {
      const at = text.indexOf(secret);
      return at === -1 ? [] : [text.slice(Math.max(0, at - 80), at + 80)];
    }),
  );
}

async function leaksOfFailure(name: string, call: Promise<unknown>): Promise<string[]> {
  const error = await failureOf(call);
  if (error === undefined) return [`${name} did not fail`];
  counts.failures++;
  return leaksIn(textsOf(error)).map((leak) => `${name}: ${leak}`);
}

async function expectSilent(failing: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const leaks: string[] = [];
  for (const [name, call] of Object.entries(failing)) leaks.push(...(await leaksOfFailure(name, call())));
  expect(leaks).toEqual([]);
  expect(leaksIn([...events.map(jsonOf), ...written])).toEqual([]);
}

const planted = () => aRegistration({ password_hash: HASH, verification_token: VERIFICATION });
const receipt = (overrides: Parameters<typeof aReceipt>[0] = {}) => aReceipt({ receipt_data: RECEIPT, ...overrides });

/** Accounts, sessions and tokens with secrets that are markers from now on. */
async function plant() {
  await layer.accounts.register(planted());
  await layer.accounts.register({ ...planted(), email: CHEN });
  await layer.accounts.setResetToken(MARIA, { reset_token: RESET });
  const session = await layer.sessions.start({ user_email: MARIA });
  const issued = await layer.qrLogin.issue(MARIA);
  const used = await layer.qrLogin.issue(MARIA);
  const redeemed = await layer.qrLogin.redeem(used.token, { device_id: "phone-5b1f9c24e7d03a86aa" });
  await layer.purchases.grant(receipt());
  const secrets = [session.session_id, issued.token, used.token, redeemed.session_id];
  // A session's id goes on with the account, which is no secret.
  markers.push(...secrets.map((secret) => secret.split(".")[0] as string));
  return { session, issued, used, redeemed };
}

let secrets: Awaited<ReturnType<typeof plant>>;
beforeAll(async () => {
  secrets = await plant();
});

it("are all that the model calls secret, each planted in its own attribute, those that let somebody in as digests", async () => {
  const { session, issued, used, redeemed } = secrets;
  const credentials = [session.session_id, redeemed.session_id, issued.token, used.token, VERIFICATION, RESET];
  const known = new Set([...credentials.map(digestOf), HASH, RECEIPT]);
  const items = await db.contents();
  for (const [entity, { schema }] of Object.entries(MODELS)) {
    const { attributes }: EntitySchema = schema;
    for (const [name] of Object.entries(attributes).filter(([, { secret }]) => secret === true)) {
      const values = items.filter((item) => item.__edb_e__ === entity).map((item) => item[name]);
      const planted = values.filter((value) => value !== undefined);
      expect([entity, name, planted.length]).not.toEqual([entity, name, 0]);
      expect(planted.filter((value) => !known.has(String(value)))).toEqual([]);
    }
  }
});

it("are nowhere in the table, its indexes, lists and cursors, so that who reads them is not let in", async () => {
  const { qrLogin, sessions, accounts } = layer;
  const lists = [await sessions.listByUser(MARIA, { limit: 1 }), await sessions.listByUser(MARIA)];
  const cursor = Buffer.from(`${lists[0]?.cursor}`, "base64url").toString("latin1");
  const items = await db.contents();

  const letIn = markers.filter((marker) => !["MarkerHash", "SecondMarker", RECEIPT].includes(marker));
  expect(leaksIn([...items, ...lists, cursor].map(jsonOf), letIn)).toEqual([]);
  const stored = items.flatMap((item) => [item.session_id, item.token, item.verification_token, item.reset_token]);
  for (const text of stored.filter((value) => typeof value === "string")) {
    await expect(sessions.authenticate(text)).rejects.toMatchObject({ code: "not_found" });
    await expect(qrLogin.redeem(text, { device_id: "thief-0e6d21b8c94f7a35aa" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(qrLogin.status(text)).rejects.toMatchObject({ code: "not_found" });
    await expect(accounts.verifyEmail(MARIA, { verification_token: text })).rejects.toMatchObject({
      code: "validation",
    });
    await expect(accounts.resetPassword(MARIA, { reset_token: text, password_hash: HASH })).rejects.toMatchObject({
      code: "validation",
    });
  }
});

it("are in no request, and so in no stream's records and no trail of who read which key", async () => {
  const { session, issued, redeemed } = secrets;
  const { sessions, qrLogin, accounts } = layer;
  for (const { session_id } of [session, redeemed]) await sessions.authenticate(session_id);
  await qrLogin.status(issued.token);
  await failureOf(accounts.verifyEmail(MARIA, { verification_token: UNKNOWN }));

  const letIn = markers.filter((marker) => !["MarkerHash", "SecondMarker", RECEIPT].includes(marker));
  expect(sent.length).toBeGreaterThan(20);
  expect(leaksIn(sent, letIn)).toEqual([]);
});

it("are in no export of an account, its own receipt aside", async () => {
  const exports = [await layer.accounts.export(MARIA), await layer.accounts.export(CHEN)];

  const others = markers.filter((marker) => marker !== RECEIPT);
  expect(leaksIn(exports.map(jsonOf), others)).toEqual([]);
  expect(leaksIn(exports.map(jsonOf), [RECEIPT])).toHaveLength(1);
});

it("are in no refusal of a wrong state", async () => {
  const { used } = secrets;
  const { accounts, qrLogin, purchases } = layer;
  await accounts.verifyEmail(CHEN, { verification_token: VERIFICATION });
  await expectSilent({
    "register another": () => accounts.register({ ...planted(), password_hash: OTHER_HASH }),
    "wrong verification token": () => accounts.verifyEmail(MARIA, { verification_token: UNKNOWN }),
    "already verified": () => accounts.verifyEmail(CHEN, { verification_token: VERIFICATION }),
    "new token of a verified address": () => accounts.setVerificationToken(CHEN, { verification_token: UNKNOWN }),
    "password changed": () => accounts.changePassword(MARIA, { password_hash: OTHER_HASH, current_hash: BCRYPT_HASH }),
    "wrong reset token": () => accounts.resetPassword(MARIA, { reset_token: UNKNOWN, password_hash: OTHER_HASH }),
    "token used": () => qrLogin.redeem(used.token, { device_id: "tablet-0e6d21b8c94f7a35aa" }),
    "transaction of another": () => purchases.grant(receipt({ user_email: CHEN })),
    "refund of another's transaction": () => purchases.refund(CHEN, "speaking", receipt().transaction_id),
  });
});

it("are in no answer that something is missing or has expired", async () => {
  const { session, issued } = secrets;
  const { accounts, qrLogin, sessions } = layer;
  await expectSilent({
    "unknown session": () => sessions.authenticate(UNKNOWN),
    "unknown token": () => qrLogin.redeem(UNKNOWN, { device_id: "phone-5b1f9c24e7d03a86aa" }),
    "unknown token's status": () => qrLogin.status(UNKNOWN),
    "token of nobody": () => accounts.verifyEmail("nobody@example.com", { verification_token: VERIFICATION }),
    "new token of nobody": () =>
      accounts.setVerificationToken("nobody@example.com", { verification_token: VERIFICATION }),
    "reset of nobody": () => accounts.resetPassword("nobody@example.com", { reset_token: RESET, password_hash: HASH }),
    "password of nobody": () => accounts.changePassword("nobody@example.com", { password_hash: HASH }),
  });
  const before = db.clock.now;
  db.clock.now = before + 25 * 60 * 60;
  await expectSilent({
    "expired session": () => sessions.authenticate(session.session_id),
    "expired token": () => qrLogin.redeem(issued.token, { device_id: "phone-5b1f9c24e7d03a86aa" }),
  });
  db.clock.now = before;
});

it("are in no refusal of input that holds them in the wrong place", async () => {
  const { session, issued } = secrets;
  const calls: Record<string, () => Promise<unknown>> = {};
  const misplaced = [HASH, VERIFICATION, RECEIPT, session.session_id, issued.token];
  for (const [number, secret] of misplaced.entries()) {
    const wrong = secret as never;
    const typed: Readonly<Record<string, () => Promise<unknown>>> = {
      "an e-mail address": () => layer.accounts.get(secret),
      "a reporter": () => layer.moderation.fileReport(aReport({ reporter_email: secret })),
      "a product": () => layer.purchases.grant(receipt({ product_id: wrong })),
      "a platform": () => layer.purchases.grant(receipt({ platform: wrong })),
      "a price": () => layer.purchases.grant(receipt({ price_paid: wrong })),
      "a type": () => layer.assessments.start({ user_id: MARIA, assessment_type: wrong }),
      "a priority": () => layer.support.open(aTicket({ priority: wrong })),
      "a category": () => layer.moderation.recordSafetyEvent(aSafetyEvent({ categories: [wrong] })),
      "an unknown attribute": () => layer.sessions.start({ user_email: MARIA, password: secret } as never),
      "a map": () => layer.assessments.complete("none", { scores: { speaking: { pronunciation: wrong } } as never }),
      "a service": () => layer.devops.proposeFix(aFix({ affected_service: `${secret} ` })),
      "a cursor": () => layer.sessions.listByUser(MARIA, { cursor: secret }),
      "a limit": () => layer.sessions.listByUser(MARIA, { limit: wrong }),
      "a list of hashes": () => layer.accounts.register({ ...planted(), password_hash: [secret] as never }),
      "an object of hashes": () => layer.accounts.register({ ...planted(), password_hash: { secret } as never }),
      "a hash with an end": () => layer.accounts.register({ ...planted(), password_hash: `${secret}\n` }),
      "a hash of its own": () => layer.accounts.changePassword(MARIA, { password_hash: ` ${secret}` }),
      "a current hash": () =>
        layer.accounts.changePassword(MARIA, { password_hash: HASH, current_hash: `${secret}\ud800` }),
      "a token with half a character": () =>
        layer.accounts.verifyEmail(MARIA, { verification_token: `${secret}\ud800` }),
      "a credential with half a character": () => layer.sessions.authenticate(`${secret}\ud800`),
      "a credential over the limit": () => layer.sessions.authenticate(secret.repeat(100)),
      "a token over the limit": () =>
        layer.qrLogin.redeem(secret.repeat(100), { device_id: "phone-5b1f9c24e7d03a86aa" }),
      "a receipt over the limit": () => layer.purchases.grant(receipt({ receipt_data: secret.repeat(30_000) })),
      "a receipt as a list": () => layer.purchases.grant(receipt({ receipt_data: [secret] as never })),
      "a receipt with half a character": () => layer.purchases.grant(receipt({ receipt_data: `${secret}\ud800` })),
    };
    for (const [name, call] of Object.entries(typed)) calls[`secret ${number} as ${name}`] = call;
  }
  await expectSilent(calls);
});

it("are in no refusal of generated input around them", async () => {
  const around = fc.sample(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), {
    seed: SEED,
    numRuns: LONG ? 1_000 : 50,
  });
  const calls: Record<string, () => Promise<unknown>> = {};
  for (const [number, [before, after]] of around.entries()) {
    const password_hash = `${before} ${HASH}${after}`;
    calls[`hash ${number}`] = () => layer.accounts.register({ ...planted(), password_hash });
    calls[`address ${number}`] = () => layer.accounts.find(`${before} @ ${VERIFICATION}${after}`);
    calls[`session ${number}`] = () => layer.sessions.authenticate(`${UNKNOWN}${before}`);
  }
  await expectSilent(calls);
});

/** Calls that carry every kind of secret. */
const carriers = (target: DataLayer): Readonly<Record<string, () => Promise<unknown>>> => ({
  register: () => target.accounts.register({ ...planted(), email: "ada@example.com" }),
  credentials: () => target.accounts.credentials(MARIA),
  verifyEmail: () => target.accounts.verifyEmail(MARIA, { verification_token: VERIFICATION }),
  setVerificationToken: () => target.accounts.setVerificationToken(MARIA, { verification_token: VERIFICATION }),
  setResetToken: () => target.accounts.setResetToken(MARIA, { reset_token: RESET }),
  resetPassword: () => target.accounts.resetPassword(MARIA, { reset_token: RESET, password_hash: HASH }),
  endOthers: () => target.sessions.endOthers(secrets.session.session_id),
  changePassword: () => target.accounts.changePassword(MARIA, { password_hash: HASH, current_hash: HASH }),
  authenticate: () => target.sessions.authenticate(secrets.session.session_id),
  end: () => target.sessions.end(UNKNOWN),
  redeem: () => target.qrLogin.redeem(secrets.issued.token, { device_id: "phone-5b1f9c24e7d03a86aa" }),
  status: () => target.qrLogin.status(secrets.issued.token),
  grant: () => target.purchases.grant(receipt({ transaction_id: "another" })),
  refund: () => target.purchases.refund(MARIA, "speaking", "another"),
  reverseRefund: () => target.purchases.reverseRefund(MARIA, "speaking", "another"),
  overview: () => target.accounts.overview(MARIA),
  export: () => target.accounts.export(MARIA),
});

describe("faults of the client", () => {
  const clients: { destroy(): void }[] = [];
  afterAll(() => {
    for (const client of clients) client.destroy();
  });

  const options = { onRequest: (event: RequestEvent) => events.push(event), consumedCapacity: true };

  it("do not show what a request carried", async () => {
    const random = seededRandom(SEED);
    const handler = new FaultyHandler(random, 1);
    const client = await clientOf(db, { requestHandler: handler as never, maxAttempts: 1 });
    clients.push(client);
    for (let round = 0; round < (LONG ? 20 : 2); round++)
      await expectSilent(carriers(db.layerWith({ ...options, client })));
    expect(FAULTS.filter((fault) => fault !== "unprocessed" && handler.counts[fault] === 0)).toEqual([]);
  });

  it("do not show it when nothing listens, the table is missing or the call is aborted", async () => {
    const deaf = await clientOf(db, { endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
    clients.push(deaf);
    await expectSilent(carriers(db.layerWith({ ...options, client: deaf })));
    await expectSilent(carriers(db.layerWith({ ...options, table: "no-such-table" })));
    await expectSilent(carriers(db.layerWith({ ...options, signal: AbortSignal.abort() })));
  });
});

it("nor does an e-mail address show in any error or event", async () => {
  const address = "marker-address@example.com";
  const ticket = { ticket_id: "marker-ticket", created_at: db.clock.now };
  await layer.accounts.register({ ...planted(), email: address });
  await layer.purchases.grant(receipt({ user_email: address, transaction_id: "of-marker" }));
  await layer.assessments.start({ user_id: address, assessment_type: "speaking_academic", assessment_id: "of-marker" });
  await layer.support.open(aTicket({ user_email: address, ticket_id: ticket.ticket_id }));
  const deaf = await clientOf(db, { endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
  const handler = new FaultyHandler(seededRandom(SEED), 1);
  const faulty = await clientOf(db, { requestHandler: handler as never, maxAttempts: 1 });
  const nobody = `nobody-${address}`;
  const failing: Record<string, () => Promise<unknown>> = {
    "nobody's account": () => layer.accounts.get(nobody),
    "nobody's overview": () => layer.accounts.overview(nobody),
    "nobody's export": () => layer.accounts.export(nobody),
    "nobody's refund": () => layer.purchases.refund(nobody, "speaking", "of-marker"),
    "another registration": () => layer.accounts.register({ ...planted(), email: address, password_hash: OTHER_HASH }),
    "an assessment of another": () =>
      layer.assessments.start({ user_id: nobody, assessment_type: "speaking_academic", assessment_id: "of-marker" }),
    "a ticket of another": () => layer.support.open(aTicket({ user_email: nobody, ticket_id: ticket.ticket_id })),
    "a receipt of another": () => layer.purchases.grant(receipt({ user_email: nobody, transaction_id: "of-marker" })),
    "a wrong state": () => layer.support.escalate(ticket),
    "an address with a space": () => layer.accounts.get(`${address} .`),
    "an address as a status": () => layer.support.listByStatus(address as never),
    "an address as a cursor": () => layer.support.listByUser(address, { cursor: address }),
  };
  for (const [name, client] of Object.entries({ deaf, faulty })) {
    const target = db.layerWith({ client, onRequest: (event) => events.push(event) });
    failing[`${name} register`] = () => target.accounts.register({ ...planted(), email: nobody });
    failing[`${name} read`] = () => target.accounts.get(address);
    failing[`${name} list`] = () => target.support.listByUser(address);
    failing[`${name} erase`] = () => target.accounts.erase(nobody);
  }
  const leaks: string[] = [];
  for (const [name, call] of Object.entries(failing)) {
    const error = await failureOf(call());
    if (error === undefined) leaks.push(`${name} did not fail`);
    counts.failures++;
    leaks.push(...leaksIn(textsOf(error), ["marker-address"]).map((leak) => `${name}: ${leak}`));
  }
  deaf.destroy();
  faulty.destroy();

  expect(leaks).toEqual([]);
  expect(leaksIn([...events.map(jsonOf), ...written], ["marker-address", "@example.com"])).toEqual([]);
});

it("come out of no function but the few that exist to give them", async () => {
  let own = await openTestTable();
  const shown: Record<string, string> = {};
  // What changes an account for good goes last, so that the others find it as they want it.
  const last = ["setVerificationToken", "verifyEmail", "changePassword", "markDeleted", "erase"].map(
    (name) => `accounts.${name}`,
  );
  const all = Object.entries(SCENARIOS).flatMap(([service, functions]) =>
    Object.entries(functions).map(([name, one]) => [`${service}.${name}`, one as Scenario] as const),
  );
  const ordered = [...all.filter(([name]) => !last.includes(name)), ...all.filter(([name]) => last.includes(name))];
  let given = 0;
  for (const [name, scenario] of ordered) {
    let prepared: unknown;
    try {
      prepared = await scenario.prepare?.(own.layer);
    } catch {
      // What a scenario before has left stands in the way.
      await own.drop();
      own = await openTestTable();
      prepared = await scenario.prepare?.(own.layer);
    }
    const result = await scenario
      .act(own.layer, prepared as never)
      .catch((error: unknown) => textsOf(error).join("\n"));
    if (typeof result !== "string") given++;
    shown[name] = jsonOf(result);
  }
  await own.drop();

  const giving = (kind: readonly string[]) =>
    Object.keys(shown).filter((name) => leaksIn([shown[name] ?? ""], kind).length > 0);
  expect(giving([BCRYPT_HASH.slice(7), "zyxwvutsrqponmlkjihgfe"])).toEqual(["accounts.credentials"]);
  expect(giving(["verify-maria-8sT2kQ9xLw4Zr7"])).toEqual([]);
  expect(giving(["MIIT-receipt"])).toEqual(["accounts.export"]);
  const credential = /"(?:session_id|token|verification_token|reset_token)":"(?!sha256-)/;
  expect(Object.keys(shown).filter((name) => credential.test(shown[name] ?? ""))).toEqual([
    "sessions.start",
    "qrLogin.issue",
    "qrLogin.redeem",
  ]);
  expect(given).toBeGreaterThan(60);
});
