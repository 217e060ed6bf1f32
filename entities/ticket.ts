import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { confidence, email, id, idSet, instant, line, migrated, oneOf, text } from "./attributes.ts";
import { TICKET_CATEGORIES, TICKET_PRIORITIES, TICKET_STATUSES } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import type { Ticket } from "./items.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";
import { TICKET_STATES } from "./transitions.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "ticket", version: MODEL_VERSION },
  attributes: {
    ticket_id: id({ required: true, readOnly: true, setBy: "service", description: "UUID v7, or the caller's own id" }),
    created_at: instant({ required: true, readOnly: true, setBy: "service", description: "When it was opened" }),
    user_email: email({ required: true, readOnly: true, description: "The customer" }),
    subject: line(1_000, {
      required: true,
      readOnly: true,
      description: "Subject of the e-mail, at most 1,000 characters",
    }),
    message: text({ required: true, readOnly: true, description: "The customer's message" }),
    category: oneOf(TICKET_CATEGORIES, { required: true, readOnly: true, description: "What it is about" }),
    priority: oneOf(TICKET_PRIORITIES, { required: true, description: "Urgency" }),
    status: oneOf(TICKET_STATUSES, { required: true, setBy: "service", description: "State of the ticket" }),
    ai_response: text({ description: "Answer of the support agent" }),
    ai_confidence: confidence({ description: "Confidence of the support agent" }),
    answers: idSet({
      hidden: true,
      internal: true,
      setBy: "service",
      description: "Digests of the answers that were stored: one that comes again, however late, changes nothing",
    }),
    escalated_at: instant({ setBy: "service", description: "When it was last escalated to a human" }),
    resolved_at: instant({ setBy: "service", description: "When it was last resolved" }),
    devops_action_id: id({ setBy: "service", description: "The first DevOps action, if the matter is technical" }),
    ...migrated(),
  },
  indexes: {
    byId: primary("ticket", { pk: ["ticket_id"], sk: ["created_at"], description: "A ticket by its id alone" }),
    byUser: collected("gsi1", "account", "ticket", {
      pk: ["user_email"],
      sk: ["created_at", "ticket_id"],
      view: ["ticket_id", "created_at", "subject", "priority", "status"],
      description: "Tickets of a user",
      row: { name: "TicketByUser", description: "A ticket as the list of its user shows it" },
      seedIndex: "user_email-created_at-index",
    }),
    byStatus: scoped("gsi2", "ticket", {
      pk: ["status"],
      sk: ["created_at", "ticket_id"],
      view: ["ticket_id", "created_at", "user_email", "subject", "category", "priority", "status"],
      description: "The queue of tickets in a state",
      row: { name: "TicketSummary", description: "A ticket as queues show it" },
      seedIndex: "status-created_at-index",
    }),
    byPriority: scoped("gsi3", "ticket", {
      pk: ["priority"],
      sk: ["created_at", "ticket_id"],
      view: [],
      description: "The queue of tickets of a priority, read whole",
      seedIndex: "priority-created_at-index",
    }),
    thread: collected("gsi4", "ticketThread", "ticket", {
      pk: ["ticket_id"],
      sk: ["created_at"],
      view: ["ticket_id", "created_at", "user_email", "subject", "category"],
      description: "The ticket at the head of its thread",
      row: { name: "TicketOutline", description: "A ticket as its thread outlines it: what never changes" },
    }),
  },
});

export type { NewTicket, Ticket, TicketByUser, TicketChange, TicketOutline, TicketSummary } from "./items.ts";
/** The key of a ticket. */
export type TicketKey = Pick<Ticket, "ticket_id" | "created_at">;
/** The ElectroDB entity of a ticket. */
export type TicketEntity = ReturnType<typeof TicketModel.bind>;

/** What a ticket is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const TicketModel = {
  schema,
  description: "A support ticket, whole",
  seedTable: "ielts-support-tickets",
  account: { attribute: "user_email", by: "byUser" },
  claim: { kind: "ticket", id: "ticket_id", owner: ["user_email"], begins: "created_at" },
  transitions: { attribute: "status", from: TICKET_STATES },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
