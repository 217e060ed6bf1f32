import { digestOf } from "../../entities/credential.ts";
import type { Product } from "../../entities/enums.ts";
import { MODELS } from "../../entities/models.ts";
import { QR_TOKEN_LIFETIME_SECONDS, REDEMPTION_REPEAT_SECONDS } from "../../entities/qr-token.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import { SESSION_LIFETIME_SECONDS } from "../../entities/session.ts";
import {
  ACCOUNT_STATES,
  ACTION_STATES,
  ASSESSMENT_STATES,
  REPORT_STATES,
  type StateMachine,
  TICKET_STATES,
} from "../../entities/transitions.ts";
import { VERIFICATION_LIFETIME_SECONDS } from "../../entities/user.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import {
  aDiagnosis,
  aFix,
  aReceipt,
  aRegistration,
  aReport,
  aSafetyEvent,
  aSpeakingResult,
  aTicket,
} from "../builders.ts";
import { NOW } from "../engine.ts";

type Row = Record<string, unknown>;

/** Who an id belongs to, since when, and for a transaction whether it was granted: after an erasure one may not know. */
interface Claimed {
  readonly owner: string;
  readonly created_at: number;
  granted: boolean | "perhaps";
}

/** An entry of the ledger of erasures. */
interface Erased {
  readonly state: "unfinished" | "final" | "registered";
  readonly erased_at: number;
}

/** What is known of a store's transaction. */
interface Transaction {
  readonly bought?: number;
  readonly refunded?: true;
  readonly reversed?: true;
}

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
  const { attributes }: EntitySchema = MODELS[entity].schema;
  return Object.fromEntries(Object.entries(row).filter(([name]) => attributes[name]?.hidden !== true));
};

const mayBecome = <S extends string>(machine: StateMachine<S>, from: unknown, to: S) =>
  machine[to].some((state) => state === from);

const CREDENTIALS = ["session_id", "qr_token", "token", "verification_token"];

/** Credentials as their digests; without what only the layer itself reads. */
function storedForm({ verification_expires_at: _, opened_session_id: __, ...row }: Row): Row {
  const entries = Object.entries(row).map(([name, value]) =>
    CREDENTIALS.includes(name) && typeof value === "string" ? [name, digestOf(value)] : [name, value],
  );
  return Object.fromEntries(entries);
}

/** The services' rules over plain maps: no requests, no retries, no indexes. */
export class InMemoryModel {
  now = NOW;
  readonly users = new Map<string, Row>();
  readonly sessions = new Map<string, Row>();
  /** Ids of all sessions that ever were, in order. */
  readonly sessionIds: string[] = [];
  readonly assessments = new Map<string, Row>();
  /** Sessions and tokens that began before their account was shut out. */
  readonly shut = new Set<string>();
  readonly entitlements = new Map<string, Row>();
  /** The transactions of each entitlement. */
  readonly ledgers = new Map<string, Map<string, Transaction>>();
  readonly tokens = new Map<string, Row>();
  /** All tokens that ever were, in order. */
  readonly tokenIds: string[] = [];
  readonly logs = new Map<string, Row>();
  readonly reports = new Map<string, Row>();
  readonly questions = new Map<string, Row>();
  readonly claimed = new Map<string, Claimed>();
  /** The ledger of erasures, by address. */
  readonly erased = new Map<string, Erased>();
  /** Transactions that two purchases of an erased account had heard of. */
  readonly heardTwice = new Set<string>();
  readonly tickets = new Map<string, Row>();
  /** What each ticket was ever answered. */
  readonly #answers = new WeakMap<Row, Set<string>>();
  readonly actions = new Map<string, Row>();

  private claim(kind: string, id: string, owner: string): Claimed {
    const key = `${kind} ${id}`;
    const claim = this.claimed.get(key) ?? { owner, created_at: this.now, granted: false };
    this.claimed.set(key, claim);
    return claim.owner === owner ? claim : conflict("claimed");
  }

