import { v7 as uuidv7 } from "uuid";
import type { DevopsActionEntity } from "../entities/devops-action.ts";
import {
  type DevopsAction,
  DevopsActionModel,
  type DevopsActionSummary,
  type NewDevopsAction,
} from "../entities/devops-action.ts";
import type { ActionStatus } from "../entities/enums.ts";
import type { TicketEntity } from "../entities/ticket.ts";
import { type Ticket, type TicketKey, TicketModel } from "../entities/ticket.ts";
import { claimOf, claimOwnId, giveBackClaim } from "./guards/claims.ts";
import type { DataContext } from "./storage/context.ts";
import { type NotFoundError, ValidationError } from "./storage/errors.ts";
import type { Page } from "./storage/pages.ts";
import { type Reference, Repository } from "./storage/repository.ts";
import type { TimedListOptions } from "./storage/time-range.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** The key of an action. */
export type ActionKey = Pick<DevopsAction, "action_id" | "timestamp">;
/** An action id, or the key `{ action_id, timestamp }` (a whole action will do), which saves the look-up. */
export type ActionReference = Reference<ActionKey>;

/** What the agent found. */
export interface Diagnosis
  extends Readonly<Pick<NewDevopsAction, "issue_description" | "affected_service">>,
    Readonly<Required<Pick<NewDevopsAction, "ai_analysis">>> {
  /** The ticket that the problem came from; a whole ticket saves the look-up, and the link when it already has one. */
  readonly ticket?: Reference<TicketKey> | Ticket;
  /** An id of your own makes a retry safe. */
  readonly action_id?: string;
}

/** A fix that waits for review. */
export interface FixProposal
  extends Omit<Diagnosis, "ai_analysis">,
    Readonly<Pick<NewDevopsAction, "ai_analysis" | "code_diff">>,
    Readonly<Required<Pick<NewDevopsAction, "proposed_fix">>> {}

/** Who decided about a fix, and why. */
export interface ReviewDecision {
  /** Name, address or other id of the reviewer. */
  readonly reviewed_by: string;
  /** Why the fix is approved or rejected. */
  readonly review_reason: string;
}

/**
 * What the DevOps agent finds and proposes, and what humans decide about it.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Devops } from "@ielts-ai-prep/data-layer/services/devops";
 *
 * const devops = new Devops(createContext({ table: "ielts-genai-prep" }));
 */
