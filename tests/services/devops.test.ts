import { DevopsActionModel } from "../../entities/devops-action.ts";
import { ACTION_STATUSES, type ActionStatus } from "../../entities/enums.ts";
import type { Ticket } from "../../entities/ticket.ts";
import type { ActionReference, Devops } from "../../services/devops.ts";
import { ConflictError, NotFoundError } from "../../services/storage/errors.ts";
import type { TicketReference } from "../../services/support.ts";
import { aDiagnosis, aFix, aTicket } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { everyPage, interceptedClient, requestsOf, storeAll } from "../instruments.ts";

const MINUTE = 60;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PULL_REQUEST = "https://github.com/ielts-ai-prep/platform/pull/41";
const DECISION = { reviewed_by: "dana", review_reason: "Tested on staging." } as const;

let db: TestTable;
let devops: Devops;
beforeAll(async () => {
  db = await openTestTable();
  devops = db.layer.devops;
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

/** The item that is stored for an action. */
const stored = async (action_id: string) =>
  (await db.contents()).filter((item) => item.__edb_e__ === "devops_action" && item.action_id === action_id);

const idsOf = (rows: readonly { action_id: string }[]) => rows.map(({ action_id }) => action_id);

type State = ActionStatus | "none";

/** An action in a state, brought there by the service itself; a diagnosis has none. */
async function actionIn(state: State) {
  if (state === "none") return devops.recordDiagnosis(aDiagnosis());
  const proposed = await devops.proposeFix(aFix());
  if (state === "pending_review") return proposed;
  if (state === "rejected") return devops.reject(proposed, DECISION);
  const approved = await devops.approve(proposed, DECISION);
  return state === "applied" ? devops.markApplied(approved, PULL_REQUEST) : approved;
}

describe("recordDiagnosis", () => {
  it("records a diagnosis, which has no state and waits for nobody", async () => {
    const diagnosis = await devops.recordDiagnosis(aDiagnosis());

    expect(diagnosis).toEqual({
      ...aDiagnosis(),
      action_id: expect.stringMatching(UUID_V7),
      timestamp: NOW,
      action_type: "diagnose",
    });
    expect(await devops.get(diagnosis.action_id)).toEqual(diagnosis);
    const pending = (await everyPage((options) => devops.listPendingApprovals(options), { limit: 100 })).flat();
    expect(idsOf(pending)).not.toContain(diagnosis.action_id);
  });

  it("writes no half index key: neither of a state nor of a ticket", async () => {
    const { action_id } = await devops.recordDiagnosis(aDiagnosis());

    const [item] = await stored(action_id);
    for (const field of ["gsi2pk", "gsi2sk", "gsi4pk", "gsi4sk", "status", "ticket_id"]) {
      expect(item).not.toHaveProperty(field);
    }
    expect(item).toMatchObject({ gsi3pk: expect.any(String), gsi3sk: expect.any(String) });
  });
});

describe("proposeFix", () => {
  it("puts a fix into the queue of pending approvals", async () => {
    const fix = await devops.proposeFix(aFix({ ai_analysis: "The limit is too low." }));

    expect(fix).toEqual({
      ...aFix({ ai_analysis: "The limit is too low." }),
      action_id: expect.stringMatching(UUID_V7),
      timestamp: NOW,
      action_type: "fix_proposed",
      status: "pending_review",
    });
    expect(await devops.get(fix.action_id)).toEqual(fix);
    const pending = (await everyPage((options) => devops.listPendingApprovals(options), { limit: 100 })).flat();
    expect(idsOf(pending)).toContain(fix.action_id);
  });

  it("writes no half index key of a ticket, also when it is approved and applied", async () => {
    const { action_id } = await devops.proposeFix(aFix());

    const items = [await stored(action_id)];
    await devops.approve(action_id, DECISION);
    items.push(await stored(action_id));
    await devops.markApplied(action_id, PULL_REQUEST);
    items.push(await stored(action_id));

    expect(items.flat()).toHaveLength(3);
    for (const item of items.flat()) {
      expect(item).not.toHaveProperty("gsi4pk");
      expect(item).not.toHaveProperty("gsi4sk");
      expect(item).not.toHaveProperty("ticket_id");
    }
  });

  it("writes no half index key of a ticket when it is rejected", async () => {
    const { action_id } = await devops.proposeFix(aFix());

    await devops.reject(action_id, DECISION);

    const [item] = await stored(action_id);
    expect(item).not.toHaveProperty("gsi4pk");
    expect(item).not.toHaveProperty("gsi4sk");
  });

  it.each([
    ["affected_service", { affected_service: "API Gateway" }],
    ["affected_service", { affected_service: "" }],
    ["affected_service", { affected_service: "a#b" }],
    ["issue_description", { issue_description: undefined }],
    ["proposed_fix", { proposed_fix: 42 }],
    ["action_id", { action_id: "" }],
    ["status", { status: "approved" }],
    ["ticket_id", { ticket_id: "TKT-1" }],
    ["ticket_id", { ticket: "" }],
    ["ticket_id", { ticket: null }],
    ["created_at", { ticket: { ticket_id: "TKT-1" } }],
  ])("refuses a wrong %s: %p, and writes nothing", async (attribute, difference) => {
    const before = await db.contents();

    const failure = devops.proposeFix({ ...aFix({ action_id: "ACT-FREE" }), ...difference } as never);

    await expect(failure).rejects.toMatchObject({ code: "validation", attribute });
    expect(await db.contents()).toEqual(before);
  });
});

describe("an action's own id", () => {
  it.each([
    ["diagnosis", () => devops.recordDiagnosis(aDiagnosis({ action_id: "ACT-DIAGNOSIS" }))],
    ["fix", () => devops.proposeFix(aFix({ action_id: "ACT-FIX" }))],
  ])("makes recording a %s again harmless, minutes later too", async (_, record) => {
    const first = await record();
    const before = await db.contents();
    db.clock.now = NOW + 5 * MINUTE;

    const second = await record();

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it("gives back the action as it now is", async () => {
    await devops.proposeFix(aFix({ action_id: "ACT-DECIDED" }));
    const approved = await devops.approve("ACT-DECIDED", DECISION);
    db.clock.now = NOW + MINUTE;

    expect(await devops.proposeFix(aFix({ action_id: "ACT-DECIDED" }))).toEqual(approved);
  });

  it("gives one action to 20 callers at once whose clocks differ", async () => {
    const layers = Array.from({ length: 20 }, (_, place) => db.layerWith({ clock: () => NOW + place }));

    const recorded = await Promise.all(
      layers.map((layer) => layer.devops.recordDiagnosis(aDiagnosis({ action_id: "ACT-TWENTY" }))),
    );

    expect(await stored("ACT-TWENTY")).toHaveLength(1);
    expect(new Set(recorded.map(({ timestamp }) => timestamp)).size).toBe(1);
  });

  it.each([
    ["problem", aFix({ issue_description: "Something else" })],
    ["service", aFix({ affected_service: "dynamodb" })],
    ["fix", aFix({ proposed_fix: "Do nothing." })],
    ["diff", aFix({ code_diff: "-a\n+b\n" })],
    ["analysis", aFix({ ai_analysis: "It is the network." })],
  ])("refuses a second fix of another %s", async (what, other) => {
    const action_id = `ACT-other-${what}`;
    await devops.proposeFix(aFix({ action_id }));
    const before = await db.contents();

    const failure = devops.proposeFix({ ...other, action_id });

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ entity: "devops_action" });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses a fix under the id of a diagnosis", async () => {
    const diagnosis = await devops.recordDiagnosis(aDiagnosis({ action_id: "ACT-D-THEN-F" }));

    await expect(devops.proposeFix(aFix({ action_id: "ACT-D-THEN-F" }))).rejects.toBeInstanceOf(ConflictError);
    expect(await devops.get("ACT-D-THEN-F")).toEqual(diagnosis);
  });

  it("refuses a diagnosis under the id of a fix", async () => {
    const { ai_analysis } = aDiagnosis();
    const fix = await devops.proposeFix(aFix({ action_id: "ACT-F-THEN-D", ai_analysis }));

    await expect(devops.recordDiagnosis(aDiagnosis({ action_id: "ACT-F-THEN-D" }))).rejects.toBeInstanceOf(
      ConflictError,
    );
    expect(await devops.get("ACT-F-THEN-D")).toEqual(fix);
  });

  it("refuses a fix without the diff that the stored one has", async () => {
    const { code_diff: _, ...withoutDiff } = aFix({ action_id: "ACT-NO-DIFF" });
    await devops.proposeFix(aFix({ action_id: "ACT-NO-DIFF" }));

    await expect(devops.proposeFix(withoutDiff)).rejects.toBeInstanceOf(ConflictError);
  });

  it("refuses the same fix for another ticket", async () => {
    const [one, other] = [await db.layer.support.open(aTicket()), await db.layer.support.open(aTicket())];
    await devops.proposeFix(aFix({ action_id: "ACT-TICKETS", ticket: one }));

    await expect(devops.proposeFix(aFix({ action_id: "ACT-TICKETS", ticket: other }))).rejects.toBeInstanceOf(
      ConflictError,
    );
    expect((await db.layer.support.get(other.ticket_id)).devops_action_id).toBeUndefined();
  });
});

describe("a ticket's link", () => {
  const REFERENCES: readonly (readonly [string, (ticket: Ticket) => TicketReference, number])[] = [
    ["by its id alone", ({ ticket_id }) => ticket_id, 3],
    ["by its key", ({ ticket_id, created_at }) => ({ ticket_id, created_at }), 3],
    ["whole", (ticket) => ticket, 2],
  ];

  it.each(REFERENCES)("is set by the first action on a ticket given %s", async (_, reference, requests) => {
    const ticket = await db.layer.support.open(aTicket());
    let action_id = "";

    const sent = await requestsOf(db, async () => {
      const action = await devops.recordDiagnosis(aDiagnosis({ ticket: reference(ticket) }));
      expect(action.ticket_id).toBe(ticket.ticket_id);
      action_id = action.action_id;
    });

    expect(await db.layer.support.get(ticket.ticket_id)).toEqual({ ...ticket, devops_action_id: action_id });
    expect(sent).toHaveLength(requests);
  });

  it("stays with the first action", async () => {
    const ticket = await db.layer.support.open(aTicket());
    const first = await devops.recordDiagnosis(aDiagnosis({ ticket }));

    const second = await devops.proposeFix(aFix({ ticket: ticket.ticket_id }));
    // The caller's ticket is older than the link.
    const third = await devops.proposeFix(aFix({ ticket }));

    expect((await db.layer.support.get(ticket.ticket_id)).devops_action_id).toBe(first.action_id);
    const { actions } = await db.layer.support.threadOutline(ticket.ticket_id);
    expect(idsOf(actions)).toEqual([third.action_id, second.action_id, first.action_id]);
  });

  it("is set once by ten actions at once, none of which is lost", async () => {
    const ticket = await db.layer.support.open(aTicket());

    const recorded = await Promise.all(
      Array.from({ length: 10 }, () => devops.recordDiagnosis(aDiagnosis({ ticket: ticket.ticket_id }))),
    );
    const linked = (await db.layer.support.get(ticket.ticket_id)).devops_action_id;
    await devops.proposeFix(aFix({ ticket: ticket.ticket_id }));

    expect(idsOf(recorded)).toContain(linked);
    expect((await db.layer.support.get(ticket.ticket_id)).devops_action_id).toBe(linked);
    expect((await db.layer.support.threadOutline(ticket.ticket_id)).actions).toHaveLength(11);
  });

  it("costs a look at the ticket when the caller's already has it", async () => {
    const opened = await db.layer.support.open(aTicket());
    await devops.recordDiagnosis(aDiagnosis({ ticket: opened }));
    const ticket = await db.layer.support.get(opened.ticket_id);

    const sent = await requestsOf(db, () => devops.proposeFix(aFix({ ticket })));

    expect(sent.map(({ operation }) => operation)).toEqual(["PutItem", "GetItem"]);
  });

  it("is completed by a retry when the function died between the two writes", async () => {
    const ticket = await db.layer.support.open(aTicket());
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "UpdateCommand") throw new Error("the function was stopped");
      return next();
    });
    const input = aDiagnosis({ ticket: ticket.ticket_id, action_id: "ACT-CRASH" });
    await expect(db.layerWith({ client }).devops.recordDiagnosis(input)).rejects.toThrow("the function was stopped");
    db.clock.now = NOW + MINUTE;

    const action = await devops.recordDiagnosis(input);

    expect(await stored("ACT-CRASH")).toHaveLength(1);
    expect(await db.layer.support.get(ticket.ticket_id)).toEqual({ ...ticket, devops_action_id: action.action_id });
  });

  it.each([
    ["by its id alone", "TKT-UNKNOWN"],
    ["by its key", { ticket_id: "TKT-UNKNOWN", created_at: NOW }],
  ])("to a ticket that does not exist is refused, given %s, and nothing is written", async (_, ticket) => {
    const before = await db.contents();

    for (const record of [
      () => devops.recordDiagnosis(aDiagnosis({ ticket })),
      () => devops.recordDiagnosis(aDiagnosis({ ticket, action_id: "ACT-NO-TICKET-1" })),
      () => devops.proposeFix(aFix({ ticket })),
      () => devops.proposeFix(aFix({ ticket, action_id: "ACT-NO-TICKET-2" })),
    ]) {
      const failure = await record().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(NotFoundError);
      expect(failure).toMatchObject({ entity: "ticket" });
    }

    expect(await db.contents()).toEqual(before);
  });

  it.each(["ACT-NEW", undefined])(
    "leaves neither action nor claim when a whole ticket is gone (%s)",
    async (action_id) => {
      const user_email = `gone-whole-${action_id}@example.com`;
      const ticket = await db.layer.support.open(aTicket({ user_email }));
      await db.layer.accounts.erase(user_email);
      const before = await db.contents();

      const failure = devops.proposeFix(aFix({ ticket, ...(action_id === undefined ? {} : { action_id }) }));

      await expect(failure).rejects.toMatchObject({ code: "not_found", entity: "ticket" });
      expect(await db.contents()).toEqual(before);
      db.clock.now += 2 * 60 * 60;
    },
  );

  it.each(["the whole ticket", "its id", "its key"] as const)(
    "leaves nothing when a call died before it could take back, and a retry gives %s",
    async (given) => {
      const user_email = `died-${given.replaceAll(" ", "-")}@example.com`;
      const ticket = await db.layer.support.open(aTicket({ user_email }));
      await db.layer.accounts.erase(user_email);
      const before = await db.contents();
      const dying = interceptedClient(db.client, async ({ name }, next) => {
        if (name.startsWith("Delete")) throw new Error("killed");
        return next();
      });
      const input = aFix({ ticket, action_id: `ACT-DIED-${given.length}` });
      await expect(db.layerWith({ client: dying }).devops.proposeFix(input)).rejects.toThrow("killed");
      expect(await db.contents()).not.toEqual(before);

      const { ticket_id, created_at } = ticket;
      const reference = { "the whole ticket": ticket, "its id": ticket_id, "its key": { ticket_id, created_at } }[
        given
      ];
      const retry = devops.proposeFix({ ...input, ticket: reference });

      await expect(retry).rejects.toMatchObject({ code: "not_found", entity: "ticket" });
      expect(await db.contents()).toEqual(before);
      db.clock.now += 2 * 60 * 60;
    },
  );

  it("stays when its ticket is there, and a caller has another instant for it", async () => {
    const { ticket_id, created_at } = await db.layer.support.open(aTicket({ user_email: "there@example.com" }));
    const input = aFix({ ticket: ticket_id, action_id: "ACT-STAYS" });
    const action = await devops.proposeFix(input);
    const before = await db.contents();

    for (const ticket of [{ ticket_id, created_at: created_at + 1 }, "another-ticket"])
      await expect(devops.proposeFix({ ...input, ticket })).rejects.toMatchObject({ code: "not_found" });

    expect(await devops.get("ACT-STAYS")).toEqual(action);
    expect(await db.contents()).toEqual(before);
  });

  it("is not made again when the ticket has been erased before a retry", async () => {
    const ticket = await db.layer.support.open(aTicket({ user_email: "gone@example.com" }));
    const input = aDiagnosis({ ticket, action_id: "ACT-GOES" });
    await devops.recordDiagnosis(input);
    await db.layer.accounts.erase("gone@example.com");

    await expect(devops.recordDiagnosis(input)).rejects.toBeInstanceOf(NotFoundError);

    expect(await devops.find("ACT-GOES")).toBeUndefined();
  });
});

