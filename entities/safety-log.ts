import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { confidence, email, id, instant, listOf, migrated, oneOf, text } from "./attributes.ts";
import { CONTENT_TYPES, MODERATION_ACTIONS, MODERATION_CATEGORIES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "safety_log", version: MODEL_VERSION },
  attributes: {
    log_id: id({ required: true, readOnly: true, setBy: "service", description: "UUID v7, or the caller's own id" }),
    timestamp: instant({ required: true, readOnly: true, setBy: "service", description: "When the event occurred" }),
    assessment_id: id({ required: true, readOnly: true, description: "The assessment it happened in" }),
    user_email: email({ required: true, readOnly: true, description: "The user involved: the assessment's" }),
    content_type: oneOf(CONTENT_TYPES, { required: true, readOnly: true, description: "What was moderated" }),
    moderation_action: oneOf(MODERATION_ACTIONS, {
      required: true,
      readOnly: true,
      description: "What the moderation did",
    }),
    confidence: confidence({ required: true, readOnly: true, description: "Confidence of the classifier" }),
    categories: listOf(MODERATION_CATEGORIES, {
      required: true,
      readOnly: true,
      description: "Flagged categories; may be empty",
    }),
    user_response: text({ readOnly: true, description: "What the user said or wrote" }),
    ai_response: text({ readOnly: true, description: "How Maya, the AI examiner, responded" }),
    ...migrated(),
  },
  indexes: {
    byId: primary("safety_log", { pk: ["log_id"], sk: ["timestamp"], description: "A safety log by its id alone" }),
    byUser: scoped("gsi1", "safety_log", {
      pk: ["user_email"],
      sk: ["timestamp", "log_id"],
      view: [],
      description: "Safety logs of a user, keys only, for export and erasure",
    }),
    byAssessment: collected("gsi4", "assessmentReview", "safety_log", {
      pk: ["assessment_id"],
      sk: ["timestamp", "log_id"],
      view: ["log_id", "timestamp", "user_email", "content_type", "moderation_action", "confidence"],
      description: "Safety logs of an assessment",
      row: { name: "SafetyLogSummary", description: "A moderation event as a review lists it" },
    }),
  },
});

export type { NewSafetyLog, SafetyLog, SafetyLogChange, SafetyLogSummary } from "./items.ts";
/** The ElectroDB entity of a safety log. */
export type SafetyLogEntity = ReturnType<typeof SafetyLogModel.bind>;

/** What a safety log is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const SafetyLogModel = {
  schema,
  description: "A moderation event, whole",
  seedTable: "ielts-ai-safety-logs",
  account: { attribute: "user_email", by: "byUser" },
  claim: { kind: "safety_log", id: "log_id", owner: ["user_email"], begins: "timestamp" },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
