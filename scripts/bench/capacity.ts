import { type ElevenTable, indexCountOf } from "../eleven-tables/definitions.ts";
import { benchCommand } from "../measuring/bench-options.ts";
import { rounded } from "../measuring/rounds.ts";
import { textTable } from "../shell/text-table.ts";
import { PRICE, priceOf, type Units } from "./cost/measure.ts";
import { type ItemBytes, type MeasuredUnits, readMeasuredUnits } from "./cost/measured-units.ts";
import {
  busiestSecondOf,
  dayUnitsOf,
  OWN_PARTITIONS,
  PARTITION_LIMIT,
  type Partition,
  peakRate,
  SHARED_PARTITIONS,
  throttlesFrom,
} from "./cost/partitions.ts";
import { DAY_OF_A_THOUSAND, dayOf } from "./cost/volumes.ts";

/**
 * `npm run capacity -- --users N --peak F`: what both designs cost with N daily users, and which partition of which index
 * gets too hot, when the peak is F times the day's mean. Units and sizes are those that `npm run bench:cost -- --save`
 * measured.
 */
const DAYS = 30;
const SCALES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/** DynamoDB's default quota of a table on demand, and of each of its indexes; support raises it. */
const TABLE_QUOTA = 40_000;
/** DynamoDB adds this to each item and index entry that it stores. */
const OVERHEAD_BYTES = 100;
const GIGABYTE = 2 ** 30;
const PRICE_OF_A_GIGABYTE = 0.25;
/** A shard is planned for four fifths of what a partition can take. */
const HEADROOM = 0.8;

type SideName = "ours" | "eleven";

const { json, users, peak } = benchCommand("capacity", "Cost and limits of the table as its users grow.", {
  users: 100_000,
  peak: 4,
})
  .parse()
  .opts<{ json: boolean; users: number; peak: number }>();
const measured = readMeasuredUnits();

const counted = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
const dollars = (value: number) => `$${value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 })}`;

function people(value: number): string {
  if (!Number.isFinite(value)) return "never";
  if (value >= 1e9) return `${rounded(value / 1e9, 1)} G`;
  if (value >= 1e6) return `${rounded(value / 1e6, 1)} M`;
  return value >= 1e3 ? `${rounded(value / 1e3, 1)} k` : String(Math.floor(value));
}

function eventUnits(side: SideName) {
  return (event: string): Units => {
    const units = measured.events[event]?.[side];
    if (units === undefined) throw new Error(`${event} was not measured: run npm run bench:cost -- --save`);
    return units;
  };
}

/** What a day of a thousand users adds for good. Sessions and tokens go by themselves. */
const STORED: Readonly<Record<string, { readonly timesADay: number; readonly table: ElevenTable }>> = {
  assessment: {
    timesADay: DAY_OF_A_THOUSAND["assessment: start, complete"],
    table: "ielts-genai-prep-assessments",
  },
  safety_log: { timesADay: DAY_OF_A_THOUSAND["safety event"], table: "ielts-ai-safety-logs" },
  content_report: { timesADay: DAY_OF_A_THOUSAND.report, table: "ielts-content-reports" },
  ticket: { timesADay: DAY_OF_A_THOUSAND["open a ticket"], table: "ielts-support-tickets" },
  entitlement: { timesADay: DAY_OF_A_THOUSAND.purchase, table: "ielts-genai-prep-entitlements" },
};

function storedBytes(side: SideName, { item, attributes, rows }: ItemBytes, table: ElevenTable): number {
  if (side === "ours") return [item, ...Object.values(rows)].reduce((sum, bytes) => sum + bytes + OVERHEAD_BYTES, 0);
  return (attributes + OVERHEAD_BYTES) * (1 + indexCountOf(table));
}

/** Gigabytes that a month adds. */
function monthlyGigabytes(side: SideName, { bytes }: MeasuredUnits): number {
  const day = Object.entries(STORED).reduce((sum, [entity, { timesADay, table }]) => {
    const sizes = bytes[entity];
    return sizes === undefined ? sum : sum + storedBytes(side, sizes, table) * timesADay;
  }, 0);
  return (day * DAYS * users) / 1000 / GIGABYTE;
}

