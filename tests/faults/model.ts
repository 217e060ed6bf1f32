import { MODELS } from "../../entities/models.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import { SESSION_LIFETIME_SECONDS } from "../../services/sessions.ts";
import {
  ACCOUNT_STATES,
  ACTION_STATES,
  ASSESSMENT_STATES,
  type StateMachine,
  TICKET_STATES,
} from "../../services/state-machines.ts";
import { aDiagnosis, aFix, aReceipt, aRegistration, aSpeakingResult, aTicket } from "../builders.ts";
import { NOW } from "../engine.ts";

type Row = Record<string, unknown>;

/** A refusal as the services make it, by code and state. */
export class Refusal extends Error {
  readonly code: string;
  readonly state: string | undefined;

  constructor(code: string, state?: string) {
    super(`${code} ${state ?? ""}`);
    this.code = code;
    this.state = state;
  }
}

const conflict = (state: unknown): never => {
  throw new Refusal("conflict", String(state));
};

const found = (row: Row | undefined): Row => {
  if (row === undefined) throw new Refusal("not_found");
  return row;
};

/** The attributes of a row that the entity shows. */
const shown = (entity: keyof typeof MODELS, row: Row): Row => {
  const attributes = MODELS[entity].schema.attributes as Readonly<Record<string, { readonly hidden?: boolean }>>;
  return Object.fromEntries(Object.entries(row).filter(([name]) => attributes[name]?.hidden !== true));
};

const mayBecome = <S extends string>(machine: StateMachine<S>, from: unknown, to: S) =>
  machine[to].some((state) => state === from);

/** The services' rules over plain maps: no requests, no retries, no indexes. */
export class InMemoryModel {
  now = NOW;
  readonly users = new Map<string, Row>();
  readonly sessions = new Map<string, Row>();
  /** Ids of all sessions that ever were, in order. */
  readonly sessionIds: string[] = [];
  readonly assessments = new Map<string, Row>();
  readonly entitlements = new Map<string, Row>();
  readonly transactions = new Map<string, string>();
  readonly tickets = new Map<string, Row>();
  readonly actions = new Map<string, Row>();

  register(email: string, password_hash: string): Row {
    const current = this.users.get(email);
    const given = aRegistration({ email, password_hash });
    if (current !== undefined) {
      const same = current.password_hash === password_hash && current.verification_token === given.verification_token;
      return same ? shown("user", current) : conflict("registered");
    }
    const user = { ...given, created_at: this.now, email_verified: false, account_status: "active" };
    this.users.set(email, user);
    return shown("user", user);
  }

  findUser(email: string): Row | undefined {
    const user = this.users.get(email);
    return user && shown("user", user);
  }

  setStatus(email: string, to: "active" | "suspended" | "deleted"): Row {
    const user = found(this.users.get(email));
    if (user.account_status !== to && !mayBecome(ACCOUNT_STATES, user.account_status, to)) {
      return conflict(user.account_status);
    }
    user.account_status = to;
    if (to !== "active") this.endAll(email);
    return shown("user", user);
  }

  recordLogin(email: string): Row {
    const user = found(this.users.get(email));
    user.last_login = this.now;
    return shown("user", user);
  }

  changePassword(email: string, password_hash: string, current_hash: string): Row {
    const user = found(this.users.get(email));
    if (user.password_hash !== current_hash && user.password_hash !== password_hash)
      return conflict("password_changed");
    user.password_hash = password_hash;
    this.endAll(email);
    return shown("user", user);
  }

  verifyEmail(email: string, token: string): Row {
    const user = found(this.users.get(email));
    if (user.verification_token !== token) {
      return conflict(
        user.email_verified === true && user.verification_token === undefined ? "already_verified" : "wrong_token",
      );
    }
    user.email_verified = true;
    delete user.verification_token;
    return shown("user", user);
  }

  setVerificationToken(email: string, verification_token: string): Row {
    const user = found(this.users.get(email));
    if (user.email_verified === true) return conflict("already_verified");
    user.verification_token = verification_token;
    return shown("user", user);
  }

  mayStartSession(email: string): void {
    const status = this.users.get(email)?.account_status ?? "active";
    if (status !== "active") conflict(status);
  }

  startSession(user_email: string, session_id: string): Row {
    const session = {
      session_id,
      user_email,
      created_at: this.now,
      expires_at: this.now + SESSION_LIFETIME_SECONDS,
      qr_authenticated: false,
    };
    this.sessions.set(session_id, session);
    this.sessionIds.push(session_id);
    return session;
  }

  authenticate(session_id: string): Row {
    const session = found(this.sessions.get(session_id));
    if ((session.expires_at as number) <= this.now) throw new Refusal("expired");
    return session;
  }

  liveSessions(email: string): Row[] {
    return [...this.sessions.values()].filter(
      (row) => row.user_email === email && (row.expires_at as number) > this.now,
    );
  }

  endAll(email: string): void {
    for (const [id, { user_email }] of this.sessions) if (user_email === email) this.sessions.delete(id);
  }

  startAssessment(assessment_id: string, user_id: string, assessment_type: string): Row {
    const current = this.assessments.get(assessment_id);
    if (current === undefined) {
      const started = { assessment_id, user_id, assessment_type, created_at: this.now, status: "in_progress" };
      this.assessments.set(assessment_id, started);
      return started;
    }
    if (current.user_id !== user_id) return conflict("claimed");
    return current.assessment_type === assessment_type ? current : conflict("exists");
  }

