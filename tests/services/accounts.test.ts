import crypto from "node:crypto";
import { inspect } from "node:util";
import { AssessmentModel } from "../../entities/assessment.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { digestOf } from "../../entities/credential.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { ACCOUNT_STATUSES, type AccountStatus } from "../../entities/enums.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { SessionModel } from "../../entities/session.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { RESET_LIFETIME_SECONDS, type User } from "../../entities/user.ts";
import type { Accounts, ErasedItems, PasswordReset } from "../../services/accounts.ts";
import { CLAIM_RETIRED_SECONDS } from "../../services/guards/claims.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import {
  ConflictError,
  ExpiredError,
  NotFoundError,
  UnprocessedError,
  ValidationError,
} from "../../services/storage/errors.ts";
import { goBackTo } from "../beginnings.ts";
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
  OTHER_BCRYPT_HASH,
} from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient, requestsOf, type SentCommand, storeAll } from "../instruments.ts";

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const THIRD_BCRYPT_HASH = "$2b$12$qwertyuiopasdfghjklzxcJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
const TOKEN = "verify-secret-token-of-maria";

let db: TestTable;
let accounts: Accounts;
beforeAll(async () => {
  db = await openTestTable();
  accounts = db.layer.accounts;
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});
afterEach(() => {
  jest.restoreAllMocks();
});

let made = 0;
/** The address of a user whom no other test knows. */
const someone = () => `user-${++made}@example.com`;
/** The same address as people type it. */
const typed = (email: string) => ` ${email.toUpperCase()} `;

/** Registers somebody and returns the address. */
async function registered(email: string = someone()): Promise<string> {
  await accounts.register(aRegistration({ email, verification_token: TOKEN }));
  return email;
}

/** What is stored for an account, with the actions of its tickets; claims and the ledger of erasures aside. */
async function itemsOf(email: string) {
  const items = (await db.contents()).filter(({ __edb_e__ }) => __edb_e__ !== "erasure");
  const isOwn = ({ user_email, reporter_email }: (typeof items)[number]) =>
    user_email === email || reporter_email === email;
  const tickets = items.filter((item) => item.__edb_e__ === "ticket" && isOwn(item)).map(({ ticket_id }) => ticket_id);
  return items.filter((item) => isOwn(item) || tickets.includes(item.ticket_id));
}
const storedUser = async (email: string) => (await itemsOf(email)).find((item) => item.__edb_e__ === "user");

const startSession = async (user_email: string) => (await db.layer.sessions.start({ user_email })).session_id;
const isRunning = (session_id: string) =>
  db.layer.sessions.authenticate(session_id).then(
    () => true,
    () => false,
  );

/** One of everything that an account can have. */
async function liveAs(email: string) {
  const assessment_id = `assessment-${++made}`;
  await registered(email);
  const session_id = await startSession(email);
  const { token } = await db.layer.qrLogin.issue(email);
  const receipt = aReceipt({ user_email: email, transaction_id: `T-${email.split("@")[0]}` });
  await db.layer.purchases.grant(receipt);
  const limit = { perDay: 3, zone: "Europe/Zurich" };
  await db.layer.assessments.start({ user_id: email, assessment_type: "speaking_academic", assessment_id, limit });
  await db.layer.assessments.complete(assessment_id, aSpeakingResult());
  await db.layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: email, assessment_id }));
  await db.layer.moderation.fileReport(aReport({ reporter_email: email, assessment_id }));
  const ticket = await db.layer.support.open(aTicket({ user_email: email }));
  await db.layer.devops.recordDiagnosis({ ...aDiagnosis(), ticket });
  return { assessment_id, session_id, token, receipt };
}

const ONE_OF_EACH: ErasedItems = {
  user: 1,
  session: 1,
  qr_token: 1,
  assessment: 1,
  entitlement: 1,
  safety_log: 1,
  content_report: 1,
  ticket: 1,
  daily_starts: 1,
  devops_action: 1,
};
const NONE = Object.fromEntries(Object.keys(ONE_OF_EACH).map((entity) => [entity, 0])) as ErasedItems;

const assessmentsOf = (user_id: string, count: number) =>
  Array.from({ length: count }, (_, place) => ({
    assessment_id: `${user_id}/${String(place).padStart(4, "0")}`,
    user_id,
    assessment_type: "writing_general" as const,
    created_at: NOW + place,
    status: "completed" as const,
    band_score: 6.5,
    ai_feedback: `Feedback ${place}`,
  }));

const sessionsOf = (user_email: string, count: number) =>
  Array.from({ length: count }, (_, place) => ({
    session_id: `${user_email}/${place}`,
    user_email,
    created_at: NOW + place,
    expires_at: NOW + DAY + place,
    qr_authenticated: false,
  }));

const ticketsOf = (user_email: string, count: number) =>
  Array.from({ length: count }, (_, place) => ({
    ...aTicket({ user_email }),
    ticket_id: `${user_email}/${String(place).padStart(4, "0")}`,
    created_at: NOW + place,
    status: (["new", "in_progress", "escalated", "resolved"] as const)[place % 4] ?? "new",
  }));

/** A data layer whose requests are lost where `lost` says so. */
const losing = (lost: (command: SentCommand) => boolean) =>
  db.layerWith({
    client: interceptedClient(db.client, async (command, next) => {
      if (lost(command)) throw new Error("the function was stopped");
      return next();
    }),
  });

/** Whether a request is about an entry of the ledger of erasures. */
const onLedger = ({ Key }: { readonly Key?: object }) => JSON.stringify(Key ?? {}).includes('"sk":"erasure"');

type AccountFunction = readonly [name: string, call: (email: string) => Promise<unknown>];

/** Every function on an account that must exist. */
const ON_AN_ACCOUNT: readonly AccountFunction[] = [
  ["get", (email) => accounts.get(email)],
  ["credentials", (email) => accounts.credentials(email)],
  ["setVerificationToken", (email) => accounts.setVerificationToken(email, { verification_token: TOKEN })],
  ["verifyEmail", (email) => accounts.verifyEmail(email, { verification_token: TOKEN })],
  ["changePassword", (email) => accounts.changePassword(email, { password_hash: BCRYPT_HASH })],
  [
    "changePassword with the current hash",
    (email) => accounts.changePassword(email, { password_hash: BCRYPT_HASH, current_hash: BCRYPT_HASH }),
  ],
  ["recordLogin", (email) => accounts.recordLogin(email)],
  ["suspend", (email) => accounts.suspend(email)],
  ["reactivate", (email) => accounts.reactivate(email)],
  ["overview", (email) => accounts.overview(email)],
  ["export", (email) => accounts.export(email)],
  ["markDeleted", (email) => accounts.markDeleted(email)],
];

const ON_ANY_ADDRESS: readonly AccountFunction[] = [
  ["register", (email) => accounts.register(aRegistration({ email }))],
  ...ON_AN_ACCOUNT,
  ["find", (email) => accounts.find(email)],
  ["erase", (email) => accounts.erase(email)],
];

