import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { AssessmentModel } from "../../../entities/assessment.ts";
import { ContentReportModel } from "../../../entities/content-report.ts";
import { DevopsActionModel } from "../../../entities/devops-action.ts";
import { QuestionModel } from "../../../entities/question.ts";
import { SessionModel } from "../../../entities/session.ts";
import { createTableInput } from "../../../entities/table.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import type { DataLayer } from "../../../services/data-layer.ts";
import { InvalidCursorError, ValidationError } from "../../../services/storage/errors.ts";
import { eachItem, type ListOptions, type Page } from "../../../services/storage/pages.ts";
import type { TimedListOptions } from "../../../services/storage/time-range.ts";
import { aFix, aQuestion, aRegistration, aReport, aTicket, CHEN, MARIA } from "../../builders.ts";
import { NOW, openTestTable, type TestTable } from "../../engine.ts";
import { everyPage, requestsOf, storeAll } from "../../instruments.ts";

const USERS = [MARIA, CHEN] as const;
const ROWS = [30, 12] as const;
const SECRET = "one secret for all functions";

const padded = (place: number) => String(place).padStart(4, "0");
/** Ids of a partition's rows, the oldest first. */
const idsOf = (partition: 0 | 1, count: number = ROWS[partition]) =>
  Array.from({ length: count }, (_, place) => `${partition}-${padded(place)}`);

interface ListCase {
  readonly name: string;
  /** Reads a page of the list: of one user, state or service, or of another. */
  read(layer: DataLayer, partition: 0 | 1, options?: TimedListOptions): Promise<Page<object>>;
  /** The attribute that tells the rows apart. */
  readonly id: string;
  /** What the list holds, in its order. */
  expected(partition: 0 | 1): string[];
}

const newestFirst = (partition: 0 | 1) => idsOf(partition).reverse();
/** A session's id as it is stored, in the order of the ids that it is made of. */
const asDigest = (id: string) => `sha256-${id.padEnd(43, "0")}`;
const QUESTION_TYPES = ["speaking_part1", "writing_task2"] as const;

/** Every public list, with the seed's index that it answers. */
const LISTS: readonly ListCase[] = [
  {
    name: "sessions.listByUser (user_email-created_at-index)",
    read: ({ sessions }, partition, options) => sessions.listByUser(USERS[partition], options),
    id: "session_id",
    expected: (partition) => newestFirst(partition).map(asDigest),
  },
  {
    name: "assessments.listByUser (user_id-created_at-index)",
    read: ({ assessments }, partition, options) => assessments.listByUser(USERS[partition], options),
    id: "assessment_id",
    expected: newestFirst,
  },
  {
    name: "assessments.listByType (assessment_type-created_at-index)",
    read: ({ assessments }, partition, options) =>
      assessments.listByType(partition === 0 ? "speaking_academic" : "writing_general", options),
    id: "assessment_id",
    expected: newestFirst,
  },
  {
    name: "questions.listByType by type",
    read: ({ questions }, partition, options) =>
      questions.listByType({ assessment_type: QUESTION_TYPES[partition] }, options),
    id: "question_id",
    expected: idsOf,
  },
  {
    name: "questions.listByType by type and difficulty",
    read: ({ questions }, partition, options) =>
      questions.listByType({ assessment_type: QUESTION_TYPES[partition], difficulty: "easy" }, options),
    id: "question_id",
    expected: (partition) => idsOf(partition).slice(0, Math.ceil(ROWS[partition] / 3)),
  },
  {
    name: "questions.listByType by type and topic",
    read: ({ questions }, partition, options) =>
      questions.listByType({ assessment_type: QUESTION_TYPES[partition], topic: "people" }, options),
    id: "question_id",
    expected: idsOf,
  },
  {
    name: "questions.listByType by type, difficulty and topic",
    read: ({ questions }, partition, options) =>
      questions.listByType(
        { assessment_type: QUESTION_TYPES[partition], difficulty: "medium", topic: "people" },
        options,
      ),
    id: "question_id",
    expected: (partition) => idsOf(partition).slice(Math.ceil(ROWS[partition] / 3) * 2),
  },
  {
    name: "moderation.listReportsByStatus",
    read: ({ moderation }, partition, options) =>
      moderation.listReportsByStatus(partition === 0 ? "new" : "dismissed", options),
    id: "report_id",
    expected: newestFirst,
  },
  {
    name: "moderation.listReportsByReporter",
    read: ({ moderation }, partition, options) => moderation.listReportsByReporter(USERS[partition], options),
    id: "report_id",
    expected: newestFirst,
  },
  {
    name: "support.listByStatus (status-created_at-index)",
    read: ({ support }, partition, options) => support.listByStatus(partition === 0 ? "new" : "resolved", options),
    id: "ticket_id",
    expected: newestFirst,
  },
  {
    name: "support.listByPriority (priority-created_at-index)",
    read: ({ support }, partition, options) => support.listByPriority(partition === 0 ? "urgent" : "low", options),
    id: "ticket_id",
    expected: newestFirst,
  },
  {
    name: "support.listByUser (user_email-created_at-index)",
    read: ({ support }, partition, options) => support.listByUser(USERS[partition], options),
    id: "ticket_id",
    expected: newestFirst,
  },
  {
    name: "devops.listByStatus (status-timestamp-index)",
    read: ({ devops }, partition, options) =>
      devops.listByStatus(partition === 0 ? "pending_review" : "applied", options),
    id: "action_id",
    expected: newestFirst,
  },
  {
    name: "devops.listByService (affected_service-timestamp-index)",
    read: ({ devops }, partition, options) => devops.listByService(partition === 0 ? "lambda" : "gemini", options),
    id: "action_id",
    expected: newestFirst,
  },
  {
    name: "devops.listByTicket (ticket_id-timestamp-index)",
    read: ({ devops }, partition, options) => devops.listByTicket(partition === 0 ? "TKT-A" : "TKT-B", options),
    id: "action_id",
    expected: newestFirst,
  },
];

