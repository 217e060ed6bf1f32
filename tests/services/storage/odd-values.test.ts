import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { createContext } from "../../../services/context.ts";
import type { AnyEntity, Model } from "../../../services/storage/context.ts";
import { queryOf } from "../../../services/storage/electrodb.ts";
import { readPage } from "../../../services/storage/pages.ts";
import { Repository, wholeItems } from "../../../services/storage/repository.ts";
import { aRegistration, MARIA } from "../../builders.ts";
import { openTestTable, type TestTable } from "../../engine.ts";
import { attributesOf, indexesOf, SUBJECTS, type Subject } from "../../entities/samples.ts";

// What another writer may have stored where the schema says something else.
const ODD = {
  "a set of bytes": new Set([new Uint8Array([0, 255])]),
  bytes: new Uint8Array([0, 255]),
  "a number of 38 digits": 12345678901234567890123456789012345678n,
  "a set of numbers of 38 digits": new Set([12345678901234567890123456789012345678n]),
  null: null,
  "a map": { legacy: null, deep: [1] },
  "a list": [null],
  "a text": "odd",
} as const;
const KINDS = Object.keys(ODD) as (keyof typeof ODD)[];

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

const SUBJECT_LIST = Object.values(SUBJECTS).filter(({ model }) => "account" in model || "seedTable" in model);

const contextOf = () => createContext({ client: db.client, table: db.table });

function repositoryOf({ model }: Subject) {
  const any: Model<AnyEntity> = model;
  return new Repository(contextOf(), any);
}

/** The attributes that no key is made of. */
function freeAttributes(subject: Subject): string[] {
  const inKeys = indexesOf(subject).flatMap(([, { pk, sk }]) => [...pk.composite, ...sk.composite]);
  const attributes = attributesOf(subject);
  const sources = attributes.flatMap(([name, { sameAs }]) => (inKeys.includes(name) ? [name, sameAs ?? name] : []));
  return attributes.map(([name]) => name).filter((name) => !sources.includes(name));
}

/** A subject's item with a value in all attributes that no key is made of, beside a good one. */
async function storeOdd(subject: Subject, value: unknown): Promise<void> {
  const Item = repositoryOf(subject).itemOf(subject.item);
  for (const name of freeAttributes(subject)) Item[name] = value;
  await db.client.send(new PutCommand({ TableName: db.table, Item }));
}

describe.each(KINDS)("%s from another writer", (kind) => {
  it("keeps no item from being listed, whole and as JSON", async () => {
    await Promise.all(SUBJECT_LIST.map((subject) => storeOdd(subject, ODD[kind])));
    for (const subject of SUBJECT_LIST) {
      const store = repositoryOf(subject);
      const context = contextOf();
      const any: Model<AnyEntity> = subject.model;
      for (const [pattern, { index, pk }] of indexesOf(subject)) {
        if (index === undefined) continue;
        const { attributes }: Model["schema"] = subject.model.schema;
        const item: Readonly<Record<string, unknown>> = subject.item;
        const asked = Object.fromEntries(pk.composite.map((name) => [name, item[attributes[name]?.sameAs ?? name]]));
        const label = { entity: store.name, accessPattern: pattern };
        const { items } = await readPage(context, label, queryOf(context, any, pattern, asked));
        for (const rows of [items, await wholeItems(context, label, items)]) {
          expect(JSON.parse(JSON.stringify(store.parseAll(rows)))).toHaveLength(1);
        }
      }
    }
  });

  it("keeps no account from being exported, as JSON, and erased", async () => {
    await db.reset();
    await db.layer.accounts.register(aRegistration());
    const others = SUBJECT_LIST.filter(({ model }) => model !== SUBJECTS.user.model);
    await Promise.all(others.map((subject) => storeOdd(subject, ODD[kind])));

    const exported = JSON.stringify(await db.layer.accounts.export(MARIA));
    const { swept, removed } = await db.layer.accounts.erase(MARIA);

    expect(exported).toContain(MARIA);
    expect({ swept, removed: Object.values(removed).every((count) => count <= 1) }).toEqual({
      swept: true,
      removed: true,
    });
    await expect(db.layer.accounts.export(MARIA)).rejects.toMatchObject({ code: "not_found" });
    await db.reset();
  });
});
