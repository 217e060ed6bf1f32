import { marshall } from "@aws-sdk/util-dynamodb";
import { createContext } from "../../../services/context.ts";
import { LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { createAccount } from "../../generator/account.ts";
import { ExportWriter } from "../../generator/export-writer.ts";
import { storesOf } from "../../generator/stores.ts";

/** Items of a file; DynamoDB's own exports have more and smaller files, or fewer and larger ones. */
const ITEMS_A_FILE = 20_000;
const TABLE = "bench-sql";

/** Writes generated accounts as an export to S3 in DynamoDB JSON; gives how many items it has. */
export function writeExport(folder: string, users: number, now: number): number {
  const stores = storesOf(createContext({ table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET }));
  const writer = new ExportWriter(folder);
  let lines: object[] = [];
  for (let index = 0; index < users; index++) {
    for (const item of createAccount({ seed: 1, index, now }, stores)) lines.push({ Item: marshall(item) });
    if (lines.length < ITEMS_A_FILE) continue;
    writer.write(lines);
    lines = [];
  }
  writer.write(lines);
  const tableArn = `arn:aws:dynamodb:us-east-1:123456789012:table/${TABLE}`;
  return writer.close({ tableArn, exportTime: new Date(now * 1000).toISOString() });
}