/** The rows behind all lists: two partitions each, two rows a second. */
async function fill(db: TestTable): Promise<void> {
  const rows = ([0, 1] as const).flatMap((partition) =>
    idsOf(partition).map((id, place) => ({
      id,
      first: partition === 0,
      at: NOW + Math.floor(place / 2),
      user: USERS[partition],
      difficulty: (["easy", "hard", "medium"] as const)[Math.floor(place / Math.ceil(ROWS[partition] / 3))] ?? "easy",
    })),
  );
  await storeAll(
    db,
    SessionModel,
    rows.map(({ id, at, user }) => ({
      session_id: asDigest(id),
      user_email: user,
      created_at: at,
      expires_at: at + 86_400,
      qr_authenticated: false,
    })),
  );
  await storeAll(
    db,
    AssessmentModel,
    rows.map(({ id, at, user, first }) => ({
      assessment_id: id,
      user_id: user,
      assessment_type: first ? ("speaking_academic" as const) : ("writing_general" as const),
      created_at: at,
      status: "in_progress" as const,
    })),
  );
  await storeAll(
    db,
    QuestionModel,
    rows.map(({ id, first, difficulty }) =>
      aQuestion({ question_id: id, assessment_type: QUESTION_TYPES[first ? 0 : 1], difficulty }),
    ),
  );
  await storeAll(
    db,
    ContentReportModel,
    rows.map(({ id, at, user, first }) => ({
      ...aReport({ reporter_email: user }),
      report_id: id,
      created_at: at,
      status: first ? ("new" as const) : ("dismissed" as const),
    })),
  );
  await storeAll(
    db,
    TicketModel,
    rows.map(({ id, at, user, first }) => ({
      ...aTicket({ user_email: user, priority: first ? "urgent" : "low" }),
      ticket_id: id,
      created_at: at,
      status: first ? ("new" as const) : ("resolved" as const),
    })),
  );
  await storeAll(
    db,
    DevopsActionModel,
    rows.map(({ id, at, first }) => ({
      ...aFix({ affected_service: first ? "lambda" : "gemini" }),
      action_id: id,
      timestamp: at,
      ticket_id: first ? "TKT-A" : "TKT-B",
      action_type: "fix_proposed" as const,
      status: first ? ("pending_review" as const) : ("applied" as const),
    })),
  );
}

let db: TestTable;
/** A data layer with a secret of its own, as a deployment has it. */
let layer: DataLayer;
beforeAll(async () => {
  db = await openTestTable();
  layer = db.layerWith({ cursorSecret: SECRET });
  for (const email of USERS) await db.layer.accounts.register(aRegistration({ email }));
  await fill(db);
});
afterAll(() => db.drop());

const names = (list: ListCase, items: readonly object[]) =>
  items.map((item) => (item as Readonly<Record<string, unknown>>)[list.id]);

/** Lists in order of time. The other lists are in that of their keys. */
const isTimed = ({ name }: ListCase) => !name.startsWith("questions.");

