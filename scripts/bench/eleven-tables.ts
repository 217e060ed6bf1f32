import { isDeepStrictEqual } from "node:util";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import type { Assessment, AssessmentSummary } from "../../entities/assessment.ts";
import type { ContentReport } from "../../entities/content-report.ts";
import type { DevopsAction } from "../../entities/devops-action.ts";
import type { Entitlement, EntitlementSummary } from "../../entities/entitlement.ts";
import { type AccountStatus, ASSESSMENT_TYPES } from "../../entities/enums.ts";
import type { QrToken } from "../../entities/qr-token.ts";
import { QR_TOKEN_LIFETIME_SECONDS } from "../../entities/qr-token.ts";
import type { SafetyLog } from "../../entities/safety-log.ts";
import type { Session } from "../../entities/session.ts";
import { SESSION_LIFETIME_SECONDS } from "../../entities/session.ts";
import type { Ticket, TicketSummary } from "../../entities/ticket.ts";
import type { User } from "../../entities/user.ts";
import type { Credentials } from "../../services/accounts.ts";
import { overallBand } from "../../services/assessments.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import type { Clock } from "../../services/storage/context.ts";
import { ConflictError, ExpiredError, NotFoundError, TokenUsedError } from "../../services/storage/errors.ts";
import type { Design, ElevenTable } from "../eleven-tables/definitions.ts";
import { DocumentTables, type Item, type Outcome } from "./cost/document-tables.ts";
import type { Side } from "./cost/side.ts";

export interface ElevenTablesOptions {
  readonly client: DynamoDBClient;
  /** What stands before the tables' names. */
  readonly prefix: string;
  readonly clock: Clock;
  /**
   * Whether a write for an account looks, when it is done, for an erasure or a suspension that ran at the same time, as
   * our services do. Without, the eleven tables do less than ours: for comparison.
   */
  readonly guarded: boolean;
  /** How they are indexed. */
  readonly design: Design;
}

const USERS = "ielts-genai-prep-users";
const SESSIONS = "ielts-genai-prep-sessions";
const TOKENS = "ielts-genai-prep-qr-tokens";
const ASSESSMENTS = "ielts-genai-prep-assessments";
const ENTITLEMENTS = "ielts-genai-prep-entitlements";
const SAFETY_LOGS = "ielts-ai-safety-logs";
const REPORTS = "ielts-content-reports";
const TICKETS = "ielts-support-tickets";
const ACTIONS = "ielts-devops-actions";

const ASSESSMENT_VIEW = [
  "assessment_id",
  "user_id",
  "assessment_type",
  "created_at",
  "completed_at",
  "band_score",
  "status",
];
const ENTITLEMENT_VIEW = ["user_email", "product_id", "platform", "expires_at", "status"];
const TICKET_VIEW = ["ticket_id", "created_at", "user_email", "subject", "priority", "status"];
const USER_VIEW = ["email", "username", "created_at", "email_verified", "account_status"];

const picked = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));

