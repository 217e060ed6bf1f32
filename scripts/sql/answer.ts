import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection, Json } from "@duckdb/node-api";
import { withTemporaryFolder } from "../shell/temporary-folder.ts";
import { textTable } from "../shell/text-table.ts";
import { quoted } from "./typed-tables.ts";

export const FORMATS = ["table", "csv", "json", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** A table on a terminal shows so many rows; the other formats have all. */
const ROWS_SHOWN = 1_000;
const WIDEST_CELL = 60;

const COPIES: Readonly<Record<Exclude<Format, "table">, string>> = {
  csv: "FORMAT csv, HEADER",
  json: "FORMAT json, ARRAY true",
  parquet: "FORMAT parquet",
};

/** What stands before the question's end: a statement may be part of another without it. */
export const withoutEnd = (question: string): string => question.trim().replace(/(?:;\s*)+$/, "");

/** The answer to any statement as a text table. */
export async function answerAsText(connection: DuckDBConnection, question: string): Promise<string> {
  const reader = await connection.streamAndReadUntil(question, ROWS_SHOWN + 1);
  const rows = reader.getRowsJson().map((row) => row.map(cell));
  const shown = textTable(reader.deduplicatedColumnNames(), rows.slice(0, ROWS_SHOWN));
  if (rows.length > ROWS_SHOWN) return `${shown}\n(the first ${ROWS_SHOWN} rows; --format csv has all)`;
  return `${shown}\n(${rows.length} ${rows.length === 1 ? "row" : "rows"})`;
}

function cell(value: Json): string {
  if (value === null) return "";
  const line = (typeof value === "string" ? value : JSON.stringify(value)).replaceAll(/\s+/g, " ");
  return line.length > WIDEST_CELL ? `${line.slice(0, WIDEST_CELL - 1)}…` : line;
}

/** Writes the answer to a file, or to the output when there is none. */
export async function writeAnswer(
  connection: DuckDBConnection,
  question: string,
  format: Exclude<Format, "table">,
  out: string | undefined,
): Promise<void> {
  if (out !== undefined) return copy(connection, question, format, out);
  await withTemporaryFolder("sql-", async (folder) => {
    const file = join(folder, "answer");
    await copy(connection, question, format, file);
    await pipeline(createReadStream(file), process.stdout, { end: false });
  });
}

async function copy(connection: DuckDBConnection, question: string, format: Exclude<Format, "table">, file: string) {
  await connection.run(`COPY (${withoutEnd(question)}\n) TO ${quoted(file)} (${COPIES[format]})`);
}
