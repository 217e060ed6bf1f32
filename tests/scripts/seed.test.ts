import { ACCOUNT_STATUSES, ASSESSMENT_STATUSES, ENTITLEMENT_STATUSES, type Product } from "../../entities/enums.ts";
import { createAccount } from "../../scripts/generator/account.ts";
import { presentOfSeed, seedAccounts } from "../../scripts/generator/seed-accounts.ts";
import { storesOf } from "../../scripts/generator/stores.ts";
import { overallBand, type Scores } from "../../services/assessments.ts";
import { createContext } from "../../services/context.ts";
import { ConflictError } from "../../services/storage/errors.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import {
  createLocalClient,
  LOCAL_CREDENTIALS,
  LOCAL_ERASURE_SECRET,
  LOCAL_REGION,
} from "../../testing/local-database.ts";
import { commandHost } from "../commands.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient } from "../instruments.ts";

/** Makes items without a table: nothing listens there, and nothing is sent. */
const context = createContext({
  client: createLocalClient("http://127.0.0.1:1"),
  erasureSecret: LOCAL_ERASURE_SECRET,
});
const stores = storesOf(context);

const accounts = (users: number, now = NOW, seed = 1): StoredItem[][] =>
  Array.from({ length: users }, (_, index) => createAccount({ seed, index, now }, stores));

const of = (items: readonly StoredItem[], entity: string) => items.filter(({ __edb_e__ }) => __edb_e__ === entity);
const userOf = (account: readonly StoredItem[]) => of(account, "user")[0] as StoredItem;
const instant = (item: StoredItem, name: string) => item[name] as number;

describe("a generated account", () => {
  it("is the same for the same seed, index and present", () => {
    expect(accounts(20)).toEqual(accounts(20));
  });

  it("does not depend on which accounts were generated before it", () => {
    expect(createAccount({ seed: 1, index: 7, now: NOW }, stores)).toEqual(accounts(8)[7]);
  });

  it("is another one for another seed", () => {
    const emails = [...accounts(20), ...accounts(20, NOW, 2)].map((account) => userOf(account).email);

    expect(new Set(emails).size).toBe(40);
  });

  it("keeps its address and its history's shape when the present is another one", () => {
    const DAY = 86_400;
    const [now, later] = [accounts(20), accounts(20, NOW + DAY)];

    expect(later.map((account) => userOf(account).email)).toEqual(now.map((account) => userOf(account).email));
    expect(later.map((account) => instant(userOf(account), "created_at") - DAY)).toEqual(
      now.map((account) => instant(userOf(account), "created_at")),
    );
    expect(later.map(({ length }) => length)).toEqual(now.map(({ length }) => length));
  });

  // A change here changes everybody's generated data: write it into the changelog.
  it("is the one that it has always been", () => {
    const histories = accounts(4).map((account) => {
      const assessments = of(account, "assessment");
      const bands = assessments.map(({ band_score }) => Number(band_score ?? 0)).reduce((sum, band) => sum + band, 0);
      return `${userOf(account).email}: ${account.length} items, ${bands} bands`;
    });

    expect(histories).toEqual([
      "rosemarie.funk.s1u0@example.com: 25 items, 85.5 bands",
      "bhargava.jangid.s1u1@example.com: 1 items, 0 bands",
      "luiza.martins.s1u2@example.com: 11 items, 28 bands",
      "lilia.zaragozaponce.s1u3@example.com: 6 items, 0 bands",
    ]);
  });
});

