import { AssessmentModel } from "../../entities/assessment.ts";
import { type DailyStartsEntity, DailyStartsModel, MAX_DAILY_STARTS } from "../../entities/daily-starts.ts";
import type { DataContext } from "../storage/context.ts";
import { conditionOf, type Where } from "../storage/electrodb.ts";
import { ConflictError, ValidationError } from "../storage/errors.ts";
import { countIn, optionsIn } from "../storage/options.ts";
import { anyOf, Repository } from "../storage/repository.ts";
import { batchGet, type StoredItem } from "../storage/requests.ts";
import { moveClaim } from "./claims.ts";
import type { Admission } from "./guarded-writes.ts";

/** How many assessments a user may start on a day, and when a day begins. */
export interface DailyLimit {
  /** 1 to 100. */
  readonly perDay: number;
  /** The time zone in which days begin, such as `Europe/Zurich`: IANA's name. */
  readonly zone: string;
  /** Whether one that was abandoned keeps its place. Default: true. */
  readonly countAbandoned?: boolean;
}

/** Longer than a day lasts in any time zone, on the day that is an hour longer too. */
const KEPT_SECONDS = 2 * 24 * 60 * 60;

/** A limit that is one, and the day of an instant in its time zone. */
interface CheckedLimit extends Required<DailyLimit> {
  readonly dayOf: (instant: number) => string;
}

/** @throws ValidationError for a limit that is none. */
export function checkedLimit(limit: DailyLimit): CheckedLimit {
  const { perDay, zone, countAbandoned = true } = optionsIn("limit", limit, ["perDay", "zone", "countAbandoned"]);
  countIn("limit", "perDay", perDay, 1, MAX_DAILY_STARTS);
  if (typeof countAbandoned !== "boolean")
    throw new ValidationError("limit", "countAbandoned", "must be a boolean", countAbandoned);
  const dayOf = typeof zone === "string" ? daysIn(zone) : undefined;
  if (dayOf === undefined)
    throw new ValidationError("limit", "zone", "must be a time zone such as Europe/Zurich", zone);
  return { perDay, zone, countAbandoned, dayOf };
}

/** Tells the day of an instant, in epoch seconds, in a time zone: `2026-03-29`. Undefined when there is no such zone. */
export function daysIn(zone: string): ((instant: number) => string) | undefined {
  const format = formatIn(zone);
  if (format === undefined) return undefined;
  return (instant) => {
    const parts = new Map(format.formatToParts(instant * 1_000).map(({ type, value }) => [type, value]));
    return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  const date = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  try {
    return new Intl.DateTimeFormat("en", { timeZone, calendar: "iso8601", numberingSystem: "latn", ...date });
  } catch {
    return undefined;
  }
}

/**
 * The places that a user's day has for assessments, in a marker of that day. An assessment gets its place by one
 * conditional write before it is written itself, and keeps it, so a repeat finds it there. Whoever dies in between
 * leaves a place that the repeat fills.
 */
export class DailyPlaces implements Admission {
  readonly #context: DataContext;
  readonly #user_email: string;
  readonly #limit: CheckedLimit;
  readonly #ownId: boolean;
  readonly #markers: Repository<DailyStartsEntity>;

  constructor(context: DataContext, user_email: string, limit: CheckedLimit, ownId: boolean) {
    this.#context = context;
    this.#user_email = user_email;
    this.#limit = limit;
    this.#ownId = ownId;
    this.#markers = new Repository(context, DailyStartsModel);
  }

  /** @throws ConflictError `limit_reached` */
  async admit(assessment_id: string, began: number): Promise<number> {
    const now = this.#context.clock();
    let begins = began;
    if (this.#ownId && this.#limit.dayOf(began) !== this.#limit.dayOf(now)) {
      // A call of an earlier day. What it did not start, this call starts now, on this day.
      if ((await this.#standing([assessment_id])).length > 0) return began;
      begins = await moveClaim(this.#context, "assessment", assessment_id, began, now);
    }
    await this.#enter(assessment_id, this.#limit.dayOf(begins));
    return begins;
  }

  async withdraw(assessment_id: string, begins: number): Promise<void> {
    const day = this.#limit.dayOf(begins);
    await this.#leave(day, [assessment_id]);
    const key = { user_email: this.#user_email, day };
    const unlessOthers: Where = ({ started }, { notExists }) => notExists(started);
    await this.#markers.remove("withdraw", key, { holds: unlessOthers, otherwise: () => undefined });
  }

  async #enter(assessment_id: string, day: string): Promise<void> {
    for (;;) {
      const full = await this.#add(assessment_id, day);
      if (full === undefined) return;
      const { countAbandoned, perDay, zone } = this.#limit;
      const asked = [...(this.#ownId ? [assessment_id] : []), ...(countAbandoned ? [] : full)];
      const standing = await this.#standing(asked);
      // It was started before, when nothing counted it or after it was abandoned.
      if (standing.some((assessment) => assessment.assessment_id === assessment_id)) return;
      const abandoned = standing.filter(({ status }) => status === "abandoned");
      if (abandoned.length === 0) {
        const rule = `${perDay} on a day in ${zone} are allowed`;
        throw new ConflictError("assessment", "limit_reached", `The user has started all of ${day}: ${rule}.`);
      }
      await this.#leave(
        day,
        abandoned.map((assessment) => assessment.assessment_id as string),
      );
    }
  }

  /** Takes a place, or gives the ids that have all of them. */
  async #add(assessment_id: string, day: string): Promise<readonly string[] | undefined> {
    const key = { user_email: this.#user_email, day };
    const expires_at = this.#context.clock() + KEPT_SECONDS;
    let full: readonly string[] | undefined;
    await this.#markers.changeStored(
      "start",
      {},
      (marker) =>
        marker
          .update(key)
          .set({ expires_at })
          .add({ started: [assessment_id] })
          .where(
            conditionOf(({ started }, { notExists, contains, size, value }) => {
              const isFree = `${size(started)} < ${value(started, this.#limit.perDay)}`;
              return anyOf(notExists(started), contains(started, assessment_id), isFree);
            }),
          ),
      (current) => {
        full = [...((current?.started ?? []) as Iterable<string>)];
      },
    );
    return full;
  }

  /** Gives places back. Safe to repeat. */
  async #leave(day: string, assessment_ids: string[]): Promise<void> {
    await this.#markers.change(
      "free",
      {},
      (marker) => marker.patch({ user_email: this.#user_email, day }).delete({ started: assessment_ids }),
      () => undefined,
    );
  }

  /** The assessments that there are, read consistently. */
  async #standing(assessment_ids: readonly string[]): Promise<StoredItem[]> {
    const assessments = new Repository(this.#context, AssessmentModel);
    const keys = assessment_ids.map((assessment_id) => assessments.keyOf({ assessment_id, user_id: this.#user_email }));
    const label = { entity: assessments.name, accessPattern: "limit" };
    return batchGet(this.#context, label, keys, { consistent: true, attributes: ["assessment_id", "status"] });
  }
}
