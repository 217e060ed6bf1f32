import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { TicketModel } from "../../entities/ticket.ts";
import { ValidationError } from "../../services/storage/errors.ts";
import {
  type Change,
  changeOf,
  type FailedRecord,
  onChange,
  once,
  type Reactions,
  type StreamEvent,
} from "../../services/streams.ts";
import { aFix, aReceipt, aRegistration, aTicket, BCRYPT_HASH, MARIA, OTHER_BCRYPT_HASH } from "../builders.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { turnOnStream } from "../engine-stream.ts";
import { interceptedClient, storeAll } from "../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

/** A handler that keeps what it hears, and its failures. */
function hearing(reactions?: Reactions) {
  const changes: Change[] = [];
  const failures: FailedRecord[] = [];
  const keep = async (change: Change) => changes.push(change);
  const all: Reactions = { user: keep, session: keep, ticket: keep, devops_action: keep, entitlement: keep };
  const handler = onChange(reactions ?? all, { onFailure: (failure) => failures.push(failure) });
  return { changes, failures, handler };
}

describe("changes", () => {
  it("are told as services show their items, each kind by its name", async () => {
    const { support, accounts, sessions } = db.layer;
    const { changes, handler } = hearing();
    const opened = await db.streamEvent(() => support.open(aTicket({ ticket_id: "TKT-1" })));
    const before = await support.get("TKT-1");
    const answered = await db.streamEvent(() => support.answer("TKT-1", { ai_response: "We look into it." }));
    const erased = await db.streamEvent(() => db.layer.entities.ticket.delete(before).go());
    await accounts.register(aRegistration());
    await sessions.start({ user_email: MARIA });
    const expired = await db.streamEvent(
      async () => {
        await db.layer.sessions.endAll(MARIA);
      },
      { expire: true },
    );

    for (const event of [opened, answered, erased, expired])
      expect(await handler(event)).toEqual({ batchItemFailures: [] });

    const after = { ...before, status: "in_progress", ai_response: "We look into it." };
    const told = { entity: "ticket", at: NOW };
    expect(changes).toEqual([
      {
        ...told,
        id: opened.Records.find(
          ({ dynamodb = {} }) => "NewImage" in dynamodb && JSON.stringify(dynamodb).includes("ticket#TKT-1"),
        )?.eventID,
        kind: "create",
        after: before,
      },
      { ...told, id: answered.Records[0]?.eventID, kind: "update", before, after, changed: ["status", "ai_response"] },
      { ...told, id: erased.Records[0]?.eventID, kind: "remove", before: after },
      expect.objectContaining({ entity: "session", kind: "expire" }),
    ]);
  });

  it("hold no keys, secrets and marks, and are none where nothing else is changed", async () => {
    const { changes, handler } = hearing();
    const events = [
      await db.streamEvent(() => db.layer.accounts.register(aRegistration())),
      await db.streamEvent(() => db.layer.accounts.changePassword(MARIA, { password_hash: OTHER_BCRYPT_HASH })),
      await db.streamEvent(() => db.layer.sessions.start({ user_email: MARIA })),
      await db.streamEvent(() => db.layer.sessions.endAll(MARIA)),
    ];
    for (const event of events) await handler(event);

    expect(changes.map(({ entity, kind }) => [entity, kind])).toEqual([
      ["user", "create"],
      ["session", "create"],
      ["session", "remove"],
    ]);
    const text = JSON.stringify(changes);
    for (const secret of [BCRYPT_HASH, OTHER_BCRYPT_HASH, "verification", "generation", "gsi1", "__edb", '"pk"'])
      expect(text).not.toContain(secret);
  });

  it("are of the eleven entities alone: no claims, no other rows, nothing planted", async () => {
    const { changes, handler } = hearing();
    const put = (Item: object) => db.client.send(new PutCommand({ TableName: db.table, Item }));
    const event = await db.streamEvent(async () => {
      await db.layer.purchases.grant(aReceipt());
      await put({ pk: "job#1", sk: "job", __edb_e__: "job", state: "running" });
      await put({ pk: "job#2", sk: "job", state: "running" });
      await put({ pk: "session#1", sk: "session", __edb_e__: "user", email: MARIA });
      await put({ pk: "constructor", sk: "x", __edb_e__: "constructor" });
    });

    expect(event.Records.length).toBeGreaterThan(4);
    expect(await handler(event)).toEqual({ batchItemFailures: [] });
    expect(changes.map(({ entity, kind }) => [entity, kind])).toEqual([["entitlement", "create"]]);
  });

  it("are none of what the migration brings over, and are when a service changes it later", async () => {
    const { changes, handler } = hearing();
    const ticket = { ...aTicket(), ticket_id: "TKT-OLD", created_at: NOW, status: "new" as const };
    const mark = (run: string) => ({ migration: { run, source: "t", digest: run } as never });
    const brought = await db.streamEvent(() => storeAll(db, TicketModel, [{ ...ticket, ...mark("1") }]));
    const again = await db.streamEvent(() =>
      storeAll(db, TicketModel, [{ ...ticket, subject: "Mended", ...mark("2") }]),
    );
    const changed = await db.streamEvent(() => db.layer.support.setPriority("TKT-OLD", "low"));

    for (const event of [brought, again, changed]) await handler(event);

    expect(changes).toMatchObject([{ kind: "update", changed: ["priority"] }]);
  });

  it("are refused where the stream has no images", () => {
    const record = { eventID: "1", eventName: "MODIFY", dynamodb: { Keys: {}, SequenceNumber: "1" } } as const;

    expect(() => changeOf(record)).toThrow(ValidationError);
    expect(() => changeOf({ ...record, dynamodb: { ...record.dynamodb, NewImage: {} } })).toThrow("NEW_AND_OLD_IMAGES");
  });

  it("come in the form of Lambda's own types", () => {
    const event: StreamEvent = {} as DynamoDBStreamEvent;
    expect(event).toBeDefined();
  });
});

