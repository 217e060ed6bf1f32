import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { digestOf } from "../../entities/credential.ts";
import { QR_TOKEN_LIFETIME_SECONDS, REDEMPTION_REPEAT_SECONDS } from "../../entities/qr-token.ts";
import { SESSION_LIFETIME_SECONDS, type Session } from "../../entities/session.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import type { StartedSession } from "../../services/sessions.ts";
import {
  ConflictError,
  DataLayerError,
  ExpiredError,
  NotFoundError,
  ValidationError,
} from "../../services/storage/errors.ts";
import type { Page } from "../../services/storage/pages.ts";
import { aRegistration, CHEN, MARIA, OTHER_BCRYPT_HASH } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { heldClient, interceptedClient } from "../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
  await db.layer.accounts.register(aRegistration());
  await db.layer.accounts.register(aRegistration({ email: CHEN }));
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

/** A session as everything but its start shows it. */
const asShown = (session: StartedSession): Session => ({ ...session, session_id: digestOf(session.session_id) });

describe("start", () => {
  it("gives every session an unguessable id and 24 hours", async () => {
    const [one, other] = [
      await db.layer.sessions.start({ user_email: MARIA }),
      await db.layer.sessions.start({ user_email: MARIA }),
    ];

    expect(one.session_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.[\w-]+$/);
    expect(one.session_id).not.toBe(other.session_id);
    expect(one.expires_at - one.created_at).toBe(24 * 60 * 60);
    expect(one.qr_authenticated).toBe(false);
  });

  it("sets the time to live from expires_at", async () => {
    const { session_id, expires_at } = await db.layer.sessions.start({ user_email: MARIA });

    const stored = (await db.contents()).find((item) => item.session_id === digestOf(session_id));
    expect(stored?.ttl).toBe(expires_at);
  });

  it("refuses an attribute that it does not know, by name", async () => {
    const before = await db.contents();

    await expect(db.layer.sessions.start({ user_email: MARIA, admin: true } as never)).rejects.toMatchObject({
      code: "validation",
      entity: "session",
      attribute: "admin",
    });
    expect(await db.contents()).toEqual(before);
  });
});

describe("authenticate", () => {
  it("returns a running session", async () => {
    const session = await db.layer.sessions.start({
      user_email: MARIA,
      ip_address: "203.0.113.7",
      user_agent: "Firefox",
    });

    expect(await db.layer.sessions.authenticate(session.session_id)).toEqual(asShown(session));
  });

  it("refuses a session from its last second on, though it is still in the table", async () => {
    const session = await db.layer.sessions.start({ user_email: MARIA });

    db.clock.now = NOW + SESSION_LIFETIME_SECONDS - 1;
    await expect(db.layer.sessions.authenticate(session.session_id)).resolves.toEqual(asShown(session));
    db.clock.now = NOW + SESSION_LIFETIME_SECONDS;
    await expect(db.layer.sessions.authenticate(session.session_id)).rejects.toBeInstanceOf(ExpiredError);
    expect((await db.contents()).some((item) => item.session_id === digestOf(session.session_id))).toBe(true);
  });

  it.each([undefined, null, "", "4102444800", "never", true, -1, 0.5])(
    "refuses a session that another writer let expire at %p",
    async (expires_at) => {
      const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
      const stored = (await db.contents()).find((item) => item.session_id === digestOf(session_id));
      const { expires_at: _, ...rest } = stored ?? {};
      const Item = expires_at === undefined ? rest : { ...rest, expires_at };
      await db.client.send(new PutCommand({ TableName: db.table, Item }));

      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(ExpiredError);
    },
  );

  it.each([Number.NaN, -1, undefined, null, "0", 0.5, Number.POSITIVE_INFINITY, Promise.resolve(NOW)])(
    "lets nobody in while the clock gives %p",
    async (now) => {
      const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
      const { sessions } = db.layerWith({ clock: () => now as number });

      await expect(sessions.authenticate(session_id)).rejects.toMatchObject({ code: "validation", attribute: "clock" });
    },
  );

  it("does not show the id of an unknown session in its error", async () => {
    const failure = await db.layer.sessions.authenticate("no-such-session").catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotFoundError);
    expect(String(failure)).not.toContain("no-such-session");
  });

  it.each([
    ["", "empty string"],
    [42, "whole number"],
    [undefined, "missing"],
  ])("refuses %p as a session id", async (id, received) => {
    const failure = db.layer.sessions.authenticate(id as string);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ attribute: "session_id", received });
  });
});

