import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createTableInput } from "../../../entities/table.ts";
import { createContext } from "../../../services/context.ts";
import { keyOf, type StoredItem } from "../../../services/storage/requests.ts";
import { createLocalClient } from "../../../testing/local-database.ts";
import { createItemCheck, type Repair } from "../../doctor/item-check.ts";
import { interleaved, medianRatio, rounded } from "../../measuring/rounds.ts";
import { inTurns, passOverItems } from "../item-pass.ts";
import { PassRecord } from "../pass-record.ts";

/**
 * In the next release's checkout: the pass over items of the release before, against a scan that writes the same without a
 * condition, a check or a record. Prints units and time of the pass, each divided by the other's, as JSON.
 */
const [endpoint = "", source = "", rounds = "3"] = process.argv.slice(2);
const client = createLocalClient(endpoint);

const spent = { units: 0 };
client.middlewareStack.add(
  (next) => async (args) => {
    const result = await next({ ...args, input: Object.assign({}, args.input, { ReturnConsumedCapacity: "TOTAL" }) });
    const { ConsumedCapacity = {} } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
    spent.units += ConsumedCapacity.CapacityUnits ?? 0;
    return result;
  },
  { step: "initialize", name: "counting" },
);

async function* pagesOf(TableName: string): AsyncGenerator<readonly StoredItem[]> {
  const pages = paginateScan(
    { client: DynamoDBDocumentClient.from(client), pageSize: 250 },
    { TableName, ConsistentRead: true },
  );
  for await (const { Items = [] } of pages) yield Items;
}

async function copyOf(table: string): Promise<void> {
  await client.send(new CreateTableCommand(createTableInput(table)));
  for await (const items of pagesOf(source)) await inTurns(items, (item) => write(client, table, item));
}

const write = (to: DynamoDBClient, TableName: string, item: StoredItem) => {
  const { pk, sk, ...rest } = item;
  return update(to, TableName, item, rest);
};

/** Sets attributes, whatever is stored. */
function update(to: DynamoDBClient, TableName: string, item: StoredItem, set: StoredItem) {
  const entries = Object.entries(set);
  const command = new UpdateCommand({
    TableName,
    Key: keyOf(item),
    UpdateExpression: `SET ${entries.map((_, place) => `#a${place} = :a${place}`).join(", ")}`,
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], place) => [`#a${place}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], place) => [`:a${place}`, value])),
  });
  return to.send(command);
}

/** What each item lacks, computed beforehand: the raw side only writes. */
async function repairs(): Promise<Map<string, Repair>> {
  const check = createItemCheck(createContext({ client, table: source }));
  const found = new Map<string, Repair>();
  for await (const items of pagesOf(source)) {
    for (const item of items) {
      const repair = check(item)?.repair;
      if (repair !== undefined) found.set(JSON.stringify(keyOf(item)), repair);
    }
  }
  return found;
}

const known = await repairs();

async function raw(table: string): Promise<void> {
  for await (const items of pagesOf(table))
    await inTurns(items, async (item) => {
      const repair = known.get(JSON.stringify(keyOf(item)));
      if (repair !== undefined) await update(client, table, item, repair.set);
    });
}

const SIDES = {
  ours: async (table: string) => {
    const target = { client, table };
    await passOverItems(target, { names: ["trial"], record: new PassRecord(target) });
  },
  raw,
} as const;

const measured = await interleaved(["ours", "raw"] as const, Number(rounds), async (side, round) => {
  const table = `${source}-${side}-${round}`;
  await copyOf(table);
  spent.units = 0;
  const started = performance.now();
  await SIDES[side](table);
  return { units: spent.units, milliseconds: performance.now() - started };
});
const ratio = (of: "units" | "milliseconds") =>
  rounded(
    medianRatio(
      measured.ours.map((one) => one[of]),
      measured.raw.map((one) => one[of]),
    ),
  );
client.destroy();
console.log(JSON.stringify({ items: known.size, units: ratio("units"), time: ratio("milliseconds"), measured }));