describe("generated histories", () => {
  let all: StoredItem[][];
  beforeAll(() => {
    all = accounts(400);
  });

  const each = (entity: string) => all.flatMap((account) => of(account, entity).map((item) => ({ account, item })));

  it("hold every entity of an account, in every state that its services reach", () => {
    const states = (entity: string, attribute: string) => new Set(each(entity).map(({ item }) => item[attribute]));

    expect(states("user", "account_status")).toEqual(new Set(ACCOUNT_STATUSES));
    expect(states("assessment", "status")).toEqual(new Set(ASSESSMENT_STATUSES));
    expect(states("entitlement", "status")).toEqual(new Set(ENTITLEMENT_STATUSES));
    expect(states("safety_log", "moderation_action")).toEqual(new Set(["none", "warn", "block"]));
    expect(states("session", "qr_authenticated")).toEqual(new Set([true, false]));
    expect(states("ticket", "status").size).toBeGreaterThanOrEqual(3);
    expect(states("content_report", "status").size).toBeGreaterThanOrEqual(3);
    expect(states("devops_action", "action_type")).toEqual(new Set(["diagnose", "fix_proposed", "fix_applied"]));
    expect(states("qr_token", "used")).toContain(true);
  });

  it("hold nothing before the account began, nor after the present, ends of access aside", () => {
    const instants = ["created_at", "completed_at", "timestamp", "used_at", "purchase_date", "last_login"];
    const late = ["escalated_at", "resolved_at"];
    for (const account of all) {
      const began = instant(userOf(account), "created_at");
      for (const item of account) {
        for (const name of [...instants, ...late].filter((attribute) => item[attribute] !== undefined)) {
          expect(instant(item, name)).toBeGreaterThanOrEqual(began);
          expect(instant(item, name)).toBeLessThanOrEqual(NOW);
        }
      }
    }
  });

  it("score completed assessments, and only those", () => {
    for (const { item } of each("assessment")) {
      const completed = item.status === "completed";
      expect(item.scores !== undefined).toBe(completed);
      expect(item.completed_at !== undefined).toBe(completed);
      expect(item.band_score).toBe(completed ? overallBand(item.scores as Scores) : undefined);
      if (completed) {
        expect(Object.keys(item.scores as object)).toEqual([String(item.assessment_type).split("_")[0]]);
        expect(instant(item, "completed_at")).toBeGreaterThan(instant(item, "created_at"));
      }
    }
  });

  it("claim every transaction and settle it", () => {
    for (const { account, item } of each("entitlement")) {
      const claimed = context.pseudonymOf("claim", "transaction", item.transaction_id as string);
      const claim = of(account, "claim").find(({ claimed_id }) => claimed_id === claimed);
      expect(claim).toMatchObject({ kind: "transaction", settled: true, created_at: item.purchase_date });
      if (item.status === "expired") expect(instant(item, "expires_at")).toBeLessThan(NOW);
    }
  });

  it("let nobody in who is suspended, deleted or not verified", () => {
    for (const { account, item } of each("session")) {
      expect(userOf(account)).toMatchObject({ account_status: "active", email_verified: true });
      expect(instant(item, "expires_at") - instant(item, "created_at")).toBe(86_400);
      expect(instant(userOf(account), "last_login")).toBeGreaterThanOrEqual(instant(item, "created_at"));
    }
  });

  it("tie a used token to the session that it began", () => {
    for (const { account, item } of each("qr_token").filter(({ item: { used } }) => used === true)) {
      const session = of(account, "session").find(({ qr_token }) => qr_token === item.token);
      expect(session).toMatchObject({ qr_authenticated: true, created_at: item.used_at });
      expect(instant(item, "used_at")).toBeLessThanOrEqual(instant(item, "expires_at"));
    }
  });

  it("log and report what happened in assessments of the same account", () => {
    for (const { account, item } of [...each("safety_log"), ...each("content_report")]) {
      const ids = of(account, "assessment").map(({ assessment_id }) => assessment_id);
      expect(ids).toContain(item.assessment_id);
    }
    for (const { item } of each("content_report")) expect(item.admin_notes === undefined).toBe(item.status === "new");
  });

  it("bring tickets through the states in order, and link them to their first action", () => {
    for (const { account, item } of each("ticket")) {
      const { created_at, escalated_at, resolved_at, status } = item as unknown as Record<string, number>;
      expect(item.ai_response === undefined).toBe(item.status === "new");
      expect(resolved_at !== undefined).toBe(item.status === "resolved");
      const steps = [created_at, escalated_at, resolved_at].filter((step) => step !== undefined);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      if (String(status) === "escalated") expect(escalated_at).toBeDefined();
      const actions = of(account, "devops_action").filter(({ ticket_id }) => ticket_id === item.ticket_id);
      expect(item.devops_action_id).toBe(actions[0]?.action_id);
    }
  });

  it("have reviewers for decisions and pull requests for what was applied", () => {
    for (const { item } of each("devops_action")) {
      const decided = item.status !== undefined && item.status !== "pending_review";
      expect(item.reviewed_by !== undefined).toBe(decided);
      expect(item.review_reason !== undefined).toBe(decided);
      expect(item.pr_url !== undefined).toBe(item.status === "applied");
      expect(item.status === undefined).toBe(item.action_type === "diagnose");
    }
  });
});