describe("every function on an account", () => {
  it.each(ON_AN_ACCOUNT)("%s tells that there is no account, and creates nothing", async (_, call) => {
    const before = await db.contents();

    const failure = await call(someone()).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "user" });
    expect(await db.contents()).toEqual(before);
  });

  it.each(ON_ANY_ADDRESS)("%s refuses what is no e-mail address, and writes nothing", async (_, call) => {
    const before = await db.contents();

    for (const email of ["", "maria", "maria@example", "ma ria@example.com", `${"m".repeat(250)}@example.com`, 42]) {
      const failure = await call(email as string).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(ValidationError);
      expect(failure).toMatchObject({ code: "validation", entity: "user", attribute: "email" });
    }
    expect(await db.contents()).toEqual(before);
  });

  it.each(ON_AN_ACCOUNT)("%s finds the account however the address is typed", async (_, call) => {
    const email = await registered();

    await expect(call(typed(email))).resolves.toMatchObject({});

    expect((await db.contents()).filter((item) => item.__edb_e__ === "user" && item.email === email)).toHaveLength(1);
  });

  it("shows no secrets in what it returns", async () => {
    const email = someone();
    const { session_id } = await liveAs(email);

    const shown: unknown[] = [
      await accounts.register(aRegistration({ email, verification_token: TOKEN })),
      await accounts.get(email),
      await accounts.find(email),
      await accounts.overview(email),
      await accounts.export(email),
      await accounts.recordLogin(email),
      await accounts.recordLogin(email),
      await accounts.setVerificationToken(email, { verification_token: TOKEN }),
      await accounts.verifyEmail(email, { verification_token: TOKEN }),
      await accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH }),
      await accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH }),
      await accounts.suspend(email),
      await accounts.suspend(email),
      await accounts.reactivate(email),
      await accounts.markDeleted(email),
    ];

    const text = JSON.stringify(shown);
    for (const secret of [BCRYPT_HASH, OTHER_BCRYPT_HASH, TOKEN, session_id, "password_hash", "verification_token"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("register", () => {
  it("makes an account that is active and not verified", async () => {
    const email = someone();

    const user = await accounts.register(aRegistration({ email: typed(email), username: "María José" }));

    expect(user).toEqual({
      email,
      username: "María José",
      created_at: NOW,
      email_verified: false,
      account_status: "active",
    });
    expect(await accounts.get(email)).toEqual(user);
    expect(await storedUser(email)).toMatchObject({ email, password_hash: BCRYPT_HASH });
  });

  it("refuses an address that has an account, however it is typed, and changes nothing", async () => {
    const email = await registered();
    const before = await db.contents();

    const failure = await accounts
      .register(aRegistration({ email: typed(email), password_hash: OTHER_BCRYPT_HASH, username: "Somebody else" }))
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "registered" });
    const shown = inspect(failure, { depth: null });
    for (const secret of [BCRYPT_HASH, OTHER_BCRYPT_HASH, TOKEN]) expect(shown).not.toContain(secret);
    expect(await db.contents()).toEqual(before);
  });

  it("gives the account back when the same registration is sent again", async () => {
    const email = someone();
    const registration = aRegistration({ email, verification_token: TOKEN });
    const first = await accounts.register(registration);
    const before = await db.contents();
    db.clock.now = NOW + 60;

    const second = await accounts.register(registration);

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["another token", { verification_token: "another-token-of-24-letters" }],
    ["no token", { verification_token: undefined }],
    ["another password", { password_hash: OTHER_BCRYPT_HASH }],
  ])("takes a registration with %s for somebody else's", async (_, other) => {
    const email = await registered();
    const { verification_token, ...registration } = {
      ...aRegistration({ email, verification_token: TOKEN }),
      ...other,
    };
    const input = verification_token === undefined ? registration : { ...registration, verification_token };

    await expect(accounts.register(input)).rejects.toMatchObject({ code: "conflict", reason: "registered" });
  });

  it("lets one of two people win who register an address at once", async () => {
    const email = someone();
    const registrations = [
      aRegistration({ email, username: "One" }),
      aRegistration({ email: typed(email), username: "Other", password_hash: OTHER_BCRYPT_HASH }),
    ];

    const calls = await Promise.allSettled(registrations.map((registration) => accounts.register(registration)));

    const winner = calls.findIndex(({ status }) => status === "fulfilled");
    expect(calls.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const loser = calls[1 - winner] as PromiseRejectedResult;
    expect(loser.reason).toBeInstanceOf(ConflictError);
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: registrations[winner]?.password_hash });
    expect(await accounts.get(email)).toMatchObject({ username: registrations[winner]?.username });
  });

  it.each([
    ["a plaintext password", { password_hash: "correct horse battery" }, "password_hash"],
    ["a missing hash", { password_hash: undefined }, "password_hash"],
    ["a missing name", { username: undefined }, "username"],
    ["an empty token", { verification_token: "" }, "verification_token"],
    ["a token that is no text", { verification_token: 123456 }, "verification_token"],
    ["a state of the caller's own", { account_status: "active" }, "account_status"],
    ["an address that is verified already", { email_verified: true }, "email_verified"],
    ["an attribute that it does not know", { is_admin: true }, "is_admin"],
  ])("refuses %s, writes nothing and does not show it", async (_, broken, attribute) => {
    const before = await db.contents();

    const failure = await accounts
      .register({ ...aRegistration({ email: someone() }), ...broken } as never)
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ code: "validation", entity: "user", attribute });
    const shown = inspect(failure, { depth: null, showHidden: true });
    for (const secret of ["correct horse battery", BCRYPT_HASH, "123456"]) expect(shown).not.toContain(secret);
    expect(await db.contents()).toEqual(before);
  });
});

it("compares secrets in constant time", async () => {
  const compared = jest.spyOn(crypto, "timingSafeEqual");
  const email = "compared@example.com";
  const registration = aRegistration({ email });
  await db.layer.accounts.register(registration);

  await db.layer.accounts.register(registration);
  await db.layer.accounts.changePassword(email, { password_hash: BCRYPT_HASH, current_hash: OTHER_BCRYPT_HASH });

  const secrets = compared.mock.calls.map(([left]) => String(left));
  expect(secrets).toEqual([BCRYPT_HASH, digestOf(`${registration.verification_token}`), BCRYPT_HASH]);
  compared.mockRestore();
});

describe("one mailbox, however it is written", () => {
  const spellings = (local: string) => [
    `${local}\u00e9@m\u00fcnchen.example`,
    `${local}e\u0301@mu\u0308nchen.example`,
    `${local.toUpperCase()}\u00c9@M\u00dcNCHEN.EXAMPLE.`,
    `<${local}\u00e9@xn--mnchen-3ya.example>`,
    `mailto:${local}\u00e9@\uff4d\u00fcnchen\uff0eexample`,
    `\u200b${local}\u00e9@m\u00fc\u00adnchen\u3002example;`,
  ];

  it("has one account, whose items are found, exported and erased under any of its spellings", async () => {
    const [first = "", ...others] = spellings(`user-${++made}`);
    const { email } = await accounts.register(aRegistration({ email: first }));

    for (const other of others) {
      await expect(
        accounts.register(aRegistration({ email: other, password_hash: OTHER_BCRYPT_HASH })),
      ).rejects.toMatchObject({ code: "conflict", reason: "registered" });
      await db.layer.support.open(aTicket({ user_email: other }));
      await db.layer.sessions.start({ user_email: other });
    }

    const { items } = await accounts.export(others[1] ?? "");
    expect(items.ticket).toHaveLength(others.length);
    expect((await db.layer.support.listByUser(others[2] ?? "")).items).toHaveLength(others.length);
    await accounts.erase(others[3] ?? "");
    expect(await itemsOf(email)).toEqual([]);
    await finishLater();
    expect(JSON.stringify(await db.contents())).not.toContain(`user-${made}`);
  });
});

describe("find", () => {
  it("finds an account however its address is typed, and nothing where there is none", async () => {
    const email = await registered();

    expect(await accounts.find(typed(email))).toEqual(await accounts.get(email));
    expect(await accounts.find(someone())).toBeUndefined();
  });
});

describe("credentials", () => {
  it("gives what log-in needs and no more", async () => {
    const email = await registered();

    expect(await accounts.credentials(typed(email))).toEqual({
      email,
      password_hash: BCRYPT_HASH,
      account_status: "active",
      email_verified: false,
    });
  });

  it("follows the account's state", async () => {
    const email = await registered();
    await accounts.verifyEmail(email, { verification_token: TOKEN });
    await accounts.suspend(email);

    expect(await accounts.credentials(email)).toMatchObject({ account_status: "suspended", email_verified: true });
  });

  it("reads consistently, so that no old password is good after a change", async () => {
    const email = await registered();
    const reads: SentCommand[] = [];
    const client = interceptedClient(db.client, async (command, next) => {
      reads.push(command);
      return next();
    });

    await db.layerWith({ client }).accounts.credentials(email);

    expect(reads).toMatchObject([{ name: "GetCommand", input: { ConsistentRead: true } }]);
  });
});

describe("verifyEmail and setVerificationToken", () => {
  it("verifies by the token, which is then gone", async () => {
    const email = await registered();

    const user = await accounts.verifyEmail(email, { verification_token: TOKEN });

    expect(user).toMatchObject({ email, email_verified: true });
    expect(await accounts.get(email)).toEqual(user);
    expect(await storedUser(email)).not.toHaveProperty("verification_token");
    expect((await accounts.overview(email)).user.email_verified).toBe(true);
  });

  it("verifies within 24 hours of when the token was set, and not after", async () => {
    const email = await registered();
    db.clock.now = NOW + DAY;
    const late = accounts.verifyEmail(email, { verification_token: TOKEN });
    await expect(late).rejects.toMatchObject({ code: "expired", message: "verification token has expired" });
    expect(await accounts.get(email)).toMatchObject({ email_verified: false });

    await accounts.setVerificationToken(email, { verification_token: TOKEN });
    db.clock.now = NOW + 2 * DAY - 1;
    await expect(accounts.verifyEmail(email, { verification_token: TOKEN })).resolves.toMatchObject({
      email_verified: true,
    });
    expect(await storedUser(email)).not.toHaveProperty("verification_expires_at");
  });

  it.each([
    ["register", (token: string) => accounts.register(aRegistration({ email: someone(), verification_token: token }))],
    [
      "setVerificationToken",
      (token: string) => accounts.setVerificationToken(someone(), { verification_token: token }),
    ],
    ["verifyEmail", (token: string) => accounts.verifyEmail(someone(), { verification_token: token })],
  ])("%s takes neither a short token nor a digest", async (_, call) => {
    for (const token of ["x".repeat(21), digestOf(TOKEN)]) {
      const failure = await call(token).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "validation", attribute: "verification_token" });
    }
  });

  it("takes a token once", async () => {
    const email = await registered();
    await accounts.verifyEmail(email, { verification_token: TOKEN });
    const before = await db.contents();

    const failure = await accounts.verifyEmail(email, { verification_token: TOKEN }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "already_verified" });
    expect(await db.contents()).toEqual(before);
  });

  it("lets one of 20 calls win that bring the token at once", async () => {
    const email = await registered();

    const calls = await Promise.allSettled(
      Array.from({ length: 20 }, () => accounts.verifyEmail(email, { verification_token: TOKEN })),
    );

    expect(calls.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const call of calls) {
      if (call.status === "rejected") expect(call.reason).toMatchObject({ reason: "already_verified" });
    }
  });

  it.each([
    ["another token", TOKEN, `${TOKEN}x`],
    ["the token in another case", TOKEN, TOKEN.toUpperCase()],
    ["a token where none was set", undefined, TOKEN],
  ])("refuses %s without showing either", async (_, token, given) => {
    const email = someone();
    const { verification_token, ...registration } = aRegistration({ email });
    expect(verification_token).toBeDefined();
    await accounts.register(token === undefined ? registration : { ...registration, verification_token: token });
    const before = await db.contents();

    const failure = await accounts.verifyEmail(email, { verification_token: given }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "wrong_token" });
    expect(inspect(failure, { depth: null })).not.toContain(TOKEN);
    expect(await db.contents()).toEqual(before);
  });

  it("does not verify by another account's token", async () => {
    const [email, other] = [await registered(), someone()];
    await accounts.register(aRegistration({ email: other, verification_token: "the-token-of-another-one" }));

    await expect(accounts.verifyEmail(email, { verification_token: "the-token-of-another-one" })).rejects.toMatchObject(
      {
        reason: "wrong_token",
      },
    );
    await expect(
      accounts.verifyEmail(other, { verification_token: "the-token-of-another-one" }),
    ).resolves.toMatchObject({
      email_verified: true,
    });
  });

  it("verifies by the last token that was set, not by the one before", async () => {
    const email = await registered();

    const user = await accounts.setVerificationToken(email, { verification_token: "a-newer-token-than-before" });

    expect(user).toMatchObject({ email, email_verified: false });
    await expect(accounts.verifyEmail(email, { verification_token: TOKEN })).rejects.toMatchObject({
      reason: "wrong_token",
    });
    await expect(
      accounts.verifyEmail(email, { verification_token: "a-newer-token-than-before" }),
    ).resolves.toMatchObject({
      email_verified: true,
    });
  });

  it("sets the same token twice", async () => {
    const email = await registered();
    await accounts.setVerificationToken(email, { verification_token: "a-newer-token-than-before" });
    const before = await db.contents();

    await accounts.setVerificationToken(email, { verification_token: "a-newer-token-than-before" });

    expect(await db.contents()).toEqual(before);
  });

  it("sets no token for an address that is verified", async () => {
    const email = await registered();
    await accounts.verifyEmail(email, { verification_token: TOKEN });
    const before = await db.contents();

    const failure = await accounts
      .setVerificationToken(email, { verification_token: "a-token-that-comes-too-late" })
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "already_verified" });
    expect(inspect(failure, { depth: null })).not.toContain("a-token-that-comes-too-late");
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["verifyEmail", (email: string, token: string) => accounts.verifyEmail(email, { verification_token: token })],
    [
      "setVerificationToken",
      (email: string, token: string) => accounts.setVerificationToken(email, { verification_token: token }),
    ],
  ])("%s refuses what is no token", async (_, call) => {
    const email = await registered();
    const before = await db.contents();

    for (const token of ["", 42, null, undefined]) {
      const failure = await call(email, token as string).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(ValidationError);
      expect(failure).toMatchObject({ entity: "user", attribute: "verification_token" });
    }
    expect(await db.contents()).toEqual(before);
  });
});