describe.each(LISTS.filter(isTimed))("$name, in order of time", (list) => {
  /** Rows at a second from the first one's, the oldest first: two a second. */
  const between = (from: number, to: number) =>
    list
      .expected(0)
      .toReversed()
      .slice(from * 2, to * 2);
  const everyRow = async (options: TimedListOptions) =>
    names(list, (await everyPage((page) => list.read(layer, 0, { ...page, ...options }), { limit: 4 })).flat());

  it("gives the oldest first when asked to", async () => {
    expect(await everyRow({ order: "asc" })).toEqual(list.expected(0).toReversed());
    expect(await everyRow({ order: "desc" })).toEqual(list.expected(0));
  });

  it.each([
    [3, 9],
    [0, 1],
    [14, 100],
    [5, 5],
  ])("gives what is from second %p on and before %p, either end first", async (from, to) => {
    const range = { since: NOW + from, until: NOW + to };

    expect(await everyRow({ ...range, order: "asc" })).toEqual(between(from, to));
    expect(await everyRow(range)).toEqual(between(from, to).reverse());
  });

  it("takes either bound alone", async () => {
    expect(await everyRow({ since: NOW + 12, order: "asc" })).toEqual(between(12, 15));
    expect(await everyRow({ until: NOW + 2, order: "asc" })).toEqual(between(0, 2));
  });

  it("refuses the cursor of another order or range", async () => {
    const ranges: TimedListOptions[] = [
      {},
      { order: "asc" },
      { since: NOW + 1 },
      { since: NOW + 1, until: NOW + 9 },
      { since: NOW + 1, until: NOW + 8 },
    ];
    for (const range of ranges) {
      const { cursor } = await list.read(layer, 0, { ...range, limit: 2 });
      for (const other of ranges) {
        const next = list.read(layer, 0, { ...other, cursor, limit: 2 });
        if (other === range) expect((await next).items).toHaveLength(2);
        else await expect(next).rejects.toBeInstanceOf(InvalidCursorError);
      }
    }
  });

  it.each<[object, string]>([
    [{ order: "newest" }, "order"],
    [{ order: null }, "order"],
    [{ since: "yesterday" }, "since"],
    [{ since: 1_760_000_000_000 }, "since"],
    [{ until: -1 }, "until"],
    [{ since: NOW + 2, until: NOW + 1 }, "since"],
  ])("refuses %j, and asks nothing", async (options, attribute) => {
    const requests = await requestsOf(db, async () => {
      await expect(list.read(db.layer, 0, options)).rejects.toMatchObject({ code: "validation", attribute });
    });

    expect(requests).toEqual([]);
  });
});

it.each(LISTS.filter((list) => !isTimed(list)))("$name has no order of time", async (list) => {
  for (const options of [{ order: "asc" as const }, { since: NOW }, { until: NOW }])
    await expect(list.read(layer, 0, options)).rejects.toMatchObject({ attribute: Object.keys(options)[0] });
});

describe("eachItem", () => {
  it("gives every item of a list once, in its order", async () => {
    const ids: string[] = [];
    for await (const { ticket_id } of eachItem((page) => layer.support.listByUser(MARIA, { ...page, order: "asc" })))
      ids.push(ticket_id);

    expect(ids).toEqual(idsOf(0));
  });

  it("asks for no page before it is wanted", async () => {
    const asked: ListOptions[] = [];
    const pages = [["a", "b"], [], ["c"]];
    const list = async (page: ListOptions): Promise<Page<string>> => {
      asked.push(page);
      return { items: pages[asked.length - 1] ?? [], cursor: asked.length < pages.length ? `${asked.length}` : null };
    };
    const each = eachItem(list);

    expect([await each.next(), await each.next()].map(({ value }) => value)).toEqual(["a", "b"]);
    expect(asked).toEqual([{ limit: 100, cursor: null }]);
    expect((await each.next()).value).toBe("c");
    expect(asked.map(({ cursor }) => cursor)).toEqual([null, "1", "2"]);
    expect((await each.next()).done).toBe(true);
  });

  it("ends with the error of a page", async () => {
    const each = eachItem(async () => {
      throw new InvalidCursorError();
    });

    await expect(each.next()).rejects.toBeInstanceOf(InvalidCursorError);
  });
});

/** The cursor behind a list's first two rows. */
async function cursorOf(list: ListCase, partition: 0 | 1 = 0, from: DataLayer = layer): Promise<string> {
  const { cursor } = await list.read(from, partition, { limit: 2 });
  if (cursor === null) throw new Error(`${list.name} should have more rows`);
  return cursor;
}

