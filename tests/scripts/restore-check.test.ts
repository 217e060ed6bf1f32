import { randomUUID } from "node:crypto";
import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createTableInput } from "../../entities/table.ts";
import { orderFault } from "../../scripts/restore/order.ts";
import { Replay, type ReplayOptions } from "../../scripts/restore/replay.ts";
import { createContext } from "../../services/context.ts";
import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { LAGS } from "../../testing/index.ts";
import {
  aReceipt,
  aRegistration,
  aTicket,
  BCRYPT_HASH,
  CHEN,
  MARIA,
  OTHER_BCRYPT_HASH,
  startAssessment,
} from "../builders.ts";
import { commandHost } from "../commands.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient } from "../instruments.ts";

const EVA = "eva@example.com";
const FRED = "fred@example.com";
const BEFORE = "1000000901";
const AFTER = "1000000902";
const PHONE = "phone-5b1f9c24e7d03a86aa";
const NOTHING = { erasures: 0, transactions: 0, accounts: 0, sessions: 0, tokens: 0, changed: 0 };
const host = commandHost();
afterAll(() => host.stop());

/** A table that lived on after its backup, and what the backup was restored as. */
interface Restoration {
  readonly db: TestTable;
  readonly table: string;
  readonly restored: DataLayer;
  readonly credentials: readonly string[];
  readonly token: string;
}

