import { tableDefinition } from "../../entities/table.ts";
import { createContext } from "../../services/context.ts";
import { commandName } from "../shell/command-name.ts";
import { type Difference, differencesOf, RECOVERY_DAYS } from "../table/difference.ts";
import { readTable, type TableState } from "../table/table-state.ts";
import type { TableTarget } from "../table/table-target.ts";
import type { FindingKind, ItemFinding } from "./item-check.ts";
import { withoutSecrets } from "./item-check.ts";
import { examineItems, type ItemExamination, type ItemExaminationOptions } from "./item-examination.ts";
import { tryReadsAndWrites } from "./round-trip.ts";

export interface CheckResult {
  readonly name: string;
  readonly outcome: "ok" | "left out" | "failed";
  /** The first line says what was found; the others are details. */
  readonly lines: readonly string[];
}

export interface ExaminationOptions extends Pick<ItemExaminationOptions, "items" | "rate" | "repair"> {
  readonly onResult?: (result: CheckResult) => void;
  /** Called when the scan begins, with the number of items it will read at most, as far as is known. */
  readonly onScan?: (total: number) => (read: number) => void;
}

/** Examines a table: its definition, its settings, reads and writes, and the keys of its items. */
export async function examine({ client, table }: TableTarget, options: ExaminationOptions): Promise<CheckResult[]> {
  const context = createContext({ client, table });
  const results: CheckResult[] = [];
  const tell = (result: CheckResult) => {
    results.push(result);
    options.onResult?.(result);
  };
  let state: TableState | undefined;
  try {
    state = await readTable(client, table);
  } catch (error) {
    tell(failed("definition", `it could not be read: ${(error as Error).message}`));
  }
  if (state === undefined && results.length === 0) {
    tell(failed("definition", `there is no table ${table}: ${commandName("create-table")} makes it`));
    return results;
  }
  if (state !== undefined) for (const result of settingResults(state)) tell(result);
  const broken = await tryReadsAndWrites(
    context,
    state?.indexes.map(({ indexName }) => indexName),
  );
  tell(
    broken.length > 0
      ? failed("reads and writes", "not all work", broken)
      : ok("reads and writes", "a test item was written, read from the table and every index, and deleted"),
  );
  tell(await itemResult(state?.itemCount ?? 0));
  return results;

  async function itemResult(itemCount: number): Promise<CheckResult> {
    const { items, rate, repair } = options;
    // DynamoDB counts a table every six hours; a new one counts as empty.
    const total = itemCount === 0 ? (items ?? 0) : Math.min(items ?? itemCount, itemCount);
    try {
      const examination = await examineItems(context, {
        ...(items === undefined ? {} : { items }),
        ...(repair === undefined ? {} : { repair }),
        itemCount,
        rate,
        onProgress: options.onScan?.(total) ?? (() => {}),
      });
      return resultOfItems(examination, repair);
    } catch (error) {
      return failed("items", `the scan ended early: ${(error as Error).message}`);
    }
  }
}

const ok = (name: string, text: string): CheckResult => ({ name, outcome: "ok", lines: [text] });
const failed = (name: string, text: string, details: readonly string[] = []): CheckResult => ({
  name,
  outcome: "failed",
  lines: [text, ...details],
});

/** The checks of a table's settings: which differences each one is about, and what it says when there are none. */
const SETTINGS: readonly (readonly [name: string, about: readonly Difference["about"][], fine: string])[] = [
  [
    "definition",
    ["key", "billing", "index"],
    "the key, the indexes and their projections are as the entities need them",
  ],
  ["time to live", ["timeToLive"], `on \`${tableDefinition().timeToLiveAttribute}\``],
  ["recovery", ["recovery"], `to any second of the last ${RECOVERY_DAYS} days`],
  ["protection", ["deletionProtection"], "the table cannot be deleted by accident"],
];

const BETWEEN = "it is between two releases, and all reads are answered";

/** What reads or writes would fail for. An index that another version stands for is not. */
const isWrong = (difference: Difference): boolean =>
  difference.kind === "change" || difference.kind === "fixed" || (difference.kind === "coming" && !difference.answered);

function settingResults(state: TableState): CheckResult[] {
  const differences = differencesOf(state, tableDefinition());
  return SETTINGS.map(([name, about, fine]): CheckResult => {
    const own = differences.filter((difference) => about.includes(difference.about));
    const wrong = own.filter(isWrong).map(({ text }) => text);
    if (wrong.length > 0) return failed(name, `${commandName("create-table")} tells more`, wrong);
    const lacking = own.find(({ kind }) => kind === "lacking");
    if (lacking !== undefined) return { name, outcome: "left out", lines: [lacking.text] };
    const between = own.some(({ kind }) => kind === "coming");
    return { name, outcome: "ok", lines: [between ? BETWEEN : fine, ...own.map(({ text }) => text)] };
  });
}

const KINDS: Readonly<Record<FindingKind, string>> = {
  unknown: "that no entity knows",
  invalid: "whose attributes break a rule of their entity",
  primary: "whose primary key is not what their attributes say",
  half: "with half an index key",
  stale: "whose index keys are not what their attributes say",
};

const count = (number: number, noun: string) => `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;

function resultOfItems(examination: ItemExamination, repair: ExaminationOptions["repair"]): CheckResult {
  const { read, found, open, examples, repairable, repaired, changed } = examination;
  const total = Object.values(found).reduce((sum, number) => sum + number, 0);
  if (total === 0) return ok("items", `the keys of ${count(read, "item")} are what their attributes say`);
  const kinds = Object.entries(found).filter(([, number]) => number > 0);
  const lines = [
    `${total.toLocaleString("en-US")} of ${count(read, "item")} not in order`,
    ...kinds.map(([kind, number]) => `${count(number, "item")} ${KINDS[kind as FindingKind]}`),
    ...examples.map(exampleText),
    ...(total > examples.length ? [`and ${(total - examples.length).toLocaleString("en-US")} more`] : []),
    ...(repair === "dry-run" ? [`a repair would rewrite the keys of ${count(repairable, "item")}: add --yes`] : []),
    ...(repair === "write" ? [`repaired ${count(repaired, "item")}; ${changed} had changed meanwhile`] : []),
  ];
  return { name: "items", outcome: open === 0 ? "ok" : "failed", lines };
}

const exampleText = ({ item, text }: ItemFinding) =>
  `${withoutSecrets(String(item.pk))} | ${withoutSecrets(String(item.sk))}: ${text}`;
