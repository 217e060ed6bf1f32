import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { createContext } from "../../../services/context.ts";
import type { AnyEntity, Model } from "../../../services/storage/context.ts";
import { queryOf } from "../../../services/storage/electrodb.ts";
import { countRows, eachRow, readPage } from "../../../services/storage/pages.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { batchGet, keyOf, type StoredItem } from "../../../services/storage/requests.ts";
import { aRegistration, aTicket, MARIA, startAssessment } from "../../builders.ts";
import { openTestTable, type TestTable } from "../../engine.ts";
import { indexesOf, SUBJECTS, type Subject } from "../../entities/samples.ts";
import { everyPage } from "../../instruments.ts";

// A function that may write one entity's items gives some of them the index keys of others. IAM lets it.

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const SUBJECT_LIST: readonly Subject[] = Object.values(SUBJECTS);
const nameOf = ({ model }: Subject) => model.schema.model.entity;

const contextOf = () => createContext({ client: db.client, table: db.table });
const put = (Item: StoredItem) => db.client.send(new PutCommand({ TableName: db.table, Item }));

function storedOf({ model, item }: Subject): StoredItem {
  const any: Model<AnyEntity> = model;
  return new Repository(contextOf(), any).itemOf(item);
}

/** A subject's item as a function that may write another entity's items plants it, under several names. */
function plantedOf(subject: Subject): StoredItem[] {
  const planter = nameOf(subject) === "ticket" ? "rubric" : "ticket";
  return [nameOf(subject), planter, "constructor"].map((name) => ({
    ...storedOf(subject),
    pk: `${planter}#evil-${nameOf(subject)}-${name}`,
    sk: planter,
    __edb_e__: name,
  }));
}

const CASES = SUBJECT_LIST.flatMap((subject) =>
  indexesOf(subject)
    .filter(([, { index }]) => index !== undefined)
    .map(([pattern, index]) => ({ name: nameOf(subject), pattern, index, subject })),
);

/** The query of a subject's access pattern that its own item answers. */
function queryFor({ subject: { model, item }, pattern, index }: (typeof CASES)[number]) {
  const { attributes }: Model["schema"] = model.schema;
  const asked = index.pk.composite.map((name) => [name, item[attributes[name]?.sameAs ?? name]]);
  const any: Model<AnyEntity> = model;
  return queryOf(contextOf(), any, pattern, Object.fromEntries(asked));
}

describe("rows that were planted in an index under another entity's key", () => {
  beforeAll(async () => {
    await Promise.all(SUBJECT_LIST.flatMap((subject) => [storedOf(subject), ...plantedOf(subject)].map(put)));
  });

  it.each(CASES)("are invisible: $name $pattern", async (found) => {
    const label = { entity: found.name, accessPattern: found.pattern };
    const [context, query, own] = [contextOf(), queryFor(found), keyOf(storedOf(found.subject))];
    const keys = [];
    for await (const row of eachRow(context, label, query)) keys.push(keyOf(row));
    const pages = await everyPage((options) => readPage(context, label, query, options), { limit: 1 });

    expect(keys).toEqual([own]);
    expect(pages.flat().map(keyOf)).toEqual([own]);
    expect(await countRows(context, label, query)).toBe(1);
  });
});

describe("planted rows", () => {
  it("block nothing: not ending sessions, not a dashboard, an export or an erasure", async () => {
    await db.reset();
    const { accounts, sessions, support, assessments } = db.layer;
    await accounts.register(aRegistration());
    const { session_id } = await sessions.start({ user_email: MARIA });
    const ticket = await support.open(aTicket({ user_email: MARIA }));
    await startAssessment(db.layer);
    const planted = SUBJECT_LIST.flatMap(plantedOf);
    await Promise.all(planted.map(put));

    expect((await accounts.overview(MARIA)).openTickets.map(({ ticket_id }) => ticket_id)).toEqual([ticket.ticket_id]);
    expect((await assessments.listByUser(MARIA)).items).toHaveLength(1);
    expect(Object.values((await accounts.export(MARIA)).items).flat()).toHaveLength(4);
    expect(await sessions.endAll(MARIA)).toBe(1);
    await expect(sessions.authenticate(session_id)).rejects.toMatchObject({ code: "not_found" });
    expect(await accounts.erase(MARIA)).toMatchObject({ swept: true, removed: { ticket: 1, assessment: 1, user: 1 } });
    expect(await accounts.finishErasures()).toMatchObject({ unfinished: 1 });

    const left = await batchGet(contextOf(), { entity: "test", accessPattern: "left" }, planted.map(keyOf));
    expect(left).toHaveLength(planted.length);
  });
});
