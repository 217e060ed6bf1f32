import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { TestTable } from "../engine.ts";

/** The table of docs/examples/counters.ts beside a test's. */
export const countersTable = ({ table }: TestTable): string => `${table}-counters`;

export async function createCountersTable(db: TestTable): Promise<void> {
  await db.client.send(
    new CreateTableCommand({
      TableName: countersTable(db),
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "counter", AttributeType: "S" },
        { AttributeName: "hour", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "counter", KeyType: "HASH" },
        { AttributeName: "hour", KeyType: "RANGE" },
      ],
    }),
  );
}

/** Each counter over all hours. */
export async function countersOf(db: TestTable): Promise<Record<string, number>> {
  const scan = new ScanCommand({ TableName: countersTable(db) });
  const { Items = [] } = await DynamoDBDocumentClient.from(db.client).send(scan);
  const sums: Record<string, number> = {};
  for (const { counter, count } of Items) sums[counter] = (sums[counter] ?? 0) + count;
  return sums;
}
