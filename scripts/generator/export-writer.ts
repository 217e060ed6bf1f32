import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

/** Lines and manifest of an export to S3 in DynamoDB JSON, in a folder, as DynamoDB writes them. */
export class ExportWriter {
  readonly #folder: string;
  readonly #files: string[] = [];
  #items = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, "data"), { recursive: true });
  }

  /** Writes one file, a line each. */
  write(lines: readonly object[]): void {
    const content = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { level: 1 });
    const name = `part${this.#files.length}.json.gz`;
    writeFileSync(join(this.#folder, "data", name), content);
    const md5Checksum = createHash("md5").update(content).digest("base64");
    const dataFileS3Key = `AWSDynamoDB/${basename(this.#folder)}/data/${name}`;
    this.#files.push(`${JSON.stringify({ itemCount: lines.length, md5Checksum, dataFileS3Key })}\n`);
    this.#items += lines.length;
  }

  /** Writes the manifest, and gives how many items it names. */
  close(summary: Readonly<Record<string, string>>): number {
    const manifest = { outputFormat: "DYNAMODB_JSON", itemCount: this.#items, ...summary };
    writeFileSync(join(this.#folder, "manifest-files.json"), this.#files.join(""));
    writeFileSync(join(this.#folder, "manifest-summary.json"), JSON.stringify(manifest));
    return this.#items;
  }
}