describe("seeding accounts", () => {
  let db: TestTable;
  beforeEach(async () => {
    db = await openTestTable();
  });
  afterEach(() => db.drop());

  const request = { users: 15, seed: 1, now: NOW };

  it("writes every item, and a second time the same ones", async () => {
    const expected = accounts(15).flat();

    const first = await seedAccounts(db, request);
    const once = await db.contents();
    await seedAccounts(db, request);

    expect(first.items).toBe(expected.length);
    expect(once).toHaveLength(expected.length);
    expect(await db.contents()).toEqual(once);
    expect(first.byEntity.user).toBe(15);
  });

  it("extends a smaller run", async () => {
    await seedAccounts(db, { ...request, users: 5 });
    await seedAccounts(db, request);

    expect(await db.contents()).toHaveLength(accounts(15).flat().length);
  });

  it("knows the present of the accounts that are there", async () => {
    expect(await presentOfSeed(db, 1)).toBeUndefined();

    await seedAccounts(db, { users: 1, seed: 1, now: NOW - 12_345 });

    expect(await presentOfSeed(db, 1)).toBe(NOW - 12_345);
    expect(await presentOfSeed(db, 2)).toBeUndefined();
  });

  it("gives the services accounts that they take for their own", async () => {
    await seedAccounts(db, request);
    const rich = accounts(15).find((account) => of(account, "entitlement").length > 1) ?? [];
    const user_email = userOf(rich).email as string;

    const overview = await db.layer.accounts.overview(user_email);
    const exported = await db.layer.accounts.export(user_email);

    expect(overview.entitlements).toHaveLength(of(rich, "entitlement").length);
    expect(exported.items.assessment).toHaveLength(of(rich, "assessment").length);
    const [purchase] = of(rich, "entitlement") as [StoredItem];
    const receipt = {
      user_email,
      product_id: purchase.product_id as Product,
      platform: "ios" as const,
      transaction_id: purchase.transaction_id as string,
      receipt_data: "again",
    };
    expect(await db.layer.purchases.grant(receipt)).toMatchObject({
      granted: false,
      purchase: { expires_at: purchase.expires_at },
    });
    await expect(db.layer.purchases.grant({ ...receipt, user_email: "thief@example.com" })).rejects.toThrow(
      ConflictError,
    );
  });

  it("makes items as they are written, not before", async () => {
    let release = () => {};
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    const client = interceptedClient(db.client, async (_command, next) => {
      await stalled;
      return next();
    });
    let generated = 0;

    const seeding = seedAccounts({ ...db, client }, { users: 80, seed: 1, now: NOW }, (users) => {
      generated = users;
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = generated;
    release();
    await seeding;

    // Four batches in flight and one being filled: 125 items, about eleven an account.
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(40);
    expect(generated).toBe(80);
  });

  it("gives up when the table is out of reach, and says what to do", async () => {
    let batches = 0;
    const client = interceptedClient(db.client, async () => {
      batches++;
      throw new Error("unreachable");
    });

    await expect(seedAccounts({ ...db, client }, { users: 500, seed: 1, now: NOW })).rejects.toThrow(
      /^0 items were written and \d+ could not be/,
    );
    expect(batches).toBeLessThan(15);
  });
});

describe("npm run seed", () => {
  let db: TestTable;
  beforeEach(async () => {
    db = await openTestTable();
  });
  afterEach(() => db.drop());

  const host = commandHost();
  afterAll(() => host.stop());
  const environment = {
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_REGION: LOCAL_REGION,
  };
  const run = (...words: string[]) => host.run("seed", words, { environment });
  const addressOf = async () => {
    const { hostname, port } = (await db.client.config.endpoint?.()) ?? {};
    return { hostname, port };
  };

  it("tells its options", async () => {
    const { stdout } = await run("--help");

    for (const option of ["--table", "--region", "--endpoint", "--demo", "--users", "--seed", "--now", "--yes"])
      expect(stdout).toContain(option);
  });

  it.each([
    ["--users", ["--users", "many"]],
    ["--now", ["--now", "1760000000000"]],
    ["--seed", ["--seed", "-1"]],
    ["absent-table", ["--table", "absent-table", "--endpoint", "http://127.0.0.1:1"]],
  ])("refuses a bad %s", async (option, words) => {
    const expected = option === "absent-table" ? "error: " : option;

    await expect(run(...words)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(expected) });
  });

  it("writes the catalogue, the cast and generated accounts, and says so", async () => {
    const { hostname, port } = await addressOf();
    const words = ["--table", db.table, "--endpoint", `http://${hostname}:${port}`];

    const { stdout } = await run(...words, "--demo", "--users", "5", "--now", String(NOW));

    expect(stdout).toContain("--seed 1 --now 1760000000");
    expect(stdout).toMatch(/Wrote \d+ questions and 8 rubrics\./);
    expect(stdout).toContain("Wrote the demo cast: 5 accounts.");
    expect(stdout).toContain("accounts 5/5");
    expect(stdout).toMatch(/Wrote \d+ items in .* 5 user/);
    await expect(run(...words, "--users", "5", "--now", String(NOW + 1))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`--now ${NOW}`),
    });
  });

  it("asks before it writes more than 1,000 accounts to a table elsewhere", async () => {
    const { port } = await addressOf();
    // This machine, in the place of AWS.
    const elsewhere = {
      ...environment,
      ERASURE_SECRET: db.erasureSecret,
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
    };
    const seeding = host.run("seed", ["--table", db.table, "--users", "1001"], { environment: elsewhere });

    await expect(seeding).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
    expect(await db.contents()).toEqual([]);
  });
});
