import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { TestTable } from "./engine.ts";

/** The items of a table, and the clock, as something begins with them. */
export interface Beginning {
  readonly items: readonly Record<string, unknown>[];
  /** Epoch seconds. */
  readonly now: number;
}

/** Undoes what came after a beginning, and nothing else: a table is not filled anew for each call that begins there. */
export async function goBackTo(db: TestTable, { items, now: instant }: Beginning): Promise<void> {
  const textOf = ({ pk, sk, ...item }: Record<string, unknown>) => [`${pk} ${sk}`, JSON.stringify(item)] as const;
  const present = await db.contents();
  const before = new Map(items.map(textOf));
  const now = new Map(present.map(textOf));
  const writes = [
    ...present
      .filter((item) => !before.has(textOf(item)[0]))
      .map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
    ...items.filter((item) => now.get(textOf(item)[0]) !== textOf(item)[1]).map((Item) => ({ PutRequest: { Item } })),
  ];
  for (let at = 0; at < writes.length; at += 25) {
    const batch = { [db.table]: writes.slice(at, at + 25) };
    await db.client.send(new BatchWriteCommand({ RequestItems: batch }) as never, {});
  }
  db.clock.now = instant;
}