  /** What a call that died may have claimed for an action without its ticket is free again. */
  private giveBack(kind: "devops_action", id: string, owner: string): void {
    const key = `${kind} ${id}`;
    if (!this.actions.has(id) && this.claimed.get(key)?.owner === owner) this.claimed.delete(key);
  }

  /** Refuses what is written for an erased account, and for one that registered anew what `began` before. */
  private refuseErased(email: string, began: number = Number.POSITIVE_INFINITY): void {
    const entry = this.erased.get(email);
    if (entry !== undefined && (entry.state !== "registered" || began <= entry.erased_at)) conflict("erased");
  }

  register(email: string, password_hash: string): Row {
    const entry = this.erased.get(email);
    if (entry?.state === "unfinished") conflict("being_erased");
    const current = this.users.get(email);
    const given = aRegistration({ email, password_hash });
    if (current !== undefined) {
      const same = current.password_hash === password_hash && current.verification_token === given.verification_token;
      return same ? shown("user", current) : conflict("registered");
    }
    if (entry !== undefined) this.erased.set(email, { ...entry, state: "registered" });
    const verification_expires_at = this.now + VERIFICATION_LIFETIME_SECONDS;
    const user = {
      ...given,
      verification_expires_at,
      created_at: this.now,
      email_verified: false,
      account_status: "active",
    };
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
    if (to !== "active") this.shutOut(email);
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
    if (user.password_hash === current_hash) this.shutOut(email);
    user.password_hash = password_hash;
    return shown("user", user);
  }

  verifyEmail(email: string, token: string): Row {
    const user = found(this.users.get(email));
    if (user.verification_token !== token) {
      return conflict(
        user.email_verified === true && user.verification_token === undefined ? "already_verified" : "wrong_token",
      );
    }
    if ((user.verification_expires_at as number) <= this.now) throw new Refusal("expired");
    user.email_verified = true;
    delete user.verification_token;
    delete user.verification_expires_at;
    return shown("user", user);
  }

  setVerificationToken(email: string, verification_token: string): Row {
    const user = found(this.users.get(email));
    if (user.email_verified === true) return conflict("already_verified");
    user.verification_token = verification_token;
    user.verification_expires_at = this.now + VERIFICATION_LIFETIME_SECONDS;
    return shown("user", user);
  }

  /** What lets a user in needs an account that is active. */
  mayLetIn(email: string): void {
    const { account_status } = found(this.users.get(email));
    if (account_status !== "active") conflict(account_status);
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
    if (this.shut.has(session_id)) throw new Refusal("not_found");
    return { ...shown("session", session), session_id: digestOf(session_id) };
  }

  liveSessions(email: string): Row[] {
    return [...this.sessions.values()].filter(
      (row) =>
        row.user_email === email && (row.expires_at as number) > this.now && !this.shut.has(row.session_id as string),
    );
  }

  end(session_id: string): void {
    const session = this.sessions.get(session_id);
    this.sessions.delete(session_id);
    if (session?.qr_token === undefined) return;
    // A token goes for as long as a call may still redeem it: its five minutes, and the fifteen that a call may run.
    if ((session.created_at as number) > this.now - QR_TOKEN_LIFETIME_SECONDS - 15 * 60) {
      this.tokens.delete(session.qr_token as string);
    }
  }

  /** What began until now lets nobody in any more, and stays until it expires. */
  shutOut(email: string): void {
    for (const rows of [this.sessions, this.tokens])
      for (const [id, { user_email }] of rows) if (user_email === email) this.shut.add(id);
  }

  endAll(email: string): number {
    for (const [id, { user_email }] of this.tokens) if (user_email === email) this.tokens.delete(id);
    const own = [...this.sessions].filter(([, { user_email }]) => user_email === email);
    for (const [id] of own) this.sessions.delete(id);
    return own.length;
  }

  issueToken(user_email: string, token: string): Row {
    const issued = {
      token,
      user_email,
      created_at: this.now,
      expires_at: this.now + QR_TOKEN_LIFETIME_SECONDS,
      used: false,
    };
    this.tokens.set(token, issued);
    this.tokenIds.push(token);
    return issued;
  }

