import { v7 as uuidv7 } from "uuid";
import {
  type Assessment,
  type AssessmentByType,
  type AssessmentEntity,
  AssessmentModel,
  type AssessmentSummary,
  type NewAssessment,
} from "../entities/assessment.ts";
import { MAX_INSTANT } from "../entities/attributes.ts";
import { ASSESSMENT_TYPES, type AssessmentType, CRITERIA, type Skill } from "../entities/enums.ts";
import { checkedLimit, type DailyLimit, DailyPlaces } from "./guards/daily-limit.ts";
import { createOnce } from "./guards/guarded-writes.ts";
import type { DataContext } from "./storage/context.ts";
import { ValidationError } from "./storage/errors.ts";
import type { Page } from "./storage/pages.ts";
import { anyOf, type Reference, Repository } from "./storage/repository.ts";
import type { TimedListOptions } from "./storage/time-range.ts";
import type { Transition } from "./storage/transition.ts";
import { attributeValue, only } from "./storage/validation.ts";

export type { DailyLimit } from "./guards/daily-limit.ts";

/** The key of an assessment. */
export type AssessmentKey = Pick<Assessment, "assessment_id" | "user_id">;
/** An assessment id, or the key `{ assessment_id, user_id }`, which saves the look-up. */
export type AssessmentReference = Reference<AssessmentKey>;

/** Criterion scores by skill, bands from 0 to 9 in halves: `{ speaking: { fluency_coherence: 7.5, … } }`. */
export type Scores = {
  readonly [S in Skill]?: { readonly [C in (typeof CRITERIA)[S][number]]?: number | undefined } | undefined;
};

/** A new assessment. */
export interface AssessmentStart extends Readonly<Pick<NewAssessment, "user_id" | "assessment_type">> {
  /** An id of your own makes a retry safe. */
  readonly assessment_id?: string;
  /** Refuses the start of more on one day. Left out: the start takes no place, and is not refused. */
  readonly limit?: DailyLimit;
}

/** What the examiner gives an assessment: scores are bands from 0 to 9 in halves, the duration is in minutes. */
export interface AssessmentResult
  extends Readonly<Pick<NewAssessment, "ai_feedback" | "improvement_plan" | "duration_minutes">> {
  /** All four criteria of the assessment's skill, and of no other. */
  readonly scores: Scores;
}

/** How a user gets on in one type of assessment. */
export interface Progress extends Readonly<Pick<Assessment, "assessment_type">> {
  /** How many the user has completed. */
  readonly completed: number;
  /** The completed one that was started last. */
  readonly latest: AssessmentSummary;
  /** The one of the highest band; of equal ones the latest. */
  readonly best: AssessmentSummary;
}

/** To the nearest half band; a quarter and three quarters round up. */
const halfBand = (values: readonly number[]): number =>
  Math.floor((values.reduce((sum, value) => sum + value, 0) / values.length) * 2 + 0.5) / 2;

/**
 * The overall band, 0 to 9: the mean of a skill's criteria, rounded to the nearest half band; a quarter and three
 * quarters round up. Of two skills each is rounded by itself, and then their mean. NaN when there are no scores.
 * @example
 * import { overallBand } from "@ielts-ai-prep/data-layer/services/assessments";
 *
 * const writing = { task_achievement: 7, coherence_cohesion: 7.5, lexical_resource: 6.5, grammatical_range: 6 };
 * const band = overallBand({ writing }); // 7: the mean is 6.75
 */
export function overallBand(scores: Scores): number {
  const skills = Object.values(scores).map((criteria) =>
    Object.values(criteria ?? {}).filter((score) => score !== undefined),
  );
  return halfBand(skills.filter((criteria) => criteria.length > 0).map(halfBand));
}

const SKILLS_IN_ORDER: readonly Skill[] = ["speaking", "writing"];
const typesOf = (skill: Skill) => ASSESSMENT_TYPES.filter((type) => type.startsWith(skill));

