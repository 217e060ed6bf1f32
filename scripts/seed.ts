import { systemClock } from "../services/context.ts";
import { createDataLayer } from "../services/data-layer.ts";
import { isLoopback } from "../services/storage/endpoint.ts";
import { cast } from "./content/cast.ts";
import { questions, rubrics } from "./content/catalogue.ts";
import { seedCast, seedCatalogue } from "./content/seeding.ts";
import { type AccountsRequest, presentOfSeed, seedAccounts } from "./generator/seed-accounts.ts";
import {
  clientFor,
  confirmed,
  erasureSecretFor,
  placeOf,
  progressOf,
  runCommand,
  type TableOptions,
  tableCommand,
  wholeNumber,
} from "./shell/command-line.ts";
import { numberText } from "./shell/text-table.ts";
import { existingTable } from "./table/existing-table.ts";

/** `npm run seed`: the catalogue into any table; `-- --demo` adds the cast, `-- --users N` generated accounts. */
interface Options extends TableOptions {
  readonly demo: boolean;
  readonly users: number;
  readonly seed: number;
  readonly now?: number;
  readonly yes: boolean;
}

/** More than this many accounts in a table that is not on this machine are asked about. */
const UNASKED_USERS = 1_000;
/** What an account has on average, for what is said before it is known. */
const ITEMS_PER_ACCOUNT = 11;
const OLDEST_NOW = 1_000_000_000;
const LATEST_NOW = 9_000_000_000;

const command = tableCommand(
  "seed",
  "Write the questions and rubrics, and on demand demo or generated accounts, into a table. Safe to repeat.",
)
  .option("--demo", "add the demo cast: a handful of accounts in which every state occurs", false)
  .option("--users <number>", "add so many generated accounts with their histories", wholeNumber(0, 10_000_000), 0)
  .option("--seed <number>", "which accounts are generated: the same number, the same accounts", wholeNumber(0), 1)
  .option(
    "--now <epoch seconds>",
    "the present of the histories (default: of the accounts that are there, else the clock)",
    wholeNumber(OLDEST_NOW, LATEST_NOW),
  )
  .option("--yes", `do not ask before more than ${numberText(UNASKED_USERS)} accounts in a table elsewhere`, false)
  .parse();
const options = command.opts<Options>();

/** Accounts that are there keep their present: with another one they would get a second history. */
async function presentOf(target: Parameters<typeof presentOfSeed>[0]): Promise<number> {
  const { users, seed, now } = options;
  const known = users === 0 ? undefined : await presentOfSeed(target, seed);
  if (known === undefined || now === undefined || now === known) return now ?? known ?? systemClock();
  throw new Error(
    `the table holds accounts of --seed ${seed} with --now ${known}: leave --now out to write them again, or choose another --seed`,
  );
}

function plan({ users, seed, now }: AccountsRequest): string[] {
  return [
    `the catalogue: ${questions.length} questions and ${rubrics.length} rubrics, replacing those that are there`,
    ...(options.demo ? [`the demo cast: ${cast.length} accounts`] : []),
    ...(users > 0
      ? [
          `${numberText(users)} generated accounts, about ${numberText(users * ITEMS_PER_ACCOUNT)} items: --seed ${seed} --now ${now}`,
        ]
      : []),
  ];
}

const summary = (byEntity: Readonly<Record<string, number>>) =>
  Object.entries(byEntity)
    .map(([entity, count]) => `${numberText(count)} ${entity}`)
    .join(", ");

await runCommand(async () => {
  const { table, users, seed, demo, yes } = options;
  const client = clientFor(options);
  const target = { client, table };
  // The catalogue belongs to nobody, and needs no secret.
  const accounts = { ...target, erasureSecret: demo || users > 0 ? erasureSecretFor(options) : "" };
  try {
    await existingTable(client, options);
    const request = { users, seed, now: await presentOf(accounts) };
    console.log(`Table ${table} at ${placeOf(options)} gets`);
    for (const line of plan(request)) console.log(`  ${line}`);
    const elsewhere = options.endpoint === undefined || !isLoopback(options.endpoint);
    const question = `Write ${numberText(users)} generated accounts to ${placeOf(options)}?`;
    if (users > UNASKED_USERS && elsewhere && !(await confirmed(question, yes))) throw new Error("nothing was written");
    const { questions, rubrics } = await seedCatalogue(createDataLayer(target));
    console.log(`Wrote ${questions} questions and ${rubrics} rubrics.`);
    if (demo) console.log(`Wrote the demo cast: ${await seedCast(accounts, request.now)} accounts.`);
    if (users > 0) await writeAccounts(accounts, request);
  } finally {
    client.destroy();
  }
});

async function writeAccounts(target: Parameters<typeof seedAccounts>[0], request: AccountsRequest): Promise<void> {
  const progress = progressOf("accounts", request.users);
  const started = performance.now();
  const { items, byEntity } = await seedAccounts(target, request, progress.update).finally(progress.stop);
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(items / seconds);
  console.log(
    `Wrote ${numberText(items)} items in ${seconds.toFixed(1)} s (${numberText(rate)} a second): ${summary(byEntity)}.`,
  );
}
