import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import {
  type DevopsAction,
  type DevopsActionEntity,
  DevopsActionModel,
  type DevopsActionOutline,
} from "../entities/devops-action.ts";
import { TICKET_STATUSES, type TicketPriority, type TicketStatus } from "../entities/enums.ts";
import {
  type NewTicket,
  type Ticket,
  type TicketByUser,
  type TicketEntity,
  type TicketKey,
  TicketModel,
  type TicketOutline,
  type TicketSummary,
} from "../entities/ticket.ts";
import { createOnce } from "./guards/guarded-writes.ts";
import { ticketThreadOf } from "./storage/collections.ts";
import type { DataContext } from "./storage/context.ts";
import type { ListOptions, Page } from "./storage/pages.ts";
import { type Reference, Repository } from "./storage/repository.ts";
import type { TimedListOptions } from "./storage/time-range.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** A ticket id, or the key `{ ticket_id, created_at }` (a whole ticket will do), which saves the look-up. */
export type TicketReference = Reference<TicketKey>;

/** A new ticket; confidence is from 0 to 1. */
export interface TicketOpening
  extends Readonly<Pick<NewTicket, "user_email" | "subject" | "message" | "category" | "priority" | "ai_confidence">> {
  /** An id of your own (the mail service's) makes a second delivery harmless. */
  readonly ticket_id?: string;
  /** The support agent's first answer, if it has one: the ticket then begins `in_progress`. */
  readonly ai_response?: string;
}

/** The support agent's answer; confidence is from 0 to 1. */
export interface TicketAnswer
  extends Readonly<Required<Pick<Ticket, "ai_response">>>,
    Readonly<Pick<Ticket, "ai_confidence">> {}

/** A ticket with its DevOps actions in outline: what never changes of them, such as ids, subject and times. */
export interface TicketThreadOutline {
  /** The ticket, in outline. */
  readonly ticket: TicketOutline;
  /** Newest first. */
  readonly actions: DevopsActionOutline[];
  /** For the next page; null after the last one. */
  readonly cursor: string | null;
}

/** A ticket with its DevOps actions, whole and as they are now. */
export interface TicketThread {
  /** The ticket, whole. */
  readonly ticket: Ticket;
  /** Newest first. */
  readonly actions: DevopsAction[];
  /** For the next page; null after the last one. */
  readonly cursor: string | null;
}

/** How many tickets are in each state; 0 where there are none. */
export type TicketCounts = Readonly<Record<TicketStatus, number>>;

/** What a thread's outline shows of its ticket. */
const outlineOf = ({ ticket_id, created_at, user_email, subject, category }: Ticket): TicketOutline => ({
  ticket_id,
  created_at,
  user_email,
  subject,
  category,
});

/** States in which the agent may answer, also again; a resolved ticket is reopened first. */
const ANSWERABLE: readonly TicketStatus[] = ["new", "in_progress", "escalated"];

/** What tells an answer from others of its ticket. */
const answerDigest = ({ ai_response, ai_confidence }: TicketAnswer) =>
  createHash("sha256")
    .update(JSON.stringify([ai_response, ai_confidence]))
    .digest("base64url");

/**
 * Support tickets.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Support } from "@ielts-ai-prep/data-layer/services/support";
 *
 * const support = new Support(createContext({ table: "ielts-genai-prep" }));
 */
