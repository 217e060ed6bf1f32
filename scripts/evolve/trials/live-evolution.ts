import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ContentReportModel } from "../../../entities/content-report.ts";
import { REPORT_TYPES, TICKET_PRIORITIES, TICKET_STATUSES } from "../../../entities/enums.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import { createContext, systemClock } from "../../../services/context.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { LOCAL_CREDENTIALS, LOCAL_ERASURE_SECRET, LOCAL_REGION } from "../../../testing/local-database.ts";
import { ensureTable } from "../../table/ensure-table.ts";
import { applyDiff, copyCheckout } from "./checkout.ts";
import { type Ended, runIn, runKilled } from "./evolve-process.ts";
import { startWorkers, stopWorkers, type WorkerReport } from "./live-workers.ts";
import { packRelease } from "./packed-release.ts";
import { actsOfPage } from "./page.ts";

/** Says whether something holds, with what there is to say of it. */
export type Check = (name: string, passed: boolean, details?: string) => void;

export interface TrialOptions {
  readonly items: number;
  readonly kills: number;
  readonly check: Check;
}

/** A release: its checkout, and the worker beside its packed form. */
interface Release {
  readonly checkout: string;
  readonly worker: string;
}

/** Two thirds of the items are tickets, the others reports. */
const ticketsOf = (items: number) => Math.floor((items * 2) / 3);

