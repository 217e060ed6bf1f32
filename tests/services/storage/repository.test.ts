import { TicketModel } from "../../../entities/ticket.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { startTestDatabase, type TestDatabase } from "../../../testing/index.ts";
import { aTicket } from "../../builders.ts";
import { aSupportTicket } from "../../entities/samples.ts";
import { interceptedClient } from "../../instruments.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await startTestDatabase();
});
afterAll(() => db.stop());
beforeEach(() => db.reset());

const tickets = () => new Repository(db.layer.context, TicketModel);

describe("a page of an access pattern", () => {
  it("has exactly what the index projects and what the question named", async () => {
    const { ticket_id, created_at } = await db.layer.support.open(aTicket());
    const { items } = await tickets().page("byUser", { user_email: "  MARIA@example.com " });
    expect(items.map((row) => Object.keys(row).sort())).toEqual([
      ["created_at", "priority", "status", "subject", "ticket_id", "user_email"],
    ]);
    expect(items).toMatchObject([{ ticket_id, created_at, user_email: "maria@example.com" }]);
  });

  it("has a type that knows no attribute beside them", async () => {
    await db.layer.support.open(aTicket());
    const [row] = (await tickets().page("byStatus", { status: "new" })).items;
    // @ts-expect-error the index carries no message
    expect(row?.message).toBeUndefined();
    const subject: string | undefined = row?.subject;
    expect(subject).toBeDefined();
  });

  it("is asked by attributes of the access pattern alone", () => {
    // @ts-expect-error the index is asked by status
    const wrong = () => tickets().page("byStatus", { priority: "high" });
    // @ts-expect-error no access pattern has that name
    const unknown = () => tickets().page("bySubject", { subject: "Sound" });
    return Promise.all([expect(wrong()).rejects.toThrow(), expect(unknown()).rejects.toThrow()]);
  });

  it.each([["lost"], [undefined]])("is refused for a value that breaks the attribute's rule: %p", async (status) => {
    const refused = tickets().page("byStatus", { status: status as "new" });
    await expect(refused).rejects.toMatchObject({ code: "validation", entity: "ticket", attribute: "status" });
  });
});

it("inserts an item again when the one that stood in its place is gone meanwhile", async () => {
  const { context } = db.layer;
  let puts = 0;
  const client = interceptedClient(db.client, async ({ name }, next) => {
    if (name === "PutCommand" && puts++ === 0)
      throw Object.assign(new Error("refused"), { name: "ConditionalCheckFailedException" });
    return next();
  });
  const ticket = aSupportTicket();

  const inserted = await new Repository({ ...context, client }, TicketModel).insert(ticket, () => "stored before");

  expect(inserted).toEqual(ticket);
  expect(await tickets().get(ticket.ticket_id)).toEqual(ticket);
});
