import "../shell/quiet-sdk.ts";
import { writeFileSync } from "node:fs";
import { itemSize } from "../../entities/item-size.ts";
import { seedCatalogue } from "../content/seeding.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import { benchCommand } from "../measuring/bench-options.ts";
import { bySide, interleaved, median, rounded } from "../measuring/rounds.ts";
import { textTable } from "../shell/text-table.ts";
import { accountOf, FIX, MARIA, otherModeration, TICKET } from "./cost/fixtures.ts";
import { declared, type Snapshot, snapshotOf, storedRow, writeFloor } from "./cost/floor.ts";
import { addUnits, type Measurement, priceOf, type Units } from "./cost/measure.ts";
import { type ItemBytes, MEASURED_UNITS_FILE, type MeasuredUnits } from "./cost/measured-units.ts";
import {
  checkComparable,
  createBench,
  createOursBench,
  measureSteps,
  OTHER_SIDES,
  type OtherSide,
  SIDE_NAMES,
  type SideName,
  type StepResult,
} from "./cost/passes.ts";
import { eventsOf, stepsOf } from "./cost/steps.ts";
import { DAY_OF_A_THOUSAND, dayOf } from "./cost/volumes.ts";

/**
 * `npm run bench:cost`: one pass of the fifteen steps on the seed's eleven tables, by hand, and on our services. DynamoDB
 * Local tells the units of tables and indexes; requests and round trips are counted on the wire. `--save` keeps the
 * measured units for `npm run capacity`.
 */
const ASSESSMENTS_BEFORE = 49;
const OTHER_LOGS = 2_000;
const OTHER_REPORTS = 400;
const SCAN_STEP = "review, whole";
/** These read the collection first and then all its members, which the targets allow two round trips for. */
const TWO_TRIPS: ReadonlySet<string> = new Set(["thread, whole", SCAN_STEP]);

type Pass = ReadonlyMap<string, StepResult>;
type Measured = Readonly<Record<SideName, ReadonlyMap<string, Measurement>>>;

async function runPass(endpoint: string, side: SideName, name: string): Promise<Pass> {
  const bench = await createBench(endpoint, side, name);
  try {
    await bench.preload(accountOf(MARIA, 1, ASSESSMENTS_BEFORE));
    await bench.preload(otherModeration(OTHER_LOGS, OTHER_REPORTS));
    const steps = await measureSteps(bench, stepsOf(bench.side));
    return new Map([...steps, ...(await measureSteps(bench, eventsOf(bench.side)))]);
  } finally {
    bench.close();
  }
}

/** The rounds in one: units do not vary; of round trips the fewest count, since a late answer can only add to them. */
function merged(rounds: readonly Pass[]): ReadonlyMap<string, Measurement> {
  const [first] = rounds;
  if (first === undefined) throw new Error("there is no round");
  return new Map(
    [...first].map(([step, { measured }]) => {
      const all = rounds.map((round) => round.get(step)?.measured ?? measured);
      const middle = (of: "requests" | "readUnits" | "writeUnits") => median(all.map((each) => each[of]));
      const roundTrips = Math.min(...all.map((each) => each.roundTrips));
      const units = { readUnits: middle("readUnits"), writeUnits: middle("writeUnits") };
      return [step, { ...measured, ...units, requests: middle("requests"), roundTrips }];
    }),
  );
}

async function measureSides(endpoint: string, rounds: number): Promise<Measured> {
  const passes = await interleaved(SIDE_NAMES, rounds, (side, round) =>
    runPass(endpoint, side, `${side}-round-${round}`),
  );
  for (const round of passes.ours.keys()) {
    for (const side of OTHER_SIDES) checkComparable(nth(passes.ours, round), nth(passes[side], round));
  }
  return bySide(SIDE_NAMES, (side) => merged(passes[side]));
}

function nth<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error("there is no such round");
  return value;
}

interface Floors {
  /** The fifteen steps' names. */
  readonly names: readonly string[];
  readonly steps: ReadonlyMap<string, Units>;
  readonly bytes: Readonly<Record<string, ItemBytes>>;
}

