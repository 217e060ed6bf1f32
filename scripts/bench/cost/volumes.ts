import { addUnits, type Units } from "./measure.ts";

/**
 * How often each event happens on a day with 1,000 active users: 1,000 log-ins, half of them by QR, and so on. Of a ticket
 * the day counts opening, escalating and resolving; the actions of engineers are left out, where our saving is largest.
 */
export const DAY_OF_A_THOUSAND = {
  "log in": 500,
  "QR token: issue, redeem": 500,
  "assessment: start, complete": 600,
  "last 20 of 50 assessments": 3_000,
  "session check": 5_000,
  purchase: 100,
  "safety event": 40,
  report: 10,
  "open a ticket": 20,
  escalate: 20,
  resolve: 20,
} as const;

export type DayEvent = keyof typeof DAY_OF_A_THOUSAND;

const DAY_EVENTS = Object.keys(DAY_OF_A_THOUSAND) as readonly DayEvent[];

/** The units of such a day. */
export function dayOf(unitsOf: (event: DayEvent) => Units): Units {
  return DAY_EVENTS.reduce(
    (sum, event) => {
      const { readUnits, writeUnits } = unitsOf(event);
      const times = DAY_OF_A_THOUSAND[event];
      return addUnits(sum, { readUnits: readUnits * times, writeUnits: writeUnits * times });
    },
    { readUnits: 0, writeUnits: 0 },
  );
}