describe("changePassword", () => {
  it("replaces the hash and ends all sessions, but no one else's", async () => {
    const [email, other] = [await registered(), await registered()];
    const sessions = await Promise.all(Array.from({ length: 30 }, () => startSession(email)));
    const theirs = await startSession(other);

    const user = await accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH });

    expect(user).toEqual(await accounts.get(email));
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: OTHER_BCRYPT_HASH });
    expect(await accounts.credentials(other)).toMatchObject({ password_hash: BCRYPT_HASH });
    for (const session of sessions) expect(await isRunning(session)).toBe(false);
    expect(await isRunning(theirs)).toBe(true);
  });

  it("lets no QR token in any more, but everyone else's", async () => {
    const [email, other] = [await registered(), await registered()];
    const tokens = await Promise.all(Array.from({ length: 3 }, () => db.layer.qrLogin.issue(email)));
    const theirs = await db.layer.qrLogin.issue(other);
    const device = { device_id: "phone-5b1f9c24e7d03a86aa" };

    await accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH });

    for (const { token } of tokens)
      await expect(db.layer.qrLogin.redeem(token, device)).rejects.toMatchObject({ code: "conflict", reason: "shut" });
    expect((await itemsOf(email)).filter((item) => item.__edb_e__ === "session")).toEqual([]);
    expect((await db.layer.qrLogin.redeem(theirs.token, device)).user_email).toBe(other);
  });

  it("is one write, however many sessions and tokens there are", async () => {
    const email = await registered();
    await Promise.all(Array.from({ length: 60 }, () => startSession(email)));
    const names: string[] = [];
    const client = interceptedClient(db.client, async ({ name }, next) => {
      names.push(name);
      return next();
    });

    await db.layerWith({ client }).accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH });

    expect(names).toEqual(["UpdateCommand"]);
  });

  it("changes the password for who knows the current hash", async () => {
    const email = await registered();

    await accounts.changePassword(typed(email), { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH });

    expect(await accounts.credentials(email)).toMatchObject({ password_hash: OTHER_BCRYPT_HASH });
  });

  it("refuses a hash that is not the current one, ends no session and shows no hash", async () => {
    const email = await registered();
    const session = await startSession(email);
    const before = await db.contents();

    const failure = await accounts
      .changePassword(email, { password_hash: THIRD_BCRYPT_HASH, current_hash: OTHER_BCRYPT_HASH })
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "password_changed" });
    const shown = inspect(failure, { depth: null });
    for (const hash of [BCRYPT_HASH, OTHER_BCRYPT_HASH, THIRD_BCRYPT_HASH]) expect(shown).not.toContain(hash);
    expect(await db.contents()).toEqual(before);
    expect(await isRunning(session)).toBe(true);
  });

  it("lets one of two callers win who change the same password at once", async () => {
    const email = await registered();
    const hashes = [OTHER_BCRYPT_HASH, THIRD_BCRYPT_HASH];

    const calls = await Promise.allSettled(
      hashes.map((password_hash) => accounts.changePassword(email, { password_hash, current_hash: BCRYPT_HASH })),
    );

    const winner = calls.findIndex(({ status }) => status === "fulfilled");
    expect(calls.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect((calls[1 - winner] as PromiseRejectedResult).reason).toMatchObject({ reason: "password_changed" });
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: hashes[winner] });
  });

  it("gives the account back when the same change is sent again", async () => {
    const email = await registered();
    const change = { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH };
    const first = await accounts.changePassword(email, change);
    const before = await db.contents();

    const second = await accounts.changePassword(email, change);

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["a plaintext password", { password_hash: "correct horse battery" }, "password_hash"],
    ["no new hash", { current_hash: BCRYPT_HASH }, "password_hash"],
    ["a plaintext current password", { password_hash: BCRYPT_HASH, current_hash: "correct horse" }, "current_hash"],
    ["an attribute that it does not know", { password_hash: BCRYPT_HASH, email: "x@example.com" }, "email"],
  ])("refuses %s, changes nothing and does not show it", async (_, input, attribute) => {
    const email = await registered();
    const session = await startSession(email);
    const before = await db.contents();

    const failure = await accounts.changePassword(email, input as never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain("correct horse");
    expect(failure).toMatchObject({ code: "validation", entity: "user", attribute });
    expect(await db.contents()).toEqual(before);
    expect(await isRunning(session)).toBe(true);
  });
});

describe("recordLogin", () => {
  it("records when the user logged in", async () => {
    const email = await registered();
    db.clock.now = NOW + HOUR;

    const user = await accounts.recordLogin(email);

    expect(user).toMatchObject({ email, last_login: NOW + HOUR });
    expect(await accounts.get(email)).toEqual(user);
  });

  it("moves forwards only", async () => {
    const email = await registered();
    for (const [now, last_login] of [
      [NOW + HOUR, NOW + HOUR],
      [NOW, NOW + HOUR],
      [NOW + HOUR, NOW + HOUR],
      [NOW + HOUR + 1, NOW + HOUR + 1],
    ] as const) {
      db.clock.now = now;

      expect(await accounts.recordLogin(email)).toMatchObject({ last_login });
      expect(await accounts.get(email)).toMatchObject({ last_login });
    }
  });

  it("keeps the latest of 20 log-ins that are recorded at once", async () => {
    const email = await registered();
    const layers = Array.from({ length: 20 }, (_, place) => db.layerWith({ clock: () => NOW + ((place * 7) % 20) }));

    await Promise.all(layers.map((layer) => layer.accounts.recordLogin(email)));

    expect(await accounts.get(email)).toMatchObject({ last_login: NOW + 19 });
  });
});

