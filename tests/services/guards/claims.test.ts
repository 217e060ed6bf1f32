import { CLAIM_KINDS, type ClaimKind } from "../../../entities/claim.ts";
import type { DataLayer } from "../../../services/data-layer.ts";
import { claimId, settleClaim } from "../../../services/guards/claims.ts";
import type { DataContext } from "../../../services/storage/context.ts";
import { ConflictError } from "../../../services/storage/errors.ts";
import { aDiagnosis, aFix, aReport, aSafetyEvent, aTicket, CHEN, MARIA, startAssessment } from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";

const MINUTE = 60;

let db: TestTable;
let context: DataContext;
beforeAll(async () => {
  db = await openTestTable();
  context = db.layer.context;
});
afterAll(() => db.drop());

const storedClaims = async (kind: ClaimKind, id: string) => {
  const claimed_id = context.pseudonymOf("claim", kind, id);
  return (await db.contents()).filter((item) => item.claimed_id === claimed_id);
};

describe("claimId", () => {
  it("makes a claim that is not settled", async () => {
    const claim = await claimId(context, "ticket", "TKT-FIRST", [MARIA], NOW);

    expect(claim).toEqual({ created_at: NOW, settled: false, fresh: true });
    expect(await storedClaims("ticket", "TKT-FIRST")).toEqual([
      expect.objectContaining({ kind: "ticket", created_at: NOW }),
    ]);
  });

  it("gives the owner the first claim back, with the instant of the first call", async () => {
    await claimId(context, "ticket", "TKT-AGAIN", [MARIA], NOW);
    const before = await db.contents();

    const again = await claimId(context, "ticket", "TKT-AGAIN", [MARIA], NOW + 7 * MINUTE);

    expect(again).toEqual({ created_at: NOW, settled: false, fresh: false });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses another owner and leaves the claim as it is", async () => {
    await claimId(context, "transaction", "T-TAKEN", [MARIA, "speaking"], NOW);
    const before = await db.contents();

    const failure = await claimId(context, "transaction", "T-TAKEN", [CHEN, "speaking"], NOW).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toMatchObject({ code: "conflict", entity: "transaction", reason: "claimed" });
    expect(String(failure)).not.toContain(MARIA);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["another product", [MARIA, "speaking"], [MARIA, "writing"]],
    ["parts that are cut elsewhere", ["ab", "c"], ["a", "bc"]],
    ["parts that quote each other", ['a","b'], ["a", "b"]],
    ["a part more", [MARIA], [MARIA, ""]],
  ])("tells owners apart by every part: %s", async (difference, owner, other) => {
    const id = `T-${difference}`;
    await claimId(context, "transaction", id, owner, NOW);

    await expect(claimId(context, "transaction", id, other, NOW)).rejects.toBeInstanceOf(ConflictError);
    await expect(claimId(context, "transaction", id, owner, NOW)).resolves.toMatchObject({ fresh: false });
  });

  it("keeps ids apart that differ in case", async () => {
    await claimId(context, "transaction", "GPA.1-a", [MARIA], NOW);

    await expect(claimId(context, "transaction", "GPA.1-A", [CHEN], NOW)).resolves.toMatchObject({ fresh: true });
  });

  it("keeps kinds apart that share an id", async () => {
    const owners = CLAIM_KINDS.map((kind) => [kind, `owner-of-${kind}`] as const);

    for (const [kind, owner] of owners) {
      await expect(claimId(context, kind, "shared-id", [owner], NOW)).resolves.toMatchObject({ fresh: true });
    }
  });

  it("lets one of 20 owners win who claim at once", async () => {
    const calls = await Promise.allSettled(
      Array.from({ length: 20 }, (_, place) =>
        claimId(context, "transaction", "T-RACE", [`${place}@example.com`], NOW),
      ),
    );

    const won = calls.flatMap((call) => (call.status === "fulfilled" ? [call.value] : []));
    const lost = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
    expect(won).toEqual([{ created_at: NOW, settled: false, fresh: true }]);
    expect(lost).toHaveLength(19);
    for (const reason of lost) expect(reason).toBeInstanceOf(ConflictError);
    expect(await storedClaims("transaction", "T-RACE")).toHaveLength(1);
  });

  it("gives 20 calls of one owner the same claim, fresh for one of them, though their clocks differ", async () => {
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, place) => claimId(context, "ticket", "TKT-RACE", [MARIA], NOW + place)),
    );

    expect(new Set(calls.map(({ created_at }) => created_at)).size).toBe(1);
    expect(calls.filter(({ fresh }) => fresh)).toHaveLength(1);
  });

  it("stores neither the id nor personal data, and no time to live", async () => {
    await claimId(context, "transaction", "T-PRIVATE", [MARIA, "speaking"], NOW);

    const [stored] = await storedClaims("transaction", "T-PRIVATE");
    expect(JSON.stringify(stored)).not.toContain(MARIA);
    expect(JSON.stringify(stored)).not.toContain("T-PRIVATE");
    expect(stored).not.toHaveProperty("ttl");
    expect(stored).not.toHaveProperty("expires_at");
  });
});