  completeAssessment(assessment_id: string, duration_minutes: number): Row {
    const row = found(this.assessments.get(assessment_id));
    if (row.status === "completed" && row.duration_minutes === duration_minutes) return row;
    if (!mayBecome(ASSESSMENT_STATES, row.status, "completed")) return conflict(row.status);
    const result = aSpeakingResult({ duration_minutes });
    return Object.assign(row, result, { band_score: 7, status: "completed", completed_at: this.now });
  }

  abandonAssessment(assessment_id: string): Row {
    const row = found(this.assessments.get(assessment_id));
    if (row.status === "abandoned") return row;
    if (!mayBecome(ASSESSMENT_STATES, row.status, "abandoned")) return conflict(row.status);
    return Object.assign(row, { status: "abandoned" });
  }

  assessmentsOf(user: string): Row[] {
    return [...this.assessments.values()].filter((row) => row.user_id === user);
  }

  grant(user_email: string, product_id: "speaking" | "writing", transaction_id: string): Row {
    const key = `${user_email} ${product_id}`;
    const owner = this.transactions.get(transaction_id);
    const current = this.entitlements.get(key);
    if (owner !== undefined) return owner === key ? shown("entitlement", found(current)) : conflict("claimed");
    this.transactions.set(transaction_id, key);
    const running = current?.status === "active" ? (current.expires_at as number) : this.now;
    const granted = {
      ...aReceipt({ user_email, product_id, transaction_id }),
      purchase_date: this.now,
      expires_at: Math.max(this.now, running) + ACCESS_PERIOD_SECONDS,
      status: "active",
    };
    this.entitlements.set(key, granted);
    return shown("entitlement", granted);
  }

  refund(user_email: string, product_id: string, transaction_id: string): Row {
    const row = found(this.entitlements.get(`${user_email} ${product_id}`));
    if (row.transaction_id !== transaction_id) return conflict(row.status);
    row.status = "refunded";
    return shown("entitlement", row);
  }

  findPurchase(user_email: string, product_id: string): Row | undefined {
    const row = this.entitlements.get(`${user_email} ${product_id}`);
    return row && shown("entitlement", row);
  }

  hasAccess(user_email: string, product_id: string): boolean {
    const row = this.entitlements.get(`${user_email} ${product_id}`);
    return row?.status === "active" && (row.expires_at as number) > this.now;
  }

  openTicket(ticket_id: string, user_email: string): Row {
    const current = this.tickets.get(ticket_id);
    if (current !== undefined) return current.user_email === user_email ? current : conflict("claimed");
    const opened = { ...aTicket({ ticket_id, user_email }), created_at: this.now, status: "new" };
    this.tickets.set(ticket_id, opened);
    return opened;
  }

  answerTicket(ticket_id: string, ai_response: string): Row {
    const row = found(this.tickets.get(ticket_id));
    if (row.status === "resolved") return conflict(row.status);
    return Object.assign(row, { ai_response, status: "in_progress" });
  }

  moveTicket(ticket_id: string, to: "escalated" | "resolved" | "in_progress"): Row {
    const row = found(this.tickets.get(ticket_id));
    if (row.status === to) return row;
    if (!mayBecome(TICKET_STATES, row.status, to)) return conflict(row.status);
    if (to !== "in_progress") row[`${to}_at`] = this.now;
    return Object.assign(row, { status: to });
  }

  setPriority(ticket_id: string, priority: string): Row {
    return Object.assign(found(this.tickets.get(ticket_id)), { priority });
  }

  recordAction(action_id: string, ticket: string | undefined, kind: "diagnosis" | "fix"): Row {
    const linked = ticket === undefined ? undefined : found(this.tickets.get(ticket));
    const current = this.actions.get(action_id);
    if (current !== undefined) return current;
    const given = kind === "fix" ? aFix({ action_id }) : aDiagnosis({ action_id });
    const action: Row = {
      ...given,
      timestamp: this.now,
      ...(kind === "fix" ? { action_type: "fix_proposed", status: "pending_review" } : { action_type: "diagnose" }),
      ...(ticket === undefined ? {} : { ticket_id: ticket }),
    };
    this.actions.set(action_id, action);
    if (linked !== undefined) linked.devops_action_id ??= action_id;
    return action;
  }

  decide(action_id: string, to: "approved" | "rejected", reviewed_by: string): Row {
    const row = found(this.actions.get(action_id));
    if (row.status === to && row.reviewed_by === reviewed_by) return row;
    if (!mayBecome(ACTION_STATES, row.status, to)) return conflict(row.status ?? "none");
    return Object.assign(row, { status: to, reviewed_by, review_reason: "because" });
  }

  apply(action_id: string, pr_url: string): Row {
    const row = found(this.actions.get(action_id));
    if (row.status === "applied" && row.pr_url === pr_url) return row;
    if (!mayBecome(ACTION_STATES, row.status, "applied")) return conflict(row.status ?? "none");
    return Object.assign(row, { status: "applied", action_type: "fix_applied", pr_url });
  }

  /** Every row that the table must hold, by entity; claims aside. */
  rows(): Readonly<Record<string, Row[]>> {
    return {
      user: [...this.users.values()],
      session: [...this.sessions.values()],
      assessment: [...this.assessments.values()],
      entitlement: [...this.entitlements.values()],
      ticket: [...this.tickets.values()],
      devops_action: [...this.actions.values()],
    };
  }

  claims(): number {
    return this.assessments.size + this.transactions.size + this.tickets.size + this.actions.size;
  }
}