describe("setUsername", () => {
  it("changes the display name, also on the overview, and nothing else", async () => {
    const email = await registered();
    const before = await accounts.get(email);

    expect(await accounts.setUsername(typed(email), "Maria Silva")).toEqual({ ...before, username: "Maria Silva" });

    expect((await accounts.overview(email)).user.username).toBe("Maria Silva");
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: BCRYPT_HASH });
  });

  it.each<[unknown]>([[undefined], [7]])("refuses %p and changes nothing", async (username) => {
    const email = await registered();
    const before = await db.contents();

    await expect(accounts.setUsername(email, username as string)).rejects.toMatchObject({
      code: "validation",
      attribute: "username",
    });
    expect(await db.contents()).toEqual(before);
  });

  it("knows no account that nobody registered", async () => {
    await expect(accounts.setUsername("nobody@example.com", "Nobody")).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("setResetToken and resetPassword", () => {
  const reset_token = "reset-maria-4cK8vP1zRm6Yt3";
  const withToken = async () => {
    const email = await registered();
    await accounts.setResetToken(email, { reset_token });
    return email;
  };
  const reset = (email: string, token = reset_token, password_hash = OTHER_BCRYPT_HASH) =>
    accounts.resetPassword(email, { reset_token: token, password_hash });

  it("replace the password by the token, which is then gone, and end all sessions", async () => {
    const email = await withToken();
    const session = await startSession(email);
    const { token } = await db.layer.qrLogin.issue(email);

    expect(await reset(typed(email))).toEqual(await accounts.get(email));

    expect(await accounts.credentials(email)).toMatchObject({ password_hash: OTHER_BCRYPT_HASH });
    expect(await isRunning(session)).toBe(false);
    await expect(db.layer.qrLogin.redeem(token, { device_id: "phone-5b1f9c24e7d03a86aa" })).rejects.toMatchObject({
      reason: "shut",
    });
    await expect(reset(email, reset_token, THIRD_BCRYPT_HASH)).rejects.toMatchObject({ reason: "wrong_token" });
  });

  it("store the token as its digest, which resets nothing, and show neither", async () => {
    const email = await withToken();
    const [stored] = await itemsOf(email);

    expect(stored?.reset_token).toBe(digestOf(reset_token));
    await expect(reset(email, digestOf(reset_token))).rejects.toMatchObject({ attribute: "reset_token" });
    expect(inspect(await accounts.export(email), { depth: null })).not.toContain(digestOf(reset_token));
    expect(await accounts.get(email)).not.toHaveProperty("reset_token");
  });

  it("give the account back when the same reset is sent again, and end no session of since", async () => {
    const email = await withToken();
    const first = await reset(email);
    const session = await startSession(email);
    const before = await db.contents();

    expect(await reset(email)).toEqual(first);

    expect(await db.contents()).toEqual(before);
    expect(await isRunning(session)).toBe(true);
  });

  it("take the token for an hour, to the second", async () => {
    const email = await withToken();
    db.clock.now += RESET_LIFETIME_SECONDS - 1;
    await reset(email);

    const late = await withToken();
    db.clock.now += RESET_LIFETIME_SECONDS;
    const before = await db.contents();
    await expect(reset(late)).rejects.toBeInstanceOf(ExpiredError);
    expect(await db.contents()).toEqual(before);
  });

  it("let the latest token count alone", async () => {
    const email = await withToken();
    await accounts.setResetToken(email, { reset_token: "reset-anew-7hB2wQ9sLd5Xn8" });

    await expect(reset(email)).rejects.toMatchObject({ code: "conflict", reason: "wrong_token" });
    await reset(email, "reset-anew-7hB2wQ9sLd5Xn8");
  });

  it("forget the token when the password is changed", async () => {
    const email = await withToken();
    await accounts.changePassword(email, { password_hash: THIRD_BCRYPT_HASH });

    await expect(reset(email)).rejects.toMatchObject({ code: "conflict", reason: "wrong_token" });
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: THIRD_BCRYPT_HASH });
  });

  it("let one of two callers win who reset by the same token at once", async () => {
    const email = await withToken();
    const hashes = [OTHER_BCRYPT_HASH, THIRD_BCRYPT_HASH];

    const calls = await Promise.allSettled(hashes.map((hash) => reset(email, reset_token, hash)));

    expect(calls.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const winner = calls.findIndex(({ status }) => status === "fulfilled");
    expect(await accounts.credentials(email)).toMatchObject({ password_hash: hashes[winner] });
  });

  it.each(["suspend", "markDeleted"] as const)("refuse an account after %s", async (shut) => {
    const email = await withToken();
    const { account_status: state } = await accounts[shut](email);
    const before = await db.contents();

    const refusal = { code: "conflict", reason: "wrong_state", state };
    await expect(reset(email)).rejects.toMatchObject(refusal);
    await expect(accounts.setResetToken(email, { reset_token })).rejects.toMatchObject(refusal);
    expect(await db.contents()).toEqual(before);
  });

  it("know no account that nobody registered", async () => {
    await expect(reset("nobody@example.com")).rejects.toBeInstanceOf(NotFoundError);
    await expect(accounts.setResetToken("nobody@example.com", { reset_token })).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each([
    ["a short token", { reset_token: "short" }, "reset_token"],
    ["no token", { reset_token: undefined }, "reset_token"],
    ["a plaintext password", { password_hash: "correct horse battery" }, "password_hash"],
    ["an attribute that they do not know", { token: "x" }, "token"],
  ])("refuse %s and change nothing", async (_, wrong, attribute) => {
    const email = await withToken();
    const before = await db.contents();
    const input = { reset_token, password_hash: OTHER_BCRYPT_HASH, ...wrong } as PasswordReset;

    await expect(accounts.resetPassword(email, input)).rejects.toMatchObject({ code: "validation", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("forget the token of the address before when the address changes", async () => {
    const email = await withToken();
    const to = `new-${email}`;
    await accounts.changeAddress({ from: email, to, email_verified: true });

    await expect(reset(to)).rejects.toMatchObject({ code: "conflict" });
    expect((await itemsOf(to)).find(({ __edb_e__ }) => __edb_e__ === "user")).not.toHaveProperty("reset_token");
  });
});

describe("suspend, reactivate and markDeleted", () => {
  const changes = {
    suspend: (email: string) => accounts.suspend(email),
    reactivate: (email: string) => accounts.reactivate(email),
    markDeleted: (email: string) => accounts.markDeleted(email),
  } as const;

  async function accountThatIs(status: AccountStatus): Promise<string> {
    const email = await registered();
    if (status === "suspended") await accounts.suspend(email);
    if (status === "deleted") await accounts.markDeleted(email);
    return email;
  }

  it.each([
    ["active", "suspend", "suspended"],
    ["active", "markDeleted", "deleted"],
    ["suspended", "reactivate", "active"],
    ["suspended", "markDeleted", "deleted"],
  ] as const)("an account that is %s: %s makes it %s", async (from, change, to) => {
    const email = await accountThatIs(from);

    const user = await changes[change](email);

    expect(user).toMatchObject({ email, account_status: to });
    expect(await accounts.get(email)).toEqual(user);
    expect((await accounts.overview(email)).user.account_status).toBe(to);
  });

  it.each([
    ["active", "reactivate"],
    ["suspended", "suspend"],
    ["deleted", "markDeleted"],
  ] as const)("an account that is %s: %s gives it back and changes nothing", async (status, change) => {
    const email = await accountThatIs(status);
    const before = await db.contents();

    expect(await changes[change](email)).toMatchObject({ email, account_status: status });
    expect(await db.contents()).toEqual(before);
  });

  it.each(["suspend", "reactivate"] as const)("an account that is deleted stays so: %s is refused", async (change) => {
    const email = await accountThatIs("deleted");
    const before = await db.contents();

    const failure = await changes[change](email).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", state: "deleted" });
    expect(await db.contents()).toEqual(before);
  });

  it.each(["suspend", "markDeleted"] as const)("%s ends all sessions, but no one else's", async (change) => {
    const [email, other] = [await registered(), await registered()];
    const sessions = await Promise.all(Array.from({ length: 30 }, () => startSession(email)));
    const theirs = await startSession(other);

    await changes[change](typed(email));

    for (const session of sessions) expect(await isRunning(session)).toBe(false);
    expect(await isRunning(theirs)).toBe(true);
  });

  it.each(["suspend", "markDeleted"] as const)(
    "%s leaves none of 20 sessions running that begin at the same time",
    async (change) => {
      const email = await registered();

      const [changed, ...starts] = await Promise.allSettled([
        changes[change](email),
        ...Array.from({ length: 20 }, () => startSession(email)),
      ]);

      expect(changed.status).toBe("fulfilled");
      // They lie around until they expire, and let nobody in.
      const sessions = (await itemsOf(email)).filter((item) => item.__edb_e__ === "session");
      for (const { session_id } of sessions) expect(await isRunning(session_id as string)).toBe(false);
      expect((await db.layer.sessions.listByUser(email)).items).toEqual([]);
      for (const start of starts) if (start.status === "rejected") expect(start.reason).toBeInstanceOf(ConflictError);
    },
  );

  it("lets nobody into an account that is not active, and lets them in again once it is", async () => {
    const email = await registered();
    await accounts.suspend(email);
    const before = await db.contents();

    await expect(startSession(email)).rejects.toMatchObject({ code: "conflict", entity: "user", state: "suspended" });
    expect(await db.contents()).toEqual(before);
    await accounts.reactivate(email);
    expect(await isRunning(await startSession(email))).toBe(true);
    await accounts.markDeleted(email);
    await expect(startSession(email)).rejects.toMatchObject({ code: "conflict", entity: "user", state: "deleted" });
  });

  it("leaves an account in one of its states and no session running, whatever runs at once", async () => {
    const email = await registered();
    const session = await startSession(email);

    const calls = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => accounts.suspend(email)),
      ...Array.from({ length: 5 }, () => accounts.reactivate(email)),
      ...Array.from({ length: 5 }, () => accounts.markDeleted(email)),
    ]);

    expect(await accounts.get(email)).toMatchObject({ account_status: "deleted" });
    for (const call of calls) {
      if (call.status === "rejected") expect(call.reason).toMatchObject({ code: "conflict", state: "deleted" });
      else expect(ACCOUNT_STATUSES).toContain((call.value as User).account_status);
    }
    expect(await isRunning(session)).toBe(false);
  });

  it("keeps a deleted account's items until it is erased", async () => {
    const email = someone();
    await liveAs(email);

    await accounts.markDeleted(email);

    expect((await itemsOf(email)).map((item) => item.__edb_e__).sort()).toEqual(Object.keys(ONE_OF_EACH).sort());
  });
});

describe("overview (the account collection)", () => {
  it("is empty for a new account", async () => {
    const email = await registered();

    expect(await accounts.overview(email)).toEqual({
      user: { email, username: "Maria", created_at: NOW, email_verified: false, account_status: "active" },
      assessments: [],
      entitlements: [],
      openTickets: [],
    });
  });

  it("gives the newest assessments, all purchases and the open tickets in one request", async () => {
    const [email, other] = [await registered(), someone()];
    await liveAs(other);
    await storeAll(db, AssessmentModel, assessmentsOf(email, 60));
    await storeAll(db, TicketModel, ticketsOf(email, 12));
    const period = { ...aReceipt({ user_email: email }), purchase_date: NOW };
    await storeAll(db, EntitlementModel, [
      { ...period, product_id: "writing", transaction_id: "o-1", expires_at: NOW + 20 * DAY, status: "active" },
      { ...period, product_id: "speaking", transaction_id: "o-2", expires_at: NOW + 10 * DAY, status: "refunded" },
      { ...period, product_id: "full_mock_test", transaction_id: "o-3", expires_at: NOW - 1, status: "active" },
    ]);

    const requests = await requestsOf(db, async () => {
      const overview = await accounts.overview(typed(email));

      expect(overview.user).toMatchObject({ email });
      expect(overview.assessments).toEqual(
        Array.from({ length: 10 }, (_, place) => ({
          assessment_id: `${email}/00${59 - place}`,
          user_id: email,
          assessment_type: "writing_general",
          created_at: NOW + 59 - place,
          status: "completed",
          band_score: 6.5,
        })),
      );
      expect(overview.entitlements).toEqual([
        {
          user_email: email,
          product_id: "writing",
          platform: "ios",
          expires_at: NOW + 20 * DAY,
          status: "active",
          active: true,
        },
        {
          user_email: email,
          product_id: "speaking",
          platform: "ios",
          expires_at: NOW + 10 * DAY,
          status: "refunded",
          active: false,
        },
        {
          user_email: email,
          product_id: "full_mock_test",
          platform: "ios",
          expires_at: NOW - 1,
          status: "active",
          active: false,
        },
      ]);
      expect(overview.openTickets.map(({ ticket_id, status }) => [ticket_id, status])).toEqual([
        [`${email}/0010`, "escalated"],
        [`${email}/0009`, "in_progress"],
        [`${email}/0008`, "new"],
        [`${email}/0006`, "escalated"],
        [`${email}/0005`, "in_progress"],
        [`${email}/0004`, "new"],
        [`${email}/0002`, "escalated"],
        [`${email}/0001`, "in_progress"],
        [`${email}/0000`, "new"],
      ]);
      expect(overview.openTickets[0]).toMatchObject({
        user_email: email,
        subject: aTicket().subject,
        priority: "high",
      });
    });

    // More tickets than the overview expects: one request for them, and one that ends at the tenth assessment.
    expect(requests).toMatchObject([
      { operation: "Query", entity: "account", index: "gsi1", items: 20 },
      { operation: "Query", entity: "account", index: "gsi1", items: 20 },
    ]);
  });

  it("takes one request for the longest list of assessments that may be asked for", async () => {
    const email = await registered();
    await storeAll(db, AssessmentModel, assessmentsOf(email, 120));

    const requests = await requestsOf(db, async () => {
      const { assessments } = await accounts.overview(email, { assessments: 100 });

      expect(assessments.map(({ created_at }) => created_at)).toEqual(
        Array.from({ length: 100 }, (_, place) => NOW + 119 - place),
      );
    });

    expect(requests).toHaveLength(1);
  });

  it("gives as many assessments as it is asked for, or all that there are", async () => {
    const email = await registered();
    await storeAll(db, AssessmentModel, assessmentsOf(email, 3));

    expect((await accounts.overview(email, { assessments: 1 })).assessments).toHaveLength(1);
    expect((await accounts.overview(email, { assessments: 3 })).assessments).toHaveLength(3);
    expect((await accounts.overview(email)).assessments).toHaveLength(3);
  });

  it("is whole for an account with more tickets than one request reads", async () => {
    const email = await registered();
    await storeAll(db, AssessmentModel, assessmentsOf(email, 20));
    await storeAll(db, TicketModel, ticketsOf(email, 100));
    await db.layer.purchases.grant(aReceipt({ user_email: email, transaction_id: "many-tickets" }));

    const overview = await accounts.overview(email);

    expect(overview.openTickets).toHaveLength(75);
    expect(overview.entitlements).toHaveLength(1);
    expect(overview.assessments.map(({ created_at }) => created_at)).toEqual(
      Array.from({ length: 10 }, (_, place) => NOW + 19 - place),
    );
  });

  it("tells a purchase active up to its last second", async () => {
    const email = await registered();
    await db.layer.purchases.grant(aReceipt({ user_email: email, transaction_id: "last-second" }));

    for (const [now, active] of [
      [NOW + 30 * DAY - 1, true],
      [NOW + 30 * DAY, false],
    ] as const) {
      db.clock.now = now;
      expect((await accounts.overview(email)).entitlements).toMatchObject([{ status: "active", active }]);
    }
  });

  it.each([[0], [101], [1.5], [Number.NaN], ["10"]])("refuses %p as a number of assessments", async (count) => {
    const email = await registered();

    const failure = await accounts.overview(email, { assessments: count as number }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ code: "validation", attribute: "assessments" });
  });

  it("refuses an option that it does not know", async () => {
    const failure = await accounts.overview(await registered(), { limit: 5 } as never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ attribute: "limit" });
  });
});

describe("export", () => {
  it("shows neither notes of the staff nor credentials of the old system", async () => {
    const email = someone();
    await accounts.register(aRegistration({ email }));
    const legacy = { reset_token: "r3s3t", nickname: "Mia", devices: [{ name: "phone", push_token: "p0sh" }] };
    const report = {
      report_id: email,
      reporter_email: email,
      description: "Odd",
      report_type: "bug",
      created_at: NOW,
    } as const;
    const notes = { status: "resolved", admin_notes: "She writes often." } as const;
    await storeAll(db, ContentReportModel, [{ ...report, ...notes, legacy }]);

    const { items } = await accounts.export(email);

    expect(items.content_report).toEqual([
      {
        ...report,
        status: "resolved",
        legacy: { reset_token: "(masked)", nickname: "Mia", devices: [{ name: "phone", push_token: "(masked)" }] },
      },
    ]);
  });

  it("gives the items of each kind in order of time, the oldest first", async () => {
    const email = await registered();
    const { assessments, support, devops, sessions } = db.layer;
    for (const hour of [5, 2, 9, 1]) {
      db.clock.now = NOW + hour * HOUR;
      await assessments.start({ user_id: email, assessment_type: "speaking_academic" });
      const ticket = await support.open(aTicket({ user_email: email }));
      await devops.recordDiagnosis(aDiagnosis({ ticket }));
      await sessions.start({ user_email: email });
    }

    // Of a time that had a digit fewer.
    const old = { assessment_id: `old-${email}`, user_id: email, created_at: 999_999_999 };
    await storeAll(db, AssessmentModel, [{ ...old, assessment_type: "speaking_academic", status: "abandoned" }]);

    const { items } = await accounts.export(email);

    const hours = [1, 2, 5, 9].map((hour) => NOW + hour * HOUR);
    expect(items.assessment.map(({ created_at }) => created_at)).toEqual([old.created_at, ...hours]);
    expect(items.ticket.map(({ created_at }) => created_at)).toEqual(hours);
    expect(items.session.map(({ created_at }) => created_at)).toEqual(hours);
    expect(items.devops_action.map(({ timestamp }) => timestamp)).toEqual(hours);
  });

  it("gives one of everything, whole and without secrets", async () => {
    const email = someone();
    const { assessment_id, session_id, token, receipt } = await liveAs(email);
    await liveAs(someone());
    db.clock.now = NOW + HOUR;

    const exported = await accounts.export(typed(email));

    const anId = expect.any(String);
    expect(exported).toEqual({
      email,
      exported_at: NOW + HOUR,
      items: {
        daily_starts: [{ user_email: email, day: "2025-10-09", started: [assessment_id], expires_at: NOW + 2 * DAY }],
        user: [{ email, username: "Maria", created_at: NOW, email_verified: false, account_status: "active" }],
        session: [{ user_email: email, created_at: NOW, expires_at: NOW + DAY, qr_authenticated: false }],
        qr_token: [{ user_email: email, created_at: NOW, expires_at: NOW + 300, used: false }],
        assessment: [
          {
            ...aSpeakingResult(),
            assessment_id,
            user_id: email,
            assessment_type: "speaking_academic",
            created_at: NOW,
            completed_at: NOW,
            band_score: 7,
            status: "completed",
          },
        ],
        entitlement: [{ ...receipt, purchase_date: NOW, expires_at: NOW + 30 * DAY, status: "active" }],
        safety_log: [{ ...aSafetyEvent({ user_email: email, assessment_id }), log_id: anId, timestamp: NOW }],
        content_report: [
          { ...aReport({ reporter_email: email, assessment_id }), report_id: anId, created_at: NOW, status: "new" },
        ],
        ticket: [
          {
            ...aTicket({ user_email: email }),
            ticket_id: anId,
            created_at: NOW,
            status: "new",
            devops_action_id: anId,
          },
        ],
        devops_action: [{ ...aDiagnosis(), action_id: anId, timestamp: NOW, action_type: "diagnose", ticket_id: anId }],
      },
    });
    const text = JSON.stringify(exported);
    for (const secret of [BCRYPT_HASH, TOKEN, session_id, token]) expect(text).not.toContain(secret);
  });

  it("leaves out the session that a QR token began", async () => {
    const email = await registered();
    const { token } = await db.layer.qrLogin.issue(email);
    const { session_id } = await db.layer.qrLogin.redeem(token, {
      device_id: "phone-5b1f9c24e7d03a86aa",
      ip_address: "203.0.113.7",
    });

    const { items } = await accounts.export(email);

    expect(items.qr_token).toEqual([
      {
        user_email: email,
        created_at: NOW,
        expires_at: NOW + 300,
        used: true,
        used_at: NOW,
        device_id: "phone-5b1f9c24e7d03a86aa",
      },
    ]);
    expect(items.session).toMatchObject([{ ip_address: "203.0.113.7", qr_authenticated: true }]);
    expect(JSON.stringify(items)).not.toContain(session_id);
  });

  it("is whole for an account with hundreds of items, read by the hundred", async () => {
    const email = someone();
    await liveAs(email);
    await storeAll(db, AssessmentModel, assessmentsOf(email, 230));

    const requests = await requestsOf(db, async () => {
      const { items } = await accounts.export(email);

      expect(items.assessment).toHaveLength(231);
      expect(new Set(items.assessment.map(({ assessment_id }) => assessment_id)).size).toBe(231);
      for (const place of [0, 229]) {
        expect(items.assessment).toContainEqual(
          expect.objectContaining({ created_at: NOW + place, ai_feedback: `Feedback ${place}` }),
        );
      }
      const others = Object.entries(items).filter(([entity]) => entity !== "assessment");
      for (const [entity, list] of others) expect([entity, list.length]).toEqual([entity, 1]);
    });

    const batches = requests.filter(({ operation }) => operation === "BatchGetItem").map(({ items }) => items);
    expect(batches.sort((a, b) => b - a)).toEqual([100, 100, 38, 1]);
  });

  it("is whole when DynamoDB leaves keys of a batch unprocessed at first", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const email = someone();
    await liveAs(email);
    let tries = 0;
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      if (name !== "BatchGetCommand" || ++tries > 3) return next();
      return { Responses: {}, UnprocessedKeys: input.RequestItems };
    });

    const { items } = await db.layerWith({ client }).accounts.export(email);

    // Three that came back, and one more for the actions of the tickets.
    expect(tries).toBe(5);
    for (const [entity, list] of Object.entries(items)) expect([entity, list.length]).toEqual([entity, 1]);
  });

  it("fails rather than leave out what DynamoDB does not process", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const email = someone();
    await liveAs(email);
    const client = interceptedClient(db.client, async ({ name, input }, next) =>
      name === "BatchGetCommand" ? { Responses: {}, UnprocessedKeys: input.RequestItems } : next(),
    );

    const failure = await db
      .layerWith({ client })
      .accounts.export(email)
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(UnprocessedError);
    expect(failure).toMatchObject({ code: "unprocessed", count: 8 });
  });

  it("finds what is there of somebody without an account", async () => {
    const email = someone();
    await db.layer.support.open(aTicket({ user_email: email }));

    const { items } = await accounts.export(email);

    expect(items.user).toEqual([]);
    expect(items.ticket).toMatchObject([{ user_email: email }]);
  });
});

