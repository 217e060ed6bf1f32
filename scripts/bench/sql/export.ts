import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { marshall } from "@aws-sdk/util-dynamodb";
import { createContext } from "../../../services/context.ts";
import { LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { createAccount } from "../../generator/account.ts";
import { storesOf } from "../../generator/stores.ts";

/** Items of a file; DynamoDB's own exports have more and smaller files, or fewer and larger ones. */
const ITEMS_A_FILE = 20_000;
const TABLE = "bench-sql";

/** Writes generated accounts as an export to S3 in DynamoDB JSON; gives how many items it has. */
export function writeExport(folder: string, users: number, now: number): number {
  mkdirSync(join(folder, "data"), { recursive: true });
  const stores = storesOf(createContext({ table: TABLE, erasureSecret: LOCAL_ERASURE_SECRET }));
  const manifest: string[] = [];
  let lines: string[] = [];
  let items = 0;
  const close = () => {
    const content = gzipSync(lines.join(""), { level: 1 });
    const name = `${manifest.length}.json.gz`;
    writeFileSync(join(folder, "data", name), content);
    const md5Checksum = createHash("md5").update(content).digest("base64");
    const file = { itemCount: lines.length, md5Checksum, dataFileS3Key: `AWSDynamoDB/bench/data/${name}` };
    manifest.push(`${JSON.stringify(file)}\n`);
    items += lines.length;
    lines = [];
  };
  for (let index = 0; index < users; index++) {
    for (const item of createAccount({ seed: 1, index, now }, stores))
      lines.push(`${JSON.stringify({ Item: marshall(item) })}\n`);
    if (lines.length >= ITEMS_A_FILE) close();
  }
  close();
  writeFileSync(join(folder, "manifest-files.json"), manifest.join(""));
  const summary = {
    tableArn: `arn:aws:dynamodb:us-east-1:123456789012:table/${TABLE}`,
    outputFormat: "DYNAMODB_JSON",
    exportTime: new Date(now * 1000).toISOString(),
    itemCount: items,
  };
  writeFileSync(join(folder, "manifest-summary.json"), JSON.stringify(summary));
  return items;
}