describe.each(LISTS)("$name", (list) => {
  it.each([1, 2, 7, 100])("gives every row once, in order, in pages of %p", async (limit) => {
    for (const partition of [0, 1] as const) {
      const pages = await everyPage((options) => list.read(layer, partition, options), { limit });

      expect(names(list, pages.flat())).toEqual(list.expected(partition));
      expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit);
    }
  });

  it("gives 25 rows unless said, and no cursor after the last one", async () => {
    const { items, cursor } = await list.read(layer, 0);
    const all = await list.read(layer, 0, { limit: 100 });

    expect(names(list, items)).toEqual(list.expected(0).slice(0, 25));
    expect(cursor === null).toBe(list.expected(0).length <= 25);
    expect(names(list, all.items)).toEqual(list.expected(0));
    expect(all.cursor).toBeNull();
  });

  it("takes null for the first page", async () => {
    expect((await list.read(layer, 0, { limit: 3, cursor: null })).items).toEqual(
      (await list.read(layer, 0, { limit: 3 })).items,
    );
  });

  it("goes on with another limit", async () => {
    const { items } = await list.read(layer, 0, { limit: 5, cursor: await cursorOf(list) });

    expect(names(list, items)).toEqual(list.expected(0).slice(2, 7));
  });

  it("goes on in another function, with the same table and secret", async () => {
    const cursor = await cursorOf(list);

    const { items } = await list.read(db.layerWith({ cursorSecret: SECRET }), 0, { limit: 3, cursor });

    expect(names(list, items)).toEqual(list.expected(0).slice(2, 5));
  });

  it.each([0, 101, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null, true])(
    "refuses %p as a limit, and asks nothing",
    async (limit) => {
      const requests = await requestsOf(db, async () => {
        const failure = list.read(db.layer, 0, { limit } as never);
        await expect(failure).rejects.toBeInstanceOf(ValidationError);
        await expect(failure).rejects.toMatchObject({ attribute: "limit" });
      });

      expect(requests).toEqual([]);
    },
  );

  it("refuses an option that it does not know, by name", async () => {
    await expect(list.read(layer, 0, { limit: 5, page: 2 } as never)).rejects.toMatchObject({
      code: "validation",
      attribute: "page",
    });
  });

  it.each(["", "2", "bm90IGEgY3Vyc29y", 2, true, {}, []])(
    "refuses %p as a cursor, and asks nothing",
    async (cursor) => {
      const requests = await requestsOf(db, async () => {
        await expect(list.read(db.layer, 0, { cursor } as never)).rejects.toBeInstanceOf(InvalidCursorError);
      });

      expect(requests).toEqual([]);
    },
  );

  it("refuses the cursors of all other lists", async () => {
    for (const other of LISTS) {
      if (other === list) continue;
      const cursor = await cursorOf(other);

      await expect(list.read(layer, 0, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
    }
  });

  it("refuses a cursor of another partition: another user, state or service", async () => {
    const [ours, theirs] = [await cursorOf(list, 0), await cursorOf(list, 1)];

    await expect(list.read(layer, 0, { cursor: theirs })).rejects.toBeInstanceOf(InvalidCursorError);
    await expect(list.read(layer, 1, { cursor: ours })).rejects.toBeInstanceOf(InvalidCursorError);
  });

  it("refuses a cursor that another secret made, or none", async () => {
    const others = [db.layerWith({ cursorSecret: "another secret, of another stage" }), db.layerWith({})];

    for (const other of others) {
      const cursor = await cursorOf(list, 0, other);
      await expect(list.read(layer, 0, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
      await expect(list.read(other, 0, { cursor: await cursorOf(list) })).rejects.toBeInstanceOf(InvalidCursorError);
    }
  });

  it("refuses a cursor that was tampered with", async () => {
    const cursor = await cursorOf(list);
    const bytes = Buffer.from(cursor, "base64url");
    const tampered = [
      cursor.slice(0, -1),
      cursor.slice(1),
      cursor.slice(0, cursor.length / 2),
      `${cursor}=`,
      cursor + cursor,
      Buffer.from(cursor).toString("base64url"),
      ...Array.from({ length: 40 }, (_, sample) => {
        const flipped = Buffer.from(bytes);
        const bit = Math.floor((sample * bytes.length * 8) / 40);
        flipped[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return flipped.toString("base64url");
      }),
    ];

    for (const forged of tampered) {
      await expect(list.read(layer, 0, { cursor: forged })).rejects.toBeInstanceOf(InvalidCursorError);
    }
  });
});

describe("cursors", () => {
  it("of sessions fit one data layer alone without a secret, and a warning says so once", async () => {
    const warnings = jest.spyOn(process, "emitWarning").mockReturnValue();
    const user_email = "sessions@example.com";
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    for (let count = 0; count < 3; count++) await db.layer.sessions.start({ user_email });
    const [one, other] = [db.layerWith({}), db.layerWith({})];

    const { cursor } = await one.sessions.listByUser(user_email, { limit: 1 });

    expect((await one.within({}).sessions.listByUser(user_email, { limit: 1, cursor })).items).toHaveLength(1);
    await expect(other.sessions.listByUser(user_email, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
    const ofTable = db.layerWith({ cursorSecret: db.table });
    await expect(ofTable.sessions.listByUser(user_email, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
    expect(warnings.mock.calls.filter(([text]) => `${text}`.includes("CURSOR_SECRET"))).toHaveLength(2);
    warnings.mockRestore();
  });

  it("of another table are refused, even with the same secret", async () => {
    const table = `${db.table}-copy`;
    await db.client.send(new CreateTableCommand(createTableInput(table)));
    const copy = db.layerWith({ table, cursorSecret: SECRET });
    await fill({ ...db, table });

    for (const list of LISTS) {
      const cursor = await cursorOf(list, 0, copy);

      await expect(list.read(layer, 0, { cursor })).rejects.toBeInstanceOf(InvalidCursorError);
      await expect(list.read(copy, 0, { cursor })).resolves.toMatchObject({ items: expect.any(Array) });
    }
  });

  it("show neither whose list they belong to nor any key", async () => {
    for (const list of LISTS) {
      const cursor = await cursorOf(list);
      const shown = cursor + Buffer.from(cursor, "base64url").toString("latin1");

      expect(shown).not.toContain("maria");
      expect(shown).not.toContain("gsi1");
      expect(shown).not.toContain("ielts");
    }
  });

  it("of listPendingApprovals and of listByStatus are one list's", async () => {
    const { cursor } = await layer.devops.listPendingApprovals({ limit: 2 });

    const { items } = await layer.devops.listByStatus("pending_review", { limit: 3, cursor });

    expect(items.map(({ action_id }) => action_id)).toEqual(newestFirst(0).slice(2, 5));
  });
});

describe("on a table that changes, or is large", () => {
  let own: TestTable;
  beforeEach(async () => {
    own = await openTestTable();
  });
  afterEach(() => own.drop());

  it("cursors stay good when rows are added and removed between the pages", async () => {
    const tickets = Array.from({ length: 6 }, (_, place) => ({
      ...aTicket(),
      ticket_id: padded(place),
      created_at: NOW + place,
      status: "new" as const,
    }));
    await storeAll(own, TicketModel, tickets);
    const first = await own.layer.support.listByStatus("new", { limit: 2 });
    own.clock.now = NOW + 100;
    await own.layer.support.open(aTicket({ ticket_id: "later" }));
    // The row at which the first page ended leaves the list.
    await own.layer.support.reopen(first.items[1]?.ticket_id ?? "");

    const second = await own.layer.support.listByStatus("new", { limit: 10, cursor: first.cursor });

    expect(first.items.map(({ ticket_id }) => ticket_id)).toEqual(["0005", "0004"]);
    expect(second.items.map(({ ticket_id }) => ticket_id)).toEqual(["0003", "0002", "0001", "0000"]);
  });

  it("pages past a megabyte end early, with a cursor, and lose nothing", async () => {
    const questions = Array.from({ length: 40 }, (_, place) =>
      aQuestion({ question_id: padded(place), question_text: "x".repeat(60_000) }),
    );
    await storeAll(own, QuestionModel, questions);
    const filter = { assessment_type: "speaking_part2" } as const;

    const pages = await everyPage((options) => own.layer.questions.listByType(filter, options), { limit: 100 });

    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(pages.flat().map(({ question_id }) => question_id)).toEqual(questions.map(({ question_id }) => question_id));
  });

  it("pages past a megabyte lose nothing where a list is read from several ranges", async () => {
    const questions = Array.from({ length: 45 }, (_, place) =>
      aQuestion({
        question_id: padded(place),
        difficulty: (["easy", "hard", "medium"] as const)[Math.floor(place / 15)] ?? "easy",
        topic: place % 5 === 4 ? "travel" : "people",
        question_text: "x".repeat(90_000),
      }),
    );
    await storeAll(own, QuestionModel, questions);
    const filter = { assessment_type: "speaking_part2", topic: "people" } as const;

    const pages = await everyPage((options) => own.layer.questions.listByType(filter, options), { limit: 100 });

    expect(pages.flat().map(({ question_id }) => question_id)).toEqual(
      questions.filter(({ topic }) => topic === "people").map(({ question_id }) => question_id),
    );
  });
});