/** The release of this checkout, the next one of the page, and the one after that, each packed. */
async function releasesIn(folder: string): Promise<readonly [last: Release, next: Release, later: Release]> {
  mkdirSync(folder, { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const acts = actsOfPage();
  const kept = acts.findIndex((act) => act.kind === "command" && act.line.endsWith(" released-model"));
  const diffs = (from: number, to: number) =>
    acts.slice(from, to).flatMap((act) => (act.kind === "diff" ? [act.text] : []));
  const release = async (name: string, of: readonly string[]): Promise<Release> => {
    const checkout = join(folder, `${name}-checkout`);
    copyCheckout(checkout);
    for (const diff of of) applyDiff(checkout, diff);
    return { checkout, worker: await packRelease(checkout, join(folder, name)) };
  };
  const next = diffs(0, kept);
  return [
    await release("last", []),
    await release("next", next),
    await release("later", [...next, ...diffs(kept, acts.length)]),
  ];
}

/** A table of the last release with items of it. */
async function createFilled(client: DynamoDBClient, table: string, items: number): Promise<void> {
  await ensureTable({ client, table, say: () => {} });
  const context = createContext({ client, table });
  const [tickets, reports] = [new Repository(context, TicketModel), new Repository(context, ContentReportModel)];
  const began = systemClock() - 1_000_000;
  const count = ticketsOf(items);
  const ofPlace = <T>(values: readonly T[], place: number) => values[place % values.length] as T;
  function* inputs() {
    for (let place = 0; place < items; place++) {
      const created_at = began + place;
      if (place < count)
        yield tickets.itemOf({
          ticket_id: `seeded-${place}`,
          created_at,
          user_email: `user${place % 500}@example.com`,
          subject: `Seeded ${place}`,
          message: "The audio stops after the first question. ".repeat(1 + (place % 20)),
          category: "audio",
          priority: ofPlace(TICKET_PRIORITIES, place),
          status: ofPlace(TICKET_STATUSES, place >> 2),
        });
      else
        yield reports.itemOf({
          report_id: `seeded-${place}`,
          created_at,
          reporter_email: `user${place % 500}@example.com`,
          report_type: ofPlace(REPORT_TYPES, place),
          description: "Part 3 has no sound.",
          status: "new",
        });
    }
  }
  const { failed } = await bulkWrite(context, inputs(), (item) => item, { concurrency: 16 });
  if (failed.length > 0) throw new Error("items were not written", { cause: failed[0]?.cause });
}

function tell(reports: readonly WorkerReport[], check: Check, beside: string): void {
  const operations = reports.reduce((sum, one) => sum + one.operations, 0);
  const faults = reports.flatMap((one) => one.faults);
  check(
    `${beside}: ${operations} calls of ${reports.length} processes, none failed, missed a row or had one twice`,
    faults.length === 0 && reports.every((one) => one.operations > 0),
    faults.slice(0, 10).join("\n"),
  );
}

const OLD = ["old-1", "old-2"] as const;
const NEW = ["new-1", "new-2"] as const;
/** How long both releases run side by side before and after a step, in milliseconds. */
const WHILE = 5_000;
/** After so long a process has asked again for an index that was not there. */
const ASKED_AGAIN = 62_000;

/** An evolution of 100,000 items from the last release to the next and the one after it, under live writes and reads. */
export async function liveEvolution(
  client: DynamoDBClient,
  endpoint: string,
  folder: string,
  { items, kills, check }: TrialOptions,
): Promise<void> {
  const releases = await releasesIn(folder);
  const [last, next, later] = releases;
  const table = "live";
  await createFilled(client, table, items);
  console.log(
    `A table of ${items} items of the last release; two processes of it and two of the next write and read it.`,
  );
  const environment = {
    TABLE_NAME: table,
    DYNAMODB_ENDPOINT: endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    ERASURE_SECRET: LOCAL_ERASURE_SECRET,
  };
  const seeded = ticketsOf(items);
  const workers = (release: Release, names: readonly string[]) =>
    startWorkers(release.worker, names, seeded, environment);
  const evolve = (release: Release, ...words: string[]) => runIn(release.checkout, "evolve", words, environment);
  const fast = ["--apply", "--deployed", "--rate", "100000000"];
  const ended = (name: string, { code, output }: Ended, says: RegExp) =>
    check(name, code === 0 && says.test(output), output);

  for (const [before, after, isFirst] of [
    [last, next, true],
    [next, later, false],
  ] as const) {
    const name = isFirst ? "to the next release" : "to the one after";
    const old = workers(before, OLD);
    const young = workers(after, NEW);
    await pause(WHILE);
    ended(
      `${name}: what can be done before the deployment`,
      await evolve(after, "--apply"),
      /waits until every function/,
    );
    await pause(WHILE);
    tell(await stopWorkers(old), check, `${name}: the release before`);
    const others = workers(after, ["new-3", "new-4"]);
    const run = { checkout: after.checkout, words: fast, environment };
    const result = await runKilled({ client, table }, run, items, isFirst ? kills : 0);
    console.log(
      `${result.output.trimEnd()}\n  killed at ${result.killedAt.join(", ")} items; ${result.megabytes} MB at most`,
    );
    ended(`${name}: killed ${result.killedAt.length} times, it came to its end`, result, /the table is this release's/);
    if (isFirst) check("every kill hit the pass", result.killedAt.length === kills);
    await pause(isFirst ? ASKED_AGAIN : WHILE);
    const told = [...(await stopWorkers(young)), ...(await stopWorkers(others))];
    tell(told, check, `${name}: the release after`);
    check(
      "the new list was answered in the end",
      told.every((one) => one.isReady),
    );
    ended(
      "a second run does nothing",
      await evolve(after, "--apply", "--deployed"),
      /^Table [^\n]*\nNothing is left to do/,
    );
    ended(
      "the doctor is content",
      await runIn(after.checkout, "doctor", ["--all", "--rate", "1000000"], environment),
      /in order/,
    );
    const lists = await runIn(after.checkout, "evolve/trials/checked-lists", [], environment);
    check(
      `every list is what the items say: ${lists.output.trim()}`,
      lists.code === 0 && lists.output.includes('"faults":[]'),
    );
  }
}

/** The units and the time of a pass, each divided by those of a raw scan that writes the same. */
export async function passCost(
  client: DynamoDBClient,
  endpoint: string,
  folder: string,
  { items, check }: Pick<TrialOptions, "items" | "check">,
): Promise<void> {
  await createFilled(client, "measured", items);
  const checkout = join(folder, "next-checkout");
  const output = execFileSync(
    process.execPath,
    ["--import", "tsx", "scripts/evolve/trials/pass-cost.ts", endpoint, "measured"],
    { cwd: checkout, encoding: "utf8", env: { ...process.env, NODE_NO_WARNINGS: "1" } },
  );
  const { units, time } = JSON.parse(output.trim().split("\n").at(-1) ?? "") as { units: number; time: number };
  check(
    `a pass takes ${units} of the units and ${time} of the time of a raw scan and write`,
    units <= 1.25 && time <= 1.25,
    output,
  );
}