interface Month extends Units {
  readonly dollars: number;
  readonly gigabytes: number;
}

function monthOf(side: SideName): Month {
  const day = dayOf(eventUnits(side));
  const times = (DAYS * users) / 1000;
  const units = { readUnits: day.readUnits * times, writeUnits: day.writeUnits * times };
  return { ...units, dollars: priceOf(units) / 1e6, gigabytes: monthlyGigabytes(side, measured) };
}

function printMonth(ours: Month, eleven: Month): void {
  console.log(`\nA month with ${counted(users)} daily users\n`);
  const line = (title: string, month: Month) => [
    title,
    `${counted(month.readUnits / 1e6)} M`,
    `${counted(month.writeUnits / 1e6)} M`,
    dollars(month.dollars),
    `${counted(month.gigabytes)} GB`,
    dollars(month.gigabytes * PRICE_OF_A_GIGABYTE),
  ];
  const headings = ["", "read units", "write units", "requests cost", "stored anew", "storing it a month"];
  console.log(textTable(headings, [line("eleven tables", eleven), line("one table", ours)]));
  console.log(
    `requests: ours / eleven tables ${rounded(ours.dollars / eleven.dollars)}; USD ${PRICE.writeUnits} and ` +
      `${PRICE.readUnits} a million write and read units`,
  );
  console.log(
    `Not in it: a review reads ${counted(scanUnits())} units there after a month's logs, here ${reviewUnits()}.`,
  );
}

/** Read units of one Scan of all safety logs and reports of a month, eventually consistent. */
function scanUnits(): number {
  const bytes = (["safety_log", "content_report"] as const).reduce(
    (sum, entity) => sum + (measured.bytes[entity]?.attributes ?? 0) * (STORED[entity]?.timesADay ?? 0),
    0,
  );
  return (bytes * DAYS * users) / 1000 / 4096 / 2;
}

const reviewUnits = () => eventUnits("ours")("review, whole").readUnits;

/** The share of its limits that a partition uses. */
const loadOf = ({ readUnits, writeUnits }: Units) =>
  Math.max(readUnits / PARTITION_LIMIT.readUnits, writeUnits / PARTITION_LIMIT.writeUnits);

interface Heat {
  readonly partition: Partition;
  readonly ours: Units;
  readonly eleven: Units | undefined;
}

const HEATS: readonly Heat[] = SHARED_PARTITIONS.map((partition) => ({
  partition,
  ours: dayUnitsOf(partition, "ours", measured),
  eleven: partition.eleven === undefined ? undefined : dayUnitsOf(partition, "eleven", measured),
}));

const rate = (value: number, limit: number) => `${value < 0.05 ? "0" : counted(value)}${value > limit ? "!" : ""}`;

function printHeat(of: keyof Units, title: string): void {
  console.log(`\n${title}, at a peak of ${peak} times the mean; over ${counted(PARTITION_LIMIT[of])} throttles (!)\n`);
  const rows = HEATS.filter(({ ours }) => ours[of] > 0).map(({ partition: { index, name }, ours, eleven }) => [
    `${index} ${name}`,
    ...SCALES.map((scale) => rate(peakRate(ours, scale, peak)[of], PARTITION_LIMIT[of])),
    people(limitedFrom(ours, of)),
    eleven === undefined ? "" : people(limitedFrom(eleven, of)),
  ]);
  console.log(textTable(["daily users", ...SCALES.map(people), "full at", "eleven at"], rows));
}

const limitedFrom = (day: Units, of: keyof Units) => PARTITION_LIMIT[of] / peakRate(day, 1, peak)[of];

function printOwn(): void {
  console.log(
    "\nPartitions that do not grow with users, at most: the second in which one user does all fifteen steps\n",
  );
  const rows = OWN_PARTITIONS.map(({ index, name }) => {
    const { writeUnits, readUnits } = busiestSecondOf(index, measured);
    return [`${index} ${name}`, writeUnits, readUnits, `${Math.ceil(loadOf({ readUnits, writeUnits }) * 100)} %`];
  });
  console.log(textTable(["", "WU/s", "RU/s", "of the limit"], rows));
}