/** The one skill that is scored, with all of its criteria. */
function scoredSkill(scores: Scores): Skill {
  const [skill, ...others] = SKILLS_IN_ORDER.filter((name) => scores?.[name] !== undefined);
  if (skill === undefined || others.length > 0)
    throw new ValidationError("assessment", "scores", "must hold the scores of one skill", scores);
  const criteria = scores[skill] as Readonly<Record<string, unknown>>;
  for (const criterion of CRITERIA[skill]) {
    const path = `scores.${skill}.${criterion}`;
    if (criteria[criterion] === undefined) throw new ValidationError("assessment", path, "is required", undefined);
  }
  return skill;
}

const userOf = (value: string) => attributeValue(AssessmentModel, "user_id", value);

/** The scores must be of the assessment's own skill. */
const ofSkill = (skill: Skill): Pick<Transition, "only"> => ({
  only: {
    holds: ({ assessment_type }, { eq }) => anyOf(...typesOf(skill).map((type) => eq(assessment_type, type))),
    otherwise: ({ assessment_type }) =>
      new ValidationError("assessment", "scores", `must hold the scores of ${assessment_type}`, {}),
  },
});

/**
 * Speaking and writing assessments.
 * @example
 * import { Assessments } from "@ielts-ai-prep/data-layer/services/assessments";
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 *
 * const assessments = new Assessments(createContext({ table: "ielts-genai-prep" }));
 */