async function measureFloors(endpoint: string): Promise<Floors> {
  const bench = await createOursBench(endpoint, "floor");
  try {
    await bench.preload(accountOf(MARIA, 1, ASSESSMENTS_BEFORE));
    const steps = new Map<string, Units>();
    let before = await snapshotOf(bench.client, bench.tables);
    const fifteen = stepsOf(bench.side);
    for (const { name, acts } of [...fifteen, ...eventsOf(bench.side)]) {
      let floor: Units = { readUnits: 0, writeUnits: 0 };
      for (const { run, reads } of acts) {
        bench.tick();
        await run();
        const after = await snapshotOf(bench.client, bench.tables);
        floor = addUnits(floor, { readUnits: reads?.(after) ?? 0, writeUnits: writeFloor(before, after) });
        before = after;
      }
      steps.set(name, floor);
    }
    return { names: fifteen.map(({ name }) => name), steps, bytes: bytesOf(before) };
  } finally {
    bench.close();
  }
}

/** Sizes of the largest item of each entity, of its index rows, and of its attributes alone. */
function bytesOf(table: Snapshot): Record<string, ItemBytes> {
  const bytes: Record<string, ItemBytes> = {};
  for (const item of [...table.values()].sort((a, b) => itemSize(a) - itemSize(b))) {
    const rows = ["gsi1", "gsi2", "gsi3", "gsi4", "gsi5"].flatMap((index) => {
      const row = storedRow(item, index);
      return row === undefined ? [] : [[index, itemSize(row)] as const];
    });
    bytes[String(item.__edb_e__)] = {
      item: itemSize(item),
      attributes: itemSize(declared(item)),
      rows: Object.fromEntries(rows),
    };
  }
  return bytes;
}

/** What must not grow with an account's history: units with 50 and with 5,000 assessments. */
async function measureGrowth(endpoint: string): Promise<readonly { name: string; units: readonly number[] }[]> {
  const bench = await createOursBench(endpoint, "growth");
  try {
    const { assessments, accounts, support, devops } = bench.side;
    const histories: Units[][] = [];
    for (const [number, count] of [50, 5_000].entries()) {
      const email = `learner.${number}@example.com`;
      await bench.preload(accountOf(email, 10 * (number + 1), count));
      const ticket = await support.open({ ...TICKET, user_email: email });
      await devops.proposeFix({ ...FIX, ticket });
      histories.push([
        await bench.recorder.measure(() => assessments.listByUser(email, { limit: 20 })),
        await bench.recorder.measure(() => accounts.overview(email)),
        await bench.recorder.measure(() => support.thread(ticket.ticket_id)),
      ]);
    }
    return ["history page", "dashboard", "thread"].map((name, index) => ({
      name,
      units: histories.map((units) => units[index]?.readUnits ?? 0),
    }));
  } finally {
    bench.close();
  }
}

/** Reads of the catalogue, which all users share: for the capacity of its partitions. */
async function measureCatalogue(endpoint: string): Promise<Readonly<Record<string, Measurement>>> {
  const bench = await createOursBench(endpoint, "catalogue");
  try {
    await seedCatalogue(bench.layer);
    const { questions, rubrics } = bench.layer;
    const { recorder } = bench;
    return {
      "draw 3 questions": await recorder.measure(() =>
        questions.draw({ assessment_type: "speaking_part1", difficulty: "medium", count: 3 }),
      ),
      "rubrics of a skill": await recorder.measure(() => rubrics.allBySkill("writing")),
    };
  } finally {
    bench.close();
  }
}

interface Row {
  readonly step: string;
  readonly ours: Measurement;
  readonly theirs: Measurement;
  readonly floor: Units;
}

interface Totals {
  readonly requests: number;
  readonly roundTrips: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

const totalOf = (rows: readonly Row[], of: (row: Row) => Units & Partial<Totals>): Totals => {
  const sum = (name: keyof Totals) => rounded(rows.reduce((total, row) => total + (of(row)[name] ?? 0), 0));
  return {
    requests: sum("requests"),
    roundTrips: sum("roundTrips"),
    readUnits: sum("readUnits"),
    writeUnits: sum("writeUnits"),
  };
};

function rowsOf(measured: Measured, theirs: OtherSide, floors: Floors, steps: readonly string[]): Row[] {
  return steps.map((step) => ({
    step,
    ours: taken(measured.ours, step),
    theirs: taken(measured[theirs], step),
    floor: taken(floors.steps, step),
  }));
}

function taken<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`${name} was not measured`);
  return value;
}