/** The hottest partition of each index with the users asked for. */
function hottest(): readonly Heat[] {
  const indexes = [...new Set(HEATS.map(({ partition }) => partition.index))];
  return indexes.map((index) =>
    HEATS.filter(({ partition }) => partition.index === index).reduce((a, b) =>
      loadOf(a.ours) >= loadOf(b.ours) ? a : b,
    ),
  );
}

function shardsAt(day: Units, scale: number): number {
  return Math.max(1, Math.ceil(loadOf(peakRate(day, scale, peak)) / HEADROOM));
}

function printPlan(): void {
  const most = Math.max(...SCALES);
  const hot = HEATS.filter(({ ours }) => throttlesFrom(ours, peak) <= most);
  console.log("\nWhat to do\n");
  for (const { partition, ours } of hot) {
    console.log(
      `${partition.index} ${partition.name} throttles from ${people(throttlesFrom(ours, peak))} daily users on: ` +
        `${shardsAt(ours, most)} shards hold ${people(most)}.`,
    );
  }
  if (hot.length === 0) console.log(`No shared partition throttles up to ${people(most)} daily users at this peak.`);
  console.log(
    [
      "A full index partition throttles the writes of the table, so shard before: at half of what is full.",
      "Write sharding: put hash(id) mod n behind the partition's value. A list asks the n shards side by side for",
      "a page each and merges by sort key (time, id): the order stays. One position, the last row's sort key,",
      "resumes every shard. A page then costs at least n half units, so n stays as small as the peak allows.",
      "Time buckets (the month behind the value) keep the order with one query a bucket, newest first. They do not",
      "cool a peak, which all falls into today's bucket: take them for what only grows, such as resolved tickets.",
      `Counts by status read their whole partitions: ${counted(countUnits())} read units a call after a month with`,
      `${counted(users)} daily users. From there on keep counters, one item a status and shard.`,
    ].join("\n"),
  );
  printQuota();
}

/** Read units of counting a month's tickets. */
function countUnits(): number {
  const rows = (DAY_OF_A_THOUSAND["open a ticket"] * DAYS * users) / 1000;
  return (rows * (measured.bytes.ticket?.rows.gsi2 ?? 0)) / 4096 / 2;
}

function printQuota(): void {
  const day = dayOf(eventUnits("ours"));
  const { readUnits, writeUnits } = peakRate(day, 1, peak);
  const quota = TABLE_QUOTA / Math.max(readUnits, writeUnits);
  console.log(
    `The table as a whole reaches the default quota of ${counted(TABLE_QUOTA)} units a second at ${people(quota)}` +
      " daily users: ask for more before.",
  );
}

const hottestOf = (index: string, partition: string, { readUnits, writeUnits }: Units) => ({
  index,
  partition,
  writeUnitsPerSecond: rounded(writeUnits, 3),
  readUnitsPerSecond: rounded(readUnits, 3),
});

const ours = monthOf("ours");
const eleven = monthOf("eleven");
printMonth(ours, eleven);
printHeat("writeUnits", "Write units a second of the hottest partitions");
printHeat("readUnits", "Read units a second of the hottest partitions");
printOwn();
printPlan();
if (json) {
  const shared = hottest().map(({ partition: { index, name }, ours: day }) => ({
    ...hottestOf(index, name, peakRate(day, users, peak)),
    throttlesFrom: Math.floor(throttlesFrom(day, peak)),
    shardsAt100M: shardsAt(day, 1e8),
  }));
  const own = OWN_PARTITIONS.map(({ index, name }) => ({
    ...hottestOf(index, name, busiestSecondOf(index, measured)),
    throttlesFrom: null,
    shardsAt100M: 1,
  }));
  const indexes = [...own, ...shared].sort((a, b) => (a.index < b.index ? -1 : 1));
  const monthlyCost = { ours: rounded(ours.dollars), elevenTables: rounded(eleven.dollars) };
  console.log(JSON.stringify({ users, peak, monthlyCost, indexes }));
}