export class Assessments {
  readonly #context: DataContext;
  readonly #assessments: Repository<AssessmentEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#assessments = new Repository(context, AssessmentModel);
  }

  /**
   * Starts an assessment. With an `assessment_id` of your own the same call again, from a retry, gives it back.
   *
   * With a `limit` no more are started on one day than it says, whatever calls run at once or die: each has a place
   * in its day, which one further conditional write takes before the assessment is written. A repeat keeps the place of the first
   * call, on any later day too; an id that was refused on one day may be started on another. Only starts with a limit
   * take a place. A call with an id that the service makes, and that dies, leaves its place taken for the day.
   * @throws ConflictError `limit_reached`; `claimed` or `exists` when the id belongs to another user's or another type's
   * assessment; `erased` when the account was erased.
   * @example
   * const { assessment_id, created_at } = await assessments.start({
   *   assessment_id: "0199c8a5-7c00-7b52-9d3e-4a1f6be0c2d8", // the client's, so that a retry starts no second one
   *   user_id: email,
   *   assessment_type: "writing_academic",
   *   limit: { perDay: 3, zone: "Europe/Zurich", countAbandoned: false }, // one that is abandoned frees its place
   * });
   */
  async start(input: AssessmentStart): Promise<Assessment> {
    only("assessment", input, ["user_id", "assessment_type", "assessment_id", "limit"]);
    const user_id = userOf(input.user_id);
    const assessment_type = attributeValue(AssessmentModel, "assessment_type", input.assessment_type);
    const assessment = {
      assessment_id: input.assessment_id ?? uuidv7(),
      user_id,
      assessment_type,
      created_at: this.#context.clock(),
      status: "in_progress" as const,
    };
    const ownId = typeof input.assessment_id === "string";
    if (input.limit === undefined) return createOnce(this.#context, AssessmentModel, assessment, { ownId });
    const admission = new DailyPlaces(this.#context, user_id, checkedLimit(input.limit), ownId);
    return createOnce(this.#context, AssessmentModel, assessment, { ownId, admission });
  }

  /**
   * Completes an assessment in progress: stores the result and the overall band, 0 to 9 in halves. The same result
   * again changes nothing.
   * @throws ConflictError when it is abandoned, or completed with another result; NotFoundError; ValidationError when
   * a criterion of the assessment's skill has no score, or another skill has one.
   * @example
   * const speaking = { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 };
   * const { band_score } = await assessments.complete(assessment_id, {
   *   scores: { speaking },
   *   ai_feedback: "You speak at length and link your ideas well.",
   *   duration_minutes: 14,
   * }); // 7: the mean is 6.75
   */
  async complete(assessment: AssessmentReference, input: AssessmentResult): Promise<Assessment> {
    only("assessment", input, ["scores", "ai_feedback", "improvement_plan", "duration_minutes"]);
    const { scores, ai_feedback, improvement_plan, duration_minutes } = this.#assessments.changesOf(input);
    const skill = scoredSkill(scores);
    const key = await this.#assessments.keyFor<AssessmentKey>(assessment);
    const result = { scores, ai_feedback, improvement_plan, duration_minutes };
    return this.#assessments.transition("complete", key, "completed", {
      set: { ...result, band_score: overallBand(scores), completed_at: this.#context.clock() },
      same: result,
      ...ofSkill(skill),
    });
  }

  /**
   * Gives up an assessment in progress. Safe to repeat.
   * @throws ConflictError when it is completed; NotFoundError.
   * @example
   * const { status } = await assessments.abandon(assessment_id); // "abandoned"
   */
  async abandon(assessment: AssessmentReference): Promise<Assessment> {
    return this.#assessments.transition(
      "abandon",
      await this.#assessments.keyFor<AssessmentKey>(assessment),
      "abandoned",
    );
  }

  /**
   * An assessment, whole, by its id alone.
   * @throws NotFoundError
   * @example
   * const { user_id, status, band_score, ai_feedback } = await assessments.get(assessment_id);
   */
  async get(assessment_id: string): Promise<Assessment> {
    return this.#assessments.get(assessment_id);
  }

  /**
   * An assessment, whole, by its id alone, or undefined when there is none.
   * @example
   * const assessment = await assessments.find("0199c8a5-7c00-7b52-9d3e-4a1f6be0c2d8"); // undefined
   */
  async find(assessment_id: string): Promise<Assessment | undefined> {
    return this.#assessments.find(assessment_id);
  }

  /**
   * Assessments of a user, newest first; answers `user_id-created_at-index`.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * const { items, cursor } = await assessments.listByUser(email, { limit: 20 });
   * const next = cursor === null ? undefined : await assessments.listByUser(email, { limit: 20, cursor });
   */
  async listByUser(user_id: string, options: TimedListOptions = {}): Promise<Page<AssessmentSummary>> {
    return this.#assessments.page("byUser", { user_email: user_id }, options);
  }

  /**
   * Assessments of a type over all users, newest first; answers `assessment_type-created_at-index`.
   * @throws InvalidCursorError when the cursor is of another list.
   * @example
   * const { items, cursor } = await assessments.listByType("speaking_academic", { limit: 50 });
   */
  async listByType(assessment_type: AssessmentType, options: TimedListOptions = {}): Promise<Page<AssessmentByType>> {
    return this.#assessments.page("byType", { assessment_type }, options);
  }

  /**
   * How many assessments a user has started since an instant, in epoch seconds, counted over all pages. Index reads lag
   * behind writes by moments, so a daily limit is kept by `start`, not by counting.
   * @example
   * const today = await assessments.countSince(email, midnight);
   * const text = `${today} of 3 today`;
   */
  async countSince(user_id: string, since: number): Promise<number> {
    const from = attributeValue(AssessmentModel, "created_at", since, "since");
    return this.#assessments.count(
      "byUser",
      { user_email: user_id },
      { between: [{ created_at: from }, { created_at: MAX_INSTANT }] },
    );
  }

  /**
   * The latest and the best completed assessment of each type that a user has taken; reads the whole history.
   * @example
   * const progress = await assessments.progress(email);
   * const best = progress.map(({ assessment_type, best }) => `${assessment_type}: ${best.band_score}`);
   */
  async progress(user_id: string): Promise<Progress[]> {
    const byType = new Map<AssessmentType, Progress>();
    for await (const row of this.#assessments.each("byUser", { user_email: user_id })) {
      if (row.status !== "completed") continue;
      const known = byType.get(row.assessment_type);
      byType.set(row.assessment_type, {
        assessment_type: row.assessment_type,
        completed: (known?.completed ?? 0) + 1,
        latest: known?.latest ?? row,
        best: known === undefined || (row.band_score ?? 0) > (known.best.band_score ?? 0) ? row : known.best,
      });
    }
    return ASSESSMENT_TYPES.flatMap((type) => byType.get(type) ?? []);
  }
}