describe("list (user_email-created_at-index)", () => {
  it("lists the user's own running sessions, newest first, page by page", async () => {
    const user_email = "lister@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const started = [];
    for (let minute = 0; minute < 5; minute++) {
      db.clock.now = NOW + minute * 60;
      started.unshift(digestOf((await db.layer.sessions.start({ user_email })).session_id));
    }
    await db.layer.sessions.start({ user_email: CHEN });

    const listed: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof db.layer.sessions.listByUser>> = await db.layer.sessions.listByUser(
        user_email,
        {
          limit: 2,
          cursor,
        },
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      listed.push(...page.items.map((row) => row.session_id));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(listed).toEqual(started);
  });

  it("leaves out sessions that have expired", async () => {
    const user_email = "late@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    await db.layer.sessions.start({ user_email });
    db.clock.now = NOW + SESSION_LIFETIME_SECONDS;
    const current = await db.layer.sessions.start({ user_email });

    const { items, cursor } = await db.layer.sessions.listByUser(user_email);
    expect(items.map((row) => row.session_id)).toEqual([digestOf(current.session_id)]);
    expect(cursor).toBeNull();
  });

  it("go on after one that has expired, whatever the page's length", async () => {
    const user_email = "brought-over@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    // Sessions that were brought over have the expiry that they had.
    for (const [place, expires_at] of [NOW + 900, NOW + 1, NOW + 900, NOW + 1, NOW + 1].entries()) {
      const began = { user_email, created_at: NOW - place, expires_at, qr_authenticated: false };
      await db.layer.entities.session.create({ session_id: `over-${place}`, ...began }).go();
    }
    db.clock.now = NOW + 60;

    for (const limit of [1, 2, 5]) {
      const listed: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page: Page<Session> = await db.layer.sessions.listByUser(user_email, { limit, cursor });
        listed.push(...page.items.map(({ session_id }) => session_id));
        cursor = page.cursor;
      }
      expect(listed).toEqual(["over-0", "over-2"].map(digestOf));
    }
  });
});

describe("a log-in while the password is changed", () => {
  it("gives a session that lets nobody in, and that no list shows", async () => {
    const user_email = "changing@example.com";
    const { password_hash } = aRegistration();
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const { client, arrived, go } = heldClient(db.client, "PutCommand");
    const logIn = db.layerWith({ client }).sessions.start({ user_email, password_hash });
    await arrived;
    await db.layer.accounts.changePassword(user_email, { password_hash: OTHER_BCRYPT_HASH });
    go();

    const { session_id } = await logIn;
    await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await db.layer.sessions.listByUser(user_email)).items).toEqual([]);
  });

  it("is not held up by the hash that is still the account's", async () => {
    const { password_hash } = await db.layer.accounts.credentials(MARIA);
    await expect(db.layer.sessions.start({ user_email: MARIA, password_hash })).resolves.toMatchObject({
      user_email: MARIA,
    });
  });

  it("refuses what is no hash, without telling it", async () => {
    const plain = db.layer.sessions.start({ user_email: MARIA, password_hash: "hunter2hunter2" });
    await expect(plain).rejects.toMatchObject({ attribute: "password_hash" });
    await expect(plain).rejects.not.toThrow("hunter2");
  });
});