/** What an erasure that began at NOW tells. */
const swept = (removed: ErasedItems) => ({ removed, swept: true, final_at: NOW + ERASURE_FINAL_SECONDS });
/** Lets the time pass that an erasure takes to be final, and runs the nightly job. */
const finishLater = async () => {
  db.clock.now += ERASURE_FINAL_SECONDS;
  return accounts.finishErasures();
};

describe("erase", () => {
  it("removes one of everything, reports it, and touches no one else's", async () => {
    const [email, other] = [someone(), someone()];
    await liveAs(email);
    await liveAs(other);
    const theirs = await itemsOf(other);

    const report = await accounts.erase(typed(email));

    expect(report).toEqual(swept(ONE_OF_EACH));
    expect(await itemsOf(email)).toEqual([]);
    expect(await itemsOf(other)).toEqual(theirs);
    expect(theirs).toHaveLength(10);
    expect(await accounts.find(email)).toBeUndefined();
    await expect(accounts.export(email)).rejects.toBeInstanceOf(NotFoundError);
  });

  it("keeps nothing of the account but claims and an entry of the ledger, and in these no personal data", async () => {
    const email = someone();
    const before = new Set((await db.contents()).map(({ pk }) => pk));
    const { receipt, assessment_id } = await liveAs(email);

    await accounts.erase(email);
    await finishLater();

    const left = (await db.contents()).filter(({ pk }) => !before.has(pk));
    expect(left.map(({ __edb_e__, kind }) => [__edb_e__, kind]).sort()).toEqual([
      ["claim", "assessment"],
      ["claim", "transaction"],
      ["erasure", undefined],
    ]);
    const transactions = left.filter(({ kind }) => kind === "transaction");
    // Used up for good; the claim of the assessment's id ends once no backup can bring the assessment back.
    expect(transactions).toMatchObject([{ settled: true }]);
    expect(transactions[0]).not.toHaveProperty("ttl");
    const [assessments] = left.filter(({ kind }) => kind === "assessment");
    expect(assessments).toMatchObject({ ttl: NOW + CLAIM_RETIRED_SECONDS });
    expect(left.find(({ __edb_e__ }) => __edb_e__ === "erasure")).toMatchObject({ state: "final", erased_at: NOW });
    const text = JSON.stringify(left);
    for (const known of [email, receipt.transaction_id, assessment_id]) {
      expect(text).not.toContain(known);
      // Nor what anybody can make of it.
      const hash = (value: string) => crypto.createHash("sha256").update(value).digest();
      for (const encoding of ["hex", "base64url"] as const) expect(text).not.toContain(hash(known).toString(encoding));
    }
  });

  it("reports zeros when it is repeated, and for an address that it does not know", async () => {
    const email = someone();
    await liveAs(email);
    await accounts.erase(email);
    const before = await db.contents();

    expect(await accounts.erase(email)).toEqual(swept(NONE));
    expect(await db.contents()).toEqual(before);
    expect(await accounts.erase(someone())).toEqual(swept(NONE));
  });

  it("removes hundreds of items", async () => {
    const email = someone();
    await liveAs(email);
    await storeAll(db, AssessmentModel, assessmentsOf(email, 130));
    await storeAll(db, TicketModel, ticketsOf(email, 40));
    await storeAll(db, SessionModel, sessionsOf(email, 60));

    const report = await accounts.erase(email);

    expect(report).toEqual(swept({ ...ONE_OF_EACH, assessment: 131, ticket: 41, session: 61 }));
    expect(await itemsOf(email)).toEqual([]);
  });

  it("takes requests in proportion to the items", async () => {
    const requestsFor = async (count: number) => {
      const email = await registered();
      // Under ids that the service makes.
      const items = assessmentsOf(email, count).map((item) => ({ ...item, assessment_id: crypto.randomUUID() }));
      await storeAll(db, AssessmentModel, items);
      let requests = 0;
      const onRequest = () => void requests++;
      expect((await db.layerWith({ onRequest }).accounts.erase(email)).removed.assessment).toBe(count);
      return requests;
    };

    const [none, some, many] = [await requestsFor(0), await requestsFor(300), await requestsFor(900)];

    // For every 25 items: one request that removes them, a look whether the erasure is the same still, and what they claimed.
    expect([some - none, many - none]).toEqual([36, 108]);
    expect(some).toBeLessThan(70);
  });

  it("removes a log of the user's whatever assessment it names, and exports it before", async () => {
    const email = someone();
    await registered(email);
    const log = { ...aSafetyEvent({ user_email: email, assessment_id: "of-nobody" }), log_id: `of-${email}` };
    await storeAll(db, SafetyLogModel, [{ ...log, timestamp: NOW }]);

    expect((await accounts.export(email)).items.safety_log).toMatchObject([{ log_id: `of-${email}` }]);
    expect(await accounts.erase(email)).toEqual(swept({ ...NONE, user: 1, safety_log: 1 }));
    expect(await itemsOf(email)).toEqual([]);
  });

  describe("the DevOps actions of the user's tickets", () => {
    const quoteOf = (email: string) => `She (${email.split("@")[0]}) writes: my daughter has an exam on Friday`;

    /** A ticket with a diagnosis and a reviewed fix; and an action of nobody's ticket. */
    async function ticketWithActions(email: string) {
      const { support, devops } = db.layer;
      await registered(email);
      const ticket = await support.open(aTicket({ user_email: email }));
      const problem = { ticket, issue_description: quoteOf(email) };
      await devops.recordDiagnosis({ ...aDiagnosis(), ...problem });
      const fix = await devops.proposeFix({ ...aFix(), ...problem });
      await devops.approve(fix, { reviewed_by: "dana@example.com", review_reason: "One line." });
      const other = await devops.recordDiagnosis(aDiagnosis());
      return { ticket, other };
    }

    const isQuoted = async (email: string) => JSON.stringify(await db.contents()).includes(quoteOf(email));

    it("are in the export, without who reviewed them and why", async () => {
      const email = someone();
      const { ticket } = await ticketWithActions(email);

      const { devops_action: actions } = (await accounts.export(email)).items;

      const { ticket_id } = ticket;
      expect(actions.map(({ action_type }) => action_type).sort()).toEqual(["diagnose", "fix_proposed"]);
      for (const action of actions) expect(action).toMatchObject({ ticket_id, issue_description: quoteOf(email) });
      expect(JSON.stringify(actions)).not.toMatch(/dana|One line/);
    });

    it("go with them, and other actions stay", async () => {
      const email = someone();
      const { other } = await ticketWithActions(email);

      expect((await accounts.erase(email)).removed).toMatchObject({ ticket: 1, devops_action: 2 });

      expect(await isQuoted(email)).toBe(false);
      expect(await db.layer.devops.get(other.action_id)).toEqual(other);
    });

    it("are found by the nightly job when their index shows them late, and then nobody knows the tickets", async () => {
      const email = someone();
      const hiding = interceptedClient(db.client, async ({ name, input }, next) => {
        const output = (await next()) as { Items?: object[] };
        const isThread = name === "QueryCommand" && input.IndexName === "gsi4";
        return isThread ? { ...output, Items: [], Count: 0 } : output;
      });
      await ticketWithActions(email);

      const { removed } = await db.layerWith({ client: hiding }).accounts.erase(email);

      expect(removed).toMatchObject({ ticket: 1, devops_action: 0 });
      expect(await isQuoted(email)).toBe(true);
      expect((await finishLater()).removed).toMatchObject({ devops_action: 2 });
      expect(await isQuoted(email)).toBe(false);
      const entry = db.layer.context.pseudonymOf("account", email);
      const ledger = (await db.contents()).find(({ account }) => account === entry);
      expect(ledger).toMatchObject({ state: "final" });
      expect(ledger).not.toHaveProperty("tickets");
    });

    it("are not recorded once the ticket is gone, though the caller still holds it", async () => {
      const email = someone();
      const { ticket } = await ticketWithActions(email);
      const held = await db.layer.support.get(ticket.ticket_id);
      await accounts.erase(email);

      const late = db.layer.devops.recordDiagnosis({
        ...aDiagnosis({ issue_description: quoteOf(email) }),
        ticket: held,
      });

      await expect(late).rejects.toBeInstanceOf(NotFoundError);
      expect(await isQuoted(email)).toBe(false);
    });
  });

  it("erases what a deleted account left", async () => {
    const email = someone();
    await liveAs(email);
    await accounts.markDeleted(email);

    expect(await accounts.erase(email)).toEqual(swept(ONE_OF_EACH));
  });

  it("goes on after a crash between its deletions, when the user asks again", async () => {
    const email = someone();
    const { session_id } = await liveAs(email);
    await storeAll(db, AssessmentModel, assessmentsOf(email, 60));
    let batches = 0;
    const crashing = losing(({ name }) => name === "BatchWriteCommand" && ++batches > 2);

    await expect(crashing.accounts.erase(email)).rejects.toThrow("the function was stopped");
    const left = await itemsOf(email);
    const { user_email } = await db.layer.sessions.authenticate(session_id);
    const { removed } = await accounts.erase(user_email);

    expect(left).toHaveLength(70 - 50);
    expect(left.map((item) => item.__edb_e__)).toEqual(expect.arrayContaining(["user", "session", "qr_token"]));
    expect(Object.values(removed).reduce((sum, count) => sum + count)).toBe(left.length);
    expect(await itemsOf(email)).toEqual([]);
  });

  it("goes on after a crash before the account's own row, by its address", async () => {
    const email = someone();
    await liveAs(email);
    const crashing = losing(({ name }) => name === "DeleteCommand");

    await expect(crashing.accounts.erase(email)).rejects.toThrow("the function was stopped");
    expect((await itemsOf(email)).map((item) => item.__edb_e__)).toEqual(["user"]);

    expect(await accounts.erase(email)).toEqual(swept({ ...NONE, user: 1 }));
    expect(await itemsOf(email)).toEqual([]);
  });

  it("removes everything when DynamoDB leaves deletions unprocessed at first", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const email = someone();
    await liveAs(email);
    let tries = 0;
    const client = interceptedClient(db.client, async ({ name, input }, next) =>
      name === "BatchWriteCommand" && ++tries <= 2 ? { UnprocessedItems: input.RequestItems } : next(),
    );

    expect(await db.layerWith({ client }).accounts.erase(email)).toEqual(swept(ONE_OF_EACH));
    expect(tries).toBe(5);
    expect(await itemsOf(email)).toEqual([]);
  });

  it("fails rather than report deletions that DynamoDB does not process, and can be repeated", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const email = someone();
    await liveAs(email);
    const client = interceptedClient(db.client, async ({ name, input }, next) =>
      name === "BatchWriteCommand" ? { UnprocessedItems: input.RequestItems } : next(),
    );

    const failure = await db
      .layerWith({ client })
      .accounts.erase(email)
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(UnprocessedError);
    expect(failure).toMatchObject({ code: "unprocessed", count: 1 });
    expect(await accounts.get(email)).toMatchObject({ email, account_status: "active" });
    expect(await accounts.erase(email)).toEqual(swept(ONE_OF_EACH));
  });

  it("ends while an index goes on showing what is gone", async () => {
    const email = someone();
    await liveAs(email);
    const client = interceptedClient(db.client, async ({ name }, next) => (name === "BatchWriteCommand" ? {} : next()));

    expect(await db.layerWith({ client }).accounts.erase(email)).toEqual(swept(ONE_OF_EACH));
    expect(await itemsOf(email)).not.toEqual([]);

    expect((await finishLater()).removed).toEqual({ ...ONE_OF_EACH, user: 0 });
    expect(await itemsOf(email)).toEqual([]);
  });

  it("stops at its deadline, tells its progress, and goes on where it stopped", async () => {
    const email = someone();
    await liveAs(email);
    await storeAll(db, AssessmentModel, assessmentsOf(email, 100));
    const told: number[] = [];
    const onProgress = ({ removed }: { removed: ErasedItems }) => {
      told.push(removed.assessment);
      db.clock.now += 60;
    };

    const first = await accounts.erase(email, { deadline: NOW + 120, onProgress });

    expect(first).toEqual({ ...swept({ ...NONE, assessment: 50 }), swept: false });
    expect(told).toEqual([25, 50]);
    expect(await accounts.get(email)).toMatchObject({ account_status: "active" });
    expect(await accounts.erase(email, { deadline: db.clock.now })).toEqual({ ...swept(NONE), swept: false });
    expect(await accounts.erase(email)).toEqual(swept({ ...ONE_OF_EACH, assessment: 51 }));
  });

  it("refuses a deadline that is no instant, and an option that there is not", async () => {
    for (const options of [{ deadline: 1.5 }, { deadline: "soon" }, { untill: NOW }]) {
      const calls = [accounts.erase(someone(), options as object), accounts.finishErasures(options as object)];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: "validation" });
    }
  });

  it("lets a receipt that was granted be granted to nobody, ever", async () => {
    const email = someone();
    const { receipt } = await liveAs(email);
    const renewal = { ...receipt, transaction_id: `${receipt.transaction_id}-renewed` };
    await db.layer.purchases.grant(renewal);
    await accounts.erase(email);
    db.clock.now = NOW + 400 * DAY;
    await accounts.finishErasures();
    await registered(email);
    const before = await db.contents();

    for (const { transaction_id } of [receipt, renewal]) {
      for (const user_email of [someone(), email]) {
        const failure = await db.layer.purchases
          .grant({ ...receipt, user_email, transaction_id })
          .catch((error: unknown) => error);

        expect(failure).toBeInstanceOf(ConflictError);
        expect(failure).toMatchObject({ code: "conflict", reason: user_email === email ? "granted" : "claimed" });
      }
    }
    expect(await db.contents()).toEqual(before);
    expect(await db.layer.purchases.hasAccess(email, "speaking")).toBe(false);
  });

  it("refuses the address until the erasure is final and then takes it as a new account's", async () => {
    const email = someone();
    await liveAs(email);
    await accounts.erase(email);
    const registration = aRegistration({ email, password_hash: OTHER_BCRYPT_HASH });
    const before = await db.contents();

    db.clock.now = NOW + ERASURE_FINAL_SECONDS - 1;
    await accounts.finishErasures();
    const failure = await accounts.register(registration).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "being_erased" });
    expect(await db.contents()).toEqual(before);
    db.clock.now = NOW + ERASURE_FINAL_SECONDS;
    await accounts.finishErasures();
    await expect(accounts.register(registration)).resolves.toMatchObject({ created_at: NOW + ERASURE_FINAL_SECONDS });
    expect(await accounts.overview(email)).toMatchObject({ assessments: [], entitlements: [], openTickets: [] });
    expect(await isRunning(await startSession(email))).toBe(true);
    await db.layer.support.open(aTicket({ user_email: email }));
    expect(await accounts.erase(email)).toMatchObject({ removed: { ...NONE, user: 1, session: 1, ticket: 1 } });
  });

  it.each([0, 4, 400])("refuses every write until the person registers anew, %i days later too", async (days) => {
    const email = await registered();
    await accounts.erase(email);
    if (days > 0) await finishLater();
    db.clock.now += days * DAY;
    const { support, assessments, purchases, moderation, sessions, qrLogin } = db.layer;
    const before = (await db.contents()).filter(({ __edb_e__ }) => __edb_e__ !== "claim");

    for (const write of [
      () => support.open(aTicket({ user_email: email })),
      () => support.open(aTicket({ user_email: email, ticket_id: `late-${email}` })),
      () => assessments.start({ user_id: email, assessment_type: "writing_general" }),
      () => moderation.fileReport(aReport({ reporter_email: email })),
      () => purchases.grant(aReceipt({ user_email: email, transaction_id: `late-${email}` })),
      () => sessions.start({ user_email: email }),
      () => qrLogin.issue(email),
      () => accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH }),
    ]) {
      const failure = await write().catch((error: unknown) => error);
      expect((failure as ConflictError).reason ?? (failure as NotFoundError).code).toMatch(/^(erased|not_found)$/);
    }
    expect((await db.contents()).filter(({ __edb_e__ }) => __edb_e__ !== "claim")).toEqual(before);
  });

  it("refuses what is delivered again from before, also when the person has registered anew", async () => {
    const email = await registered();
    const ticket = aTicket({ user_email: email, ticket_id: `mail-${email}` });
    await db.layer.support.open(ticket);
    await accounts.erase(email);
    await finishLater();
    const before = await db.contents();

    await expect(db.layer.support.open(ticket)).rejects.toMatchObject({ reason: "erased" });
    expect(await db.contents()).toEqual(before);
    await registered(email);
    await expect(db.layer.support.open(ticket)).rejects.toMatchObject({ reason: "erased" });
    expect((await itemsOf(email)).map(({ __edb_e__ }) => __edb_e__)).toEqual(["user"]);
    const another = { ...ticket, ticket_id: `another-${email}` };
    await expect(db.layer.support.open(another)).resolves.toMatchObject({ user_email: email });
  });

  it("writes nothing of what is delivered again, so that a crash leaves nothing either", async () => {
    const email = await registered();
    const ticket = aTicket({ user_email: email, ticket_id: `crash-${email}` });
    await db.layer.support.open(ticket);
    await accounts.erase(email);
    const before = await db.contents();
    const crashing = losing(({ name }) => name === "DeleteCommand");

    await expect(crashing.support.open(ticket)).rejects.toThrow("the function was stopped");
    expect(await db.contents()).toEqual(before);
  });

  it("lets no session of before into the account of a person who registers anew", async () => {
    const email = await registered();
    const session = await db.layer.sessions.start({ user_email: email });
    await accounts.erase(email);
    await finishLater();
    await registered(email);

    // As a write that ended late would, an index that shows it later still, or a backup.
    await storeAll(db, SessionModel, [{ ...session, created_at: db.clock.now, expires_at: db.clock.now + DAY }]);
    expect(await isRunning(session.session_id)).toBe(false);
  });

  it("lets a registration that died before it opened the ledger be repeated", async () => {
    const email = await registered();
    await accounts.erase(email);
    await finishLater();
    const crashing = losing(({ name, input }) => name === "UpdateCommand" && onLedger(input));

    await expect(crashing.accounts.register(aRegistration({ email }))).rejects.toThrow("the function was stopped");
    const another = accounts.register(aRegistration({ email, password_hash: OTHER_BCRYPT_HASH }));
    await expect(another).rejects.toMatchObject({ reason: "registered" });

    await expect(db.layer.support.open(aTicket({ user_email: email }))).resolves.toMatchObject({ user_email: email });
    expect(await isRunning(await startSession(email))).toBe(true);
  });

  it("keeps the hour from its first call, and stays final when it is repeated later", async () => {
    const email = await registered();
    await accounts.erase(email);
    db.clock.now = NOW + HOUR / 2;
    expect(await accounts.erase(email)).toMatchObject({ final_at: NOW + ERASURE_FINAL_SECONDS });
    db.clock.now = NOW + ERASURE_FINAL_SECONDS;
    expect(await accounts.erase(email)).toMatchObject({ swept: true, final_at: NOW + ERASURE_FINAL_SECONDS });
    const entry = db.layer.context.pseudonymOf("account", email);
    expect((await db.contents()).find(({ account }) => account === entry)).toMatchObject({ state: "final" });

    const before = await db.contents();
    db.clock.now = NOW + DAY;
    expect(await accounts.erase(email)).toEqual(swept(NONE));
    expect(await db.contents()).toEqual(before);

    await registered(email);
    const again = { removed: { ...NONE, user: 1 }, swept: true, final_at: NOW + DAY + ERASURE_FINAL_SECONDS };
    expect(await accounts.erase(email)).toEqual(again);
  });

  it("leaves nothing of what is written while it runs", async () => {
    const email = someone();
    const { receipt, assessment_id } = await liveAs(email);
    const write = (place: number): Promise<unknown>[] => [
      startSession(email),
      db.layer.qrLogin.issue(email),
      db.layer.purchases.grant({ ...receipt, product_id: "writing", transaction_id: `race-${email}-${place}` }),
      db.layer.assessments.start({ user_id: email, assessment_type: "writing_general" }),
      db.layer.moderation.recordSafetyEvent(aSafetyEvent({ user_email: email, assessment_id })),
      db.layer.moderation.fileReport(aReport({ reporter_email: email })),
      db.layer.support.open(aTicket({ user_email: email })),
    ];

    const [erased, ...writes] = await Promise.allSettled([
      accounts.erase(email),
      ...Array.from({ length: 3 }, (_, place) => write(place)).flat(),
    ]);

    expect(erased.status).toBe("fulfilled");
    for (const call of writes) {
      if (call.status === "fulfilled") continue;
      const { code, state, reason, entity } = call.reason;
      expect(["conflict erased", "conflict deleted", "not_found user"]).toContain(
        `${code} ${state ?? reason ?? entity}`,
      );
    }
    expect(await itemsOf(email)).toEqual([]);
  });
});