  /** `session_id` is the one that the service made, which the model cannot know. */
  redeem(id: string, device_id: string, session_id: string): Row {
    const token = found(this.tokens.get(id));
    if (token.used === true && token.device_id !== device_id) throw new Refusal("token_used");
    if ((token.expires_at as number) <= this.now) throw new Refusal("expired");
    if (token.used === true && (token.used_at as number) + REDEMPTION_REPEAT_SECONDS <= this.now)
      throw new Refusal("token_used");
    if (token.used !== true)
      Object.assign(token, { used: true, used_at: this.now, device_id, opened_session_id: session_id });
    const started = token.used_at as number;
    const key = token.opened_session_id as string;
    if (this.shut.has(id)) {
      this.sessions.delete(key);
      this.mayLetIn(token.user_email as string);
      conflict("shut");
    }
    const session = this.sessions.get(key) ?? {
      session_id: key,
      user_email: token.user_email,
      created_at: started,
      expires_at: started + SESSION_LIFETIME_SECONDS,
      qr_authenticated: true,
      qr_token: id,
    };
    this.sessions.set(key, session);
    if (!this.sessionIds.includes(key)) this.sessionIds.push(key);
    return shown("session", session);
  }

  tokenStatus(id: string): Row {
    const { used, used_at, expires_at } = found(this.tokens.get(id));
    if (used === true) return { state: "used", expires_at, used_at };
    return { state: (expires_at as number) <= this.now ? "expired" : "waiting", expires_at };
  }

