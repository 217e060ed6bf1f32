import { inspect } from "node:util";
import { digestOf } from "../../entities/credential.ts";
import { QR_TOKEN_LIFETIME_SECONDS, REDEMPTION_REPEAT_SECONDS } from "../../entities/qr-token.ts";
import type { QrLogin } from "../../services/qr-login.ts";
import {
  ConflictError,
  DataLayerError,
  ExpiredError,
  NotFoundError,
  TokenUsedError,
  ValidationError,
} from "../../services/storage/errors.ts";
import { aRegistration, BCRYPT_HASH, MARIA, OTHER_BCRYPT_HASH } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { everyPage, interceptedClient } from "../instruments.ts";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SESSION_ID = /^[\w-]{43}\.[\w-]+$/;
const PHONE = "device-of-maria-5b1f9c24e7d03a86";
const OTHER_PHONE = "device-of-someone-else-0e6d21b8c94f";

let db: TestTable;
let qrLogin: QrLogin;
beforeAll(async () => {
  db = await openTestTable();
  qrLogin = db.layer.qrLogin;
  await db.layer.accounts.register(aRegistration());
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

let users = 0;
/** The address of a user whom no other test knows. */
const someone = () => `qr-${++users}@example.com`;

async function registered(): Promise<string> {
  const email = someone();
  await db.layer.accounts.register(aRegistration({ email }));
  return email;
}

const storedToken = async (token: string) => (await db.contents()).find((item) => item.token === digestOf(token));
const storedSessions = async (user_email: string) =>
  (await db.contents()).filter((item) => item.__edb_e__ === "session" && item.user_email === user_email);

describe("issue", () => {
  it("gives every token an unguessable value and five minutes", async () => {
    const [one, other] = [await qrLogin.issue(MARIA), await qrLogin.issue(MARIA)];

    expect(one).toEqual({
      token: expect.stringMatching(UUID_V4),
      user_email: MARIA,
      created_at: NOW,
      expires_at: NOW + 5 * MINUTE,
      used: false,
    });
    expect(other.token).not.toBe(one.token);
  });

  it("sets the time to live from expires_at", async () => {
    const { token, expires_at } = await qrLogin.issue(MARIA);

    expect(await storedToken(token)).toMatchObject({ expires_at, ttl: expires_at });
  });

  it("normalises the address", async () => {
    const { token, user_email } = await qrLogin.issue(" Maria@Example.COM ");

    expect(user_email).toBe(MARIA);
    expect(await storedToken(token)).toMatchObject({ user_email: MARIA });
  });

  it.each([["no-address"], [""], [undefined], [42]])("refuses %p as an address and writes nothing", async (address) => {
    const before = await db.contents();

    const failure = await qrLogin.issue(address as string).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ code: "validation", entity: "qr_token", attribute: "user_email" });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["suspended", (email: string) => db.layer.accounts.suspend(email)],
    ["deleted", (email: string) => db.layer.accounts.markDeleted(email)],
  ])("refuses an account that is %s and leaves no token", async (state, shut) => {
    const email = await registered();
    await shut(email);
    const before = await db.contents();

    const failure = await qrLogin.issue(email).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", state });
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["was never registered", async () => someone()],
    [
      "was erased",
      async () => {
        const email = await registered();
        await db.layer.accounts.erase(email);
        return email;
      },
    ],
  ])("refuses an account that %s and leaves no token", async (_, absent) => {
    const email = await absent();
    const before = await db.contents();

    const failure = await qrLogin.issue(email).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "user" });
    expect(await db.contents()).toEqual(before);
  });
});

