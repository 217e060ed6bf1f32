import type { Question } from "../../entities/question.ts";
import type { Rubric } from "../../entities/rubric.ts";
import writtenQuestions from "./questions.json" with { type: "json" };
import writtenRubrics from "./rubrics.json" with { type: "json" };
import type { Written } from "./written.ts";

/** A question with every attribute. */
type WholeQuestion = Required<Question>;
/** A rubric with every attribute and every band. */
type WholeRubric = Required<Omit<Rubric, "band_descriptors">> & {
  readonly band_descriptors: Required<Rubric["band_descriptors"]>;
};

const wholeQuestions: readonly Written<WholeQuestion>[] = writtenQuestions;
const wholeRubrics: readonly Written<WholeRubric>[] = writtenRubrics;

/**
 * The question bank. Every question and every sample answer was written for this project; none is taken from a published
 * test. Sample answers aim at about band 7 to 8, and the figures that the academic tasks describe are invented.
 * `questions.import` checks every value.
 */
export const questions = wholeQuestions as readonly WholeQuestion[];

/**
 * The scoring rubrics, one for each criterion of the two skills. The wording is the project's own: it follows the usual
 * nine-band idea but reproduces no published band descriptor. `rubrics.import` checks every value.
 */
export const rubrics = wholeRubrics as readonly WholeRubric[];
