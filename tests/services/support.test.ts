import { DevopsActionModel } from "../../entities/devops-action.ts";
import { TICKET_PRIORITIES, TICKET_STATUSES, type TicketStatus } from "../../entities/enums.ts";
import { type Ticket, TicketModel } from "../../entities/ticket.ts";
import { ConflictError, InvalidCursorError, NotFoundError, ValidationError } from "../../services/storage/errors.ts";
import type { Support, TicketReference } from "../../services/support.ts";
import { aDiagnosis, aFix, aTicket, CHEN, MARIA } from "../builders.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { everyPage, inOneOrder, interceptedClient, requestsOf, storeAll } from "../instruments.ts";

const MINUTE = 60;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let db: TestTable;
let support: Support;
beforeAll(async () => {
  db = await openTestTable();
  support = db.layer.support;
});
afterAll(() => db.drop());
beforeEach(() => {
  db.clock.now = NOW;
});

/** What is stored as a ticket under an id. */
const storedTickets = async (ticket_id: string) =>
  (await db.contents()).filter((item) => item.__edb_e__ === "ticket" && item.ticket_id === ticket_id);

const keyOf = ({ ticket_id, created_at }: Ticket) => ({ ticket_id, created_at });

/** A ticket in a state, brought there by the service itself. */
async function ticketIn(status: TicketStatus): Promise<Ticket> {
  const ticket = await support.open(aTicket());
  if (status === "new") return ticket;
  const answered = await support.answer(ticket, { ai_response: "We are looking into it." });
  if (status === "escalated") return support.escalate(answered);
  return status === "resolved" ? support.resolve(answered) : answered;
}

/** Tickets as the table would hold them, one a second, the last one newest. */
const ticketsOf = (count: number, overrides: (place: number) => Partial<Ticket> = () => ({})): Ticket[] =>
  Array.from({ length: count }, (_, place) => ({
    ...aTicket(),
    ticket_id: `TKT-${String(place).padStart(4, "0")}`,
    created_at: NOW + place,
    status: "new",
    ...overrides(place),
  }));

