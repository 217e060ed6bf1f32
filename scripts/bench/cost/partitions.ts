import type { Units } from "./measure.ts";
import type { MeasuredUnits } from "./measured-units.ts";
import { DAY_OF_A_THOUSAND } from "./volumes.ts";

/** What one partition of an index takes, in DynamoDB's own limits of units per second. */
export const PARTITION_LIMIT: Units = { readUnits: 3_000, writeUnits: 1_000 };

const SECONDS_OF_A_DAY = 86_400;

/**
 * What the day does not say. Shares are those of the hottest partition. A quarter of the tickets is technical and gets
 * three actions, of which one is approved and applied. Staff turn two pages of a queue for each row that enters it.
 */
const TICKETS = DAY_OF_A_THOUSAND["open a ticket"];
const TECHNICAL = TICKETS / 4;
const ASSESSMENTS = DAY_OF_A_THOUSAND["assessment: start, complete"];
const REPORTS = DAY_OF_A_THOUSAND.report;
const SHARE = { assessmentType: 0.4, priority: 0.5, service: 0.4, skill: 0.5 } as const;
const QUEUE_PAGE = 25;
const PAGES_BY_ROW = 2;
/** Pages of the lists by assessment type, which are for statistics. */
const TYPE_PAGES = 50;

interface Write {
  readonly event: string;
  readonly timesADay: number;
  /** How much of what the event writes into the index falls on this partition. */
  readonly share: number;
}

interface Read {
  readonly timesADay: number;
  /** Rows of an entity, or an event that was measured. */
  readonly of: { readonly rows: number; readonly entity: string } | { readonly event: string };
}

export interface Partition {
  readonly index: string;
  readonly name: string;
  readonly eleven?: string;
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
}

const write = (event: string, timesADay: number, share = 1): Write => ({ event, timesADay, share });
const pages = (entity: string, timesADay: number): Read => ({ timesADay, of: { rows: QUEUE_PAGE, entity } });

const TICKET_STATUS = "ielts-support-tickets/status-created_at-index";
const ACTION_STATUS = "ielts-devops-actions/status-timestamp-index";

/** The partitions that many users share, by index. An escalation leaves one state and enters another: half of it each. */
export const SHARED_PARTITIONS: readonly Partition[] = [
  {
    index: "gsi2",
    name: "assessment type",
    eleven: "ielts-genai-prep-assessments/assessment_type-created_at-index",
    writes: [write("assessment: start, complete", ASSESSMENTS, SHARE.assessmentType)],
    reads: [pages("assessment", TYPE_PAGES)],
  },
  {
    index: "gsi2",
    name: "ticket in_progress",
    eleven: TICKET_STATUS,
    writes: [write("open a ticket", TICKETS), write("escalate", TICKETS, 0.5)],
    reads: [pages("ticket", TICKETS * PAGES_BY_ROW)],
  },
  {
    index: "gsi2",
    name: "ticket escalated",
    eleven: TICKET_STATUS,
    writes: [write("escalate", TICKETS, 0.5), write("resolve", TICKETS, 0.5)],
    reads: [pages("ticket", TICKETS * PAGES_BY_ROW)],
  },
  {
    index: "gsi2",
    name: "report new",
    // Filed, and gone from here when it is triaged.
    writes: [write("report", REPORTS * 2)],
    reads: [pages("content_report", REPORTS * PAGES_BY_ROW)],
  },
  {
    index: "gsi2",
    name: "action pending_review",
    eleven: ACTION_STATUS,
    writes: [write("three actions", TECHNICAL), write("approve and apply one", TECHNICAL, 0.25)],
    reads: [pages("devops_action", TECHNICAL * 3 * PAGES_BY_ROW)],
  },
  {
    index: "gsi2",
    name: "action approved",
    eleven: ACTION_STATUS,
    writes: [write("approve and apply one", TECHNICAL, 0.5)],
    reads: [pages("devops_action", TECHNICAL)],
  },
  {
    index: "gsi3",
    name: "ticket priority",
    eleven: "ielts-support-tickets/priority-created_at-index",
    writes: ["open a ticket", "escalate", "resolve"].map((event) => write(event, TICKETS, SHARE.priority)),
    reads: [pages("ticket", TICKETS * PAGES_BY_ROW)],
  },
  {
    index: "gsi3",
    name: "action service",
    eleven: "ielts-devops-actions/affected_service-timestamp-index",
    writes: [
      write("three actions", TECHNICAL, SHARE.service),
      write("approve and apply one", TECHNICAL, SHARE.service),
    ],
    reads: [pages("devops_action", TECHNICAL * 3)],
  },
  {
    index: "gsi3",
    name: "question draw, one part",
    writes: [],
    reads: [{ timesADay: ASSESSMENTS * SHARE.skill, of: { event: "draw 3 questions" } }],
  },
  {
    index: "gsi5",
    name: "rubrics of a skill",
    writes: [],
    reads: [{ timesADay: ASSESSMENTS * SHARE.skill, of: { event: "rubrics of a skill" } }],
  },
];