type Change = "approve" | "reject" | "markApplied";
const CHANGES: Readonly<Record<Change, (reference: ActionReference) => ReturnType<Devops["get"]>>> = {
  approve: (reference) => devops.approve(reference, DECISION),
  reject: (reference) => devops.reject(reference, DECISION),
  markApplied: (reference) => devops.markApplied(reference, PULL_REQUEST),
};
const STATES: readonly State[] = ["none", ...ACTION_STATUSES];
const OUTCOMES: Readonly<Record<Change, Readonly<Record<State, ActionStatus | "conflict" | "unchanged">>>> = {
  approve: {
    none: "conflict",
    pending_review: "approved",
    approved: "unchanged",
    rejected: "conflict",
    applied: "conflict",
  },
  reject: {
    none: "conflict",
    pending_review: "rejected",
    approved: "conflict",
    rejected: "unchanged",
    applied: "conflict",
  },
  markApplied: {
    none: "conflict",
    pending_review: "conflict",
    approved: "applied",
    rejected: "conflict",
    applied: "unchanged",
  },
};
const TABLE = (Object.keys(CHANGES) as Change[]).flatMap((change) =>
  STATES.map((from) => ({ change, from, outcome: OUTCOMES[change][from] })),
);

describe("approve, reject and markApplied", () => {
  it.each(TABLE.filter(({ outcome }) => outcome === "conflict"))(
    "refuse to $change an action in state $from, say so, and write nothing",
    async ({ change, from }) => {
      const action = await actionIn(from);
      const before = await db.contents();

      for (const reference of [action.action_id, action]) {
        const failure = CHANGES[change](reference);
        await expect(failure).rejects.toBeInstanceOf(ConflictError);
        await expect(failure).rejects.toMatchObject({
          entity: "devops_action",
          reason: "wrong_state",
          state: from === "none" ? undefined : from,
        });
      }
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(TABLE.filter(({ outcome }) => outcome === "unchanged"))(
    "change nothing when they $change, with the same words, an action that is $from",
    async ({ change, from }) => {
      const action = await actionIn(from);
      const before = await db.contents();

      expect(await CHANGES[change](action.action_id)).toEqual(action);
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(TABLE.filter(({ outcome }) => outcome !== "conflict" && outcome !== "unchanged"))(
    "$change an action that is $from: it is then $outcome, in its queue too",
    async ({ change, from, outcome }) => {
      const action = await actionIn(from);

      const changed = await CHANGES[change](action);

      expect(changed).toMatchObject({ action_id: action.action_id, timestamp: action.timestamp, status: outcome });
      expect(await devops.get(action.action_id)).toEqual(changed);
      for (const status of ACTION_STATUSES) {
        const queue = (await everyPage((options) => devops.listByStatus(status, options), { limit: 100 })).flat();
        expect(idsOf(queue).filter((id) => id === action.action_id)).toHaveLength(status === outcome ? 1 : 0);
      }
    },
  );

  it("keep who decided, and why", async () => {
    const [approved, rejected] = [await actionIn("pending_review"), await actionIn("pending_review")];

    await devops.approve(approved, { reviewed_by: "dana", review_reason: "Tested on staging." });
    await devops.reject(rejected, { reviewed_by: "eli", review_reason: "Too risky." });

    expect(await devops.get(approved.action_id)).toEqual({
      ...approved,
      status: "approved",
      reviewed_by: "dana",
      review_reason: "Tested on staging.",
    });
    expect(await devops.get(rejected.action_id)).toEqual({
      ...rejected,
      status: "rejected",
      reviewed_by: "eli",
      review_reason: "Too risky.",
    });
  });

  it("keep a reason as long as a report", async () => {
    const review_reason = "The load test of the new timeout ran for an hour. ".repeat(200);

    const { action_id } = await devops.approve(await actionIn("pending_review"), {
      reviewed_by: "dana",
      review_reason,
    });

    expect((await devops.get(action_id)).review_reason).toBe(review_reason);
  });

  it("keep the pull request and call the action an applied fix", async () => {
    const action = await actionIn("approved");

    const applied = await devops.markApplied(action, PULL_REQUEST);

    expect(applied).toEqual({ ...action, status: "applied", action_type: "fix_applied", pr_url: PULL_REQUEST });
  });

  it.each([
    ["reviewer", { ...DECISION, reviewed_by: "eli" }],
    ["review_reason", { ...DECISION, review_reason: "Because." }],
  ])("refuse a second decision of another %s", async (_, decision) => {
    const [approved, rejected] = [await actionIn("approved"), await actionIn("rejected")];

    await expect(devops.approve(approved, decision)).rejects.toMatchObject({ reason: "differs", state: "approved" });
    await expect(devops.reject(rejected, decision)).rejects.toMatchObject({ reason: "differs", state: "rejected" });
    expect(await devops.get(approved.action_id)).toEqual(approved);
    expect(await devops.get(rejected.action_id)).toEqual(rejected);
  });

  it("refuse another pull request for an applied fix", async () => {
    const applied = await actionIn("applied");

    const failure = devops.markApplied(applied, `${PULL_REQUEST}2`);

    await expect(failure).rejects.toMatchObject({ code: "conflict", reason: "differs", state: "applied" });
    expect(await devops.get(applied.action_id)).toEqual(applied);
  });

  it("let one of two opposite decisions at once win", async () => {
    const action = await actionIn("pending_review");

    const decisions = await Promise.allSettled([
      devops.approve(action, { reviewed_by: "dana", review_reason: "Yes" }),
      devops.reject(action, { reviewed_by: "eli", review_reason: "No" }),
    ]);

    const [winner] = decisions.filter((decision) => decision.status === "fulfilled");
    const [loser] = decisions.filter((decision) => decision.status === "rejected");
    expect(await devops.get(action.action_id)).toEqual(winner?.value);
    expect(loser?.reason).toBeInstanceOf(ConflictError);
    expect(loser?.reason).toMatchObject({ state: winner?.value.status });
  });

  it.each([
    ["reviewed_by", { review_reason: "Yes" }],
    ["reviewed_by", { reviewed_by: "", review_reason: "Yes" }],
    ["review_reason", { reviewed_by: "dana" }],
    ["review_reason", { reviewed_by: "dana", review_reason: 7 }],
    ["status", { ...DECISION, status: "applied" }],
  ])("refuse a decision with a wrong %s: %p", async (attribute, decision) => {
    const action = await actionIn("pending_review");

    for (const decide of ["approve", "reject"] as const) {
      await expect(devops[decide](action, decision as never)).rejects.toMatchObject({
        code: "validation",
        entity: "devops_action",
        attribute,
      });
    }
    expect(await devops.get(action.action_id)).toEqual(action);
  });

  it.each(["", undefined, 41, null])("refuse %p as a pull request", async (url) => {
    const action = await actionIn("approved");

    await expect(devops.markApplied(action, url as never)).rejects.toMatchObject({
      code: "validation",
      entity: "devops_action",
      attribute: "pr_url",
    });
    expect(await devops.get(action.action_id)).toEqual(action);
  });

  it.each(Object.keys(CHANGES) as Change[])("leave no ghost when they %s a missing action", async (change) => {
    const before = await db.contents();

    await expect(CHANGES[change]("ACT-MISSING")).rejects.toBeInstanceOf(NotFoundError);
    await expect(CHANGES[change]({ action_id: "ACT-MISSING", timestamp: NOW })).rejects.toBeInstanceOf(NotFoundError);

    expect(await db.contents()).toEqual(before);
  });

  it("need one request by the key, two by the id alone", async () => {
    const [one, other] = [await actionIn("pending_review"), await actionIn("pending_review")];

    const byId = await requestsOf(db, () => devops.approve(one.action_id, DECISION));
    const byKey = await requestsOf(db, () =>
      devops.approve({ action_id: other.action_id, timestamp: other.timestamp }, DECISION),
    );

    expect(byId.map(({ operation }) => operation)).toEqual(["Query", "UpdateItem"]);
    expect(byKey.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
  });
});

describe("get", () => {
  it("reads an action by its id alone in one request", async () => {
    const action = await actionIn("applied");

    const requests = await requestsOf(db, async () => {
      expect(await devops.get(action.action_id)).toEqual(action);
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
  });

  it("tells that an action does not exist", async () => {
    await expect(devops.get("ACT-NONE")).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("lists (status-timestamp-index, affected_service-timestamp-index, ticket_id-timestamp-index)", () => {
  let own: TestTable;
  const SERVICES = ["lambda", "gemini", "api_gateway"] as const;
  const TICKETS = ["TKT-A", "TKT-B", undefined] as const;
  const actions = Array.from({ length: 60 }, (_, place) => {
    const state = STATES[place % 5] ?? "none";
    const ticket_id = TICKETS[Math.floor(place / 15) % 3];
    return {
      ...aFix(),
      action_id: `ACT-${String(place).padStart(4, "0")}`,
      // Two actions a second: their order is total all the same.
      timestamp: NOW + Math.floor(place / 2),
      affected_service: SERVICES[Math.floor(place / 5) % 3] ?? "lambda",
      action_type: state === "none" ? ("diagnose" as const) : ("fix_proposed" as const),
      ...(state === "none" ? {} : { status: state }),
      ...(ticket_id === undefined ? {} : { ticket_id }),
    };
  });
  const newestFirst = (keep: (action: (typeof actions)[number]) => boolean) => idsOf(actions.filter(keep).reverse());
  beforeAll(async () => {
    own = await openTestTable();
    await storeAll(own, DevopsActionModel, actions);
  });
  afterAll(() => own.drop());

  it.each([...ACTION_STATUSES])("list actions that are %s newest first, over pages", async (status) => {
    const pages = await everyPage((options) => own.layer.devops.listByStatus(status, options), { limit: 5 });

    expect(idsOf(pages.flat())).toEqual(newestFirst((action) => "status" in action && action.status === status));
    expect(pages.slice(0, 2).map(({ length }) => length)).toEqual([5, 5]);
  });

  it("list what waits for approval newest first, over pages", async () => {
    const pages = await everyPage((options) => own.layer.devops.listPendingApprovals(options), { limit: 5 });

    expect(idsOf(pages.flat())).toEqual(
      newestFirst((action) => "status" in action && action.status === "pending_review"),
    );
  });

  it.each([...SERVICES])(
    "list actions on %s in any state, diagnoses too, newest first, over pages",
    async (service) => {
      const pages = await everyPage((options) => own.layer.devops.listByService(service, options), { limit: 7 });

      expect(idsOf(pages.flat())).toEqual(newestFirst(({ affected_service }) => affected_service === service));
      expect(pages.flat().some(({ status }) => status === undefined)).toBe(true);
    },
  );

  it.each(["TKT-A", "TKT-B"])("list the actions of %s newest first, over pages", async (ticket) => {
    const pages = await everyPage((options) => own.layer.devops.listByTicket(ticket, options), { limit: 7 });

    expect(idsOf(pages.flat())).toEqual(newestFirst((action) => "ticket_id" in action && action.ticket_id === ticket));
  });

  it("leave the ticket itself out of the actions of a ticket", async () => {
    const ticket = await own.layer.support.open(aTicket({ ticket_id: "TKT-HEAD" }));
    const action = await own.layer.devops.recordDiagnosis(aDiagnosis({ ticket, affected_service: "qr_code" }));

    const { items, cursor } = await own.layer.devops.listByTicket(ticket.ticket_id);

    expect(idsOf(items)).toEqual([action.action_id]);
    expect(cursor).toBeNull();
  });

  it("show in a list what a queue needs, and not the texts", async () => {
    const pending = actions.findLast((action) => "status" in action && action.status === "pending_review");
    const { issue_description: _, proposed_fix: __, code_diff: ___, ...summary } = pending ?? aFix();

    const [row] = (await own.layer.devops.listPendingApprovals({ limit: 1 })).items;

    expect(row).toEqual(summary);
  });

  it("read a page in one request on the index of the question, and whole items in one more", async () => {
    const requests = [
      await requestsOf(own, () => own.layer.devops.listPendingApprovals({ limit: 5 })),
      await requestsOf(own, () => own.layer.devops.listByService("lambda", { limit: 5 })),
      await requestsOf(own, () => own.layer.devops.listByTicket("TKT-A", { limit: 5 })),
    ];

    expect(requests).toMatchObject([
      [{ operation: "Query", index: "gsi2", accessPattern: "byStatus", items: 5 }],
      [
        { operation: "Query", index: "gsi3", accessPattern: "byService", items: 5 },
        { operation: "BatchGetItem", index: "table", accessPattern: "byService", items: 5 },
      ],
      [
        { operation: "Query", index: "gsi4", accessPattern: "byTicket", items: 5 },
        { operation: "BatchGetItem", index: "table", accessPattern: "byTicket", items: 5 },
      ],
    ]);
  });

  it("are empty where there is nothing", async () => {
    expect(await own.layer.devops.listByService("dynamodb")).toEqual({ items: [], cursor: null });
    expect(await own.layer.devops.listByTicket("TKT-NONE")).toEqual({ items: [], cursor: null });
  });

  it.each([
    ["status", "devops_action", () => own.layer.devops.listByStatus("open" as never)],
    ["affected_service", "devops_action", () => own.layer.devops.listByService("API Gateway")],
    ["ticket_id", "ticket", () => own.layer.devops.listByTicket("")],
  ])("refuse a %s that there cannot be", async (attribute, entity, list) => {
    await expect(list()).rejects.toMatchObject({ code: "validation", entity, attribute });
  });
});
