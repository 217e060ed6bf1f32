import type { Assessment } from "../../../entities/assessment.ts";
import type { DevopsAction } from "../../../entities/devops-action.ts";
import type { Ticket } from "../../../entities/ticket.ts";
import { BROWSER, FIX, MARIA, PASSWORD_HASH, RESULT, receiptOf, reportOf, safetyEventOf, TICKET } from "./fixtures.ts";
import { type ReadFloor, readsItems, readsRows } from "./floor.ts";
import type { Side } from "./side.ts";

/** One call of a handler, and what any single table must read for it; what it must write shows in the table. */
export interface Act {
  readonly run: () => Promise<unknown>;
  readonly reads?: ReadFloor;
}

export interface Step {
  readonly name: string;
  readonly acts: readonly Act[];
}

const REVIEWER = "dana.reviewer@example.com";
const DECISION = { reviewed_by: REVIEWER, review_reason: "One line, and a test covers it." };
const REGISTRATION = {
  email: "chen.wei@example.com",
  password_hash: PASSWORD_HASH,
  username: "Chen Wei",
  verification_token: "3f0e7c54-9a3e-4f0e-a0c0-5a4f8e2b7d11",
};

/** What the first act of a step leaves to the next ones. */
class Later<T> {
  private known: T | undefined;

  async keep(value: Promise<T>): Promise<T> {
    this.known = await value;
    return this.known;
  }

  get value(): T {
    if (this.known === undefined) throw new Error("an earlier act has not run");
    return this.known;
  }
}

/**
 * The fifteen steps, as handlers call the services: the agent that opened a ticket hands it on whole, a reviewer's link
 * and a support console know ids alone. Ids are the services' own; one that comes from outside costs one more claim on
 * either side.
 */
export function stepsOf(side: Side): readonly Step[] {
  const { accounts, sessions, qrLogin, assessments, purchases, support, devops, moderation } = side;
  const token = new Later<{ token: string }>();
  const assessment = new Later<Assessment>();
  const ticket = new Later<Ticket>();
  const action = new Later<DevopsAction>();
  const approved = new Later<DevopsAction>();
  const linked = () => ({ ...ticket.value, devops_action_id: action.value.action_id });
  const assessmentId = () => assessment.value.assessment_id;

  return [
    { name: "register", acts: [{ run: () => accounts.register(REGISTRATION) }] },
    {
      name: "log in",
      acts: [
        { run: () => accounts.credentials(MARIA), reads: readsItems("user", () => ({ email: MARIA }), "consistent") },
        { run: () => sessions.start({ user_email: MARIA, ...BROWSER }) },
        { run: () => accounts.recordLogin(MARIA) },
      ],
    },
    {
      name: "QR token: issue, redeem",
      acts: [
        { run: () => token.keep(qrLogin.issue(MARIA)) },
        {
          run: () =>
            qrLogin.redeem(token.value.token, { device_id: "7F31A2C4-91D0-4E5B-8A66-0B3C5D7E9F10", ...BROWSER }),
        },
      ],
    },
    {
      name: "assessment: start, complete",
      acts: [
        { run: () => assessment.keep(assessments.start({ user_id: MARIA, assessment_type: "writing_academic" })) },
        { run: () => assessments.complete(assessment.value, RESULT) },
      ],
    },
    {
      name: "last 20 of 50 assessments",
      acts: [
        {
          run: () => assessments.listByUser(MARIA, { limit: 20 }),
          reads: readsRows("gsi1", [{ entity: "assessment", where: () => ({ user_id: MARIA }), newest: 20 }]),
        },
      ],
    },
    {
      name: "active purchases",
      acts: [
        {
          run: () => purchases.allActive(MARIA),
          reads: readsRows("gsi1", [{ entity: "entitlement", where: () => ({ user_email: MARIA }) }]),
        },
      ],
    },
    { name: "open a ticket", acts: [{ run: () => ticket.keep(support.open(TICKET)) }] },
    { name: "escalate", acts: [{ run: () => support.escalate(ticket.value) }] },
    {
      name: "three actions",
      acts: [
        { run: () => action.keep(devops.proposeFix({ ...FIX, ticket: ticket.value })) },
        { run: () => devops.proposeFix({ ...FIX, ticket: linked() }) },
        { run: () => devops.proposeFix({ ...FIX, ticket: linked() }) },
      ],
    },
    {
      name: "approve and apply one",
      acts: [
        {
          run: () => approved.keep(devops.approve(action.value.action_id, DECISION)),
          reads: readsItems("devops_action", () => ({ action_id: action.value.action_id })),
        },
        { run: () => devops.markApplied(approved.value, "https://github.com/ielts-ai-prep/platform/pull/412") },
      ],
    },
    {
      name: "resolve",
      acts: [
        {
          run: () => support.resolve(ticket.value.ticket_id),
          reads: readsItems("ticket", () => ({ ticket_id: ticket.value.ticket_id })),
        },
      ],
    },
    {
      name: "thread, whole",
      acts: [
        {
          run: () => support.thread(ticket.value.ticket_id),
          reads: (table) => {
            const where = () => ({ ticket_id: ticket.value.ticket_id });
            const whole = readsItems("ticket", where)(table) + readsItems("devops_action", where)(table);
            return readsRows("gsi4", [{ entity: "devops_action", where }])(table) + whole;
          },
        },
      ],
    },
    {
      name: "dashboard",
      acts: [
        {
          run: () => accounts.overview(MARIA),
          reads: (table) =>
            readsItems("user", () => ({ email: MARIA }))(table) +
            readsRows("gsi1", [
              { entity: "entitlement", where: () => ({ user_email: MARIA }) },
              { entity: "ticket", where: () => ({ user_email: MARIA, status: "in_progress" }) },
              { entity: "assessment", where: () => ({ user_id: MARIA }), newest: 10 },
            ])(table),
        },
      ],
    },
    {
      name: "two safety events, a report",
      acts: [
        { run: () => moderation.recordSafetyEvent(safetyEventOf(assessmentId())) },
        { run: () => moderation.recordSafetyEvent(safetyEventOf(assessmentId())) },
        { run: () => moderation.fileReport(reportOf(assessmentId())) },
      ],
    },
    {
      name: "review, whole",
      acts: [
        {
          run: () => moderation.review(assessmentId()),
          reads: (table) => {
            const where = () => ({ assessment_id: assessmentId() });
            const members = ["safety_log", "content_report"] as const;
            const whole = ["assessment", ...members] as const;
            return (
              readsRows(
                "gsi4",
                members.map((entity) => ({ entity, where })),
              )(table) + whole.reduce((sum, entity) => sum + readsItems(entity, where)(table), 0)
            );
          },
        },
      ],
    },
  ];
}

/** Single events that the volume-weighted day needs besides the steps. */
export function eventsOf(side: Side): readonly Step[] {
  const session = new Later<{ session_id: string }>();
  const assessment_id = "01990001-0000-7000-8000-000000000000";
  return [
    {
      name: "start a session",
      acts: [{ run: () => session.keep(side.sessions.start({ user_email: MARIA, ...BROWSER })) }],
    },
    { name: "session check", acts: [{ run: () => side.sessions.authenticate(session.value.session_id) }] },
    { name: "purchase", acts: [{ run: () => side.purchases.grant(receiptOf("full_mock_test", "2000000777321456")) }] },
    { name: "safety event", acts: [{ run: () => side.moderation.recordSafetyEvent(safetyEventOf(assessment_id)) }] },
    { name: "report", acts: [{ run: () => side.moderation.fileReport(reportOf(assessment_id)) }] },
  ];
}
