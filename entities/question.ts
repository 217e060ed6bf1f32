import { createHash } from "node:crypto";
import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { id, migrated, minutes, oneOf, slug, text, textList } from "./attributes.ts";
import { DIFFICULTIES, QUESTION_TYPES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

/** Spreads ids evenly over 8 hex digits, so that a random digit string is a fair place to draw from. */
export const drawKeyOf = (questionId: string): string =>
  createHash("sha256").update(questionId).digest("hex").slice(0, 8);

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "question", version: MODEL_VERSION },
  attributes: {
    question_id: id({ required: true, readOnly: true, description: "Id in the question bank, such as sp2-001" }),
    assessment_type: oneOf(QUESTION_TYPES, { required: true, readOnly: true, description: "Part or task of the test" }),
    difficulty: oneOf(DIFFICULTIES, { required: true, description: "How hard it is" }),
    topic: slug({ required: true, description: "Topic, an open set: work, education, technology and so on" }),
    question_text: text({ required: true, description: "The question" }),
    sample_answer: text({ description: "Example response, for reference" }),
    keywords: textList({ description: "Expected vocabulary" }),
    estimated_time: minutes({ description: "Recommended time" }),
    draw_key: {
      type: "string",
      hidden: true,
      watch: ["question_id"],
      set: (_: string | undefined, { question_id }: { question_id?: string }) =>
        question_id === undefined ? undefined : drawKeyOf(question_id),
      description: "Hash of question_id: the order that random draws walk",
      setBy: "derived",
    } as const,
    ...migrated(),
  },
  indexes: {
    byId: primary("question", {
      pk: ["question_id"],
      sk: ["assessment_type"],
      description: "A question by its id alone",
    }),
    byType: scoped("gsi5", "question", {
      pk: ["assessment_type"],
      sk: ["difficulty", "topic", "question_id"],
      // Whole questions: all but what a migration keeps.
      view: [
        "question_id",
        "assessment_type",
        "difficulty",
        "topic",
        "question_text",
        "sample_answer",
        "keywords",
        "estimated_time",
      ],
      description: "Questions of a type, by difficulty and topic",
      row: {
        name: "QuestionSummary",
        description: "A question as lists show it: whole, for the catalogue is read often and written rarely",
      },
    }),
    byDraw: scoped("gsi3", "question", {
      pk: ["assessment_type", "difficulty"],
      sk: ["draw_key", "question_id"],
      view: ["question_id", "topic", "difficulty"],
      description: "Questions of a type and difficulty in hashed order, for random draws",
    }),
    byTopicDraw: scoped("gsi2", "question", {
      pk: ["assessment_type", "difficulty", "topic"],
      sk: ["draw_key", "question_id"],
      view: [],
      description: "Questions of a topic in hashed order, for random draws",
    }),
  },
});

export type { NewQuestion, Question, QuestionChange, QuestionSummary } from "./items.ts";
/** The ElectroDB entity of a question. */
export type QuestionEntity = ReturnType<typeof QuestionModel.bind>;

/** What a question is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const QuestionModel = {
  schema,
  description: "A question of the bank",
  seedTable: "ielts-assessment-questions",
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
