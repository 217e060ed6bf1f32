import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { accountEmailFrom, band, email, id, instant, migrated, minutes, oneOf, scores, text } from "./attributes.ts";
import { ASSESSMENT_STATUSES, ASSESSMENT_TYPES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";
import { ASSESSMENT_STATES } from "./transitions.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "assessment", version: MODEL_VERSION },
  attributes: {
    assessment_id: id({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "UUID v7, or the caller's own id",
    }),
    user_id: email({ required: true, readOnly: true, description: "The account's e-mail address" }),
    assessment_type: oneOf(ASSESSMENT_TYPES, {
      required: true,
      readOnly: true,
      description: "Skill, and academic or general module",
    }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When it started" }),
    completed_at: instant({ setBy: "service", description: "When it was completed" }),
    band_score: band({
      setBy: "service",
      description: "Overall band: mean of the criteria, rounded to the nearest half",
    }),
    scores: scores({ description: "Score of each criterion, by skill" }),
    ai_feedback: text({ description: "Generated feedback" }),
    improvement_plan: text({ description: "Personal suggestions" }),
    duration_minutes: minutes({ description: "Time taken" }),
    status: oneOf(ASSESSMENT_STATUSES, { required: true, setBy: "service", description: "State of the assessment" }),
    user_email: accountEmailFrom("user_id"),
    ...migrated(),
  },
  indexes: {
    byId: primary("assessment", {
      pk: ["assessment_id"],
      sk: ["user_id"],
      description: "An assessment by its id alone",
    }),
    byUser: collected("gsi1", "account", "assessment", {
      pk: ["user_email"],
      sk: ["created_at", "assessment_id"],
      view: ["assessment_id", "assessment_type", "created_at", "completed_at", "band_score", "status"],
      description: "Assessments of a user by start",
      row: { name: "AssessmentSummary", description: "An assessment as histories show it" },
      seedIndex: "user_id-created_at-index",
    }),
    byType: scoped("gsi2", "assessment", {
      pk: ["assessment_type"],
      sk: ["created_at", "assessment_id"],
      view: ["assessment_id", "user_id", "assessment_type", "created_at", "band_score", "status"],
      description: "Assessments of a type by start",
      row: { name: "AssessmentByType", description: "An assessment as the list of its type shows it" },
      seedIndex: "assessment_type-created_at-index",
    }),
  },
});

export type { Assessment, AssessmentByType, AssessmentChange, AssessmentSummary, NewAssessment } from "./items.ts";
/** The ElectroDB entity of an assessment. */
export type AssessmentEntity = ReturnType<typeof AssessmentModel.bind>;

/** What an assessment is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const AssessmentModel = {
  schema,
  description: "A speaking or writing assessment, whole",
  seedTable: "ielts-genai-prep-assessments",
  account: { attribute: "user_id", by: "byUser" },
  claim: { kind: "assessment", id: "assessment_id", owner: ["user_id"], begins: "created_at" },
  transitions: { attribute: "status", from: ASSESSMENT_STATES },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
