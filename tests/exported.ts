import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

/** Writes an export to S3 as DynamoDB does, its lines in two files; gives its folder. `summary` changes its manifest. */
export function exportedTo(
  folder: string,
  lines: readonly object[],
  summary: Readonly<Record<string, string>> = {},
): string {
  mkdirSync(join(folder, "data"), { recursive: true });
  const halves = [lines.slice(0, Math.ceil(lines.length / 2)), lines.slice(Math.ceil(lines.length / 2))];
  const files = halves.map((half, index) => {
    const content = gzipSync(half.map((line) => `${JSON.stringify(line)}\n`).join(""));
    writeFileSync(join(folder, "data", `part${index}.json.gz`), content);
    const md5Checksum = createHash("md5").update(content).digest("base64");
    const dataFileS3Key = `AWSDynamoDB/${basename(folder)}/data/part${index}.json.gz`;
    return { itemCount: half.length, md5Checksum, dataFileS3Key };
  });
  writeFileSync(join(folder, "manifest-files.json"), files.map((file) => `${JSON.stringify(file)}\n`).join(""));
  const table = { tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/ielts", outputFormat: "DYNAMODB_JSON" };
  const manifest = { ...table, exportTime: "2026-11-01T00:00:00Z", itemCount: lines.length, ...summary };
  writeFileSync(join(folder, "manifest-summary.json"), JSON.stringify(manifest));
  return folder;
}