/** In these indexes a partition is one user's, or one ticket's or assessment's, however many users there are. */
export const OWN_PARTITIONS: readonly Pick<Partition, "index" | "name">[] = [
  { index: "table", name: "one user's rows" },
  { index: "gsi1", name: "one account" },
  { index: "gsi4", name: "one ticket or assessment" },
];

const scaled = ({ readUnits, writeUnits }: Units, factor: number): Units => ({
  readUnits: readUnits * factor,
  writeUnits: writeUnits * factor,
});

const NONE: Units = { readUnits: 0, writeUnits: 0 };

/** Units of a partition on the day of a thousand users. */
export function dayUnitsOf(partition: Partition, side: "ours" | "eleven", measured: MeasuredUnits): Units {
  const index = side === "ours" ? `one-table/${partition.index}` : partition.eleven;
  const unitsOf = (event: string) => measured.events[event]?.[side]?.byIndex[index ?? ""] ?? NONE;
  const writeUnits = partition.writes.reduce(
    (sum, { event, timesADay, share }) => sum + unitsOf(event).writeUnits * timesADay * share,
    0,
  );
  const readUnits = partition.reads.reduce((sum, { timesADay, of }) => {
    if ("event" in of) return sum + unitsOf(of.event).readUnits * timesADay;
    const bytes = measured.bytes[of.entity];
    const row = side === "ours" ? bytes?.rows[partition.index] : bytes?.attributes;
    return sum + Math.ceil((of.rows * (row ?? 0)) / 4096) * 0.5 * timesADay;
  }, 0);
  return { readUnits, writeUnits };
}

/** Units per second at the peak, with so many daily users. */
export const peakRate = (day: Units, users: number, peak: number): Units =>
  scaled(day, ((users / 1000) * peak) / SECONDS_OF_A_DAY);

/** From how many daily users on a partition throttles at the peak; infinite for one that nobody uses. */
export function throttlesFrom(day: Units, peak: number): number {
  const oneUser = peakRate(day, 1, peak);
  return Math.min(PARTITION_LIMIT.readUnits / oneUser.readUnits, PARTITION_LIMIT.writeUnits / oneUser.writeUnits);
}

/** All that the fifteen steps do to one index: the busiest second of one user, who does them all at once. */
export function busiestSecondOf(index: string, measured: MeasuredUnits): Units {
  const name = index === "table" ? "one-table" : `one-table/${index}`;
  return measured.steps.reduce((sum, step) => {
    const { readUnits, writeUnits } = measured.events[step]?.ours.byIndex[name] ?? NONE;
    return { readUnits: sum.readUnits + readUnits, writeUnits: sum.writeUnits + writeUnits };
  }, NONE);
}