export class Devops {
  readonly #context: DataContext;
  readonly #actions: Repository<DevopsActionEntity>;
  readonly #tickets: Repository<TicketEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#actions = new Repository(context, DevopsActionModel);
    this.#tickets = new Repository(context, TicketModel);
  }

  /**
   * Records what the agent found; a diagnosis needs no review and has no status. With an `action_id` of your own the
   * same diagnosis again, from a retry, gives it back.
   * @throws NotFoundError for an unknown ticket; ConflictError when the id belongs to another action.
   * @example
   * const { action_id } = await devops.recordDiagnosis({
   *   ticket: ticket_id,
   *   issue_description: "Scores of part 2 arrive after a minute", affected_service: "gemini",
   *   ai_analysis: "The model's quota is used up between 18:00 and 20:00 UTC.",
   * });
   */
  async recordDiagnosis(input: Diagnosis): Promise<DevopsAction> {
    only("devops_action", input, ["ticket", "issue_description", "affected_service", "ai_analysis", "action_id"]);
    if (input.ai_analysis === undefined) throw new ValidationError("devops_action", "ai_analysis", "is required");
    return this.#record(input, { action_type: "diagnose" });
  }

  /**
   * Proposes a fix, which waits for review. With an `action_id` of your own the same proposal again, from a retry,
   * gives it back.
   * @throws NotFoundError for an unknown ticket; ConflictError when the id belongs to another action.
   * @example
   * const { action_id, status } = await devops.proposeFix({
   *   ticket: ticket_id,
   *   issue_description: "Audio uploads over 60 seconds time out", affected_service: "lambda",
   *   proposed_fix: "Raise the timeout to 120 seconds.", code_diff: "-timeout: 60\n+timeout: 120\n",
   * }); // pending_review
   */
  async proposeFix(input: FixProposal): Promise<DevopsAction> {
    only("devops_action", input, [
      "ticket",
      "issue_description",
      "affected_service",
      "ai_analysis",
      "proposed_fix",
      "code_diff",
      "action_id",
    ]);
    if (input.proposed_fix === undefined) throw new ValidationError("devops_action", "proposed_fix", "is required");
    return this.#record(input, { action_type: "fix_proposed", status: "pending_review" });
  }

  /**
   * An action, whole, by its id alone.
   * @throws NotFoundError
   * @example
   * const { proposed_fix, code_diff, status } = await devops.get(action_id);
   */
  async get(action_id: string): Promise<DevopsAction> {
    return this.#actions.get(action_id);
  }

  /**
   * An action, whole, by its id alone, or undefined when there is none.
   * @example
   * const action = await devops.find(action_id);
   * const known = action !== undefined;
   */
  async find(action_id: string): Promise<DevopsAction | undefined> {
    return this.#actions.find(action_id);
  }

  /**
   * Approves a pending fix. The same decision again does nothing.
   * @throws ConflictError from any other state, or when another decision approved it; NotFoundError.
   * @example
   * const decision = { reviewed_by: "priya", review_reason: "The uploads that failed took 61 to 90 seconds." };
   * const { status } = await devops.approve(action_id, decision); // approved
   */
  async approve(action: ActionReference, decision: ReviewDecision): Promise<DevopsAction> {
    return this.#decide(action, "approved", decision);
  }

  /**
   * Rejects a pending fix. The same decision again does nothing.
   * @throws ConflictError from any other state, or when another decision rejected it; NotFoundError.
   * @example
   * await devops.reject(action_id, { reviewed_by: "priya", review_reason: "Upload in parts instead of waiting longer." });
   */
  async reject(action: ActionReference, decision: ReviewDecision): Promise<DevopsAction> {
    return this.#decide(action, "rejected", decision);
  }

  /**
   * Marks an approved fix applied by a pull request. The same again does nothing.
   * @throws ConflictError from any other state, or when another pull request applied it; NotFoundError.
   * @example
   * await devops.approve(action_id, { reviewed_by: "priya", review_reason: "Small, and easy to take back." });
   * await devops.markApplied(action_id, "https://github.com/ielts-ai-prep/platform/pull/112");
   */
  async markApplied(action: ActionReference, pr_url: string): Promise<DevopsAction> {
    const url = attributeValue(DevopsActionModel, "pr_url", pr_url);
    const key = await this.#actions.keyFor<ActionKey>(action);
    const set = { action_type: "fix_applied", pr_url: url } as const;
    return this.#actions.transition("markApplied", key, "applied", { set, same: { pr_url: url } });
  }

  /**
   * Fixes that wait for review, newest first; answers `status-timestamp-index`.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { items, cursor } = await devops.listPendingApprovals({ limit: 10 });
   */
  async listPendingApprovals(options: TimedListOptions = {}): Promise<Page<DevopsActionSummary>> {
    return this.listByStatus("pending_review", options);
  }

  /**
   * Actions in a state, newest first; answers `status-timestamp-index`. Diagnoses have no state: no
   * such list has them.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { items, cursor } = await devops.listByStatus("approved"); // fixes that wait for their pull request
   */
  async listByStatus(status: ActionStatus, options: TimedListOptions = {}): Promise<Page<DevopsActionSummary>> {
    return this.#actions.page("byStatus", { status }, options);
  }

  /**
   * Actions on a service, whole and as they are now, newest first; answers `affected_service-timestamp-index`.
   * @throws InvalidCursorError for a cursor of another list; UnprocessedError when DynamoDB keeps leaving actions
   * unread.
   * @example
   * const { items, cursor } = await devops.listByService("lambda");
   */
  async listByService(affected_service: string, options: TimedListOptions = {}): Promise<Page<DevopsAction>> {
    return this.#actions.wholePage("byService", { affected_service }, options);
  }

  /**
   * Actions of a ticket, whole and as they are now, newest first; answers `ticket_id-timestamp-index`.
   * @throws InvalidCursorError for a cursor of another list; UnprocessedError when DynamoDB keeps leaving actions
   * unread.
   * @example
   * const { items } = await devops.listByTicket(ticket_id);
   * const applied = items.some(({ status }) => status === "applied");
   */
  async listByTicket(ticket_id: string, options: TimedListOptions = {}): Promise<Page<DevopsAction>> {
    const ticket = attributeValue(TicketModel, "ticket_id", ticket_id);
    return this.#actions.wholePage("byTicket", { ticket_id: ticket }, options);
  }

  /** The ticket's key, and whether it is linked to an action; undefined when it is gone. A whole ticket is taken at its word. */
  async #ticketOf(reference: Reference<TicketKey> | Ticket) {
    if (typeof reference === "object" && reference !== null && "status" in reference) {
      return {
        key: await this.#tickets.keyFor<TicketKey>(reference),
        linked: reference.devops_action_id !== undefined,
      };
    }
    const ticket = await this.#tickets.find(reference);
    if (ticket === undefined) return undefined;
    return { key: await this.#tickets.keyFor<TicketKey>(ticket), linked: ticket.devops_action_id !== undefined };
  }

  /**
   * Writes the action first and the ticket's link second: a retry with the same action id completes both. When the ticket
   * turns out to be gone, the action and its claim are taken back, this call's or those of one before that died.
   */
  async #record(
    input: FixProposal | Diagnosis,
    kind: Pick<DevopsAction, "action_type" | "status">,
  ): Promise<DevopsAction> {
    const { ticket: reference, ...given } = input;
    const action = {
      ...given,
      ...kind,
      action_id: given.action_id ?? uuidv7(),
      timestamp: this.#context.clock(),
    };
    this.#actions.itemOf(action);
    const ownId = typeof given.action_id === "string";
    const ticket = reference === undefined ? undefined : await this.#ticketOf(reference);
    if (reference !== undefined && ticket === undefined) throw await this.#withoutTicket(action, reference, ownId);
    const item = ticket === undefined ? action : { ...action, ticket_id: ticket.key.ticket_id };
    if (ownId) item.timestamp = (await claimOwnId(this.#context, DevopsActionModel, item)).created_at;
    let fresh = true;
    const recorded = await this.#actions.insertOnce(item, () => {
      fresh = false;
    });
    if (ticket === undefined || (await this.#isThere(ticket, recorded.action_id))) return recorded;
    if (fresh) await this.#actions.remove("undo", recorded);
    throw await this.#withoutTicket(item, ticket.key, ownId);
  }

  /**
   * Takes back what a call under an id of its own left of an action whose ticket is gone, and gives the error for it. An action
   * of another ticket, or of one that is there, stays. Safe to repeat.
   */
  async #withoutTicket(
    item: Pick<DevopsAction, "action_id" | "affected_service">,
    reference: Reference<TicketKey>,
    ownId: boolean,
  ): Promise<NotFoundError> {
    const ticket_id = typeof reference === "string" ? reference : reference.ticket_id;
    if (ownId && (await this.#removeOrphan(item.action_id, ticket_id)))
      await giveBackClaim(this.#context, ...claimOf(DevopsActionModel.claim, item));
    return this.#tickets.notFound(ticket_id);
  }

  /** Removes the action of a ticket that is gone; false when it is no such action, and stays. */
  async #removeOrphan(action_id: string, ticket_id: string): Promise<boolean> {
    const action = await this.#actions.findStored(action_id, { consistent: true });
    if (action === undefined) return true;
    if (action.ticket_id !== ticket_id) return false;
    if ((await this.#tickets.findStored(ticket_id, { consistent: true })) !== undefined) return false;
    await this.#actions.remove("undo", action);
    return true;
  }

  /**
   * Whether an action's ticket is there now, and linked. It may have been erased since it was read: an action that stayed would
   * keep what the user wrote.
   */
  async #isThere({ key, linked }: { key: TicketKey; linked: boolean }, action_id: string): Promise<boolean> {
    if (!linked) return this.#link(key, action_id);
    return (await this.#tickets.findStored(key, { consistent: true })) !== undefined;
  }

  /** Links the ticket to its first action; later actions leave the link as it is. Tells whether there is such a ticket. */
  async #link(ticket: { ticket_id: string; created_at: number }, action_id: string): Promise<boolean> {
    const found = await this.#tickets.changeStored(
      "linkAction",
      {},
      (entity) =>
        entity
          .patch(ticket)
          .set({ devops_action_id: action_id })
          .where(({ devops_action_id }, { notExists }) => notExists(devops_action_id)),
      (current) => current,
    );
    return found !== undefined;
  }

  async #decide(
    reference: ActionReference,
    to: "approved" | "rejected",
    decision: ReviewDecision,
  ): Promise<DevopsAction> {
    only("devops_action", decision, ["reviewed_by", "review_reason"]);
    const reviewed_by = attributeValue(DevopsActionModel, "reviewed_by", decision.reviewed_by);
    const review_reason = attributeValue(DevopsActionModel, "review_reason", decision.review_reason);
    const key = await this.#actions.keyFor<ActionKey>(reference);
    const decided = { reviewed_by, review_reason };
    const name = to === "approved" ? "approve" : "reject";
    return this.#actions.transition(name, key, to, { set: decided, same: decided });
  }
}