const without = (item: Item, ...names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

const userOf = (item: Item) => without(item, "password_hash", "verification_token") as User;
const entitlementOf = (item: Item) => without(item, "receipt_data") as Entitlement;

/** Newest first. */
const byTime =
  (attribute: string) =>
  (a: Item, b: Item): number =>
    (b[attribute] as number) - (a[attribute] as number);

/** The item of an outcome; what stood against the write is judged by `whenRefused`. */
function settled(outcome: Outcome, entity: string, whenRefused: (current: Item) => Item): Item {
  if (!outcome.refused) return outcome.item;
  if (outcome.item === undefined) throw new NotFoundError(entity);
  return whenRefused(outcome.item);
}

const conflict = (entity: string, current: Item, message: string): never => {
  throw new ConflictError(entity, current.status === undefined ? "exists" : "wrong_state", message);
};

/** A retry of the same item gives back what is stored. */
const orSame = (entity: string, given: Item, fixed: readonly string[]) => (current: Item) =>
  isDeepStrictEqual(picked(given, fixed), picked(current, fixed))
    ? current
    : conflict(entity, current, "already exists with other attributes");

const either = (attribute: string, values: readonly string[]) => ({
  expression: `${attribute} IN (${values.map((_, index) => `:from${index}`).join(", ")})`,
  values: Object.fromEntries(values.map((value, index) => [`:from${index}`, value])),
});

/**
 * The same services on the seed's eleven tables, by hand: conditional writes, retries that change nothing twice, and
 * requests side by side wherever none needs another's answer.
 */
export function createElevenTablesSide({ client, prefix, clock, guarded, design }: ElevenTablesOptions): Side {
  const marshallOptions = { removeUndefinedValues: true };
  const tables = new DocumentTables(DynamoDBDocumentClient.from(client, { marshallOptions }), prefix);

  /** The one item of a partition whose sort key the caller does not know. */
  async function byId(table: ElevenTable, name: string, id: string): Promise<Item | undefined> {
    const { items } = await tables.page(table, {
      KeyConditionExpression: `${name} = :id`,
      ExpressionAttributeValues: { ":id": id },
      Limit: 1,
    });
    return items[0];
  }

  /** The whole items behind index rows, in the rows' order. */
  async function whole(table: ElevenTable, key: readonly string[], rows: readonly Item[]): Promise<Item[]> {
    const items = (await tables.getMany({ [table]: rows.map((row) => picked(row, key)) }))[table] ?? [];
    const textOf = (item: Item) => JSON.stringify(key.map((name) => item[name]));
    const byKey = new Map(items.map((item) => [textOf(item), item]));
    return rows.flatMap((row) => byKey.get(textOf(row)) ?? []);
  }

  async function keyOf(table: ElevenTable, id: string, sort: string, reference: string | Item): Promise<Item> {
    const item = typeof reference === "string" ? await byId(table, id, reference) : reference;
    if (item === undefined) throw new NotFoundError(table);
    return picked(item, [id, sort]);
  }

  /**
   * An erased account leaves its row as a tombstone without data, and a suspension or a new password leaves its instant in
   * `shut_at`, so one read of the user's row tells of all of them. A registration needs no look: its own condition meets
   * the tombstone.
   */
  async function unless<T>(
    shut: (user: Item) => boolean,
    email: string,
    write: () => Promise<T>,
    undo: (written: T) => Promise<void>,
  ): Promise<T> {
    const written = await write();
    if (!guarded) return written;
    const user = await tables.get(USERS, { email }, { consistent: true });
    if (user === undefined || !shut(user)) return written;
    await undo(written);
    throw new ConflictError("user", "wrong_state", "The account is shut.", user.account_status as AccountStatus);
  }
  const unlessErased = <T>(email: string, write: () => Promise<T>, undo: (written: T) => Promise<void>) =>
    unless((user) => user.account_status === "deleted", email, write, undo);
  const unlessShut = <T>(email: string, since: number, write: () => Promise<T>, undo: (written: T) => Promise<void>) =>
    unless(
      ({ account_status, shut_at }) =>
        account_status !== "active" || (shut_at !== undefined && since <= Number(shut_at)),
      email,
      write,
      undo,
    );

  async function moveTicket(
    reference: string | Item,
    to: Ticket["status"],
    from: readonly Ticket["status"][],
    set: Item,
  ): Promise<Ticket> {
    const key = await keyOf(TICKETS, "ticket_id", "created_at", reference);
    const moved = await tables.change(TICKETS, key, { ...set, status: to }, either("#status", from));
    return settled(moved, "ticket", (current) =>
      current.status === to ? current : conflict("ticket", current, `cannot become ${to}`),
    ) as Ticket;
  }

  async function moveAction(reference: string | Item, set: Item, from: DevopsAction["status"]): Promise<DevopsAction> {
    const key = await keyOf(ACTIONS, "action_id", "timestamp", reference);
    const condition = { expression: "#status = :from", values: { ":from": from } };
    return settled(await tables.change(ACTIONS, key, set, condition), "devops_action", (current) =>
      isDeepStrictEqual(picked(current, Object.keys(set)), set)
        ? current
        : conflict("devops_action", current, `cannot become ${set.status}`),
    ) as DevopsAction;
  }

  return {
    accounts: {
      async register(input) {
        const user = { ...input, created_at: clock(), email_verified: false, account_status: "active" };
        const created = await tables.create(USERS, user);
        return userOf(settled(created, "user", orSame("user", user, ["password_hash", "verification_token"])));
      },

      async credentials(email) {
        const user = await tables.get(USERS, { email }, { consistent: true });
        if (user === undefined) throw new NotFoundError("user");
        const needed = picked(user, ["email", "password_hash", "account_status", "email_verified"]);
        return needed as Credentials;
      },

      async recordLogin(email) {
        const now = clock();
        const condition = {
          expression: "attribute_not_exists(last_login) OR last_login < :now",
          values: { ":now": now },
        };
        const recorded = await tables.change(USERS, { email }, { last_login: now }, condition);
        return userOf(settled(recorded, "user", (current) => current));
      },

      async overview(email, { assessments: wanted = 10 } = {}) {
        const now = clock();
        const ofAccount = { ExpressionAttributeValues: { ":email": email }, ScanIndexForward: false };
        const [user, assessments, entitlements, openTickets] = await Promise.all([
          tables.get(USERS, { email }),
          tables.page(ASSESSMENTS, {
            ...ofAccount,
            IndexName: "user_id-created_at-index",
            KeyConditionExpression: "user_id = :email",
            Limit: wanted,
          }),
          tables.queryAll(ENTITLEMENTS, {
            ...ofAccount,
            IndexName: "user_email-expires_at-index",
            KeyConditionExpression: "user_email = :email",
          }),
          tables.queryAll(TICKETS, {
            ...ofAccount,
            IndexName: "user_email-created_at-index",
            KeyConditionExpression: "user_email = :email",
            FilterExpression: "#status <> :resolved",
            ExpressionAttributeNames: { "#status": "status" },
            ExpressionAttributeValues: { ":email": email, ":resolved": "resolved" },
          }),
        ]);
        if (user === undefined) throw new NotFoundError("user");
        return {
          user: picked(user, USER_VIEW) as User,
          assessments: assessments.items.map((row) => picked(row, ASSESSMENT_VIEW) as AssessmentSummary),
          entitlements: entitlements.map((row) => ({
            ...(picked(row, ENTITLEMENT_VIEW) as EntitlementSummary),
            active: row.status === "active" && (row.expires_at as number) > now,
          })),
          openTickets: openTickets.map((row) => picked(row, TICKET_VIEW) as TicketSummary),
        };
      },
    },

    sessions: {
      async start(input) {
        const created_at = clock();
        const session: Session = {
          ...input,
          session_id: uuidv4(),
          created_at,
          expires_at: created_at + SESSION_LIFETIME_SECONDS,
          qr_authenticated: false,
        };
        return unlessShut(
          input.user_email,
          created_at,
          async () =>
            settled(await tables.create(SESSIONS, { ...session }), "session", (current) => current) && session,
          ({ session_id }) => tables.remove(SESSIONS, { session_id }),
        );
      },

      async authenticate(session_id) {
        const session = await tables.get(SESSIONS, { session_id }, { consistent: true });
        if (session === undefined) throw new NotFoundError("session");
        if ((session.expires_at as number) <= clock()) throw new ExpiredError("session");
        return session as Session;
      },
    },

    qrLogin: {
      async issue(user_email) {
        const created_at = clock();
        const expires_at = created_at + QR_TOKEN_LIFETIME_SECONDS;
        const token: QrToken = { token: uuidv4(), user_email, created_at, expires_at, used: false };
        return unlessShut(
          user_email,
          created_at,
          async () => settled(await tables.create(TOKENS, { ...token }), "qr_token", (current) => current) && token,
          (issued) => tables.remove(TOKENS, { token: issued.token }),
        );
      },

      async redeem(token, { device_id, ip_address, user_agent }) {
        const now = clock();
        const used = { used: true, used_at: now, device_id, session_id: uuidv4() };
        const condition = {
          expression: "#used = :unused AND expires_at > :now",
          values: { ":unused": false, ":now": now },
        };
        const redeemed = settled(await tables.change(TOKENS, { token }, used, condition), "qr_token", (current) => {
          if (current.used === true && current.device_id !== device_id) throw new TokenUsedError();
          if ((current.expires_at as number) <= now) throw new ExpiredError("qr_token");
          return current;
        });
        const created_at = redeemed.used_at as number;
        const session: Item = {
          session_id: redeemed.session_id,
          user_email: redeemed.user_email,
          created_at,
          expires_at: created_at + SESSION_LIFETIME_SECONDS,
          qr_authenticated: true,
          ip_address,
          user_agent,
        };
        return unlessShut(
          redeemed.user_email as string,
          redeemed.created_at as number,
          async () => settled(await tables.create(SESSIONS, session), "session", (current) => current) as Session,
          ({ session_id }) => tables.remove(SESSIONS, { session_id }),
        );
      },
    },

    assessments: {
      async start({ user_id, assessment_type, assessment_id = uuidv7() }) {
        const assessment: Item = {
          assessment_id,
          user_id,
          assessment_type,
          created_at: clock(),
          status: "in_progress",
        };
        return unlessErased(
          user_id,
          async () => {
            const created = await tables.create(ASSESSMENTS, assessment);
            const same = orSame("assessment", assessment, ["user_id", "assessment_type"]);
            return settled(created, "assessment", same) as Assessment;
          },
          () => tables.remove(ASSESSMENTS, { assessment_id, user_id }),
        );
      },

      async complete(reference, { scores, ai_feedback, improvement_plan, duration_minutes }) {
        const key = await keyOf(ASSESSMENTS, "assessment_id", "user_id", reference);
        const result = { scores, ai_feedback, improvement_plan, duration_minutes };
        const set = { ...result, band_score: overallBand(scores), status: "completed", completed_at: clock() };
        const [skill] = Object.keys(scores);
        const types = either(
          "assessment_type",
          ASSESSMENT_TYPES.filter((type) => type.startsWith(`${skill}`)),
        );
        const completed = await tables.change(ASSESSMENTS, key, set, {
          expression: `#status = :in_progress AND ${types.expression}`,
          values: { ...types.values, ":in_progress": "in_progress" },
        });
        return settled(completed, "assessment", (current) =>
          isDeepStrictEqual(picked(current, Object.keys(result)), result)
            ? current
            : conflict("assessment", current, "cannot be completed with this result"),
        ) as Assessment;
      },

      async listByUser(user_id, { limit = 25, cursor } = {}) {
        const { items, next } = await tables.page(ASSESSMENTS, {
          IndexName: "user_id-created_at-index",
          KeyConditionExpression: "user_id = :user",
          ExpressionAttributeValues: { ":user": user_id },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: cursor ? JSON.parse(Buffer.from(cursor, "base64url").toString()) : undefined,
        });
        return {
          items: items.map((row) => picked(row, ASSESSMENT_VIEW) as AssessmentSummary),
          cursor: next === undefined ? null : Buffer.from(JSON.stringify(next)).toString("base64url"),
        };
      },
    },

    purchases: {
      // The entitlements table also holds which account has claimed a transaction: a row without expiry is in no index.
      async grant(receipt) {
        const now = clock();
        const { user_email, product_id, transaction_id } = receipt;
        const key = { user_email, product_id };
        const claimKey = { user_email: `transaction#${transaction_id}`, product_id: "claim" };
        const current = await tables.get(ENTITLEMENTS, key, { consistent: true });
        const owner = `${user_email}#${product_id}`;
        const claimed = await tables.create(ENTITLEMENTS, { ...claimKey, owner, created_at: now });
        const claim = settled(claimed, "transaction", orSame("transaction", { owner }, ["owner"]));
        if (current !== undefined && (current.transaction_id === transaction_id || claim.settled === true))
          return { purchase: entitlementOf(current), granted: false };
        if (claim.settled === true) throw new ConflictError("entitlement", "granted", "was granted before");
        const period = { ...receipt, purchase_date: now, status: "active" };
        const write = async () => {
          if (current === undefined)
            return tables.create(ENTITLEMENTS, { ...period, expires_at: now + ACCESS_PERIOD_SECONDS });
          const before = { ...claimKey, user_email: `transaction#${current.transaction_id}` };
          await tables.change(ENTITLEMENTS, before, { settled: true });
          const running = current.status === "active" ? (current.expires_at as number) : now;
          const set = { ...without(period, "user_email", "product_id") };
          return tables.change(
            ENTITLEMENTS,
            key,
            { ...set, expires_at: Math.max(now, running) + ACCESS_PERIOD_SECONDS },
            { expression: "#transaction_id = :before", values: { ":before": current.transaction_id } },
          );
        };
        const granted = await unlessErased(user_email, write, () => tables.remove(ENTITLEMENTS, key));
        const purchase = settled(granted, "entitlement", (other) => conflict("entitlement", other, "is busy"));
        return { purchase: entitlementOf(purchase), granted: true };
      },

      async allActive(user_email) {
        const rows = await tables.queryAll(ENTITLEMENTS, {
          IndexName: "user_email-expires_at-index",
          KeyConditionExpression: "user_email = :email AND expires_at > :now",
          FilterExpression: "#status = :active",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":email": user_email, ":now": clock(), ":active": "active" },
          ScanIndexForward: false,
        });
        return rows.map((row) => picked(row, ENTITLEMENT_VIEW) as EntitlementSummary);
      },
    },

    support: {
      async open(input) {
        const { ticket_id = uuidv7(), user_email } = input;
        const status = input.ai_response === undefined ? "new" : "in_progress";
        const ticket: Item = { ...input, ticket_id, created_at: clock(), status };
        return unlessErased(
          user_email,
          async () => {
            const created = await tables.create(TICKETS, ticket);
            const same = orSame("ticket", ticket, ["user_email", "subject", "message", "category"]);
            return settled(created, "ticket", same) as Ticket;
          },
          ({ created_at }) => tables.remove(TICKETS, { ticket_id, created_at }),
        );
      },

      escalate: (ticket) => moveTicket(ticket, "escalated", ["in_progress"], { escalated_at: clock() }),

      resolve: (ticket) => moveTicket(ticket, "resolved", ["in_progress", "escalated"], { resolved_at: clock() }),

      async thread(ticket_id) {
        const ofTicket = async () => {
          const rows = await tables.queryAll(ACTIONS, {
            IndexName: "ticket_id-timestamp-index",
            KeyConditionExpression: "ticket_id = :id",
            ExpressionAttributeValues: { ":id": ticket_id },
            ScanIndexForward: false,
          });
          return design === "seed" ? rows : whole(ACTIONS, ["action_id", "timestamp"], rows);
        };
        const [ticket, actions] = await Promise.all([byId(TICKETS, "ticket_id", ticket_id), ofTicket()]);
        if (ticket === undefined) throw new NotFoundError("ticket", ticket_id);
        return { ticket: ticket as Ticket, actions: actions as DevopsAction[], cursor: null };
      },
    },

    devops: {
      async proposeFix({ ticket: reference, ...input }) {
        const ticket = typeof reference === "string" ? await byId(TICKETS, "ticket_id", reference) : reference;
        if (typeof reference === "string" && ticket === undefined) throw new NotFoundError("ticket", reference);
        const action: Item = {
          ...input,
          action_id: input.action_id ?? uuidv7(),
          timestamp: clock(),
          ticket_id: ticket?.ticket_id,
          action_type: "fix_proposed",
          status: "pending_review",
        };
        const fixed = ["ticket_id", "issue_description", "ai_analysis", "proposed_fix", "code_diff"];
        const recorded = settled(
          await tables.create(ACTIONS, action),
          "devops_action",
          orSame("devops_action", action, fixed),
        );
        if (ticket !== undefined && (ticket as Partial<Ticket>).devops_action_id === undefined) {
          const { ticket_id, created_at } = ticket as Ticket;
          const condition = { expression: "attribute_not_exists(devops_action_id)" };
          const link = { devops_action_id: recorded.action_id };
          settled(await tables.change(TICKETS, { ticket_id, created_at }, link, condition), "ticket", (found) => found);
        }
        return recorded as DevopsAction;
      },

      approve: (action, { reviewed_by, review_reason }) =>
        moveAction(action, { status: "approved", reviewed_by, review_reason }, "pending_review"),

      markApplied: (action, pr_url) =>
        moveAction(action, { status: "applied", action_type: "fix_applied", pr_url }, "approved"),
    },

    moderation: {
      async recordSafetyEvent(event) {
        const log = { ...event, log_id: event.log_id ?? uuidv7(), timestamp: event.timestamp ?? clock() };
        return unlessErased(
          event.user_email,
          async () => {
            const same = orSame("safety_log", log, Object.keys(log));
            return settled(await tables.create(SAFETY_LOGS, log), "safety_log", same) as SafetyLog;
          },
          ({ log_id, timestamp }) => tables.remove(SAFETY_LOGS, { log_id, timestamp }),
        );
      },

      async fileReport(filing) {
        const report = { ...filing, report_id: filing.report_id ?? uuidv7(), created_at: clock(), status: "new" };
        return unlessErased(
          filing.reporter_email,
          async () => {
            const same = orSame("content_report", report, ["reporter_email", "report_type", "description"]);
            return settled(await tables.create(REPORTS, report), "content_report", same) as ContentReport;
          },
          ({ report_id, created_at }) => tables.remove(REPORTS, { report_id, created_at }),
        );
      },

      // The seed gives these two tables no index: whoever wants those of one assessment reads them all.
      async review(assessment_id) {
        const ofAssessment = {
          FilterExpression: "assessment_id = :id",
          ExpressionAttributeValues: { ":id": assessment_id },
        };
        const found = (table: ElevenTable, sort: string) =>
          tables.queryAll(table, {
            IndexName: `assessment_id-${sort}-index`,
            KeyConditionExpression: "assessment_id = :id",
            ExpressionAttributeValues: ofAssessment.ExpressionAttributeValues,
          });
        const indexed = async () => {
          const [logs, reports] = await Promise.all([found(SAFETY_LOGS, "timestamp"), found(REPORTS, "created_at")]);
          const items = await tables.getMany({
            [SAFETY_LOGS]: logs.map((row) => picked(row, ["log_id", "timestamp"])),
            [REPORTS]: reports.map((row) => picked(row, ["report_id", "created_at"])),
          });
          return [items[SAFETY_LOGS] ?? [], items[REPORTS] ?? []] as const;
        };
        const scanned = () =>
          Promise.all([tables.scanAll(SAFETY_LOGS, ofAssessment), tables.scanAll(REPORTS, ofAssessment)] as const);
        const [assessment, [logs, reports]] = await Promise.all([
          byId(ASSESSMENTS, "assessment_id", assessment_id),
          design === "optimised" ? indexed() : scanned(),
        ]);
        return {
          assessment: assessment as Assessment | undefined,
          safetyLogs: logs.sort(byTime("timestamp")) as SafetyLog[],
          reports: reports.sort(byTime("created_at")) as ContentReport[],
          cursor: null,
        };
      },
    },
  };
}
