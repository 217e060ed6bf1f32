import { createDataLayer, type DataLayer } from "../../../services/data-layer.ts";
import {
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aTicket,
  CHEN,
  MARIA,
  startAssessment,
} from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";
import fc from "../../generated.ts";

const OTHER_SECRET = "another secret of at least 32 characters";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const layerWithoutSecret = () => createDataLayer({ client: db.client, table: db.table, clock: db.clock });

/** Every function that looks at the ledger of erasures or claims an id. */
const CALLS: Readonly<Record<string, (layer: DataLayer) => Promise<unknown>>> = {
  "accounts.register": ({ accounts }) => accounts.register(aRegistration({ email: CHEN })),
  "accounts.erase": ({ accounts }) => accounts.erase(MARIA),
  "accounts.changeAddress": ({ accounts }) => accounts.changeAddress({ from: MARIA, to: CHEN }),
  "purchases.grant": ({ purchases }) => purchases.grant(aReceipt()),
  "purchases.refund": ({ purchases }) => purchases.refund(MARIA, "writing", "T-1"),
  "purchases.reverseRefund": ({ purchases }) => purchases.reverseRefund(MARIA, "writing", "T-1"),
  "assessments.start": ({ assessments }) => assessments.start({ user_id: MARIA, assessment_type: "speaking_academic" }),
  "assessments.start, of a day": ({ assessments }) =>
    assessments.start({ user_id: MARIA, assessment_type: "speaking_academic", limit: { perDay: 3, zone: "UTC" } }),
  "moderation.recordSafetyEvent": ({ moderation }) => moderation.recordSafetyEvent(aSafetyEvent()),
  "moderation.fileReport": ({ moderation }) => moderation.fileReport(aReport()),
  "support.open": ({ support }) => support.open(aTicket()),
  "support.open, by an id": ({ support }) => support.open(aTicket({ ticket_id: "TKT-1" })),
  "devops.proposeFix, by an id": ({ devops }) => devops.proposeFix(aFix({ action_id: "ACT-1" })),
};

describe("without an erasureSecret", () => {
  beforeAll(async () => {
    await db.layer.accounts.register(aRegistration({ email: MARIA }));
    await startAssessment(db.layer);
  });

  it.each(Object.entries(CALLS))("%s throws, and writes nothing", async (_, call) => {
    const before = await db.contents();

    const failure = await call(layerWithoutSecret()).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "configuration", variable: "ERASURE_SECRET" });
    expect(await db.contents()).toEqual(before);
  });

  it("reads, log-ins and changes of what is there go on", async () => {
    const { accounts, sessions, assessments } = layerWithoutSecret();

    const { session_id } = await sessions.start({ user_email: MARIA });

    await expect(sessions.authenticate(session_id)).resolves.toMatchObject({ user_email: MARIA });
    await expect(accounts.overview(MARIA)).resolves.toMatchObject({ user: { email: MARIA } });
    await expect(accounts.suspend(MARIA)).resolves.toMatchObject({ account_status: "suspended" });
    await expect(assessments.listByUser(MARIA)).resolves.toMatchObject({ items: [{ status: "in_progress" }] });
  });
});

describe("a pseudonym", () => {
  const { pseudonymOf } = createDataLayer({ client: undefined as never, erasureSecret: OTHER_SECRET }).context;

  it("is the same for every call, and another one by another secret", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const pseudonym = pseudonymOf("account", value);

        expect(pseudonym).toMatch(/^[0-9a-f]{64}$/);
        expect(pseudonymOf("account", value)).toBe(pseudonym);
        expect(db.layer.context.pseudonymOf("account", value)).not.toBe(pseudonym);
      }),
    );
  });

  it("tells apart what it stands for, and where one value ends and the next begins", () => {
    const parts = fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));

        expect(pseudonymOf("owner", ...one)).not.toBe(pseudonymOf("owner", ...other));
        expect(pseudonymOf("owner", ...one)).not.toBe(pseudonymOf("claim", ...one));
      }),
    );
  });

  it("by another secret finds no erasure: one secret is a table's for good", async () => {
    await db.reset();
    await db.layer.accounts.register(aRegistration({ email: MARIA }));
    await db.layer.accounts.erase(MARIA);

    const other = db.layerWith({ erasureSecret: OTHER_SECRET });

    await expect(db.layer.support.open(aTicket({ user_email: MARIA }))).rejects.toMatchObject({ reason: "erased" });
    await expect(other.support.open(aTicket({ user_email: MARIA }))).resolves.toMatchObject({ created_at: NOW });
  });
});