const contentsOf = async ({ db, table }: Restoration): Promise<Record<string, unknown>[]> =>
  (await db.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items ?? [];

const register = ({ layer }: TestTable, email: string, verification_token = `verify-${email}-8sT2kQ9xLw4Zr7`) =>
  layer.accounts.register(aRegistration({ email, verification_token }));

const receipt = (user_email: string, transaction_id: string) => aReceipt({ user_email, transaction_id });

async function eraseForGood(db: TestTable, email: string): Promise<void> {
  await db.layer.accounts.erase(email);
  db.clock.advance(ERASURE_FINAL_SECONDS);
  db.lag.settle();
  await db.layer.accounts.finishErasures();
}

/** What there is when the backup is made. Returns what lets somebody in. */
async function livedUntilBackup(db: TestTable) {
  const { accounts, sessions, qrLogin, purchases, support } = db.layer;
  // Erased before the backup, and registered anew.
  await register(db, EVA);
  await eraseForGood(db, EVA);
  for (const email of [MARIA, CHEN, EVA, FRED]) await register(db, email);
  await accounts.verifyEmail(MARIA, { verification_token: `verify-${MARIA}-8sT2kQ9xLw4Zr7` });
  await purchases.grant(receipt(MARIA, BEFORE));
  await support.open(aTicket({ user_email: MARIA }));
  await startAssessment(db.layer, { user_id: MARIA });
  const started = await Promise.all([MARIA, CHEN, EVA].map((user_email) => sessions.start({ user_email })));
  const redeemed = await qrLogin.redeem((await qrLogin.issue(CHEN)).token, { device_id: PHONE });
  const { token } = await qrLogin.issue(CHEN);
  return { credentials: [...started, redeemed].map(({ session_id }) => session_id), token };
}

/** What has happened since. */
async function livedSinceBackup(db: TestTable): Promise<void> {
  const { accounts, sessions, purchases } = db.layer;
  await sessions.endAll(EVA);
  await accounts.changePassword(CHEN, { password_hash: OTHER_BCRYPT_HASH });
  await accounts.suspend(FRED);
  await purchases.grant(receipt(EVA, AFTER));
  await eraseForGood(db, MARIA);
}

/** A table that has lived on, and its backup. */
async function live(db: TestTable) {
  const given = await livedUntilBackup(db);
  const backup = await db.contents();
  await livedSinceBackup(db);
  return { db, backup, given };
}

const targetOf = ({ client, clock, erasureSecret }: TestTable) => ({ client, clock, erasureSecret });

async function restore({ db, backup, given }: Awaited<ReturnType<typeof live>>): Promise<Restoration> {
  const table = `restored-${randomUUID()}`;
  await db.client.send(new CreateTableCommand(createTableInput(table)));
  for (const Item of backup) await db.client.send(new PutCommand({ TableName: table, Item }));
  db.lag.settle();
  return { db, table, restored: createDataLayer({ ...targetOf(db), table }), ...given };
}

function replay({ db, table }: Restoration, options: Partial<ReplayOptions> = {}, client = db.client) {
  const [restored, lived] = [table, db.table].map((name) => createContext({ ...targetOf(db), client, table: name }));
  return new Replay(restored as never, lived as never, { apply: true, rate: 1e6, ...options }).run();
}

async function expectNothingOfBefore({ restored, credentials, token, ...restoration }: Restoration): Promise<void> {
  const { accounts, sessions, qrLogin, purchases } = restored;
  expect(await accounts.find(MARIA)).toBeUndefined();
  for (const credential of credentials)
    await expect(sessions.authenticate(credential)).rejects.toMatchObject({ code: "not_found" });
  await expect(qrLogin.redeem(token, { device_id: PHONE })).rejects.toMatchObject({ code: "not_found" });
  // A log-in that knew the old password.
  const old = sessions.start({ user_email: CHEN, password_hash: BCRYPT_HASH });
  await expect(old).rejects.toMatchObject({ reason: "password_changed" });
  await expect(sessions.start({ user_email: FRED })).rejects.toMatchObject({ state: "suspended" });
  // Receipts: of the erased account, and of a purchase that the backup does not know.
  for (const email of [MARIA, CHEN])
    await expect(purchases.grant(receipt(email, BEFORE))).rejects.toMatchObject({ code: "conflict" });
  await expect(purchases.grant(receipt(CHEN, AFTER))).rejects.toMatchObject({ reason: "claimed" });

  restoration.db.clock.advance(ERASURE_FINAL_SECONDS);
  restoration.db.lag.settle();
  await accounts.finishErasures();
  const text = JSON.stringify(await contentsOf({ restored, credentials, token, ...restoration }));
  expect(text).not.toContain(MARIA);
  expect(text).not.toContain(aTicket().message);
}

describe("a restored table", () => {
  let db: TestTable;
  let lived: Awaited<ReturnType<typeof live>>;
  let restoration: Restoration;
  beforeAll(async () => {
    db = await openTestTable();
    lived = await live(db);
  });
  beforeEach(async () => {
    restoration = await restore(lived);
  });
  afterEach(() => db.client.send(new DeleteTableCommand({ TableName: restoration.table })));
  afterAll(() => db.drop());

  it("holds nothing of who was erased, lets in no old session, and grants no receipt twice", async () => {
    const { restored } = restoration;
    const before = await contentsOf(restoration);
    const found = { erasures: 1, transactions: 2, accounts: 1, sessions: 6, tokens: 3, changed: 2 };
    expect(await replay(restoration, { apply: false })).toEqual(found);
    expect(await contentsOf(restoration)).toEqual(before);

    expect(await replay(restoration)).toEqual(found);

    await expectNothingOfBefore(restoration);
    // Who was erased before the backup and has registered anew stays, and gets what she bought since.
    await restored.sessions.start({ user_email: EVA, password_hash: BCRYPT_HASH });
    await restored.sessions.start({ user_email: CHEN, password_hash: OTHER_BCRYPT_HASH });
    expect(await restored.purchases.grant(receipt(EVA, AFTER))).toMatchObject({ granted: true });
  });

  it("leaves an account at its old address that has changed it since", async () => {
    await db.layer.accounts.changeAddress({ from: EVA, to: "eva@example.org" });
    db.clock.advance(ERASURE_FINAL_SECONDS);
    db.lag.settle();
    await db.layer.accounts.finishAddressChanges();

    expect(await replay(restoration)).toMatchObject({ accounts: 1 });

    const { accounts, support } = restoration.restored;
    expect((await accounts.get(EVA)).account_status).toBe("active");
    expect((await support.open(aTicket({ user_email: EVA }))).user_email).toBe(EVA);
  });

  it("keeps the passwords and states of the backup where those since are what went wrong", async () => {
    expect(await replay(restoration, { keepAccounts: true })).toMatchObject({ changed: 0, sessions: 6 });

    await restoration.restored.sessions.start({ user_email: CHEN, password_hash: BCRYPT_HASH });
    await restoration.restored.sessions.start({ user_email: FRED });
  });

  it("ends so after runs that died anywhere, and keeps who comes back once it is in use", async () => {
    for (let survived = 0; ; survived++) {
      let writes = 0;
      const client = interceptedClient(db.client, ({ name }, next) => {
        if (/^(?:Put|Update|Delete|BatchWrite)/.test(name) && writes++ === survived) throw new Error("it was killed");
        return next();
      });
      const died = await replay(restoration, {}, client).then(
        () => false,
        () => true,
      );
      if (!died) break;
    }

    expect(await replay(restoration, { apply: false })).toEqual(NOTHING);
    await expectNothingOfBefore(restoration);
    await restoration.restored.accounts.register(aRegistration({ email: MARIA }));
    await replay(restoration);
    expect(await restoration.restored.accounts.find(MARIA)).toMatchObject({ email: MARIA });
  });

  describe("by npm run restore-check", () => {
    async function words(...more: string[]) {
      const { hostname, port } = (await db.client.config.endpoint?.()) ?? {};
      const place = ["--table", restoration.table, "--endpoint", `http://${hostname}:${port}`];
      return [...place, "--ledger", db.table, ...more];
    }

    it("is told unfit, mended, and then told fit, with what no command can do", async () => {
      const refused = async (...more: string[]) => host.run("restore-check", await words(...more));
      await expect(refused("--table", "no-such-table")).rejects.toMatchObject({
        stderr: expect.stringMatching(/no table no-such-table/),
      });
      await expect(refused("--ledger", restoration.table)).rejects.toMatchObject({
        stderr: expect.stringMatching(/--ledger/),
      });
      await expect(refused("--apply")).rejects.toMatchObject({ stderr: expect.stringMatching(/--yes/) });
      await expect(refused()).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/1 accounts that have been erased/),
      });

      const mended = await host.run("restore-check", await words("--apply", "--yes"));
      expect(mended.stdout).toContain("It may be used, after what no command can do:");
      expect(mended.stdout).toContain(`TABLE_NAME=${restoration.table}`);
      expect((await host.run("restore-check", await words())).code).toBe(0);
      // The command has the system's clock.
      db.clock.now = Math.floor(Date.now() / 1000);
      await expectNothingOfBefore(restoration);
    });
  });

  it("loses what an account had before it was erased and registered anew since", async () => {
    await register(db, MARIA);
    await db.layer.support.open(aTicket({ user_email: MARIA }));

    expect(await replay(restoration)).toMatchObject({ accounts: 1 });

    await expectNothingOfBefore(restoration);
  });
});

