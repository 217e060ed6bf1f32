import type { AccountStatus, ActionStatus, AssessmentStatus, ReportStatus, TicketStatus } from "./enums.ts";

/** The attribute that holds an entity's state, and for each state those from which it is reached. */
export interface StateTransitions<Attribute extends string = string> {
  /** The attribute that holds the state. */
  readonly attribute: Attribute;
  /** For each state, the states that lead there. */
  readonly from: Readonly<Record<string, readonly string[]>>;
}

/** For each state, the states from which an item may become it; anything else is a conflict. */
export type StateMachine<S extends string> = Readonly<Record<S, readonly S[]>>;

export const ACCOUNT_STATES: StateMachine<AccountStatus> = {
  active: ["suspended"],
  suspended: ["active"],
  deleted: ["active", "suspended"],
};

export const ASSESSMENT_STATES: StateMachine<AssessmentStatus> = {
  in_progress: [],
  completed: ["in_progress"],
  abandoned: ["in_progress"],
};

export const REPORT_STATES: StateMachine<ReportStatus> = {
  new: [],
  investigating: ["new"],
  resolved: ["new", "investigating"],
  dismissed: ["new", "investigating"],
};

export const TICKET_STATES: StateMachine<TicketStatus> = {
  new: [],
  in_progress: ["new", "escalated", "resolved"],
  resolved: ["in_progress", "escalated"],
  escalated: ["in_progress"],
};

export const ACTION_STATES: StateMachine<ActionStatus> = {
  pending_review: [],
  approved: ["pending_review"],
  rejected: ["pending_review"],
  applied: ["approved"],
};