describe("finishErasures", () => {
  beforeEach(() => db.reset());

  it("finds what an index showed late, and makes the erasure final when its time has come", async () => {
    const email = someone();
    await liveAs(email);
    let queries = 0;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name !== "QueryCommand" || ++queries > 3) return next();
      return { Items: [], Count: 0 };
    });
    await db.layerWith({ client }).accounts.erase(email);
    expect(await itemsOf(email)).not.toEqual([]);

    const { removed, ...early } = await accounts.finishErasures();

    expect(early).toEqual({ final: 0, unfinished: 1 });
    expect(Object.values(removed).reduce((sum, count) => sum + count)).toBe(3);
    expect(await itemsOf(email)).toEqual([]);
    expect(await finishLater()).toEqual({ removed: NONE, final: 1, unfinished: 0 });
    expect(await accounts.finishErasures()).toEqual({ removed: NONE, final: 0, unfinished: 0 });
    expect(JSON.stringify(await db.contents())).not.toContain(email);
  });

  it("finishes an erasure that died at any of its requests", async () => {
    await db.reset();
    const email = someone();
    await liveAs(email);
    const beginning = { items: await db.contents(), now: NOW };
    for (let at = 0, died = true; died; at++) {
      await goBackTo(db, beginning);
      let requests = 0;
      died = await losing(() => requests++ === at)
        .accounts.erase(email)
        .then(
          () => false,
          () => true,
        );
      const entered = (await db.contents()).some(({ __edb_e__ }) => __edb_e__ === "erasure");

      expect((await finishLater()).final).toBe(entered ? 1 : 0);

      const left = entered ? [] : ["user"];
      expect((await itemsOf(email)).map(({ __edb_e__ }) => __edb_e__)).toEqual(
        entered ? left : expect.arrayContaining(left),
      );
    }
  });

  it("works off many, and leaves what its time does not suffice for to the next run", async () => {
    const emails = [await registered(), await registered(), await registered()];
    for (const email of emails) await accounts.erase(email);
    db.clock.now += ERASURE_FINAL_SECONDS;
    let done = 0;
    const deadline = db.clock.now + 1;
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      if (name === "UpdateCommand" && onLedger(input) && ++done === 2) db.clock.now += 1;
      return next();
    });

    expect(await db.layerWith({ client }).accounts.finishErasures({ deadline })).toMatchObject({
      final: 2,
      unfinished: 1,
    });
    expect(await accounts.finishErasures()).toMatchObject({ final: 1, unfinished: 0 });
  });

  it("goes on with the others when one fails, and then says so", async () => {
    const emails = [someone(), someone(), someone()];
    for (const email of emails) await liveAs(email);
    for (const email of emails)
      await losing(({ name }) => name === "QueryCommand")
        .accounts.erase(email)
        .catch(() => 0);
    db.clock.now += ERASURE_FINAL_SECONDS;
    let batches = 0;
    const crashing = losing(({ name }) => name === "BatchWriteCommand" && ++batches === 1);

    await expect(crashing.accounts.finishErasures()).rejects.toThrow("the function was stopped");

    const { items } = await accounts.listUnfinishedErasures();
    expect(items).toHaveLength(1);
    expect(await accounts.finishErasures()).toMatchObject({ final: 1, unfinished: 0 });
    for (const email of emails) expect(await itemsOf(email)).toEqual([]);
  });

  it("touches nothing of a person who registered anew while it worked", async () => {
    const email = someone();
    await liveAs(email);
    await losing(({ name }) => name === "BatchWriteCommand")
      .accounts.erase(email)
      .catch(() => undefined);
    db.clock.now += ERASURE_FINAL_SECONDS;
    let meanwhile = true;
    // Between what one run finds and its look at the ledger, another one finishes, and the person registers and buys.
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      if (meanwhile && name === "GetCommand" && onLedger(input)) {
        meanwhile = false;
        await accounts.finishErasures();
        await registered(email);
        await db.layer.purchases.grant(aReceipt({ user_email: email, transaction_id: `new-${email}` }));
      }
      return next();
    });

    expect(await db.layerWith({ client }).accounts.finishErasures()).toEqual({
      removed: NONE,
      final: 0,
      unfinished: 1,
    });

    expect(meanwhile).toBe(false);
    expect((await itemsOf(email)).map(({ __edb_e__ }) => __edb_e__).sort()).toEqual(["entitlement", "user"]);
    expect(await db.layer.purchases.hasAccess(email, "speaking")).toBe(true);
  });
});

describe("listUnfinishedErasures", () => {
  beforeEach(() => db.reset());

  it("gives the address and the times of each, the latest first, until it is final", async () => {
    const [first, second] = [await registered(), await registered()];
    await accounts.erase(first);
    db.clock.now += 60;
    await accounts.erase(second);
    const times = (erased_at: number) => ({ erased_at, final_at: erased_at + ERASURE_FINAL_SECONDS });

    const page = await accounts.listUnfinishedErasures({ limit: 1 });
    expect(page.items).toEqual([{ user_email: second, ...times(NOW + 60) }]);
    const { items } = await accounts.listUnfinishedErasures({ cursor: page.cursor });
    expect(items).toEqual([{ user_email: first, ...times(NOW) }]);
    await finishLater();
    expect(await accounts.listUnfinishedErasures()).toEqual({ items: [], cursor: null });
  });
});