it("refuses tables that stand the other way round, which would cost the live one its sessions", () => {
  const live = { TableName: "live", TableArn: "arn:live" };
  const restoredAt = (TableName: string, day: number, SourceTableArn = live.TableArn) => ({
    ...{ TableName, TableArn: `arn:${TableName}` },
    RestoreSummary: { RestoreDateTime: new Date(2026, 10, day), SourceTableArn, RestoreInProgress: false },
  });

  expect(orderFault(restoredAt("restored", 20), live)).toBeUndefined();
  expect(orderFault(restoredAt("restored", 20), restoredAt("last", 25))).toBeUndefined();
  expect(orderFault(live, restoredAt("restored", 20))).toContain("other way round");
  expect(orderFault(restoredAt("last", 25), restoredAt("restored", 20))).toContain("earlier moment");
  const again = restoredAt("again", 26, "arn:restored");
  expect(orderFault(restoredAt("restored", 20), again)).toContain("other way round");
});

describe("where indexes show late what was written", () => {
  let db: TestTable;
  beforeAll(async () => {
    db = await openTestTable({ ...LAGS.slow, seed: 7 });
  });
  afterAll(() => db.drop());

  it("is mended by further runs", async () => {
    const restoration = await restore(await live(db));

    let left = await replay(restoration, { apply: false });
    for (let run = 1; run <= 3 && JSON.stringify(left) !== JSON.stringify(NOTHING); run++) {
      await replay(restoration);
      left = await replay(restoration, { apply: false });
      db.lag.settle();
    }

    expect(left).toEqual(NOTHING);
    await expectNothingOfBefore(restoration);
  });
});
