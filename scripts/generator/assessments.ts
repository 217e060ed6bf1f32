import {
  CRITERIA,
  type Criterion,
  type ModerationAction,
  REPORT_TYPES,
  type ReportStatus,
  type Skill,
} from "../../entities/enums.ts";
import { overallBand, type Scores } from "../../services/assessments.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import {
  ADMIN_NOTES,
  CLOSINGS,
  CRITERION_TEXTS,
  levelOf,
  OPENINGS,
  REPORT_DESCRIPTIONS,
  SAFETY_EVENTS,
} from "./assessment-texts.ts";
import { DAY, type Dice, HOUR, MINUTE } from "./dice.ts";
import type { Profile } from "./profile.ts";
import type { AccessPeriod } from "./purchases.ts";
import type { Stores } from "./stores.ts";

export interface AssessmentHistory {
  readonly items: readonly StoredItem[];
  /** When the assessment began that is still in progress. */
  readonly inProgressSince: number | undefined;
  /** When the last one began. */
  readonly lastAt: number | undefined;
}

interface Sitting {
  readonly skill: Skill;
  readonly at: number;
}

type Outcome = "completed" | "abandoned" | "in_progress";

/** Two sittings of a user are at least this far apart: a writing test takes an hour. */
const SITTING = 75 * MINUTE;

/** A user's assessments: a trial soon after registration, the others while access runs. */
export function createAssessmentHistory(
  dice: Dice,
  profile: Profile,
  periods: readonly AccessPeriod[],
  stores: Stores,
): AssessmentHistory {
  if (!profile.verified) return { items: [], inProgressSince: undefined, lastAt: undefined };
  const sittings = separate(sittingsOf(dice, profile, periods), profile);
  const items = sittings.flatMap((sitting, number) => {
    const blocked = profile.status === "suspended" && number === sittings.length - 1;
    return createSitting(dice, profile, stores, sitting, blocked);
  });
  const current = currentSitting(dice, profile, sittings.at(-1));
  if (current !== undefined) items.push(createAssessment(dice, profile, stores, current, "in_progress").item);
  return { items, inProgressSince: current?.at, lastAt: (current ?? sittings.at(-1))?.at };
}

function sittingsOf(dice: Dice, { createdAt }: Profile, periods: readonly AccessPeriod[]): Sitting[] {
  const skills = ["speaking", "writing"] as const;
  const trial = dice.chance(0.7)
    ? [{ skill: dice.pick(skills), at: createdAt + dice.whole(10 * MINUTE, 3 * HOUR) }]
    : [];
  const paid = periods.flatMap(({ product, from, to }) =>
    Array.from({ length: 1 + dice.rank(6) }, () => dice.whole(from, to)).flatMap((at): Sitting[] =>
      product === "full_mock_test"
        ? [
            { skill: "writing", at },
            { skill: "speaking", at: at + SITTING },
          ]
        : [{ skill: product, at }],
    ),
  );
  return [...trial, ...paid].sort((a, b) => a.at - b.at);
}

/** In order and one after another; what would not have ended by now is left out. */
function separate(sittings: readonly Sitting[], { endsAt, now }: Profile): Sitting[] {
  const separated: Sitting[] = [];
  let free = 0;
  for (const { skill, at } of sittings) {
    const start = Math.max(at, free);
    if (start > Math.min(endsAt, now - SITTING)) break;
    separated.push({ skill, at: start });
    free = start + SITTING;
  }
  return separated;
}

function currentSitting(dice: Dice, profile: Profile, last: Sitting | undefined): Sitting | undefined {
  const { status, endsAt, now, createdAt } = profile;
  const skill = dice.pick(["speaking", "writing"] as const);
  const at = now - dice.whole(MINUTE, 10 * MINUTE);
  const free = Math.max(createdAt + 15 * MINUTE, last === undefined ? 0 : last.at + SITTING);
  return status === "active" && endsAt === now && at >= free && dice.chance(0.06) ? { skill, at } : undefined;
}

/** A past sitting with what was logged and reported about it. */
function createSitting(dice: Dice, profile: Profile, stores: Stores, sitting: Sitting, blocked: boolean): StoredItem[] {
  const outcome = blocked || dice.chance(0.12) ? "abandoned" : "completed";
  const { item, id, end } = createAssessment(dice, profile, stores, sitting, outcome);
  const items = [item];
  if (blocked || dice.chance(0.06)) {
    const action = blocked ? "block" : dice.pick(["none", "none", "warn"] as const);
    items.push(createSafetyLog(dice, profile, stores, { ...sitting, id, end }, action));
  }
  if (dice.chance(0.04)) items.push(createReport(dice, profile, stores, id, end));
  return items;
}