describe("end and endAll", () => {
  it("ends one session and may be repeated", async () => {
    const { session_id } = await db.layer.sessions.start({ user_email: MARIA });

    await db.layer.sessions.end(session_id);
    await db.layer.sessions.end(session_id);
    await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
  });

  describe("of a session that a QR token opened", () => {
    const phone = { device_id: "marias-phone-5b1f9c24e7d03a86aa" };
    const opened = async () => {
      const { token } = await db.layer.qrLogin.issue(MARIA);
      return { token, ...(await db.layer.qrLogin.redeem(token, phone)) };
    };

    it("leaves the phone no way back to it", async () => {
      const other = await db.layer.qrLogin.issue(MARIA);
      const { token, session_id } = await opened();

      await db.layer.sessions.end(session_id);
      await db.layer.sessions.end(session_id);

      await expect(db.layer.qrLogin.redeem(token, phone)).rejects.toBeInstanceOf(NotFoundError);
      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
      await expect(db.layer.qrLogin.status(other.token)).resolves.toMatchObject({ state: "waiting" });
    });

    it("leaves the phone no way back to any of all", async () => {
      const { token, session_id } = await opened();

      expect(await db.layer.sessions.endAll(MARIA)).toBeGreaterThan(0);

      await expect(db.layer.qrLogin.redeem(token, phone)).rejects.toBeInstanceOf(NotFoundError);
      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    });

    it("leaves no way back to a redemption that still runs, after the token's time", async () => {
      const { token, session_id } = await opened();
      db.clock.advance(REDEMPTION_REPEAT_SECONDS - 1);
      const { client, arrived, go } = heldClient(db.client, "PutCommand");
      const retry = db.layerWith({ client }).qrLogin.redeem(token, phone);
      await arrived;
      db.clock.advance(QR_TOKEN_LIFETIME_SECONDS);
      await db.layer.sessions.end(session_id);
      go();

      await expect(retry).rejects.toBeInstanceOf(ConflictError);
      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    });

    it("takes one request once no call can redeem the token", async () => {
      const { session_id } = await opened();
      db.clock.advance(QR_TOKEN_LIFETIME_SECONDS + 15 * 60);
      db.requests.length = 0;

      await db.layer.sessions.end(session_id);

      expect(db.requests.map(({ operation }) => operation)).toEqual(["DeleteItem"]);
      await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    });
  });

  it("shuts out the token that a session asked for while all were ended", async () => {
    const user_email = "stolen@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const { session_id } = await db.layer.sessions.start({ user_email });
    const { client, arrived, go } = heldClient(db.client, "PutCommand");
    const issuing = db.layerWith({ client }).qrLogin.issue(user_email, { session_id });
    await arrived;

    expect(await db.layer.sessions.endAll(user_email)).toBe(1);
    go();

    const { token } = await issuing;
    const thief = { device_id: "thief-0e6d21b8c94f7a35aa" };
    await expect(db.layer.qrLogin.redeem(token, thief)).rejects.toMatchObject({ code: "conflict", reason: "shut" });
    await expect(db.layer.qrLogin.issue(user_email, { session_id })).rejects.toBeInstanceOf(NotFoundError);
  });

  it("ends all sessions of one user and no others", async () => {
    const user_email = "many@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const mine = await Promise.all(Array.from({ length: 30 }, () => db.layer.sessions.start({ user_email })));
    const other = await db.layer.sessions.start({ user_email: CHEN });

    expect(await db.layer.sessions.endAll(user_email)).toBe(30);
    expect(await db.layer.sessions.endAll(user_email)).toBe(0);
    await expect(db.layer.sessions.authenticate(mine[7]?.session_id ?? "")).rejects.toBeInstanceOf(NotFoundError);
    await expect(db.layer.sessions.authenticate(other.session_id)).resolves.toEqual(asShown(other));
  });
});

