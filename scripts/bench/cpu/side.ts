import type { Assessment, AssessmentChange } from "../../../entities/assessment.ts";
import type { AssessmentType } from "../../../entities/enums.ts";
import type { Stub } from "../stubbed-client.ts";

/** The same acts on assessments, as each library is used by its own manual. */
export interface Side {
  /** One assessment by its whole key. */
  get(key: AssessmentKey): Promise<unknown>;
  /** Starts an assessment unless it exists, then looks whether the account was erased. */
  create(input: { readonly user_id: string; readonly assessment_type: AssessmentType }): Promise<unknown>;
  /** Gives up an assessment in progress, and returns it as it now is. */
  patch(key: AssessmentKey): Promise<unknown>;
  /** Completes an assessment in progress with its scores and texts, and returns it as it now is. */
  complete(key: AssessmentKey, result: Result): Promise<unknown>;
  /** The last 25 assessments of a user, as lists show them, and the cursor of the next page. */
  query(user_id: string): Promise<{ readonly items: readonly unknown[]; readonly cursor: unknown }>;
  /** Writes 25 whole assessments. */
  batch(assessments: readonly Assessment[]): Promise<unknown>;
}

/** A side that also reads items of several entities in one request, and groups them by entity. */
export interface CollectingSide extends Side {
  /** A ticket and its DevOps actions, as their index shows them. */
  outline(ticket_id: string): Promise<unknown>;
  /** The ticket as it now is, beside its actions' rows; then the actions, whole, in one batch. */
  thread?(ticket_id: string): Promise<unknown>;
  /** An account, its last 10 assessments, its purchases and whether they give access, its open tickets. */
  overview(email: string): Promise<unknown>;
}

export type Act = keyof CollectingSide;
export type CreateSide = (stub: Stub) => Side | CollectingSide;

export interface AssessmentKey {
  readonly assessment_id: string;
  readonly user_id: string;
}

export type Result = Required<
  Pick<AssessmentChange, "scores" | "ai_feedback" | "improvement_plan" | "duration_minutes" | "band_score">
>;

export const TABLE = "ielts-genai-prep";
