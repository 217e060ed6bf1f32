import type { TicketPriority } from "../../entities/enums.ts";
import type { Ticket } from "../../entities/ticket.ts";
import { ACTION_STATES, TICKET_STATES } from "../../entities/transitions.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { aDiagnosis, aFix, aTicket } from "../builders.ts";
import type { TestTable } from "../engine.ts";
import { Histories, histories, openLateTable, type Play, told } from "./histories.ts";
import { report } from "./report.ts";

type Call =
  | {
      readonly name:
        | "open"
        | "escalate"
        | "resolve"
        | "reopen"
        | "thread"
        | "diagnose"
        | "propose"
        | "reject"
        | "apply";
    }
  | { readonly name: "answer" | "approve"; readonly word: string }
  | { readonly name: "setPriority"; readonly word: TicketPriority };

interface State {
  readonly ticket?: { readonly status: string; readonly priority: string; readonly answer?: string };
  readonly answers: readonly string[];
  readonly action?: { readonly status: string; readonly by?: string };
  readonly diagnosed: boolean;
}

const CALLS: readonly Call[] = [
  { name: "open" },
  { name: "open" },
  { name: "answer", word: "a" },
  { name: "answer", word: "b" },
  { name: "escalate" },
  { name: "escalate" },
  { name: "resolve" },
  { name: "reopen" },
  { name: "setPriority", word: "urgent" },
  { name: "setPriority", word: "low" },
  { name: "thread" },
  { name: "thread" },
  { name: "diagnose" },
  { name: "propose" },
  { name: "approve", word: "dana" },
  { name: "approve", word: "chen" },
  { name: "reject" },
  { name: "apply" },
];

const MOVES = { escalate: "escalated", resolve: "resolved", reopen: "in_progress" } as const;
const may = (from: readonly string[], state: string) => from.includes(state);

const ticketText = ({ ticket }: State) => `${ticket?.status} ${ticket?.priority} ${ticket?.answer ?? "-"}`;

/** A decision about the action, or its application. */
function decided(before: State, to: "approved" | "rejected" | "applied", by: string) {
  const { action } = before;
  if (action === undefined) return { state: before, text: "not_found" };
  if (action.status === to && action.by === by) return { state: before, text: to };
  if (!may(ACTION_STATES[to], action.status)) return { state: before, text: "conflict" };
  return { state: { ...before, action: { status: to, by } }, text: to };
}

/** What a call does to a ticket that is there. */
function changed(before: State, ticket: NonNullable<State["ticket"]>, call: Call) {
  const set = (change: Partial<State["ticket"]>, answers = before.answers) => {
    const state = { ...before, ticket: { ...ticket, ...change }, answers };
    return { state, text: ticketText(state) };
  };
  const conflict = { state: before, text: "conflict" };
  if (call.name === "setPriority") return set({ priority: call.word });
  if (call.name === "answer") {
    if (before.answers.includes(call.word)) return set({});
    if (ticket.status === "resolved") return conflict;
    return set({ status: "in_progress", answer: call.word }, [...before.answers, call.word].sort());
  }
  const to = MOVES[call.name as keyof typeof MOVES];
  if (to === undefined || ticket.status === to) return set({});
  return may(TICKET_STATES[to], ticket.status) ? set({ status: to }) : conflict;
}

/** A ticket with one action and one diagnosis, each under the caller's own id. */
const MODEL: Play<State, Call>["model"] = {
  initial: { answers: [], diagnosed: false },
  keyOf: (state) => JSON.stringify([state.ticket, state.answers, state.action, state.diagnosed]),
  apply(before, call) {
    const { ticket, action } = before;
    if (call.name === "approve") return decided(before, "approved", call.word);
    if (call.name === "reject") return decided(before, "rejected", "dana");
    if (call.name === "apply") return decided(before, "applied", "pull");
    if (call.name === "open" && ticket === undefined) {
      const state = { ...before, ticket: { status: "new", priority: "normal" } };
      return { state, text: ticketText(state) };
    }
    if (ticket === undefined) return { state: before, text: "not_found" };
    if (call.name === "diagnose") return { state: { ...before, diagnosed: true }, text: "diagnosed" };
    if (call.name !== "propose") return changed(before, ticket, call);
    const state = { ...before, action: action ?? { status: "pending_review" } };
    return { state, text: `${state.action.status}` };
  },
};

const textOf = ({ status, priority, ai_response }: Ticket) => `${status} ${priority} ${ai_response ?? "-"}`;

function answerOf({ support, devops }: DataLayer, ticket_id: string, call: Call): Promise<string> {
  const action_id = `ACT-${ticket_id}`;
  const action = { ticket: ticket_id, action_id };
  const decision = { reviewed_by: "dana", review_reason: "clear" };
  const status = (item: { status?: string | undefined }) => `${item.status}`;
  if (call.name === "open") return told(support.open(aTicket({ ticket_id, priority: "normal" })), textOf);
  if (call.name === "answer") return told(support.answer(ticket_id, { ai_response: call.word }), textOf);
  if (call.name === "setPriority") return told(support.setPriority(ticket_id, call.word), textOf);
  if (call.name === "thread") return told(support.thread(ticket_id), ({ ticket }) => textOf(ticket));
  if (call.name === "diagnose")
    return told(devops.recordDiagnosis(aDiagnosis({ ...action, action_id: `DIA-${ticket_id}` })), () => "diagnosed");
  if (call.name === "propose") return told(devops.proposeFix(aFix(action)), status);
  if (call.name === "approve") return told(devops.approve(action_id, { ...decision, reviewed_by: call.word }), status);
  if (call.name === "reject") return told(devops.reject(action_id, decision), status);
  if (call.name === "apply") return told(devops.markApplied(action_id, "https://example.com/pull/1"), status);
  return told(support[call.name](ticket_id), textOf);
}

let db: TestTable;
let played: Histories;
beforeAll(async () => {
  db = await openLateTable();
  played = new Histories(db);
});
afterAll(() => {
  report("histories of tickets", played.counts);
  return db.drop();
});
jest.setTimeout(1_800_000);

it("have an order of their calls that explains every answer, late, with kills and retries hours later", async () => {
  for (const number of histories(115, 4)) {
    const ticket_id = `TKT-${number}`;
    await played.check({
      model: MODEL,
      draw: () => played.one(CALLS),
      answer: (layer, call) => answerOf(layer, ticket_id, call),
    });
    const linked = (await db.layer.support.find(ticket_id))?.devops_action_id ?? `ACT-${ticket_id}`;
    expect([`ACT-${ticket_id}`, `DIA-${ticket_id}`]).toContain(linked);
  }
});