describe("a failure", () => {
  const threeTickets = () =>
    db.streamEvent(async () => {
      for (const place of [1, 2, 3]) await db.layer.support.open(aTicket({ ticket_id: `TKT-${place}` }));
    });

  it("asks for a delivery from its record on, tells its key, and calls nothing after it", async () => {
    const event = await threeTickets();
    const called: string[] = [];
    const { failures, handler } = hearing({
      ticket: async ({ after }) => {
        called.push(after?.ticket_id ?? "");
        if (after?.ticket_id === "TKT-2") throw new Error("the mail server is down");
      },
    });

    const response = await handler(event);

    expect(called.at(-1)).toBe("TKT-2");
    const [{ key, sequenceNumber, error } = {}] = failures;
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber }] });
    expect(key).toMatchObject({ pk: { S: "ticket#TKT-2" } });
    expect(error).toMatchObject({ message: "the mail server is down" });
  });

  it("is also a record that cannot be read", async () => {
    const [record] = (await threeTickets()).Records;
    const { failures, handler } = hearing();

    const broken = {
      ...record,
      dynamodb: { SequenceNumber: "7", Keys: { pk: { S: "x" } }, NewImage: { a: "no value" } },
    };

    expect(await handler({ Records: [broken] })).toEqual({ batchItemFailures: [{ itemIdentifier: "7" }] });
    expect(failures).toMatchObject([{ key: { pk: { S: "x" } }, sequenceNumber: "7" }]);
  });

  it("is refused before anything comes where a reaction is to no entity", () => {
    expect(() => onChange({ tickets: async () => undefined } as never, { onFailure: () => undefined })).toThrow(
      "tickets is not an option",
    );
    expect(() => onChange({}, { onFailures: () => undefined } as never)).toThrow("onFailures is not an option");
  });
});

describe("once", () => {
  const change = { id: "c1f2" };
  const counted = () => {
    const counter = { count: 0, act: async () => counter.count++ };
    return counter;
  };

  it("acts once for a change and a name, however often it comes", async () => {
    const counter = counted();

    const acted = [];
    for (const name of ["mail", "mail", "agent", "mail"]) acted.push(await once(db.layer, change, name, counter.act));
    acted.push(await once(db.layer, { id: "c1f3" }, "mail", counter.act));

    expect(acted).toEqual([true, false, true, false, true]);
    expect(counter.count).toBe(3);
  });

  it("acts again after it failed", async () => {
    const counter = counted();
    const failing = once(db.layer, change, "mail", async () => {
      throw new Error("the mail server is down");
    });
    await expect(failing).rejects.toThrow("the mail server is down");

    expect(await once(db.layer, change, "mail", counter.act)).toBe(true);
    expect(await once(db.layer, change, "mail", counter.act)).toBe(false);
    expect(counter.count).toBe(1);
  });

  it.each([0, 1])("acts again, and no more, after a call that died at request %p", async (at) => {
    const counter = counted();
    let sent = 0;
    const dying = interceptedClient(db.client, async (_, next) => {
      if (sent++ === at) throw new Error("the function was stopped");
      return next();
    });
    await expect(once(db.layerWith({ client: dying }), change, "mail", counter.act)).rejects.toThrow("was stopped");

    for (let delivery = 0; delivery < 3; delivery++) await once(db.layer, change, "mail", counter.act);

    expect(counter.count).toBe(at === 0 ? 1 : 2);
  });

  it("leaves a row that goes by itself, is no change, and tells nothing", async () => {
    const { changes, handler } = hearing();
    const event = await db.streamEvent(() => once(db.layer, { id: `of ${MARIA}` }, "mail", async () => undefined));
    await handler(event);

    expect(changes).toEqual([]);
    const [row] = await db.contents();
    expect(row).toMatchObject({ settled: true, ttl: NOW + 8 * 24 * 60 * 60 });
    expect(JSON.stringify(row)).not.toContain(MARIA);
  });
});

(ON_DYNAMODB_LOCAL ? describe : describe.skip)("the engine's own stream", () => {
  it("is heard in the order of each item's changes, again from a record that failed", async () => {
    const { support, devops } = db.layer;
    const recordsOf = await turnOnStream(db);
    for (const place of [1, 2]) {
      const ticket_id = `TKT-${place}`;
      await support.open(aTicket({ ticket_id }));
      await support.answer(ticket_id, { ai_response: "We look into it." });
      await devops.proposeFix(aFix({ ticket: ticket_id }));
      await support.escalate(ticket_id);
      await support.resolve(ticket_id);
    }
    const records = await recordsOf();

    const heard: string[] = [];
    let calls = 0;
    const handler = onChange(
      {
        ticket: (change) =>
          once(db.layer, change, "heard", async () => {
            if (++calls % 3 === 0) throw new Error("the function was stopped");
            heard.push(`${change.after?.ticket_id} ${change.after?.status}`);
          }),
      },
      { onFailure: () => undefined },
    );
    let left = records;
    for (let deliveries = 0; left.length > 0 && deliveries < 30; deliveries++) {
      const [failed] = (await handler({ Records: left })).batchItemFailures;
      const from = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed?.itemIdentifier);
      left = failed === undefined ? [] : left.slice(from);
    }

    for (const ticket of ["TKT-1", "TKT-2"])
      expect(heard.filter((line) => line.startsWith(ticket))).toEqual([
        `${ticket} new`,
        `${ticket} in_progress`,
        `${ticket} in_progress`,
        `${ticket} escalated`,
        `${ticket} resolved`,
      ]);
  });
});
