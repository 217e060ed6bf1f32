import type { Assessment } from "../../../entities/assessment.ts";
import type { AssessmentKey, Result } from "./side.ts";

/** An assessment of about 1 KB: every attribute is set. */
export const USER = "maria.fernandez@example.com";

const FEEDBACK = "You speak at length and link your ideas well, though you repeat a few words. ".repeat(7).trim();
const PLAN = "Practise word stress for ten minutes a day, and record yourself once a week. ".repeat(2).trim();

export const RESULT: Result = {
  scores: { speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 } },
  ai_feedback: FEEDBACK,
  improvement_plan: PLAN,
  duration_minutes: 14,
  band_score: 7,
};

const idOf = (number: number) => `01999999-0000-7000-8000-${String(number).padStart(12, "0")}`;

export const keyOf = (number: number): AssessmentKey => ({ assessment_id: idOf(number), user_id: USER });

export const assessmentOf = (number: number): Assessment => ({
  ...keyOf(number),
  assessment_type: "speaking_academic",
  created_at: 1_760_000_000 + number,
  completed_at: 1_760_001_000 + number,
  ...RESULT,
  status: "completed",
});

export const BATCH: readonly Assessment[] = Array.from({ length: 25 }, (_, number) => assessmentOf(number));
