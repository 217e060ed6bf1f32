import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { id, instant, migrated, oneOf, slug, text } from "./attributes.ts";
import { ACTION_STATUSES, ACTION_TYPES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";
import { ACTION_STATES } from "./transitions.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "devops_action", version: MODEL_VERSION },
  attributes: {
    action_id: id({ required: true, readOnly: true, setBy: "service", description: "UUID v7, or the caller's own id" }),
    timestamp: instant({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "When the action was recorded",
    }),
    action_type: oneOf(ACTION_TYPES, {
      required: true,
      setBy: "service",
      description: "Diagnosis, proposed fix or applied fix",
    }),
    ticket_id: id({ readOnly: true, description: "The support ticket it came from, if any" }),
    issue_description: text({ required: true, readOnly: true, description: "The technical problem" }),
    affected_service: slug({
      required: true,
      readOnly: true,
      description: "An open set: lambda, dynamodb, gemini and so on",
    }),
    ai_analysis: text({ readOnly: true, description: "The DevOps agent's diagnosis" }),
    proposed_fix: text({ readOnly: true, description: "The change it suggests" }),
    code_diff: text({ readOnly: true, description: "The change as a Git diff" }),
    status: oneOf(ACTION_STATUSES, { setBy: "service", description: "State of the review; a diagnosis has none" }),
    reviewed_by: id({ staffOnly: true, description: "The human reviewer" }),
    review_reason: text({ staffOnly: true, description: "Why the reviewer approved or rejected it" }),
    pr_url: id({ description: "Link to the pull request" }),
    ...migrated(),
  },
  indexes: {
    byId: primary("devops_action", { pk: ["action_id"], sk: ["timestamp"], description: "An action by its id alone" }),
    byStatus: scoped("gsi2", "action", {
      pk: ["status"],
      sk: ["timestamp", "action_id"],
      view: ["action_id", "timestamp", "action_type", "ticket_id", "affected_service", "status"],
      description: "The queue of actions in a state",
      row: { name: "DevopsActionSummary", description: "An action as queues show it" },
      seedIndex: "status-timestamp-index",
    }),
    byService: scoped("gsi3", "action", {
      pk: ["affected_service"],
      sk: ["timestamp", "action_id"],
      view: [],
      description: "Actions on a service, read whole",
      seedIndex: "affected_service-timestamp-index",
    }),
    byTicket: collected("gsi4", "ticketThread", "devops_action", {
      pk: ["ticket_id"],
      sk: ["timestamp", "action_id"],
      view: ["action_id", "timestamp", "ticket_id", "affected_service"],
      description: "Actions of a ticket",
      row: {
        name: "DevopsActionOutline",
        description: "An action as its ticket's thread outlines it: what never changes",
      },
      seedIndex: "ticket_id-timestamp-index",
    }),
  },
});

export type {
  DevopsAction,
  DevopsActionChange,
  DevopsActionOutline,
  DevopsActionSummary,
  NewDevopsAction,
} from "./items.ts";
/** The ElectroDB entity of a DevOps action. */
export type DevopsActionEntity = ReturnType<typeof DevopsActionModel.bind>;

/** What a DevOps action is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const DevopsActionModel = {
  schema,
  description: "An action of the DevOps agent, whole",
  seedTable: "ielts-devops-actions",
  claim: { kind: "devops_action", id: "action_id", owner: ["affected_service"], begins: "timestamp" },
  transitions: { attribute: "status", from: ACTION_STATES },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