describe("endOthers", () => {
  const phone = { device_id: "phone-5b1f9c24e7d03a86aa" };
  const someone = async (name: string) => {
    const user_email = `${name}@example.com`;
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    return user_email;
  };
  const runs = (session_id: string) =>
    db.layer.sessions.authenticate(session_id).then(
      () => true,
      () => false,
    );

  it("ends all sessions and tokens of the user but this one, in one write", async () => {
    const user_email = await someone("others");
    const { sessions, qrLogin } = db.layer;
    const others = await Promise.all(Array.from({ length: 5 }, () => sessions.start({ user_email })));
    const { session_id } = await sessions.start({ user_email });
    const { token } = await qrLogin.issue(user_email, { session_id });
    const theirs = await sessions.start({ user_email: await someone("not-others") });
    const names: string[] = [];
    const client = interceptedClient(db.client, async ({ name }, next) => {
      names.push(name);
      return next();
    });

    await db.layerWith({ client }).sessions.endOthers(session_id);

    expect(names).toEqual(["BatchGetCommand", "UpdateCommand"]);
    for (const other of others) expect(await runs(other.session_id)).toBe(false);
    expect([await runs(session_id), await runs(theirs.session_id)]).toEqual([true, true]);
    expect((await sessions.listByUser(user_email)).items.map((one) => one.session_id)).toEqual([digestOf(session_id)]);
    await expect(qrLogin.redeem(token, phone)).rejects.toMatchObject({ reason: "shut" });
  });

  it("may be called again, and leaves the session all its rights", async () => {
    const user_email = await someone("again");
    const { sessions, qrLogin } = db.layer;
    const { session_id } = await sessions.start({ user_email });
    await sessions.endOthers(session_id);
    const later = await sessions.start({ user_email });

    await sessions.endOthers(session_id);

    expect([await runs(session_id), await runs(later.session_id)]).toEqual([true, false]);
    const { token } = await qrLogin.issue(user_email, { session_id });
    expect((await qrLogin.redeem(token, phone)).user_email).toBe(user_email);
    expect(await runs(session_id)).toBe(true);
  });

  it("is done when its answer is lost", async () => {
    const user_email = await someone("lost");
    const { sessions } = db.layer;
    const [other, { session_id }] = [await sessions.start({ user_email }), await sessions.start({ user_email })];
    let twice = false;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "UpdateCommand" && !twice) {
        twice = true;
        await next();
      }
      return next();
    });

    await db.layerWith({ client }).sessions.endOthers(session_id);

    expect([await runs(session_id), await runs(other.session_id)]).toEqual([true, false]);
  });

  it.each<[string, (layer: DataLayer, email: string, other: string) => Promise<unknown>]>([
    [
      "a change of the password",
      ({ accounts }, email) => accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH }),
    ],
    ["endAll", ({ sessions }, email) => sessions.endAll(email)],
    ["a suspension", ({ accounts }, email) => accounts.suspend(email)],
    ["endOthers of another session", ({ sessions }, _, other) => sessions.endOthers(other)],
  ])("keeps no session over %s, before or at the same time", async (name, shut) => {
    const user_email = await someone(name.replaceAll(" ", "-").toLowerCase());
    const { sessions } = db.layer;
    const [other, { session_id }] = [await sessions.start({ user_email }), await sessions.start({ user_email })];
    const client = interceptedClient(db.client, async ({ name: command }, next) => {
      if (command === "UpdateCommand") await shut(db.layer, user_email, other.session_id);
      return next();
    });

    await expect(db.layerWith({ client }).sessions.endOthers(session_id)).rejects.toBeInstanceOf(NotFoundError);

    expect(await runs(session_id)).toBe(false);
    await expect(sessions.endOthers(session_id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it("lets one of two sessions stay that end each other at once", async () => {
    const user_email = await someone("duel");
    const { sessions } = db.layer;
    const ids = await Promise.all([0, 1].map(async () => (await sessions.start({ user_email })).session_id));

    const calls = await Promise.allSettled(ids.map((id) => sessions.endOthers(id)));

    expect(calls.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const [at, id] of ids.entries()) expect(await runs(id)).toBe(calls[at]?.status === "fulfilled");
  });

  it("is refused for a handle, and once the session has ended or expired", async () => {
    const user_email = await someone("refused");
    const { sessions } = db.layer;
    const { session_id } = await sessions.start({ user_email });
    const before = await db.contents();

    await expect(sessions.endOthers(digestOf(session_id))).rejects.toBeInstanceOf(NotFoundError);
    db.clock.advance(SESSION_LIFETIME_SECONDS);
    await expect(sessions.endOthers(session_id)).rejects.toBeInstanceOf(ExpiredError);
    expect(await db.contents()).toEqual(before);
  });
});

describe("an account that is shut out while no index shows its sessions yet", () => {
  const unseen = () =>
    interceptedClient(db.client, async ({ name, input }, next) =>
      name === "QueryCommand" && input.IndexName !== undefined ? { Items: [], Count: 0 } : next(),
    );

  it.each<[string, (layer: DataLayer, email: string) => Promise<unknown>]>([
    ["endAll", ({ sessions }, email) => sessions.endAll(email)],
    ["suspend", ({ accounts }, email) => accounts.suspend(email)],
    ["markDeleted", ({ accounts }, email) => accounts.markDeleted(email)],
    ["changePassword", ({ accounts }, email) => accounts.changePassword(email, { password_hash: OTHER_BCRYPT_HASH })],
    [
      "resetPassword",
      async ({ accounts }, email) => {
        const reset_token = "reset-maria-4cK8vP1zRm6Yt3";
        await accounts.setResetToken(email, { reset_token });
        return accounts.resetPassword(email, { reset_token, password_hash: OTHER_BCRYPT_HASH });
      },
    ],
    ["erase", ({ accounts }, email) => accounts.erase(email)],
  ])("lets nobody in after %s by what began before", async (name, shut) => {
    const user_email = `${name.toLowerCase()}@example.com`;
    const { sessions, qrLogin } = db.layer;
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const { session_id } = await sessions.start({ user_email });
    const { token } = await qrLogin.issue(user_email);
    const other = await qrLogin.issue(user_email);
    const opened = await qrLogin.redeem(other.token, { device_id: "phone-5b1f9c24e7d03a86aa" });

    await shut(db.layerWith({ client: unseen() }), user_email);

    for (const id of [session_id, opened.session_id])
      await expect(sessions.authenticate(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(qrLogin.redeem(token, { device_id: "thief-0e6d21b8c94f7a35aa" })).rejects.toBeInstanceOf(
      DataLayerError,
    );
    await expect(qrLogin.redeem(other.token, { device_id: "phone-5b1f9c24e7d03a86aa" })).rejects.toBeInstanceOf(
      DataLayerError,
    );
    await expect(sessions.authenticate(opened.session_id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it("lets nobody in by what began before, also once it is active again", async () => {
    const user_email = "again@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const { session_id } = await db.layer.sessions.start({ user_email });

    await db.layerWith({ client: unseen() }).accounts.suspend(user_email);
    await db.layer.accounts.reactivate(user_email);

    await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await db.layer.sessions.listByUser(user_email)).items).toEqual([]);
    const { session_id: next } = await db.layer.sessions.start({ user_email });
    await expect(db.layer.sessions.authenticate(next)).resolves.toMatchObject({ user_email });
  });
});

describe("a session and its account", () => {
  it("takes one request, of a session and its account", async () => {
    const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
    db.requests.length = 0;

    await db.layer.sessions.authenticate(session_id);

    expect(db.requests).toMatchObject([{ operation: "BatchGetItem", entity: "session", items: 2 }]);
  });

  it("lets a session in that was brought over, whose id does not name its account", async () => {
    const session_id = "0b9d9f6e-3f4a-4c53-9d2e-6f1f4b0a7c11";
    const user_email = "legacy@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    const began = { user_email, created_at: NOW, expires_at: NOW + 60, qr_authenticated: false };
    await db.layer.entities.session.create({ session_id, ...began }).go();

    await expect(db.layer.sessions.authenticate(session_id)).resolves.toMatchObject(began);
    await db.layer.sessions.endAll(user_email);
    await expect(db.layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each([[undefined], ["9999999999"], [Number.NaN]])("refuses a session that ends at %p", async (expires_at) => {
    const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
    const client = interceptedClient(db.client, async (_, next) => {
      const output = (await next()) as { Responses?: Record<string, Record<string, unknown>[]> };
      for (const item of Object.values(output.Responses ?? {}).flat())
        if (item.session_id === digestOf(session_id)) item.expires_at = expires_at;
      return output;
    });

    await expect(db.layerWith({ client }).sessions.authenticate(session_id)).rejects.toBeInstanceOf(DataLayerError);
  });

  it.each([[Number.NaN], [-1], [undefined], [Promise.resolve(NOW)]])("refuses at a time of %p", async (time) => {
    const { session_id } = await db.layer.sessions.start({ user_email: MARIA });
    const layer = db.layerWith({ clock: () => time as number });

    await expect(layer.sessions.authenticate(session_id)).rejects.toBeInstanceOf(DataLayerError);
  });
});
