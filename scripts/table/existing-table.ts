import type { DynamoDBClient, TableDescription } from "@aws-sdk/client-dynamodb";
import { placeOf, type TableOptions } from "../shell/command-line.ts";
import { commandName } from "../shell/command-name.ts";
import { describeTable } from "./table-state.ts";

/**
 * The table that a command's options name.
 * @throws Error when there is none; it says which command makes it.
 */
export async function existingTable(client: DynamoDBClient, options: TableOptions): Promise<TableDescription> {
  const found = await describeTable(client, options.table);
  if (found !== undefined) return found;
  throw new Error(`there is no table ${options.table} at ${placeOf(options)}: ${commandName("create-table")} makes it`);
}