interface Taken extends Sitting {
  readonly id: string;
  readonly end: number;
}

function createAssessment(
  dice: Dice,
  { email, module, ability, createdAt }: Profile,
  stores: Stores,
  { skill, at }: Sitting,
  outcome: Outcome,
): { item: StoredItem; id: string; end: number } {
  const assessment_id = dice.orderedId(at);
  const started = {
    assessment_id,
    user_id: email,
    assessment_type: `${skill}_${module}` as const,
    created_at: at,
    status: outcome,
  };
  const minutes = skill === "speaking" ? dice.whole(22, 30) / 2 : dice.whole(70, 120) / 2;
  const end = at + minutes * MINUTE;
  if (outcome !== "completed") return { item: stores.assessment.itemOf(started), id: assessment_id, end };
  const months = (at - createdAt) / (30 * DAY);
  const scores = createScores(dice, skill, ability[skill] + Math.min(1.5, months * 0.3));
  const item = stores.assessment.itemOf({
    ...started,
    // Marking takes some seconds.
    completed_at: end + dice.whole(15, 90),
    scores,
    band_score: overallBand(scores),
    ...feedbackOf(dice, scores),
    duration_minutes: minutes,
  });
  return { item, id: assessment_id, end };
}

/** Criterion scores around a level, in half bands. */
function createScores(dice: Dice, skill: Skill, level: number): Scores {
  const score = () => Math.min(9, Math.max(2, (Math.round(level * 2) + dice.whole(-2, 2)) / 2));
  const scores = Object.fromEntries(CRITERIA[skill].map((criterion) => [criterion, score()]));
  return { [skill]: scores } as Scores;
}

function feedbackOf(dice: Dice, scores: Scores): { ai_feedback: string; improvement_plan: string } {
  const criteria = Object.values(scores).flatMap((skill) => Object.entries(skill ?? {})) as [Criterion, number][];
  const remarks = criteria.map(([criterion, score]) => dice.pick(CRITERION_TEXTS[criterion].feedback[levelOf(score)]));
  // The weakest two are what to work on.
  const weakest = [...criteria].sort(([, a], [, b]) => a - b).slice(0, 2);
  const advice = weakest.map(([criterion]) => dice.pick(CRITERION_TEXTS[criterion].plan));
  return {
    ai_feedback: [dice.pick(OPENINGS), ...remarks].join("\n\n"),
    improvement_plan: [...advice, dice.pick(CLOSINGS)].join("\n\n"),
  };
}

function createSafetyLog(
  dice: Dice,
  { email }: Profile,
  stores: Stores,
  { id, skill, at, end }: Taken,
  action: ModerationAction,
): StoredItem {
  const timestamp = dice.whole(at + MINUTE, end);
  const { categories, user_response, ai_response } = SAFETY_EVENTS[action];
  const confidence = { none: dice.whole(5, 45), warn: dice.whole(60, 85), block: dice.whole(90, 99) }[action] / 100;
  return stores.safetyLog.itemOf({
    log_id: dice.orderedId(timestamp),
    timestamp,
    assessment_id: id,
    user_email: email,
    content_type: skill === "speaking" ? "audio" : "text",
    moderation_action: action,
    confidence,
    categories: [...categories],
    user_response: dice.pick<string>(user_response),
    ai_response: dice.pick<string>(ai_response),
  });
}

function reportStatus(dice: Dice, age: number): ReportStatus {
  if (age > 10 * DAY) return dice.pick(["resolved", "resolved", "dismissed"] as const);
  return age > 2 * DAY
    ? dice.pick(["investigating", "resolved"] as const)
    : dice.pick(["new", "investigating"] as const);
}

function createReport(dice: Dice, { email, now }: Profile, stores: Stores, assessment_id: string, end: number) {
  const created_at = Math.min(now, end + dice.whole(2 * MINUTE, 2 * DAY));
  const report_type = dice.pick(REPORT_TYPES);
  const status = reportStatus(dice, now - created_at);
  return stores.contentReport.itemOf({
    report_id: dice.orderedId(created_at),
    created_at,
    reporter_email: email,
    assessment_id,
    report_type,
    description: dice.pick<string>(REPORT_DESCRIPTIONS[report_type]),
    status,
    ...(status === "new" ? {} : { admin_notes: dice.pick<string>(ADMIN_NOTES[status]) }),
  });
}