export class Support {
  readonly #context: DataContext;
  readonly #tickets: Repository<TicketEntity>;
  readonly #actions: Repository<DevopsActionEntity>;
  readonly #threads: ReturnType<typeof ticketThreadOf>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#tickets = new Repository(context, TicketModel);
    this.#actions = new Repository(context, DevopsActionModel);
    this.#threads = ticketThreadOf(context);
  }

  /**
   * Opens a ticket: `new`, or `in_progress` when it comes with an answer. With a `ticket_id` of your own the same
   * ticket again, from a retry or a second delivery at any later time, gives back the ticket as it now is.
   * @throws ConflictError when the id belongs to another ticket, or the account was erased within the last hour (`erased`).
   * @example
   * const { ticket_id, status } = await support.open({
   *   user_email: email, category: "qr_code", priority: "normal",
   *   subject: "The QR code does not open", message: "My phone says that the code is invalid.",
   * });
   */
  async open(input: TicketOpening): Promise<Ticket> {
    only("ticket", input, [
      "user_email",
      "subject",
      "message",
      "category",
      "priority",
      "ticket_id",
      "ai_response",
      "ai_confidence",
    ]);
    const user_email = attributeValue(TicketModel, "user_email", input.user_email);
    const ticket = {
      ...input,
      user_email,
      ticket_id: input.ticket_id ?? uuidv7(),
      created_at: this.#context.clock(),
      status: input.ai_response === undefined ? ("new" as const) : ("in_progress" as const),
    };
    return createOnce(this.#context, TicketModel, ticket, { ownId: typeof input.ticket_id === "string" });
  }

  /**
   * A ticket, whole, by its id alone.
   * @throws NotFoundError
   * @example
   * const { status, ai_response } = await support.get(ticket_id);
   */
  async get(ticket_id: string): Promise<Ticket> {
    return this.#tickets.get(ticket_id);
  }

  /**
   * A ticket, whole, by its id alone, or undefined when there is none.
   * @example
   * const ticket = await support.find("TKT-20251009-0042"); // undefined: nobody opened it
   */
  async find(ticket_id: string): Promise<Ticket | undefined> {
    return this.#tickets.find(ticket_id);
  }

  /**
   * Stores the support agent's answer; the ticket is then `in_progress`. The same answer again, from a retry or a second
   * delivery at any later time, changes nothing and gives back the ticket as it now is, in whatever state.
   * @throws ConflictError when it is resolved (reopen it first); NotFoundError.
   * @example
   * const ai_response = "Please keep the app in the foreground while you speak, and try part 2 again.";
   * const { status } = await support.answer(ticket_id, { ai_response, ai_confidence: 0.91 }); // in_progress
   */
  async answer(ticket: TicketReference, input: TicketAnswer): Promise<Ticket> {
    only("ticket", input, ["ai_response", "ai_confidence"]);
    const answer = this.#tickets.changesOf({
      ...input,
      ai_response: attributeValue(TicketModel, "ai_response", input.ai_response),
    });
    const key = await this.#tickets.keyFor<TicketKey>(ticket);
    return this.#tickets.transition("answer", key, "in_progress", {
      set: answer,
      from: ANSWERABLE,
      receipt: { attribute: "answers", value: answerDigest(answer) },
    });
  }

  /**
   * Hands a ticket in progress to a human. Safe to repeat.
   * @throws ConflictError from any other state; NotFoundError.
   * @example
   * await support.answer(ticket_id, { ai_response: "We are looking into it." });
   * await support.escalate(ticket_id);
   */
  async escalate(ticket: TicketReference): Promise<Ticket> {
    return this.#move("escalate", ticket, "escalated", { escalated_at: this.#context.clock() });
  }

  /**
   * Resolves a ticket in progress or escalated. Safe to repeat.
   * @throws ConflictError when it is new; NotFoundError.
   * @example
   * await support.answer(ticket_id, { ai_response: "Version 4.3 records to the end." });
   * const { resolved_at } = await support.resolve(ticket_id); // epoch seconds
   */
  async resolve(ticket: TicketReference): Promise<Ticket> {
    return this.#move("resolve", ticket, "resolved", { resolved_at: this.#context.clock() });
  }

  /**
   * Takes up a new, an escalated or a resolved ticket (again). Safe to repeat.
   * @throws NotFoundError
   * @example
   * const { status } = await support.reopen(ticket_id); // in_progress
   */
  async reopen(ticket: TicketReference): Promise<Ticket> {
    return this.#move("reopen", ticket, "in_progress");
  }

  /**
   * Sets the priority, in any state. Safe to repeat.
   * @throws NotFoundError
   * @example
   * await support.setPriority(ticket_id, "urgent");
   */
  async setPriority(ticket: TicketReference, priority: TicketPriority): Promise<Ticket> {
    const key = await this.#tickets.keyFor<TicketKey>(ticket);
    return this.#tickets.change(
      "setPriority",
      { priority },
      (entity) => entity.patch(key).set({ priority }),
      () => {
        throw this.#tickets.notFound(key.ticket_id);
      },
    );
  }

  /**
   * Tickets in a state, newest first; answers `status-created_at-index`.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { items, cursor } = await support.listByStatus("new", { limit: 10 });
   * const more = cursor === null ? undefined : await support.listByStatus("new", { limit: 10, cursor });
   */
  async listByStatus(status: TicketStatus, options: TimedListOptions = {}): Promise<Page<TicketSummary>> {
    return this.#tickets.page("byStatus", { status }, options);
  }

  /**
   * Tickets of a priority in any state, whole and as they are now, newest first; answers `priority-created_at-index`.
   * @throws InvalidCursorError for a cursor of another list; UnprocessedError when DynamoDB keeps leaving tickets
   * unread.
   * @example
   * const { items } = await support.listByPriority("high");
   * const open = items.filter(({ status }) => status !== "resolved");
   */
  async listByPriority(priority: TicketPriority, options: TimedListOptions = {}): Promise<Page<Ticket>> {
    return this.#tickets.wholePage("byPriority", { priority }, options);
  }

  /**
   * Tickets of a user, newest first; answers `user_email-created_at-index`. The category is not in this list.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { items, cursor } = await support.listByUser(email);
   * const subjects = items.map(({ subject }) => subject);
   */
  async listByUser(user_email: string, options: TimedListOptions = {}): Promise<Page<TicketByUser>> {
    return this.#tickets.page("byUser", { user_email }, options);
  }

  /**
   * How many tickets are in each state, counted over all pages.
   * @example
   * const { new: unanswered, escalated } = await support.countByStatus();
   */
  async countByStatus(): Promise<TicketCounts> {
    const counts = await Promise.all(
      TICKET_STATUSES.map(async (status) => [status, await this.#tickets.count("byStatus", { status })] as const),
    );
    return Object.fromEntries(counts) as TicketCounts;
  }

  /**
   * A ticket with its DevOps actions in outline: a page of the `ticketThread` collection in one request. A page has up to 100
   * rows, or `limit`; the ticket is the first of them.
   * @throws InvalidCursorError for a cursor of another list; NotFoundError.
   * @example
   * const { ticket, actions, cursor } = await support.threadOutline(ticket_id);
   * const services = actions.map(({ affected_service }) => affected_service);
   */
  async threadOutline(ticket_id: string, options: ListOptions = {}): Promise<TicketThreadOutline> {
    const id = attributeValue(TicketModel, "ticket_id", ticket_id);
    const { rows, cursor } = await this.#threads.page({ ticket_id: id }, options);
    // A later page has no ticket, and the index may not show one yet that is there.
    return { ticket: rows.ticket[0] ?? outlineOf(await this.#tickets.get(id)), actions: rows.devops_action, cursor };
  }

  /**
   * A ticket with its DevOps actions, whole: a page of the collection and one batch read. A page has up to 100 rows, or `limit`;
   * the ticket is the first of them.
   * @throws InvalidCursorError for a cursor of another list; NotFoundError; UnprocessedError when DynamoDB keeps leaving a part of it unread.
   * @example
   * const { ticket, actions, cursor } = await support.thread(ticket_id);
   * const [latest] = actions; // with its code_diff and its status
   */
  async thread(ticket_id: string, options: ListOptions = {}): Promise<TicketThread> {
    const id = attributeValue(TicketModel, "ticket_id", ticket_id);
    const [ticket, { rows, cursor }] = await Promise.all([
      this.#tickets.get(id, { consistent: true }),
      this.#threads.wholePage({ ticket_id: id }, options, ["devops_action"]),
    ]);
    const actions = rows.devops_action;
    const onePage = cursor === null && (options.cursor ?? null) === null;
    const { devops_action_id: linked } = ticket;
    if (!onePage || linked === undefined || actions.some(({ action_id }) => action_id === linked))
      return { ticket, actions, cursor };
    // The index may not show the first action yet, which the ticket names. It is older than all others.
    const first = await this.#actions.find(linked);
    return { ticket, actions: first === undefined ? actions : [...actions, first], cursor };
  }

  async #move(name: string, reference: TicketReference, to: TicketStatus, set: Partial<Ticket> = {}): Promise<Ticket> {
    const key = await this.#tickets.keyFor<TicketKey>(reference);
    return this.#tickets.transition(name, key, to, { set });
  }
}
