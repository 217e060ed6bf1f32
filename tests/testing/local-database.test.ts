import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createUsableTable } from "../../testing/local-database.ts";

it("waits until a table that it has made can be used", async () => {
  const states = ["CREATING", "CREATING", "ACTIVE"];
  const sent: string[] = [];
  const client = {
    async send(command: object) {
      sent.push(command.constructor.name);
      return command.constructor.name === "DescribeTableCommand" ? { Table: { TableStatus: states.shift() } } : {};
    },
  } as unknown as DynamoDBClient;

  await createUsableTable(client, "a-table");

  expect(sent).toEqual(["CreateTableCommand", ...Array.from({ length: 3 }, () => "DescribeTableCommand")]);
});
