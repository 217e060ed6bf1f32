import type { Question } from "../../entities/question.ts";
import type { Rubric } from "../../entities/rubric.ts";

/** A question as the content files spell it. */
export type QuestionContent = Required<Question>;
/** A rubric as the content files spell it. */
export type RubricContent = Required<Omit<Rubric, "band_descriptors">> & {
  readonly band_descriptors: Required<Rubric["band_descriptors"]>;
};
