import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { email, id, instant, migrated, oneOf, text } from "./attributes.ts";
import { REPORT_STATUSES, REPORT_TYPES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";
import { REPORT_STATES } from "./transitions.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "content_report", version: MODEL_VERSION },
  attributes: {
    report_id: id({ required: true, readOnly: true, setBy: "service", description: "UUID v7, or the caller's own id" }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When it was reported" }),
    reporter_email: email({ required: true, readOnly: true, description: "The user who reported" }),
    assessment_id: id({ readOnly: true, description: "The assessment it is about, if any" }),
    report_type: oneOf(REPORT_TYPES, { required: true, readOnly: true, description: "Kind of report" }),
    description: text({ required: true, readOnly: true, description: "The user's explanation" }),
    status: oneOf(REPORT_STATUSES, { required: true, setBy: "service", description: "State of the report" }),
    admin_notes: text({ staffOnly: true, description: "Internal review notes" }),
    ...migrated(),
  },
  indexes: {
    byId: primary("content_report", { pk: ["report_id"], sk: ["created_at"], description: "A report by its id alone" }),
    byStatus: scoped("gsi2", "report", {
      pk: ["status"],
      sk: ["created_at", "report_id"],
      view: ["report_id", "created_at", "reporter_email", "assessment_id", "report_type", "status"],
      description: "The queue of reports in a state",
      row: { name: "ContentReportSummary", description: "A report as queues show it" },
    }),
    byReporter: scoped("gsi3", "report", {
      pk: ["reporter_email"],
      sk: ["created_at", "report_id"],
      view: [],
      description: "Reports that a user filed, read whole",
    }),
    byAssessment: collected("gsi4", "assessmentReview", "content_report", {
      pk: ["assessment_id"],
      sk: ["created_at", "report_id"],
      view: ["report_id", "created_at", "report_type"],
      description: "Reports about an assessment",
      row: {
        name: "ContentReportOutline",
        description: "A report as the review of an assessment outlines it: what never changes",
      },
    }),
  },
});

export type {
  ContentReport,
  ContentReportChange,
  ContentReportOutline,
  ContentReportSummary,
  NewContentReport,
} from "./items.ts";
/** The ElectroDB entity of a content report. */
export type ContentReportEntity = ReturnType<typeof ContentReportModel.bind>;

/** What a content report is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const ContentReportModel = {
  schema,
  description: "A user's report about content, whole",
  seedTable: "ielts-content-reports",
  account: { attribute: "reporter_email", by: "byReporter" },
  claim: { kind: "content_report", id: "report_id", owner: ["reporter_email"], begins: "created_at" },
  transitions: { attribute: "status", from: REPORT_STATES },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
