import {
  type ActionStatus,
  TICKET_CATEGORIES,
  type TicketCategory,
  type TicketPriority,
  type TicketStatus,
} from "../../entities/enums.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { DAY, type Dice, HOUR, MINUTE } from "./dice.ts";
import type { Profile } from "./profile.ts";
import type { Stores } from "./stores.ts";
import { REVIEW_REASONS, REVIEWERS, TICKET_TEXTS } from "./ticket-texts.ts";

const PRIORITIES: Readonly<Record<TicketCategory, readonly TicketPriority[]>> = {
  purchase: ["normal", "low"],
  qr_code: ["urgent", "high"],
  audio: ["high", "normal"],
  refund: ["normal", "high"],
  technical: ["urgent", "high", "normal"],
};

interface Opening {
  readonly category: TicketCategory;
  readonly at: number;
}

/** A user's tickets, each with the actions that the DevOps agent took on it. */
export function createTickets(
  dice: Dice,
  profile: Profile,
  refundedAt: number | undefined,
  stores: Stores,
): StoredItem[] {
  const { createdAt, endsAt, verified } = profile;
  const count = verified && dice.chance(0.25) ? 1 + dice.rank(3) : 0;
  const openings: Opening[] = Array.from({ length: count }, () => ({
    category: dice.pick(TICKET_CATEGORIES),
    at: dice.whole(createdAt + 20 * MINUTE, endsAt),
  }));
  // Who was refunded had asked for it.
  if (refundedAt !== undefined) openings.push({ category: "refund", at: refundedAt - 30 * MINUTE });
  return openings.flatMap((opening) => createTicket(dice, profile, stores, opening));
}

function ticketStatus(dice: Dice, age: number): TicketStatus {
  if (age > 7 * DAY) return "resolved";
  if (age > DAY) return dice.pick(["resolved", "resolved", "in_progress", "escalated"] as const);
  return dice.pick(["new", "in_progress", "in_progress", "escalated"] as const);
}

/** What a ticket in a state must have been through; each step lies between the opening and now. */
function progressOf(dice: Dice, status: TicketStatus, { category, at }: Opening, now: number) {
  if (status === "new") return {};
  const answered = {
    ai_response: dice.pick(TICKET_TEXTS[category].answers),
    ai_confidence: dice.whole(55, 97) / 100,
  };
  const escalated = status === "escalated" || (status === "resolved" && dice.chance(0.3));
  const escalated_at = Math.min(now, at + dice.whole(MINUTE, 6 * HOUR));
  const resolved_at = Math.min(now, escalated_at + dice.whole(MINUTE, 20 * HOUR));
  return {
    ...answered,
    ...(escalated ? { escalated_at } : {}),
    ...(status === "resolved" ? { resolved_at } : {}),
  };
}

function createTicket(dice: Dice, profile: Profile, stores: Stores, opening: Opening): StoredItem[] {
  const { category, at } = opening;
  const { email, now } = profile;
  const ticket_id = dice.orderedId(at);
  const status = ticketStatus(dice, now - at);
  const [subject, message] = dice.pick(TICKET_TEXTS[category].subjects);
  const progress = progressOf(dice, status, opening, now);
  const actions = status === "new" ? [] : createActions(dice, stores, ticket_id, opening, status, now);
  const ticket = stores.ticket.itemOf({
    ticket_id,
    created_at: at,
    user_email: email,
    subject,
    message,
    category,
    priority: dice.pick(PRIORITIES[category]),
    status,
    ...progress,
    ...(actions[0] === undefined ? {} : { devops_action_id: actions[0].action_id as string }),
  });
  return [ticket, ...actions];
}

/** A diagnosis and a fix for a technical cause; the fix of a resolved ticket has been decided. */
function createActions(
  dice: Dice,
  stores: Stores,
  ticket_id: string,
  { category, at }: Opening,
  status: TicketStatus,
  now: number,
): StoredItem[] {
  const { incidents } = TICKET_TEXTS[category];
  if (incidents.length === 0 || dice.chance(0.4)) return [];
  const { issue_description, affected_service, ai_analysis, proposed_fix, code_diff } = dice.pick(incidents);
  const diagnosedAt = Math.min(now, at + dice.whole(MINUTE, 20 * MINUTE));
  const shared = { ticket_id, issue_description, affected_service, ai_analysis };
  const diagnosis = stores.devopsAction.itemOf({
    ...shared,
    action_id: dice.orderedId(diagnosedAt),
    timestamp: diagnosedAt,
    action_type: "diagnose",
  });
  if (dice.chance(0.3)) return [diagnosis];
  const proposedAt = Math.min(now, diagnosedAt + dice.whole(MINUTE, 30 * MINUTE));
  const decided =
    status === "resolved" ? (["applied", "applied", "rejected"] as const) : (["pending_review", "approved"] as const);
  const fix = stores.devopsAction.itemOf({
    ...shared,
    action_id: dice.orderedId(proposedAt),
    timestamp: proposedAt,
    proposed_fix,
    code_diff,
    ...decisionOf(dice, dice.pick<ActionStatus>(decided)),
  });
  return [diagnosis, fix];
}

function decisionOf(dice: Dice, status: ActionStatus) {
  if (status === "pending_review") return { action_type: "fix_proposed" as const, status };
  const reviewed = {
    reviewed_by: dice.pick(REVIEWERS),
    review_reason: dice.pick<string>(REVIEW_REASONS[status === "rejected" ? "rejected" : "approved"]),
  };
  if (status !== "applied") return { action_type: "fix_proposed" as const, status, ...reviewed };
  const pr_url = `https://github.com/ielts-ai-prep/platform/pull/${dice.whole(100, 999)}`;
  return { action_type: "fix_applied" as const, status, ...reviewed, pr_url };
}