/** In what a step of ours is worse than the eleven tables. */
function worseIn({ step, ours, theirs }: Row): string[] {
  const trips = TWO_TRIPS.has(step) ? Math.max(2, theirs.roundTrips) : theirs.roundTrips;
  return [
    ...(priceOf(ours) > priceOf(theirs) ? ["cost"] : []),
    ...(ours.requests > theirs.requests && !TWO_TRIPS.has(step) ? ["requests"] : []),
    ...(ours.roundTrips > trips ? ["round trips"] : []),
  ];
}

const HEADINGS = [
  "",
  "req 11",
  "ours",
  "trips 11",
  "ours",
  "RU 11",
  "ours",
  "floor",
  "WU 11",
  "ours",
  "floor",
  "price",
];

function cellsOf(step: string, ours: Totals, theirs: Totals, floor: Units): (string | number)[] {
  return [
    step,
    theirs.requests,
    ours.requests,
    theirs.roundTrips,
    ours.roundTrips,
    theirs.readUnits,
    ours.readUnits,
    floor.readUnits,
    theirs.writeUnits,
    ours.writeUnits,
    floor.writeUnits,
    (priceOf(ours) / priceOf(theirs)).toFixed(2),
  ];
}

function compared(rows: readonly Row[]) {
  const [ours, theirs, floor] = [
    totalOf(rows, (row) => row.ours),
    totalOf(rows, (row) => row.theirs),
    totalOf(rows, (row) => row.floor),
  ];
  const unscanned = rows.filter(({ step }) => step !== SCAN_STEP);
  const both = (name: keyof Totals) => ({ ours: ours[name], elevenTables: theirs[name] });
  return {
    totals: { ours, theirs, floor },
    keys: {
      costRatio: rounded(priceOf(ours) / priceOf(theirs), 3),
      costRatioWithoutScan: rounded(
        priceOf(totalOf(unscanned, (row) => row.ours)) / priceOf(totalOf(unscanned, (row) => row.theirs)),
        3,
      ),
      floorRatio: rounded(priceOf(ours) / priceOf(floor), 3),
      requests: both("requests"),
      roundTrips: both("roundTrips"),
      readUnits: { ...both("readUnits"), floor: floor.readUnits },
      writeUnits: { ...both("writeUnits"), floor: floor.writeUnits },
      stepsWorseThanEleven: rows.filter((row) => worseIn(row).length > 0).map(({ step }) => step),
    },
  };
}

const dayRatioOf = (measured: Measured, theirs: OtherSide) =>
  rounded(
    priceOf(dayOf((event) => taken(measured.ours, event))) / priceOf(dayOf((event) => taken(measured[theirs], event))),
    3,
  );

const HEADERS: Readonly<Record<OtherSide, string>> = {
  eleven: "\nOne pass on the eleven tables (11), on our services and at the floor; price is ours / 11\n",
  unguarded: "\nAgainst eleven tables that do not look for an erasure at the same time (less work than ours):",
  projected: "\nAgainst eleven tables whose indexes hold what our lists show\n",
  optimised: "\nAgainst the same with indexes for all of our access patterns: nothing is scanned\n",
};

const options = benchCommand("bench:cost", "Cost of fifteen steps on DynamoDB Local: ours against the eleven tables.", {
  rounds: 2,
})
  .option("--save", "keep the measured units for npm run capacity", false)
  .parse()
  .opts<{ json: boolean; save: boolean; rounds: number }>();

const database = await startDynamoDbLocal();
try {
  const measured = await measureSides(database.endpoint, options.rounds);
  const floors = await measureFloors(database.endpoint);
  const growthRows = await measureGrowth(database.endpoint);
  report(measured, floors, growthRows);
  if (options.save) {
    save(measured, floors, await measureCatalogue(database.endpoint));
    console.log(`\nkept in ${MEASURED_UNITS_FILE}`);
  }
  if (options.json) console.log(JSON.stringify(jsonOf(measured, floors, growthRows)));
} finally {
  await database.stop();
}

