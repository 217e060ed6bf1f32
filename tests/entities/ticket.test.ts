import { MARIA } from "../builders.ts";
import { itemOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aSupportTicket, SUBJECTS, tickets } from "./samples.ts";

const KEY = { ticket_id: "TKT-9F", created_at: 1_760_000_000 };
const STORED_KEY = { pk: "ticket#TKT-9F", sk: "1760000000" };

describe("keys", () => {
  it("keep the id as it is, and put the ticket under its user, state, priority and thread", () => {
    const ticket = aSupportTicket({ ticket_id: "TKT-9F#_a", user_email: "MARIA@example.com", created_at: 9 });

    expect(itemOf(tickets.put(ticket))).toEqual({
      __edb_e__: "ticket",
      __edb_v__: "1",
      pk: "ticket#TKT-9F#_a",
      sk: "0000000009",
      gsi1pk: "account#maria@example.com",
      gsi1sk: "ticket#0000000009#TKT-9F#_a",
      gsi2pk: "ticket#new",
      gsi2sk: "0000000009#TKT-9F#_a",
      gsi3pk: "ticket#high",
      gsi3sk: "0000000009#TKT-9F#_a",
      gsi4pk: "ticketThread#TKT-9F#_a",
      gsi4sk: "ticket#0000000009",
      ticket_id: "TKT-9F#_a",
      created_at: 9,
      user_email: "maria@example.com",
      subject: "The microphone stops",
      message: "In part 2 the recording stopped.",
      category: "audio",
      priority: "high",
      status: "new",
    });
  });

  it("find a ticket by its id alone", () => {
    expect(queryOf(tickets.query.byId({ ticket_id: "TKT-9F" }))).toEqual({
      index: "table",
      where: 'pk = "ticket#TKT-9F"',
    });
  });

  it("find a ticket by the seed's whole key", () => {
    expect(keyOf(tickets.get(KEY))).toEqual(STORED_KEY);
  });

  it("find the tickets of a user (user_email-created_at-index)", () => {
    expect(queryOf(tickets.query.byUser({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "account#maria@example.com" and begins_with(gsi1sk, "ticket#")',
    });
  });

  it("find the queue of a state (status-created_at-index)", () => {
    expect(queryOf(tickets.query.byStatus({ status: "in_progress" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "ticket#in_progress"',
    });
  });

  it("find the queue of a priority (priority-created_at-index)", () => {
    expect(queryOf(tickets.query.byPriority({ priority: "urgent" }))).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "ticket#urgent"',
    });
  });

  it("find the ticket at the head of its thread", () => {
    expect(queryOf(tickets.query.thread({ ticket_id: "TKT-9F" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "ticketThread#TKT-9F" and begins_with(gsi4sk, "ticket#")',
    });
  });

  it.each([
    ["the state", { status: "escalated", escalated_at: 5 }, { gsi2pk: "ticket#escalated" }],
    ["the priority", { priority: "urgent" }, { gsi3pk: "ticket#urgent" }],
    ["the answer", { ai_response: "Please update the app.", ai_confidence: 0.9 }, {}],
    ["the linked action", { devops_action_id: "ACT-1" }, {}],
  ] as const)("move no further than they must when %s changes", (_, change, moved) => {
    expect(patchOf(tickets.patch(KEY).set(change))).toEqual({
      key: STORED_KEY,
      set: { __edb_e__: "ticket", __edb_v__: "1", ...KEY, ...change, ...moved },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describeRules(SUBJECTS.ticket, {
  required: ["ticket_id", "created_at", "user_email", "subject", "message", "category", "priority", "status"],
  fixed: ["ticket_id", "created_at", "user_email", "subject", "message", "category"],
  hidden: ["answers"],
  other: ["answers"],
  closed: {
    category: ["purchase", "qr_code", "audio", "refund", "technical"],
    priority: ["urgent", "high", "normal", "low"],
    status: ["new", "in_progress", "resolved", "escalated"],
  },
  kinds: {
    ticket_id: "id",
    created_at: "instant",
    user_email: "email",
    subject: "line1000",
    message: "text",
    ai_response: "text",
    ai_confidence: "confidence",
    escalated_at: "instant",
    resolved_at: "instant",
    devops_action_id: "id",
  },
});