describe("redeem", () => {
  it("starts a session of 24 hours that authenticates", async () => {
    const { token } = await qrLogin.issue(" Maria@Example.COM ");
    db.clock.now = NOW + 2 * MINUTE;

    const session = await qrLogin.redeem(token, {
      device_id: PHONE,
      ip_address: "203.0.113.7",
      user_agent: "IELTS AI Prep/2.4 iOS",
    });

    expect(session).toEqual({
      session_id: expect.stringMatching(SESSION_ID),
      user_email: MARIA,
      created_at: NOW + 2 * MINUTE,
      expires_at: NOW + 2 * MINUTE + DAY,
      ip_address: "203.0.113.7",
      user_agent: "IELTS AI Prep/2.4 iOS",
      qr_authenticated: true,
    });
    expect(session.session_id).not.toBe(token);
    await expect(db.layer.sessions.authenticate(session.session_id)).resolves.toEqual({
      ...session,
      session_id: digestOf(session.session_id),
    });
  });

  it("marks the token used by the device, and both items keep their time to live", async () => {
    const { token, expires_at } = await qrLogin.issue(MARIA);
    db.clock.now = NOW + MINUTE;

    const session = await qrLogin.redeem(token, { device_id: PHONE });

    expect(await storedToken(token)).toMatchObject({
      used: true,
      used_at: NOW + MINUTE,
      device_id: PHONE,
      expires_at,
      ttl: expires_at,
    });
    expect((await storedSessions(MARIA)).find((item) => item.session_id === digestOf(session.session_id))?.ttl).toBe(
      session.expires_at,
    );
  });

  it("redeems a token in its last second and refuses it from then on, though it is still in the table", async () => {
    const [early, late] = [await qrLogin.issue(MARIA), await qrLogin.issue(MARIA)];
    db.clock.now = NOW + QR_TOKEN_LIFETIME_SECONDS - 1;
    await expect(qrLogin.redeem(early.token, { device_id: PHONE })).resolves.toMatchObject({ qr_authenticated: true });
    db.clock.now = NOW + QR_TOKEN_LIFETIME_SECONDS;
    const before = await db.contents();

    const failure = await qrLogin.redeem(late.token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ExpiredError);
    expect(failure).toMatchObject({ code: "expired", entity: "qr_token" });
    expect(await db.contents()).toEqual(before);
    expect(await storedToken(late.token)).toMatchObject({ used: false });
  });

  it("refuses a second device and writes nothing", async () => {
    const { token } = await qrLogin.issue(MARIA);
    const session = await qrLogin.redeem(token, { device_id: PHONE });
    const before = await db.contents();

    const failure = await qrLogin.redeem(token, { device_id: OTHER_PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(TokenUsedError);
    expect(failure).toMatchObject({ code: "token_used", entity: "qr_token" });
    const shown = inspect(failure, { depth: null });
    for (const secret of [token, session.session_id, PHONE]) expect(shown).not.toContain(secret);
    expect(await db.contents()).toEqual(before);
  });

  it("takes device ids that differ in case for two devices", async () => {
    const { token } = await qrLogin.issue(MARIA);
    await qrLogin.redeem(token, { device_id: "Ab12-5b1f9c24e7d03a86aa" });

    await expect(qrLogin.redeem(token, { device_id: "aB12-5b1f9c24e7d03a86aa" })).rejects.toBeInstanceOf(
      TokenUsedError,
    );
  });

  it("refuses an unknown token, leaves no trace of it and does not show it", async () => {
    const token = "00000000-0000-4000-8000-000000000000";
    const before = await db.contents();

    const failure = await qrLogin.redeem(token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "qr_token" });
    expect(inspect(failure, { depth: null })).not.toContain(token);
    expect(await db.contents()).toEqual(before);
  });

  it("lets one of 20 devices win, and starts one session", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);

    const calls = await Promise.allSettled(
      Array.from({ length: 20 }, (_, place) => qrLogin.redeem(token, { device_id: `phone-5b1f9c24e7d03a86-${place}` })),
    );

    const won = calls.flatMap((call) => (call.status === "fulfilled" ? [call.value] : []));
    const lost = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toHaveLength(19);
    for (const reason of lost) expect(reason).toBeInstanceOf(TokenUsedError);
    expect((await storedSessions(email)).map((item) => item.session_id)).toEqual([digestOf(won[0]?.session_id ?? "")]);
  });

  it("gives 20 calls of the same device one session", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);

    const sessions = await Promise.all(Array.from({ length: 20 }, () => qrLogin.redeem(token, { device_id: PHONE })));

    expect(new Set(sessions.map(({ session_id }) => session_id)).size).toBe(1);
    expect(await storedSessions(email)).toHaveLength(1);
  });

  it("gives a device that repeats its call the same session and changes nothing", async () => {
    const { token } = await qrLogin.issue(MARIA);
    const first = await qrLogin.redeem(token, { device_id: PHONE, user_agent: "IELTS AI Prep/2.4" });
    const before = await db.contents();
    db.clock.now = NOW + REDEMPTION_REPEAT_SECONDS - 1;

    const second = await qrLogin.redeem(token, { device_id: PHONE, user_agent: "IELTS AI Prep/2.4" });

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it("finishes after a crash between the two writes, for the device that won and for no other", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      const item = input.Item as { __edb_e__?: string } | undefined;
      if (name === "PutCommand" && item?.__edb_e__ === "session") throw new Error("the function was stopped");
      return next();
    });
    const crashing = db.layerWith({ client });
    await expect(crashing.qrLogin.redeem(token, { device_id: PHONE })).rejects.toThrow("the function was stopped");
    db.clock.now = NOW + REDEMPTION_REPEAT_SECONDS - 1;

    await expect(qrLogin.redeem(token, { device_id: OTHER_PHONE })).rejects.toBeInstanceOf(TokenUsedError);
    const session = await qrLogin.redeem(token, { device_id: PHONE });

    expect(session).toMatchObject({ user_email: email, created_at: NOW, expires_at: NOW + DAY });
    await expect(db.layer.sessions.authenticate(session.session_id)).resolves.toEqual({
      ...session,
      session_id: digestOf(session.session_id),
    });
    expect(await storedSessions(email)).toHaveLength(1);
  });

  it("does not let a device in again after half a minute, however well its id is known", async () => {
    const { token } = await qrLogin.issue(MARIA);
    await qrLogin.redeem(token, { device_id: PHONE });
    db.clock.now = NOW + REDEMPTION_REPEAT_SECONDS;
    const before = await db.contents();

    await expect(qrLogin.redeem(token, { device_id: PHONE })).rejects.toBeInstanceOf(TokenUsedError);
    expect(await db.contents()).toEqual(before);
  });

  it("does not answer a repeated call once the token has expired", async () => {
    const { token } = await qrLogin.issue(MARIA);
    await qrLogin.redeem(token, { device_id: PHONE });
    db.clock.now = NOW + QR_TOKEN_LIFETIME_SECONDS;
    const before = await db.contents();

    await expect(qrLogin.redeem(token, { device_id: PHONE })).rejects.toBeInstanceOf(ExpiredError);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["suspended", (email: string) => db.layer.accounts.suspend(email)],
    ["deleted", (email: string) => db.layer.accounts.markDeleted(email)],
  ])("lets nobody into an account that was %s after the token was issued", async (state, shut) => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    await shut(email);

    const failure = await qrLogin.redeem(token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "wrong_state", state });
    expect(await storedSessions(email)).toEqual([]);
  });

  it("knows no token of an account that was erased since", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    await db.layer.accounts.erase(email);
    const before = await db.contents();

    const failure = await qrLogin.redeem(token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "qr_token" });
    expect(await db.contents()).toEqual(before);
    await expect(qrLogin.status(token)).rejects.toBeInstanceOf(NotFoundError);
  });

  it("takes a session back when the password is changed between its two writes", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "PutCommand") await db.layer.accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH });
      return next();
    });

    const failure = await db
      .layerWith({ client })
      .qrLogin.redeem(token, { device_id: PHONE })
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "user", reason: "shut" });
    expect(await storedSessions(email)).toEqual([]);
  });

  it("lets nobody in when the account is suspended while 20 tokens are redeemed", async () => {
    const email = await registered();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => qrLogin.issue(email)));

    const opened: string[] = [];
    await Promise.allSettled([
      ...tokens.map(async ({ token }, place) =>
        opened.push((await qrLogin.redeem(token, { device_id: `phone-5b1f9c24e7d03a86-${place}` })).session_id),
      ),
      db.layer.accounts.suspend(email),
    ]);

    for (const session_id of opened)
      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await db.layer.sessions.listByUser(email)).items).toEqual([]);
  });

  it("does not let a token in that was issued before the password was changed", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    await db.layer.accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH });

    const failure = await qrLogin.redeem(token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(DataLayerError);
    expect(await storedSessions(email)).toEqual([]);
  });

  it("does not bring a session back that a change of the password ended", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    const { session_id } = await qrLogin.redeem(token, { device_id: PHONE });
    await db.layer.accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH, current_hash: BCRYPT_HASH });

    const failure = await qrLogin.redeem(token, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(DataLayerError);
    await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each([
    ["no device", {}, "device_id"],
    ["an empty device", { device_id: "" }, "device_id"],
    ["a device that could be guessed", { device_id: "x".repeat(21) }, "device_id"],
    ["an attribute that it does not know", { device_id: PHONE, user_email: MARIA }, "user_email"],
    ["an IP address that is no text", { device_id: PHONE, ip_address: 42 }, "ip_address"],
    ["a user agent that is no text", { device_id: PHONE, user_agent: { name: "Safari" } }, "user_agent"],
    ["a user agent with half of a character", { device_id: PHONE, user_agent: "Safari \ud83d" }, "user_agent"],
  ])("refuses %s and leaves the token unused", async (_, input, attribute) => {
    const { token } = await qrLogin.issue(MARIA);
    const before = await db.contents();

    const failure = await qrLogin.redeem(token, input as never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ code: "validation", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it.each([[""], [undefined], [42]])("refuses %p as a token", async (token) => {
    const failure = await qrLogin.redeem(token as string, { device_id: PHONE }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "qr_token", attribute: "token" });
  });

  it("shows the session among the user's, as begun by a QR code", async () => {
    const email = await registered();
    const { token } = await qrLogin.issue(email);
    const { session_id } = await qrLogin.redeem(token, { device_id: PHONE });

    const listed = (await everyPage((options) => db.layer.sessions.listByUser(email, options))).flat();

    expect(listed).toEqual([expect.objectContaining({ session_id: digestOf(session_id), qr_authenticated: true })]);
  });
});

describe("status", () => {
  it("tells a page that polls when the token is waiting, and when it has expired", async () => {
    const { token, expires_at } = await qrLogin.issue(MARIA);

    expect(await qrLogin.status(token)).toEqual({ state: "waiting", expires_at });
    db.clock.now = expires_at - 1;
    expect(await qrLogin.status(token)).toEqual({ state: "waiting", expires_at });
    db.clock.now = expires_at;
    expect(await qrLogin.status(token)).toEqual({ state: "expired", expires_at });
  });

  it("tells when a device has redeemed it, and nothing of the device or its session", async () => {
    const { token, expires_at } = await qrLogin.issue(MARIA);
    db.clock.now = NOW + MINUTE;
    await qrLogin.redeem(token, { device_id: PHONE });

    const now = await qrLogin.status(token);
    db.clock.now = expires_at;
    const later = await qrLogin.status(token);

    expect(now).toEqual({ state: "used", expires_at, used_at: NOW + MINUTE });
    expect(later).toEqual(now);
  });

  it("refuses an unknown token without showing it", async () => {
    const failure = await qrLogin.status("no-such-token").catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "not_found", entity: "qr_token" });
    expect(inspect(failure, { depth: null })).not.toContain("no-such-token");
  });
});
