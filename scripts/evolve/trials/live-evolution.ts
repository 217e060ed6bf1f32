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

/** Items of a table that a pass over many is compared with. */
const SMALL = 3_000;

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

/** A table under trial. */
class Trial {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #items: number;
  readonly #check: Check;
  readonly environment: Readonly<Record<string, string>>;

  constructor(client: DynamoDBClient, endpoint: string, table: string, { items, check }: Omit<TrialOptions, "kills">) {
    this.#client = client;
    this.#table = table;
    this.#items = items;
    this.#check = check;
    this.environment = {
      TABLE_NAME: table,
      DYNAMODB_ENDPOINT: endpoint,
      AWS_REGION: LOCAL_REGION,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      ERASURE_SECRET: LOCAL_ERASURE_SECRET,
    };
  }

  fill = (): Promise<void> => createFilled(this.#client, this.#table, this.#items);

  workers = (release: Release, names: readonly string[]) =>
    startWorkers(release.worker, names, ticketsOf(this.#items), this.environment);

  evolve = ({ checkout }: Release, ...words: string[]): Promise<Ended> =>
    runIn(checkout, "evolve", words, this.environment);

  /** The same, killed on its way. */
  evolveKilled = ({ checkout }: Release, words: readonly string[], kills: number) =>
    runKilled(
      { client: this.#client, table: this.#table },
      { checkout, words, environment: this.environment },
      this.#items,
      kills,
    );

  ended(name: string, { code, output }: Ended, says: RegExp): void {
    this.#check(name, code === 0 && says.test(output), output);
  }

  async stop(workers: ReturnType<Trial["workers"]>, beside: string): Promise<WorkerReport[]> {
    const reports = await stopWorkers(workers);
    const operations = reports.reduce((sum, one) => sum + one.operations, 0);
    const faults = reports.flatMap((one) => one.faults);
    this.#check(
      `${beside}: ${operations} calls of ${reports.length} processes, none failed, missed a row or had one twice`,
      faults.length === 0 && reports.every((one) => one.operations > 0),
      faults.slice(0, 10).join("\n"),
    );
    return reports;
  }

  /** What must hold of a table that has come to a release. */
  async checkArrived(release: Release): Promise<void> {
    const again = await this.evolve(release, "--apply", "--deployed");
    this.ended("a second run does nothing", again, /^Table [^\n]*\nNothing is left to do/);
    const words = ["--all", "--rate", "1000000"];
    this.ended("the doctor is content", await runIn(release.checkout, "doctor", words, this.environment), /in order/);
    const lists = await runIn(release.checkout, "evolve/trials/checked-lists", [], this.environment);
    this.#check(
      `every list is what the items say: ${lists.output.trim()}`,
      lists.code === 0 && lists.output.includes('"faults":[]'),
    );
  }
}

const OLD = ["old-1", "old-2"] as const;
const NEW = ["new-1", "new-2"] as const;
const FAST = ["--apply", "--deployed", "--rate", "100000000"] as const;
const ARRIVED = /the table is this release's/;
/** How long both releases run side by side before and after a step, in milliseconds. */
const WHILE = 5_000;
/** After so long a process has asked again for an index that was not there. */
const ASKED_AGAIN = 62_000;
/** The most memory of a large pass, divided by that of a small one. */
const FLAT = 1.4;

/** From one release to the next, two processes of each writing and reading; gives the most memory that it took, in MB. */
async function evolution(
  trial: Trial,
  [before, after]: readonly [Release, Release],
  kills: number,
  check: Check,
): Promise<number> {
  const old = trial.workers(before, OLD);
  const young = trial.workers(after, NEW);
  await pause(WHILE);
  trial.ended(
    "before the deployment",
    await trial.evolve(after, "--apply"),
    /waits until every function has this release/,
  );
  await pause(WHILE);
  await trial.stop(old, "the release before");
  const others = trial.workers(after, ["new-3", "new-4"]);
  const result = await trial.evolveKilled(after, FAST, kills);
  console.log(`${result.output.trimEnd()}\n  killed at ${result.killedAt.join(", ") || "no"} items`);
  trial.ended("it came to its end", result, ARRIVED);
  check(`it was killed ${kills} times`, result.killedAt.length === kills);
  await pause(ASKED_AGAIN);
  const told = await trial.stop([...young, ...others], "the release after");
  check(
    "the new list was answered in the end",
    told.every((one) => one.isReady),
  );
  await trial.checkArrived(after);
  return result.megabytes;
}

/** Back to the release before, and forward again. */
async function wayBack(trial: Trial, [before, after]: readonly [Release, Release]): Promise<void> {
  const young = trial.workers(after, NEW);
  const back = await trial.evolve(before, "--apply");
  trial.ended("the way back: the release before has its indexes again", back, ARRIVED);
  const old = trial.workers(before, OLD);
  await pause(WHILE);
  await trial.stop(old, "the way back: the release before");
  trial.ended("forward again", await trial.evolve(after, ...FAST), ARRIVED);
  trial.ended("the items once more", await trial.evolve(after, ...FAST, "--again"), ARRIVED);
  await trial.stop(young, "forward again");
  await trial.checkArrived(after);
}

/** An evolution of many items from the last release to the next, back and forth, and to the one after it. */
export async function liveEvolution(
  client: DynamoDBClient,
  endpoint: string,
  folder: string,
  { items, kills, check }: TrialOptions,
): Promise<void> {
  const [last, next, later] = await releasesIn(folder);
  const small = new Trial(client, endpoint, "small", { items: SMALL, check });
  await small.fill();
  await small.evolve(next, "--apply");
  const { megabytes } = await small.evolve(next, ...FAST);
  const trial = new Trial(client, endpoint, "live", { items, check });
  await trial.fill();
  console.log(`\n${items} items of the last release; two processes of it and two of the next write and read them.`);
  const most = await evolution(trial, [last, next], kills, check);
  check(
    `a pass over ${items} items took ${most} MB, one over ${SMALL} took ${megabytes}`,
    megabytes > 0 && most <= megabytes * FLAT,
  );
  await wayBack(trial, [last, next]);
  console.log("\nTo the release after the next one:");
  await evolution(trial, [next, later], 0, check);
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
