import { setImmediate as turn } from "node:timers/promises";
import {
  type ContentReport,
  createClient,
  createDataLayer,
  eachItem,
  isDataLayerError,
  type ListOptions,
  type Page,
  type Ticket,
  type TicketSummary,
} from "@ielts-ai-prep/data-layer";
import { REPORT_TYPES, TICKET_PRIORITIES, TICKET_STATUSES } from "@ielts-ai-prep/data-layer/entities/enums";
import type { WorkerReport } from "./live-workers.ts";

// A process of one packed release: it writes and reads through the services, knows what it wrote, and tells what it found
// otherwise. It runs beside the package that it imports, and ends when it is told to.
const [name = "worker", place = "0", workers = "1", seeded = "0"] = process.argv.slice(2);
const { TABLE_NAME = "", ERASURE_SECRET = "", DYNAMODB_ENDPOINT = "", AWS_REGION = "" } = process.env;
const client = createClient({
  endpoint: DYNAMODB_ENDPOINT,
  region: AWS_REGION,
  // While DynamoDB Local makes or drops an index, it answers nothing, or with an internal failure.
  requestHandler: { requestTimeout: 60_000 },
  maxAttempts: 12,
});
const { support, moderation } = createDataLayer({ client, table: TABLE_NAME, erasureSecret: ERASURE_SECRET });

type List<T> = (page: ListOptions) => Promise<Page<T>>;
/** What the next release has besides. */
const {
  listReportsByType,
}: Pick<typeof moderation, "fileReport"> & {
  readonly listReportsByType?: (type: string, options: object) => Promise<Page<ContentReport>>;
} = moderation;
const isNext = listReportsByType !== undefined;

/** How long back a check looks, in seconds. */
const WINDOW = 6;
const MOST_FAULTS = 20;

const tickets = new Map<string, Ticket>();
const reports = new Map<string, ContentReport>();
const faults: string[] = [];
let [operations, refusals, isReady, isStopping] = [0, 0, false, false];
process.on("message", () => {
  isStopping = true;
});

const now = () => Math.floor(Date.now() / 1000);
const one = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;
const fault = (text: string) => faults.length < MOST_FAULTS && faults.push(`${name}: ${text}`);

async function open(): Promise<void> {
  const ticket = await support.open({
    user_email: `${name}@example.com`,
    subject: `Ticket ${operations}`,
    message: "The audio stops after the first question.".repeat(1 + Math.floor(Math.random() * 20)),
    category: "audio",
    priority: one(TICKET_PRIORITIES),
  });
  tickets.set(ticket.ticket_id, ticket);
}

async function change(): Promise<void> {
  const ticket = one([...tickets.values()]);
  if (ticket === undefined) return;
  const priority = one(TICKET_PRIORITIES);
  const answer = { ai_response: `Answer ${operations}`, ai_confidence: 0.5 };
  const act = one([
    () => support.setPriority(ticket, priority),
    () => support.answer(ticket, answer),
    () => (ticket.status === "resolved" ? support.reopen(ticket) : support.resolve(ticket)),
  ]);
  const changed = await act().catch((error: unknown) => {
    // A resolved ticket is answered by nobody.
    if (isDataLayerError(error) && error.code === "conflict") return undefined;
    throw error;
  });
  if (changed !== undefined) tickets.set(ticket.ticket_id, changed);
}

/** Changes one of the tickets that were there before, each of which one worker alone changes. */
async function changeSeeded(): Promise<void> {
  const own = Math.floor(Math.random() * (Number(seeded) / Number(workers))) * Number(workers) + Number(place);
  if (own < Number(seeded)) await support.setPriority(`seeded-${own}`, one(TICKET_PRIORITIES));
}

async function report(): Promise<void> {
  const filed = await moderation.fileReport({
    reporter_email: `${name}@example.com`,
    report_type: one(REPORT_TYPES),
    description: "Part 3 has no sound.",
  });
  reports.set(filed.report_id, filed);
}

/** Compares a list of what is recent with what this process knows: each row once, and no other. */
async function compare<T, K>(
  what: string,
  list: List<T>,
  idOf: (row: T) => string,
  known: ReadonlyMap<string, K>,
  belongs: (item: K) => boolean,
): Promise<T[]> {
  const rows: T[] = [];
  const limit = 1 + Math.floor(Math.random() * 100);
  for await (const row of eachItem<T>(({ cursor }) => list({ limit, cursor })))
    if (known.has(idOf(row))) rows.push(row);
  const times = new Map<string, number>();
  for (const row of rows) times.set(idOf(row), (times.get(idOf(row)) ?? 0) + 1);
  for (const [id, item] of known) {
    const expected = belongs(item) ? 1 : 0;
    const found = times.get(id) ?? 0;
    if (found !== expected) fault(`${what} has ${id} ${found} times, not ${expected}`);
  }
  return rows;
}

const recent = <T extends { readonly created_at: number }>(items: ReadonlyMap<string, T>, since: number) =>
  new Map([...items].filter(([, { created_at }]) => created_at >= since));

async function readQueue(): Promise<void> {
  const since = now() - WINDOW;
  const status = one(TICKET_STATUSES);
  const list: List<TicketSummary> = (page) => support.listByStatus(status, { ...page, since });
  const known = recent(tickets, since);
  const rows = await compare(
    `queue ${status}`,
    list,
    (row) => row.ticket_id,
    known,
    (item) => item.status === status,
  );
  if (!isNext) return;
  for (const row of rows as (TicketSummary & { readonly ai_confidence?: number })[])
    if (row.ai_confidence !== known.get(row.ticket_id)?.ai_confidence) fault("a queue's row has another ai_confidence");
}

async function readPriority(): Promise<void> {
  const since = now() - WINDOW;
  const priority = one(TICKET_PRIORITIES);
  const list: List<Ticket> = (page) => support.listByPriority(priority, { ...page, since });
  const known = recent(tickets, since);
  const rows = await compare(
    priority,
    list,
    (row) => row.ticket_id,
    known,
    (item) => item.priority === priority,
  );
  for (const row of rows as (Ticket & { readonly channel?: string })[])
    if (isNext && row.channel !== "mail") fault("a ticket has no channel");
}

async function readReports(): Promise<void> {
  const since = now() - WINDOW;
  const known = recent(reports, since);
  const queue: List<{ readonly report_id: string }> = (page) =>
    moderation.listReportsByStatus("new", { ...page, since });
  await compare(
    "the reports' queue",
    queue,
    (row) => row.report_id,
    known,
    () => true,
  );
  if (listReportsByType === undefined) return;
  const type = one(REPORT_TYPES);
  const list: List<ContentReport> = (page) => listReportsByType.call(moderation, type, { ...page, since });
  try {
    await compare(
      `reports of ${type}`,
      list,
      (row) => row.report_id,
      known,
      (item) => item.report_type === type,
    );
    isReady = true;
  } catch (error) {
    if (isReady || (error as { readonly code?: string }).code !== "index_not_ready") throw error;
    refusals++;
  }
}

const ACTS = [open, open, open, change, change, changeSeeded, report, readQueue, readPriority, readReports] as const;

while (!isStopping) {
  const act = one(ACTS);
  try {
    await act();
  } catch (error) {
    const { name: kind, message } = error as Error;
    fault(`${act.name} failed: ${kind} ${message}`);
  }
  operations++;
  await turn();
}
const told: WorkerReport = { name, operations, refusals, isReady, faults };
process.send?.(told, () => process.exit(0));