type GrowthRows = Awaited<ReturnType<typeof measureGrowth>>;

function growthOf(rows: GrowthRows): number {
  return rounded(Math.max(...rows.map(({ units: [few = 0, many = 0] }) => many / few)), 3);
}

function jsonOf(measured: Measured, floors: Floors, growthRows: GrowthRows) {
  const { costRatio, costRatioWithoutScan, stepsWorseThanEleven, requests, roundTrips } = compared(
    rowsOf(measured, "unguarded", floors, floors.names),
  ).keys;
  return {
    ...compared(rowsOf(measured, "eleven", floors, floors.names)).keys,
    dayRatio: dayRatioOf(measured, "eleven"),
    costRatioProjected: compared(rowsOf(measured, "projected", floors, floors.names)).keys.costRatio,
    costRatioOptimised: compared(rowsOf(measured, "optimised", floors, floors.names)).keys.costRatio,
    dayRatioProjected: dayRatioOf(measured, "projected"),
    dayRatioOptimised: dayRatioOf(measured, "optimised"),
    growth: growthOf(growthRows),
    againstUnguarded: {
      costRatio,
      costRatioWithoutScan,
      requests,
      roundTrips,
      stepsWorseThanEleven,
      dayRatio: dayRatioOf(measured, "unguarded"),
    },
  };
}

function report(measured: Measured, floors: Floors, growthRows: GrowthRows): void {
  for (const theirs of OTHER_SIDES) {
    const rows = rowsOf(measured, theirs, floors, floors.names);
    const { totals, keys } = compared(rows);
    console.log(HEADERS[theirs]);
    if (theirs !== "unguarded") {
      const lines = rows.map((row) => cellsOf(row.step, row.ours, row.theirs, row.floor));
      console.log(textTable(HEADINGS, [...lines, cellsOf("total", totals.ours, totals.theirs, totals.floor)]));
    }
    console.log(
      `\ncost ${keys.costRatio}, without the scan ${keys.costRatioWithoutScan}, to the floor ${keys.floorRatio}, ` +
        `requests ${totals.ours.requests} / ${totals.theirs.requests}, ` +
        `round trips ${totals.ours.roundTrips} / ${totals.theirs.roundTrips}, day ${dayRatioOf(measured, theirs)}`,
    );
    const worse = rows.flatMap((row) => (worseIn(row).length > 0 ? [`${row.step} (${worseIn(row).join(", ")})`] : []));
    console.log(`worse than the eleven tables: ${worse.length === 0 ? "no step" : worse.join("; ")}`);
  }
  console.log("\nSingle events, and the day of 1,000 active users\n");
  const events = Object.keys(DAY_OF_A_THOUSAND).filter((event) => !floors.names.includes(event));
  const eventRows = rowsOf(measured, "eleven", floors, events);
  const lines = eventRows.map((row) => cellsOf(row.step, row.ours, row.theirs, row.floor));
  console.log(textTable(HEADINGS, lines));
  console.log("\nRead units with 50 and with 5,000 assessments in the account\n");
  const growthLines = growthRows.map(({ name, units }) => [name, ...units]);
  console.log(textTable(["", "50", "5,000"], growthLines));
  console.log(`growth ${growthOf(growthRows)}`);
}

function save(measured: Measured, floors: Floors, catalogue: Readonly<Record<string, Measurement>>): void {
  const unitsOf = ({ readUnits, writeUnits, byIndex }: Measurement) => ({ readUnits, writeUnits, byIndex });
  const events = [...measured.ours].map(([event, ours]) => [
    event,
    { ours: unitsOf(ours), eleven: unitsOf(taken(measured.eleven, event)) },
  ]);
  const shared = Object.entries(catalogue).map(([event, ours]) => [event, { ours: unitsOf(ours) }]);
  const kept: MeasuredUnits = {
    steps: floors.names,
    events: Object.fromEntries([...events, ...shared]),
    bytes: floors.bytes,
  };
  writeFileSync(new URL(`./${MEASURED_UNITS_FILE}`, import.meta.url), `${JSON.stringify(kept, null, 2)}\n`);
}