describe("open", () => {
  it("opens a new ticket under a time-ordered id", async () => {
    const ticket = await support.open(aTicket({ user_email: " Maria@Example.com " }));

    expect(ticket).toEqual({
      ...aTicket(),
      user_email: MARIA,
      ticket_id: expect.stringMatching(UUID_V7),
      created_at: NOW,
      status: "new",
    });
    expect(await support.get(ticket.ticket_id)).toEqual(ticket);
  });

  it("begins in progress when it comes with an answer", async () => {
    const answer = { ai_response: "Please update the app.", ai_confidence: 0.93 };

    const ticket = await support.open(aTicket(answer));

    expect(ticket).toMatchObject({ ...answer, status: "in_progress" });
    expect(await support.get(ticket.ticket_id)).toEqual(ticket);
  });

  it("opens a second ticket for the same message when no id is given", async () => {
    const [one, other] = [await support.open(aTicket()), await support.open(aTicket())];

    expect(one.ticket_id).not.toBe(other.ticket_id);
  });

  it("gives back the ticket when the mail service delivers it again minutes later", async () => {
    const first = await support.open(aTicket({ ticket_id: "TKT-AGAIN" }));
    const before = await db.contents();
    db.clock.now = NOW + 7 * MINUTE;

    const second = await support.open(aTicket({ ticket_id: "TKT-AGAIN" }));

    expect(second).toEqual(first);
    expect(await db.contents()).toEqual(before);
  });

  it.each([
    ["answered", async (id: string) => support.answer(id, { ai_response: "Fixed in 2.4.1.", ai_confidence: 0.9 })],
    ["taken up", async (id: string) => support.reopen(id)],
    ["given another priority", async (id: string) => support.setPriority(id, "urgent")],
    [
      "escalated",
      async (id: string) => {
        await support.reopen(id);
        return support.escalate(id);
      },
    ],
    [
      "resolved",
      async (id: string) => {
        await support.reopen(id);
        return support.resolve(id);
      },
    ],
  ] as const)("gives back the ticket as it now is when it has been %s meanwhile", async (change, apply) => {
    const ticket_id = `TKT-${change}`;
    await support.open(aTicket({ ticket_id }));
    db.clock.now = NOW + MINUTE;
    const changed = await apply(ticket_id);
    const before = await db.contents();
    db.clock.now = NOW + 10 * MINUTE;

    const again = await support.open(aTicket({ ticket_id }));

    expect(again).toEqual(changed);
    expect(await db.contents()).toEqual(before);
  });

  it("opens one ticket from 20 deliveries at once by functions whose clocks differ", async () => {
    const layers = Array.from({ length: 20 }, (_, place) => db.layerWith({ clock: () => NOW + place }));

    const opened = await Promise.all(
      layers.map((layer) => layer.support.open(aTicket({ ticket_id: "TKT-TWENTY", subject: "Twenty at once" }))),
    );

    const stored = await storedTickets("TKT-TWENTY");
    expect(stored).toHaveLength(1);
    expect(new Set(opened.map(({ created_at }) => created_at))).toEqual(new Set([stored[0]?.created_at]));
    const listed = (await everyPage((options) => support.listByUser(MARIA, options), { limit: 100 })).flat();
    expect(listed.filter(({ subject }) => subject === "Twenty at once")).toHaveLength(1);
  });

  it("opens one ticket when the first delivery died before it wrote the ticket", async () => {
    let broken = true;
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      const item = input.Item as { __edb_e__?: string } | undefined;
      if (broken && name === "PutCommand" && item?.__edb_e__ === "ticket") throw new Error("the function was stopped");
      return next();
    });
    const crashing = db.layerWith({ client });
    await expect(crashing.support.open(aTicket({ ticket_id: "TKT-CRASH" }))).rejects.toThrow(
      "the function was stopped",
    );
    broken = false;
    db.clock.now = NOW + 5 * MINUTE;

    const ticket = await support.open(aTicket({ ticket_id: "TKT-CRASH" }));

    expect(ticket).toMatchObject({ ...aTicket(), ticket_id: "TKT-CRASH", status: "new" });
    expect(await storedTickets("TKT-CRASH")).toHaveLength(1);
  });

  it.each([
    ["user", { user_email: CHEN }],
    ["subject", { subject: "Refund, please" }],
    ["message", { message: "Something else happened." }],
    ["category", { category: "refund" }],
  ] as const)("refuses a ticket of another %s under the same id", async (what, difference) => {
    const ticket_id = `TKT-other-${what}`;
    const first = await support.open(aTicket({ ticket_id }));
    const before = await db.contents();
    db.clock.now = NOW + MINUTE;

    const failure = support.open(aTicket({ ticket_id, ...difference }));

    await expect(failure).rejects.toBeInstanceOf(ConflictError);
    await expect(failure).rejects.toMatchObject({ code: "conflict", entity: "ticket" });
    expect(await db.contents()).toEqual(before);
    expect(await support.get(ticket_id)).toEqual(first);
  });

  it("keeps ids apart that differ only in case", async () => {
    const [upper, lower] = [
      await support.open(aTicket({ ticket_id: "TKT-9FAB", subject: "Upper" })),
      await support.open(aTicket({ ticket_id: "tkt-9fab", subject: "Lower" })),
    ];

    expect(await support.get("TKT-9FAB")).toEqual(upper);
    expect(await support.get("tkt-9fab")).toEqual(lower);
  });

  it.each([
    ["category", { category: "general" }],
    ["priority", { priority: "highest" }],
    ["ai_confidence", { ai_response: "Hello", ai_confidence: 1.01 }],
    ["user_email", { user_email: "not an address" }],
    ["subject", { subject: undefined }],
    ["ticket_id", { ticket_id: "" }],
  ])("refuses a wrong %s, writes nothing and leaves the id free", async (attribute, difference) => {
    const before = await db.contents();

    const failure = support.open({ ...aTicket({ ticket_id: "TKT-FREE" }), ...difference } as never);

    await expect(failure).rejects.toBeInstanceOf(ValidationError);
    await expect(failure).rejects.toMatchObject({ entity: "ticket", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("refuses a ticket of an account that is being erased, and leaves none", async () => {
    const user_email = "erased@example.com";
    await db.layer.accounts.erase(user_email);

    const failure = support.open(aTicket({ user_email, ticket_id: "TKT-ERASED" }));

    await expect(failure).rejects.toMatchObject({ code: "conflict", reason: "erased" });
    expect(await storedTickets("TKT-ERASED")).toEqual([]);
  });
});

describe("get and find", () => {
  it("read a ticket by its id alone in one request", async () => {
    const ticket = await support.open(aTicket());

    const requests = await requestsOf(db, async () => {
      expect(await support.get(ticket.ticket_id)).toEqual(ticket);
    });

    expect(requests).toMatchObject([{ operation: "Query", index: "table", items: 1 }]);
    expect(await support.find(ticket.ticket_id)).toEqual(ticket);
  });

  it("tell that a ticket does not exist", async () => {
    await expect(support.get("TKT-NONE")).rejects.toBeInstanceOf(NotFoundError);
    expect(await support.find("TKT-NONE")).toBeUndefined();
  });

  it("do not take the beginning of an id for the id", async () => {
    await support.open(aTicket({ ticket_id: "TKT-1234" }));

    expect(await support.find("TKT-123")).toBeUndefined();
  });
});

type Change = "answer" | "escalate" | "resolve" | "reopen";
const CHANGES: Readonly<Record<Change, (reference: TicketReference) => Promise<Ticket>>> = {
  answer: (reference) => support.answer(reference, { ai_response: "Please reinstall the app.", ai_confidence: 0.7 }),
  escalate: (reference) => support.escalate(reference),
  resolve: (reference) => support.resolve(reference),
  reopen: (reference) => support.reopen(reference),
};
const OUTCOMES: Readonly<Record<Change, Readonly<Record<TicketStatus, TicketStatus | "conflict" | "unchanged">>>> = {
  answer: { new: "in_progress", in_progress: "in_progress", escalated: "in_progress", resolved: "conflict" },
  escalate: { new: "conflict", in_progress: "escalated", escalated: "unchanged", resolved: "conflict" },
  resolve: { new: "conflict", in_progress: "resolved", escalated: "resolved", resolved: "unchanged" },
  reopen: { new: "in_progress", in_progress: "unchanged", escalated: "in_progress", resolved: "in_progress" },
};
const TABLE = (Object.keys(CHANGES) as Change[]).flatMap((change) =>
  TICKET_STATUSES.map((from) => ({ change, from, outcome: OUTCOMES[change][from] })),
);

describe("answer, escalate, resolve and reopen", () => {
  it.each(TABLE.filter(({ outcome }) => outcome === "conflict"))(
    "refuse to $change a ticket that is $from, say so, and write nothing",
    async ({ change, from }) => {
      const ticket = await ticketIn(from);
      const before = await db.contents();

      const failures = await Promise.all(
        [ticket.ticket_id, ticket].map((reference) => CHANGES[change](reference).catch((error: unknown) => error)),
      );

      for (const failure of failures) {
        expect(failure).toBeInstanceOf(ConflictError);
        expect(failure).toMatchObject({ entity: "ticket", state: from });
        expect(String(failure)).toContain(from);
      }
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(TABLE.filter(({ outcome }) => outcome === "unchanged"))(
    "change nothing when they $change a ticket that already is $from",
    async ({ change, from }) => {
      const ticket = await ticketIn(from);
      const before = await db.contents();
      db.clock.now = NOW + MINUTE;

      const again = await CHANGES[change](ticket.ticket_id);

      expect(again).toEqual(ticket);
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(TABLE.filter(({ outcome }) => outcome !== "conflict" && outcome !== "unchanged"))(
    "$change a ticket that is $from: it is then $outcome, in its queue too",
    async ({ change, from, outcome }) => {
      const ticket = await ticketIn(from);

      const changed = await CHANGES[change](ticket);

      expect(changed).toMatchObject({ ...keyOf(ticket), status: outcome });
      expect(await support.get(ticket.ticket_id)).toEqual(changed);
      for (const status of TICKET_STATUSES) {
        const queue = (await everyPage((options) => support.listByStatus(status, options), { limit: 100 })).flat();
        expect(queue.filter(({ ticket_id }) => ticket_id === ticket.ticket_id)).toHaveLength(
          status === outcome ? 1 : 0,
        );
      }
    },
  );

  it("keep the answer and its confidence, and replace it by a later one", async () => {
    const ticket = await ticketIn("new");

    await support.answer(ticket, { ai_response: "First", ai_confidence: 0.4 });
    const answered = await support.answer(ticket, { ai_response: "Second", ai_confidence: 0.8 });

    expect(answered).toEqual({ ...ticket, status: "in_progress", ai_response: "Second", ai_confidence: 0.8 });
    expect(await support.get(ticket.ticket_id)).toEqual(answered);
  });

  it("leave a ticket to the humans, and a later answer in place, when an answer comes again hours later", async () => {
    const ticket = await ticketIn("new");
    const first = { ai_response: "First", ai_confidence: 0.4 };
    await support.answer(ticket, first);
    await support.answer(ticket, { ai_response: "Second" });
    const escalated = await support.escalate(ticket);
    db.clock.now += 5 * 60 * MINUTE;

    expect(await support.answer(ticket.ticket_id, first)).toEqual(escalated);

    const resolved = await support.resolve(ticket);
    expect(await support.answer(ticket.ticket_id, first)).toEqual(resolved);
    expect(await support.get(ticket.ticket_id)).toEqual(resolved);
  });

  it("are made of a ticket that moves on while the engine tells why it refused", async () => {
    const ticket = await ticketIn("in_progress");
    let moved = false;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "GetCommand" && !moved) {
        moved = true;
        await support.escalate(ticket);
      }
      return next();
    });

    const reopened = await db.layerWith({ client }).support.reopen(keyOf(ticket));

    expect(reopened.status).toBe("in_progress");
    expect((await support.get(ticket.ticket_id)).status).toBe("in_progress");
  });

  it("store an answer to a ticket that is reopened while the engine tells why it refused", async () => {
    const ticket = await ticketIn("resolved");
    let reopened = false;
    const client = interceptedClient(db.client, async ({ name }, next) => {
      if (name === "GetCommand" && !reopened) {
        reopened = true;
        await support.reopen(ticket);
      }
      return next();
    });

    const answering = db.layerWith({ client }).support.answer(keyOf(ticket), { ai_response: "Hello again" });

    // DynamoDB Local tells the ticket with the refusal: nothing is read after it.
    if (ON_DYNAMODB_LOCAL) await expect(answering).rejects.toMatchObject({ code: "conflict", state: "resolved" });
    else expect(await answering).toMatchObject({ status: "in_progress", ai_response: "Hello again" });
  });

  it("keep an answer as long as a letter", async () => {
    const ticket = await ticketIn("new");
    const ai_response = "Dear Maria, please open the settings of your phone. ".repeat(400);

    await support.answer(ticket, { ai_response });

    expect((await support.get(ticket.ticket_id)).ai_response).toBe(ai_response);
  });

  it.each([
    ["ai_response", {}],
    ["ai_response", { ai_response: 42 }],
    ["ai_confidence", { ai_response: "Hello", ai_confidence: -0.1 }],
    ["ai_confidence", { ai_response: "Hello", ai_confidence: "0.9" }],
    ["ai_confidence", { ai_response: "Hello", ai_confidence: 1n }],
    ["ai_confidence", { ai_response: "Hello", ai_confidence: [1n] }],
    ["status", { ai_response: "Hello", status: "resolved" }],
  ])("refuse an answer with a wrong %s and write nothing", async (attribute, answer) => {
    const ticket = await ticketIn("new");
    const before = await db.contents();

    const failure = support.answer(ticket, answer as never);

    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "ticket", attribute });
    expect(await db.contents()).toEqual(before);
  });

  it("record when a ticket was escalated and resolved, and keep the instant when told again", async () => {
    const ticket = await ticketIn("in_progress");
    db.clock.now = NOW + MINUTE;
    const escalated = await support.escalate(ticket);
    db.clock.now = NOW + 2 * MINUTE;
    await support.escalate(ticket);
    const resolved = await support.resolve(ticket);
    db.clock.now = NOW + 3 * MINUTE;

    const again = await support.resolve(ticket);

    expect(escalated.escalated_at).toBe(NOW + MINUTE);
    expect(resolved).toMatchObject({ escalated_at: NOW + MINUTE, resolved_at: NOW + 2 * MINUTE });
    expect(again).toEqual(resolved);
  });

  it("record the last instant when a reopened ticket is resolved again", async () => {
    const ticket = await ticketIn("resolved");
    await support.reopen(ticket);
    db.clock.now = NOW + MINUTE;

    const resolved = await support.resolve(ticket);

    expect(resolved.resolved_at).toBe(NOW + MINUTE);
  });

  it("end resolved when a ticket is escalated and resolved at once, and refuse what came too late", async () => {
    const ticket = await ticketIn("in_progress");

    const [escalated, resolved] = await Promise.allSettled([support.escalate(ticket), support.resolve(ticket)]);

    const { status, escalated_at } = await support.get(ticket.ticket_id);
    expect(resolved.status).toBe("fulfilled");
    expect(status).toBe("resolved");
    expect(escalated_at).toBe(escalated.status === "fulfilled" ? NOW : undefined);
  });
});

describe("changes", () => {
  const ALL = {
    ...CHANGES,
    setPriority: (reference: TicketReference) => support.setPriority(reference, "low"),
  };

  it.each(Object.keys(ALL) as (keyof typeof ALL)[])("leave no ghost when they %s a missing ticket", async (change) => {
    const before = await db.contents();

    await expect(ALL[change]("TKT-MISSING")).rejects.toBeInstanceOf(NotFoundError);
    await expect(ALL[change]({ ticket_id: "TKT-MISSING", created_at: NOW })).rejects.toBeInstanceOf(NotFoundError);

    expect(await db.contents()).toEqual(before);
  });

  it.each(Object.keys(ALL) as (keyof typeof ALL)[])(
    "find no ticket when they %s one under a wrong instant",
    async (change) => {
      const ticket = await ticketIn("in_progress");
      const before = await db.contents();

      const failure = ALL[change]({ ...keyOf(ticket), created_at: NOW - 1 });

      await expect(failure).rejects.toBeInstanceOf(NotFoundError);
      expect(await db.contents()).toEqual(before);
    },
  );

  it.each(Object.keys(ALL) as (keyof typeof ALL)[])(
    "%s a ticket by its id alone in two requests, by its key in one",
    async (change) => {
      const [one, other, third] = [
        await ticketIn("in_progress"),
        await ticketIn("in_progress"),
        await ticketIn("in_progress"),
      ];

      // Reopening a ticket in progress has to look at it once more: take one that is resolved.
      if (change === "reopen") await Promise.all([one, other, third].map((ticket) => support.resolve(ticket)));
      const byId = await requestsOf(db, () => ALL[change](one.ticket_id));
      const byKey = await requestsOf(db, () => ALL[change](keyOf(other)));
      const byTicket = await requestsOf(db, () => ALL[change](third));

      expect(byId.map(({ operation }) => operation)).toEqual(["Query", "UpdateItem"]);
      expect(byKey.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
      expect(byTicket.map(({ operation }) => operation)).toEqual(["UpdateItem"]);
    },
  );

  it.each([
    ["ticket_id", { ticket_id: "", created_at: NOW }],
    ["ticket_id", { created_at: NOW }],
    ["created_at", { ticket_id: "TKT-1" }],
    ["created_at", { ticket_id: "TKT-1", created_at: NOW * 1000 }],
    ["created_at", { ticket_id: "TKT-1", created_at: String(NOW) }],
    ["ticket_id", null],
    ["ticket_id", 7],
    ["ticket_id", ["TKT-1"]],
  ])("refuse a reference with a wrong %s: %p", async (attribute, reference) => {
    const requests = await requestsOf(db, async () => {
      await expect(support.resolve(reference as never)).rejects.toMatchObject({
        code: "validation",
        entity: "ticket",
        attribute,
      });
    });

    expect(requests).toEqual([]);
  });
});

describe("setPriority", () => {
  it.each([...TICKET_STATUSES])("moves a ticket that is %s between the priority queues", async (status) => {
    const ticket = await ticketIn(status);
    const inQueue = async (priority: (typeof TICKET_PRIORITIES)[number]) =>
      (await everyPage((options) => support.listByPriority(priority, options), { limit: 100 }))
        .flat()
        .some(({ ticket_id }) => ticket_id === ticket.ticket_id);

    const changed = await support.setPriority(ticket, "urgent");

    expect(changed).toEqual({ ...ticket, priority: "urgent" });
    expect(await inQueue("urgent")).toBe(true);
    expect(await inQueue("high")).toBe(false);
  });

  it("may be repeated", async () => {
    const ticket = await ticketIn("new");
    const once = await support.setPriority(ticket, "low");

    expect(await support.setPriority(ticket, "low")).toEqual(once);
  });

  it.each(["highest", "", 1, null, undefined])("refuses the priority %p and writes nothing", async (priority) => {
    const ticket = await ticketIn("new");
    const before = await db.contents();

    const failure = support.setPriority(ticket, priority as never);

    await expect(failure).rejects.toMatchObject({ code: "validation", entity: "ticket", attribute: "priority" });
    expect(await db.contents()).toEqual(before);
  });
});

describe("queues (status-created_at-index, priority-created_at-index) and history (user_email-created_at-index)", () => {
  let own: TestTable;
  const tickets = ticketsOf(48, (place) => ({
    status: TICKET_STATUSES[place % 4] ?? "new",
    priority: TICKET_PRIORITIES[Math.floor(place / 4) % 4] ?? "low",
    user_email: place % 3 === 0 ? CHEN : MARIA,
    // Three tickets a second: their order is total all the same.
    created_at: NOW + Math.floor(place / 3),
  }));
  const newestFirst = (keep: (ticket: Ticket) => boolean) =>
    tickets
      .filter(keep)
      .map(({ ticket_id }) => ticket_id)
      .reverse();
  beforeAll(async () => {
    own = await openTestTable();
    await storeAll(own, TicketModel, tickets);
  });
  afterAll(() => own.drop());

  it.each([...TICKET_STATUSES])("list tickets that are %s newest first, over pages", async (status) => {
    const pages = await everyPage((options) => own.layer.support.listByStatus(status, options), { limit: 5 });

    expect(pages.flat().map(({ ticket_id }) => ticket_id)).toEqual(newestFirst((ticket) => ticket.status === status));
    expect(pages.slice(0, 2).map(({ length }) => length)).toEqual([5, 5]);
  });

  it.each([...TICKET_PRIORITIES])(
    "list tickets of priority %s in any state newest first, over pages",
    async (value) => {
      const pages = await everyPage((options) => own.layer.support.listByPriority(value, options), { limit: 5 });

      expect(pages.flat().map(({ ticket_id }) => ticket_id)).toEqual(newestFirst(({ priority }) => priority === value));
      expect(new Set(pages.flat().map(({ status }) => status)).size).toBe(4);
    },
  );

  it.each([MARIA, CHEN])("list the tickets of %s newest first, over pages", async (user) => {
    const pages = await everyPage((options) => own.layer.support.listByUser(user, options), { limit: 7 });

    expect(pages.flat().map(({ ticket_id }) => ticket_id)).toEqual(
      newestFirst(({ user_email }) => user_email === user),
    );
    expect(pages.flat().every(({ user_email }) => user_email === user)).toBe(true);
  });

  it("show in a queue what a queue needs, and in that of a priority whole tickets", async () => {
    const newest = tickets.at(-1) as Ticket;
    const { message: _, ...summary } = newest;

    const [inStatus] = (await own.layer.support.listByStatus(newest.status, { limit: 1 })).items;
    const [inPriority] = (await own.layer.support.listByPriority(newest.priority, { limit: 1 })).items;
    const [inHistory] = (await own.layer.support.listByUser(newest.user_email, { limit: 1 })).items;

    const { category: __, ...inUsersHistory } = summary;
    expect(inStatus).toEqual(summary);
    expect(inPriority).toEqual(newest);
    expect(inHistory).toEqual(inUsersHistory);
  });

  it("find a user's tickets by the address in any spelling", async () => {
    const { items } = await own.layer.support.listByUser(" CHEN@example.com", { limit: 1 });

    expect(items).toMatchObject([{ user_email: CHEN }]);
  });

  it("read a page of a queue in one request on its index, and whole items in one more", async () => {
    const requests = [
      await requestsOf(own, () => own.layer.support.listByStatus("new", { limit: 5 })),
      await requestsOf(own, () => own.layer.support.listByPriority("urgent", { limit: 5 })),
      await requestsOf(own, () => own.layer.support.listByUser(MARIA, { limit: 5 })),
    ];

    expect(requests).toMatchObject([
      [{ operation: "Query", index: "gsi2", accessPattern: "byStatus", items: 5 }],
      [
        { operation: "Query", index: "gsi3", accessPattern: "byPriority", items: 5 },
        { operation: "BatchGetItem", index: "table", accessPattern: "byPriority", items: 5 },
      ],
      [{ operation: "Query", index: "gsi1", accessPattern: "byUser", items: 5 }],
    ]);
  });

  it("are empty where there is nothing", async () => {
    expect(await own.layer.support.listByUser("nobody@example.com")).toEqual({ items: [], cursor: null });
  });

  it.each([
    ["status", () => own.layer.support.listByStatus("open" as never)],
    ["priority", () => own.layer.support.listByPriority("critical" as never)],
    ["user_email", () => own.layer.support.listByUser("nobody")],
  ])("refuse a %s that there cannot be", async (attribute, list) => {
    await expect(list()).rejects.toMatchObject({ code: "validation", entity: "ticket", attribute });
  });
});

describe("countByStatus", () => {
  let own: TestTable;
  beforeEach(async () => {
    own = await openTestTable();
  });
  afterEach(() => own.drop());

  it("counts exactly over many pages of a megabyte", async () => {
    const subject = "x".repeat(1_000);
    const statuses: TicketStatus[] = [...Array(640).fill("new"), ...Array(320).fill("escalated"), "resolved"];
    await storeAll(
      own,
      TicketModel,
      ticketsOf(statuses.length, (place) => ({
        ticket_id: `${place}-${subject.slice(100)}`,
        subject,
        status: statuses[place] ?? "new",
      })),
    );

    const requests = await requestsOf(own, async () => {
      expect(await own.layer.support.countByStatus()).toEqual({
        new: 640,
        in_progress: 0,
        resolved: 1,
        escalated: 320,
      });
    });

    // 640 rows of 3.7 KB are more than two megabytes: one request a state would have counted too few.
    expect(requests.length).toBeGreaterThanOrEqual(3 + 2 + 1 + 1);
  });

  it("follows a ticket from state to state", async () => {
    const { ticket_id } = await own.layer.support.open(aTicket());
    const counts = [await own.layer.support.countByStatus()];

    await own.layer.support.answer(ticket_id, { ai_response: "Hello" });
    counts.push(await own.layer.support.countByStatus());

    expect(counts).toEqual([
      { new: 1, in_progress: 0, resolved: 0, escalated: 0 },
      { new: 0, in_progress: 1, resolved: 0, escalated: 0 },
    ]);
  });
});

describe("threadOutline and thread (ticket_id-timestamp-index)", () => {
  it("read a ticket with its actions newest first, in outline in one request and whole in two", async () => {
    const opened = await support.open(aTicket({ ai_response: "We are on it." }));
    db.clock.now = NOW + MINUTE;
    const diagnosis = await db.layer.devops.recordDiagnosis(aDiagnosis({ ticket: opened }));
    db.clock.now = NOW + 2 * MINUTE;
    const fix = await db.layer.devops.proposeFix(aFix({ ticket: opened }));
    const ticket = await support.get(opened.ticket_id);

    const listRequests = await requestsOf(db, async () => {
      const thread = await support.threadOutline(ticket.ticket_id);
      const { created_at, user_email, subject, category } = ticket;
      expect(thread.ticket).toEqual({ ticket_id: ticket.ticket_id, created_at, user_email, subject, category });
      expect(thread.actions.map(({ action_id }) => action_id)).toEqual([fix.action_id, diagnosis.action_id]);
      expect(thread.actions[0]).not.toHaveProperty("code_diff");
    });
    const wholeRequests = await requestsOf(db, async () => {
      expect(await support.thread(ticket.ticket_id)).toEqual({ ticket, actions: [fix, diagnosis], cursor: null });
    });

    expect(listRequests).toMatchObject([{ operation: "Query", index: "gsi4", items: 3 }]);
    // The ticket and its index side by side, then the actions.
    expect(inOneOrder(wholeRequests.map(({ operation, index }) => [operation, index]))).toEqual([
      ["BatchGetItem", "table"],
      ["Query", "gsi4"],
      ["Query", "table"],
    ]);
  });

  it("read a ticket without actions", async () => {
    const ticket = await support.open(aTicket());

    expect((await support.threadOutline(ticket.ticket_id)).actions).toEqual([]);
    expect(await support.thread(ticket.ticket_id)).toEqual({ ticket, actions: [], cursor: null });
  });

  it("leave out the actions of other tickets, also of ids that begin alike", async () => {
    const [one, other] = [
      await support.open(aTicket({ ticket_id: "TKT-77" })),
      await support.open(aTicket({ ticket_id: "TKT-777" })),
    ];
    await db.layer.devops.recordDiagnosis(aDiagnosis({ ticket: other }));

    expect((await support.thread(one.ticket_id)).actions).toEqual([]);
    expect((await support.thread(other.ticket_id)).actions).toHaveLength(1);
  });

  describe("with 230 actions", () => {
    const ticket_id = "TKT-LONG";
    const actions = Array.from({ length: 230 }, (_, place) => ({
      ...aFix(),
      action_id: `ACT-${String(place).padStart(4, "0")}`,
      timestamp: NOW + Math.floor(place / 3),
      action_type: "fix_proposed" as const,
      status: "pending_review" as const,
      ticket_id,
      ai_analysis: `Analysis ${place}`,
    }));
    const newestFirst = actions.map(({ action_id }) => action_id).reverse();
    beforeAll(async () => {
      await support.open(aTicket({ ticket_id }));
      await storeAll(db, DevopsActionModel, actions);
    });

    it.each([undefined, 1, 7, 100])("give every one once and in order, in pages of %p", async (limit) => {
      for (const read of ["threadOutline", "thread"] as const) {
        const pages = await everyPage(
          async (options) => {
            const { ticket, actions, cursor } = await support[read](ticket_id, options);
            expect(ticket.ticket_id).toBe(ticket_id);
            return { items: actions.map(({ action_id }) => action_id), cursor };
          },
          { limit },
        );
        expect(pages.flat()).toEqual(newestFirst);
        expect(pages).toHaveLength(Math.floor(231 / (limit ?? 100)) + 1);
      }
    });

    it("read no more than a page of them", async () => {
      const requests = await requestsOf(db, async () => {
        expect((await support.thread(ticket_id, { limit: 11 })).actions).toEqual(actions.toReversed().slice(0, 10));
      });

      expect(inOneOrder(requests.map(({ operation, items }) => [operation, items]))).toEqual([
        ["BatchGetItem", 10],
        ["Query", 11],
        ["Query", 1],
      ]);
    });

    it("refuse a cursor of another ticket's thread", async () => {
      const other = await support.open(aTicket());
      const { cursor } = await support.threadOutline(ticket_id, { limit: 5 });

      for (const read of ["threadOutline", "thread"] as const)
        await expect(support[read](other.ticket_id, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
    });
  });

  it("stay complete when DynamoDB leaves some keys of a batch for later", async () => {
    const ticket = await support.open(aTicket());
    const actions = [];
    for (let minute = 1; minute <= 3; minute++) {
      db.clock.now = NOW + minute * MINUTE;
      actions.unshift(await db.layer.devops.proposeFix(aFix({ ticket })));
    }
    let held = false;
    const client = interceptedClient(db.client, async ({ name, input }, next) => {
      const keys = (input.RequestItems as Record<string, { Keys: unknown[] }> | undefined)?.[db.table]?.Keys;
      if (name !== "BatchGetCommand" || keys === undefined || held) return next();
      held = true;
      return { Responses: {}, UnprocessedKeys: { [db.table]: { Keys: keys } } };
    });

    const whole = await db.layerWith({ client }).support.thread(ticket.ticket_id);

    expect(held).toBe(true);
    expect(whole.actions).toEqual(actions);
  });

  it("tell that a ticket does not exist", async () => {
    await expect(support.threadOutline("TKT-NONE")).rejects.toBeInstanceOf(NotFoundError);
    await expect(support.thread("TKT-NONE")).rejects.toBeInstanceOf(NotFoundError);
  });
});
