import { DeleteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isErased, markErased } from "../../../services/guards/erasure.ts";
import { MARIA } from "../../builders.ts";
import { openTestTable, type TestTable } from "../../engine.ts";
import { interceptedClient } from "../../instruments.ts";

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

it("marks an account though DynamoDB removes an older marker between the write and its extension", async () => {
  const { context } = db.layer;
  await markErased(context, MARIA);
  let removed = 0;
  const racing = interceptedClient(db.client, async ({ name, input }, next) => {
    if (name === "UpdateCommand" && removed++ === 0) {
      const Key = input.Key as Record<string, unknown>;
      await DynamoDBDocumentClient.from(db.client).send(new DeleteCommand({ TableName: db.table, Key }));
    }
    return next();
  });

  await markErased({ ...context, client: racing }, MARIA);

  expect(removed).toBe(1);
  expect(await isErased(context, MARIA)).toBe(true);
});