  startAssessment(assessment_id: string, user_id: string, assessment_type: string): Row {
    const { created_at } = this.claim("assessment", assessment_id, user_id);
    const current = this.assessments.get(assessment_id);
    if (current === undefined) {
      this.refuseErased(user_id, created_at);
      const started = { assessment_id, user_id, assessment_type, created_at, status: "in_progress" };
      this.assessments.set(assessment_id, started);
      return started;
    }
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

  /** A grant that an erasure refused counts as granted when a retry had to take it back. */
  grant(user_email: string, product_id: "speaking" | "writing", transaction_id: string, taken: boolean): Row {
    const key = `${user_email} ${product_id}`;
    const current = this.entitlements.get(key);
    const transactions = this.transactions(key);
    const claim = this.claim("transaction", transaction_id, key);
    if (claim.granted === "perhaps") claim.granted = taken;
    const known = transactions.get(transaction_id) ?? {};
    if (claim.granted && known.bought === undefined && current === undefined) return conflict("granted");
    if (!claim.granted) {
      claim.granted = "perhaps";
      this.refuseErased(user_email);
      claim.granted = true;
      transactions.set(transaction_id, { ...known, bought: this.now });
      this.entitlements.set(key, current ?? { ...aReceipt({ user_email, product_id }) });
    }
    return this.currentPurchase(key);
  }

  /** A refund, or its reversal, which has the last word. */
  tellRefund(
    what: "refunded" | "reversed",
    [user_email, product_id, transaction_id]: readonly [string, Product, string],
    taken: boolean,
  ): Row {
    const key = `${user_email} ${product_id}`;
    const transactions = this.transactions(key);
    const known = transactions.get(transaction_id);
    if (known === undefined) {
      const claim = this.claimed.get(`transaction ${transaction_id}`);
      if (claim !== undefined && claim.owner !== key) return conflict("claimed");
      if (claim?.granted === "perhaps") claim.granted = taken;
      if (claim?.granted === true) return conflict("granted");
      if (!this.entitlements.has(key)) {
        this.refuseErased(user_email);
        const heard = { purchase_date: this.now, expires_at: this.now, receipt_data: "", status: "refunded" };
        const { price_paid: _, ...receipt } = aReceipt({ user_email, product_id, transaction_id });
        this.entitlements.set(key, { ...receipt, ...heard });
      }
    }
    transactions.set(transaction_id, { ...known, [what]: true });
    return this.currentPurchase(key);
  }

  private transactions(key: string): Map<string, Transaction> {
    const transactions = this.ledgers.get(key) ?? new Map<string, Transaction>();
    this.ledgers.set(key, transactions);
    return transactions;
  }

  /** Brings a purchase's attributes into line with its transactions: thirty days for each, one after the other. */
  private currentPurchase(key: string): Row {
    const row = found(this.entitlements.get(key));
    const bought = [...this.transactions(key)]
      .flatMap(([transaction_id, { bought: at, ...rest }]) =>
        at === undefined ? [] : [{ ...rest, transaction_id, at }],
      )
      .sort((a, b) => a.at - b.at || (a.transaction_id < b.transaction_id ? -1 : 1));
    const paid = bought.filter(({ refunded, reversed }) => refunded !== true || reversed === true);
    const last = paid.at(-1) ?? bought.at(-1);
    if (last === undefined) return shown("entitlement", row);
    const end = paid.reduce((before, { at }) => Math.max(before, at) + ACCESS_PERIOD_SECONDS, 0);
    const { user_email, product_id } = row as { user_email: string; product_id: Product };
    Object.assign(row, aReceipt({ user_email, product_id, transaction_id: last.transaction_id }), {
      purchase_date: last.at,
      expires_at: paid.length === 0 ? last.at + ACCESS_PERIOD_SECONDS : end,
      status: paid.length === 0 ? "refunded" : end > this.now ? "active" : "expired",
    });
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
    const { created_at } = this.claim("ticket", ticket_id, user_email);
    const current = this.tickets.get(ticket_id);
    if (current !== undefined) return current;
    this.refuseErased(user_email, created_at);
    const opened = { ...aTicket({ ticket_id, user_email }), created_at, status: "new" };
    this.tickets.set(ticket_id, opened);
    return opened;
  }

  answerTicket(ticket_id: string, ai_response: string): Row {
    const row = found(this.tickets.get(ticket_id));
    const known = this.#answers.get(row) ?? new Set<string>();
    if (known.has(ai_response)) return row;
    if (row.status === "resolved") return conflict(row.status);
    this.#answers.set(row, known.add(ai_response));
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
    const given = kind === "fix" ? aFix({ action_id }) : aDiagnosis({ action_id });
    const linked = ticket === undefined ? undefined : this.tickets.get(ticket);
    if (ticket !== undefined && linked === undefined) this.giveBack("devops_action", action_id, given.affected_service);
    if (ticket !== undefined) found(linked);
    const { created_at: timestamp } = this.claim("devops_action", action_id, given.affected_service);
    const action = this.actions.get(action_id) ?? {
      ...given,
      timestamp,
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
    if (!mayBecome(ACTION_STATES, row.status, to)) return conflict(row.status ?? "wrong_state");
    return Object.assign(row, { status: to, reviewed_by, review_reason: "because" });
  }

  apply(action_id: string, pr_url: string): Row {
    const row = found(this.actions.get(action_id));
    if (row.status === "applied" && row.pr_url === pr_url) return row;
    if (!mayBecome(ACTION_STATES, row.status, "applied")) return conflict(row.status ?? "wrong_state");
    return Object.assign(row, { status: "applied", action_type: "fix_applied", pr_url });
  }

  recordEvent(log_id: string, user_email: string): Row {
    const { created_at: timestamp } = this.claim("safety_log", log_id, user_email);
    const current = this.logs.get(log_id);
    if (current !== undefined) return current;
    this.refuseErased(user_email, timestamp);
    const event = { ...aSafetyEvent({ log_id, user_email }), timestamp };
    if (this.assessments.get(event.assessment_id)?.user_id !== user_email) throw new Refusal("not_found");
    this.logs.set(log_id, event);
    return event;
  }

  fileReport(report_id: string, reporter_email: string): Row {
    const { created_at } = this.claim("content_report", report_id, reporter_email);
    const current = this.reports.get(report_id);
    if (current !== undefined) return current;
    this.refuseErased(reporter_email, created_at);
    const report = { ...aReport({ report_id, reporter_email }), created_at, status: "new" };
    this.reports.set(report_id, report);
    return report;
  }

  triage(report_id: string, to: "investigating" | "resolved" | "dismissed", admin_notes: string): Row {
    const row = found(this.reports.get(report_id));
    if (mayBecome(REPORT_STATES, row.status, to)) return Object.assign(row, { status: to, admin_notes });
    return row.status === to && row.admin_notes === admin_notes ? row : conflict(row.status);
  }

  importQuestions(questions: readonly { readonly question_id: string }[]): void {
    for (const question of questions) this.questions.set(question.question_id, { ...question });
  }

  /** The items of an account, by entity. */
  itemsOf(email: string): Readonly<Record<string, Row[]>> {
    const own = (rows: ReadonlyMap<string, Row>, name: string) =>
      [...rows.values()].filter((row) => row[name] === email);
    return {
      user: own(this.users, "email"),
      session: own(this.sessions, "user_email"),
      qr_token: own(this.tokens, "user_email"),
      assessment: own(this.assessments, "user_id"),
      entitlement: own(this.entitlements, "user_email"),
      safety_log: own(this.logs, "user_email"),
      content_report: own(this.reports, "reporter_email"),
      // The model starts assessments without a daily limit.
      daily_starts: [],
      ticket: own(this.tickets, "user_email"),
      devops_action: [...this.actions.values()].filter(
        ({ ticket_id }) => this.tickets.get(`${ticket_id}`)?.user_email === email,
      ),
    };
  }

  exportCounts(email: string): Row {
    const counts = Object.entries(this.itemsOf(email)).map(([entity, rows]) => [entity, rows.length] as const);
    if (counts.every(([, count]) => count === 0)) throw new Refusal("not_found");
    return Object.fromEntries(counts);
  }

  erase(email: string): void {
    const entry = this.erased.get(email);
    const begins = entry === undefined || entry.state === "registered";
    if (begins) this.erased.set(email, { state: "unfinished", erased_at: this.now });
    else this.makeFinal(email, entry);
    const gone = new Set(Object.values(this.itemsOf(email)).flat());
    for (const [key, row] of this.entitlements) if (gone.has(row)) this.eraseLedger(key);
    for (const rows of this.maps()) for (const [key, row] of rows) if (gone.has(row)) rows.delete(key);
  }

  finishErasures(): void {
    for (const [email, entry] of this.erased) this.makeFinal(email, entry);
  }

  private makeFinal(email: string, { state, erased_at }: Erased): void {
    const isDue = erased_at + ERASURE_FINAL_SECONDS <= this.now;
    if (state === "unfinished" && isDue) this.erased.set(email, { state: "final", erased_at });
  }

  /** What an account's ledger holds is granted to nobody again, nor forgotten when it was refunded first. */
  private eraseLedger(key: string): void {
    for (const transaction_id of this.transactions(key).keys()) {
      const name = `transaction ${transaction_id}`;
      const claim = this.claimed.get(name) ?? { owner: key, created_at: this.now, granted: true };
      if (claim.owner === key) this.claimed.set(name, Object.assign(claim, { granted: true }));
      else if (claim.owner.split(" ")[0] === key.split(" ")[0]) this.heardTwice.add(transaction_id);
    }
    this.ledgers.delete(key);
  }

  private maps(): Map<string, Row>[] {
    const { users, sessions, tokens, assessments, entitlements, logs, reports, tickets, actions } = this;
    return [users, sessions, tokens, assessments, entitlements, logs, reports, tickets, actions];
  }

  /** Every row that the table must hold, by entity; claims aside. */
  rows(): Readonly<Record<keyof typeof MODELS, Row[]>> {
    return {
      user: [...this.users.values()].map(storedForm),
      session: [...this.sessions.values()].map(storedForm),
      qr_token: [...this.tokens.values()].map(storedForm),
      assessment: [...this.assessments.values()],
      question: [...this.questions.values()],
      rubric: [],
      entitlement: [...this.entitlements.values()],
      safety_log: [...this.logs.values()],
      content_report: [...this.reports.values()],
      ticket: [...this.tickets.values()],
      devops_action: [...this.actions.values()],
    };
  }

  /** Every id that is claimed. */
  claims(): number {
    return this.claimed.size;
  }
}