describe("an id that a service made, brought by a caller", () => {
  /** What each service makes under an id of its own making, and does when a caller brings that id. */
  const BROUGHT = {
    assessment: async ({ assessments }: DataLayer, user_id: string, assessment_id?: string) => {
      const start = { user_id, assessment_type: "speaking_academic", ...(assessment_id && { assessment_id }) } as const;
      const made = await assessments.start(start);
      return { id: made.assessment_id, at: made.created_at };
    },
    ticket: async ({ support }: DataLayer, user_email: string, ticket_id?: string) => {
      const made = await support.open(aTicket({ user_email, ...(ticket_id && { ticket_id }) }));
      return { id: made.ticket_id, at: made.created_at };
    },
    content_report: async ({ moderation }: DataLayer, reporter_email: string, report_id?: string) => {
      const made = await moderation.fileReport(aReport({ reporter_email, ...(report_id && { report_id }) }));
      return { id: made.report_id, at: made.created_at };
    },
    devops_action: async ({ devops }: DataLayer, affected_service: string, action_id?: string) => {
      const made = await devops.proposeFix(aFix({ affected_service, ...(action_id && { action_id }) }));
      return { id: made.action_id, at: made.timestamp };
    },
  } as const;

  it.each(Object.entries(BROUGHT))("leads to its %s, and never to a second one", async (entity, bring) => {
    const [mine, others] = entity === "devops_action" ? ["lambda", "gemini"] : [MARIA, CHEN];
    const made = await bring(db.layer, mine);
    db.clock.advance(5);

    expect(await bring(db.layer, mine, made.id)).toEqual(made);
    await expect(bring(db.layer, others, made.id)).rejects.toBeInstanceOf(ConflictError);

    const stored = (await db.contents()).filter(
      (item) => item.__edb_e__ === entity && item.pk === `${entity}#${made.id}`,
    );
    expect(stored).toHaveLength(1);
  });

  it("leads to its safety_log, though that says when it occurred", async () => {
    await startAssessment(db.layer);
    const event = aSafetyEvent();
    const made = await db.layer.moderation.recordSafetyEvent(event);
    db.clock.advance(5);

    expect(await db.layer.moderation.recordSafetyEvent({ ...event, log_id: made.log_id })).toEqual(made);
    const other = { ...event, log_id: made.log_id, user_response: "Something else." };
    await expect(db.layer.moderation.recordSafetyEvent(other)).rejects.toBeInstanceOf(ConflictError);
  });

  it("refuses to make of a diagnosis a fix", async () => {
    const { action_id } = await db.layer.devops.recordDiagnosis(aDiagnosis());
    db.clock.advance(5);

    const fix = db.layer.devops.proposeFix({ ...aFix(), ...aDiagnosis({ action_id }) });

    await expect(fix).rejects.toBeInstanceOf(ConflictError);
    await expect(db.layer.devops.get(action_id)).resolves.toMatchObject({ action_type: "diagnose" });
  });
});

describe("settleClaim", () => {
  it("settles a claim and keeps its owner and instant", async () => {
    const owner = [MARIA, "speaking"];
    await claimId(context, "transaction", "T-SETTLE", owner, NOW);

    await settleClaim(context, "transaction", "T-SETTLE", owner, NOW + MINUTE);

    await expect(claimId(context, "transaction", "T-SETTLE", owner, NOW + MINUTE)).resolves.toEqual({
      created_at: NOW,
      settled: true,
      fresh: false,
    });
    await expect(claimId(context, "transaction", "T-SETTLE", [CHEN, "speaking"], NOW)).rejects.toBeInstanceOf(
      ConflictError,
    );
  });

  it("changes nothing when it is repeated", async () => {
    await settleClaim(context, "transaction", "T-TWICE", [MARIA], NOW);
    const before = await db.contents();

    await settleClaim(context, "transaction", "T-TWICE", [MARIA], NOW + MINUTE);

    expect(await db.contents()).toEqual(before);
  });

  it("claims an id for its owner that was never claimed", async () => {
    await settleClaim(context, "transaction", "T-OLD", [MARIA, "writing"], NOW);

    await expect(claimId(context, "transaction", "T-OLD", [MARIA, "writing"], NOW + MINUTE)).resolves.toEqual({
      created_at: NOW,
      settled: true,
      fresh: false,
    });
    await expect(claimId(context, "transaction", "T-OLD", [CHEN, "writing"], NOW)).rejects.toBeInstanceOf(
      ConflictError,
    );
  });

  it("settles a claim that is made while it looks for one", async () => {
    const owner = [MARIA, "speaking"];
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "PutCommand") await claimId(context, "transaction", "T-BETWEEN", owner, NOW);
      return next();
    });

    await settleClaim(db.layerWith({ client }).context, "transaction", "T-BETWEEN", owner, NOW + MINUTE);

    await expect(claimId(context, "transaction", "T-BETWEEN", owner, NOW + MINUTE)).resolves.toEqual({
      created_at: NOW,
      settled: true,
      fresh: false,
    });
  });

  it("leaves one settled claim however many calls claim and settle it at once", async () => {
    const owner = [MARIA, "full_mock_test"];

    await Promise.all(
      Array.from({ length: 20 }, (_, place) =>
        place % 2 === 0
          ? settleClaim(context, "transaction", "T-BOTH", owner, NOW + place)
          : claimId(context, "transaction", "T-BOTH", owner, NOW + place),
      ),
    );

    expect(await storedClaims("transaction", "T-BOTH")).toHaveLength(1);
    await expect(claimId(context, "transaction", "T-BOTH", owner, NOW)).resolves.toMatchObject({ settled: true });
  });
});
