import { createContext } from "../services/context.ts";
import { examine } from "./doctor/examination.ts";
import { leftoversOf } from "./restore/leftovers.ts";
import { orderFault } from "./restore/order.ts";
import { Replay, type ReplayReport } from "./restore/replay.ts";
import {
  clientFor,
  confirmed,
  erasureSecretFor,
  placeOf,
  runCommand,
  type TableOptions,
  tableCommand,
  tableNameOf,
  wholeNumber,
} from "./shell/command-line.ts";
import { numberText } from "./shell/text-table.ts";
import { ensureTable, isAsDefined } from "./table/ensure-table.ts";
import { describeTable, readTable } from "./table/table-state.ts";
import type { TableTarget } from "./table/table-target.ts";

/** `npm run restore-check`: whether a restored table may be used; `-- --apply` makes it so. docs/restore.md has the steps. */
interface Options extends TableOptions {
  readonly ledger?: string;
  readonly keepAccounts: boolean;
  readonly apply: boolean;
  readonly yes: boolean;
  readonly rate: number;
}

const DEFAULT_RATE = 1_000;
const DOCTORS_SAMPLE = 1_000;

const command = tableCommand(
  "restore-check",
  "Tell what a restored table has that was erased, ended or changed since its backup. Exits with 1 while there is any.",
)
  .option("--ledger <name>", "the table that was in use last, or what its last state was restored as", tableNameOf)
  .option("--keep-accounts", "keep the passwords and states of the backup: those since are what went wrong", false)
  .option("--apply", "erase again, end all sessions, change what changed, and converge the table's settings", false)
  .option("--yes", "with --apply: do not ask", false)
  .option("--rate <units>", "read units a second at most", wholeNumber(1), DEFAULT_RATE)
  .parse();
const options = command.opts<Options>();
const ledger = options.ledger ?? command.error("error: option '--ledger' must name the table that was in use last");
if (ledger === options.table) command.error("error: option '--ledger' must name another table than '--table'");

const WORDS: Readonly<Record<keyof ReplayReport, string>> = {
  erasures: "entries of the ledger of erasures that it lacks",
  transactions: "claims of transactions that it lacks, or has as not granted",
  accounts: "accounts that have been erased",
  sessions: "sessions and QR tokens",
  tokens: "accounts with a verification token",
  changed: "accounts whose password, state or verification has changed",
};

function print(report: ReplayReport): void {
  for (const [name, text] of Object.entries(WORDS))
    console.log(`  ${numberText(report[name as keyof ReplayReport]).padStart(9)} ${text}`);
}

const isEmpty = (report: ReplayReport) => Object.values(report).every((count) => count === 0);

/** Refuses tables of which one is missing, or which stand the other way round: the live one would lose its sessions. */
async function checkTables({ client, table }: TableTarget): Promise<void> {
  const [restored, lived] = await Promise.all([describeTable(client, table), describeTable(client, ledger)]);
  if (restored === undefined || lived === undefined)
    throw new Error(`there is no table ${restored === undefined ? table : ledger} at ${placeOf(options)}`);
  const fault = orderFault(restored, lived);
  if (fault !== undefined) throw new Error(fault);
}

async function settle(target: TableTarget, apply: boolean): Promise<boolean> {
  const lived = await readTable(target.client, ledger);
  // AWS gives its own tags.
  const tags = Object.fromEntries(Object.entries(lived?.tags ?? {}).filter(([name]) => !name.startsWith("aws:")));
  const { differences } = await ensureTable({ ...target, say: (line) => console.log(`  ${line}`) }, { tags, apply });
  for (const { text } of differences) console.log(`  ${text}`);
  if (differences.some(({ about }) => about === "key"))
    throw new Error("its key is another table's: nothing was changed");
  return isAsDefined(differences);
}

async function doctor(target: TableTarget): Promise<boolean> {
  const results = await examine(target, { items: DOCTORS_SAMPLE, rate: options.rate });
  const failed = results.filter(({ outcome }) => outcome === "failed");
  for (const { name, lines } of failed) console.log(`  ${name}: ${lines.join("; ")}`);
  return failed.length === 0;
}

await runCommand(async () => {
  const { table, apply, yes, rate, keepAccounts } = options;
  const erasureSecret = erasureSecretFor(options);
  const client = clientFor(options);
  const target = { client, table };
  const contextOf = (name: string) => createContext({ client, table: name, erasureSecret });
  const [restored, lived] = [contextOf(table), contextOf(ledger)];
  const replay = (mend: boolean) => new Replay(restored, lived, { apply: mend, rate, keepAccounts }).run();
  try {
    console.log(`Table ${table} at ${placeOf(options)}, restored; ${ledger} was in use last.`);
    await checkTables(target);
    const question = `Erase, end and change what ${table} has from before, and its settings?`;
    if (apply && !(await confirmed(question, yes))) throw new Error("nothing was changed");
    let isReady = await settle(target, apply);
    if (apply) {
      console.log("Mended:");
      print(await replay(true));
    }
    const left = await replay(false);
    if (!isEmpty(left)) {
      console.log(apply ? "Left, as an index may show it late; run this again:" : "It has, or lacks:");
      print(left);
      isReady = false;
    }
    if (apply) isReady = (await doctor(target)) && isReady;
    console.log(isReady ? "It may be used, after what no command can do:" : "It may not be used yet.");
    if (isReady) for (const line of leftoversOf(table, ledger)) console.log(`  ${line}`);
    else process.exitCode = 1;
  } finally {
    client.destroy();
  }
});
