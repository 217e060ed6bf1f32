import type {
  AccountStatus,
  ActionStatus,
  AssessmentStatus,
  ReportStatus,
  TicketStatus,
} from "../../entities/enums.ts";

/** Every error that this package makes itself extends this class; anything else is rethrown untouched. */
export abstract class DataLayerError extends Error {
  /** The class's name, spelled out: minifiers rename classes. */
  abstract override readonly name: string;
  /** Stable, machine-readable; messages may change between releases, codes do not. */
  abstract readonly code: string;
  /** The entity the error is about, where there is one. */
  readonly entity: string | undefined;

  constructor(message: string, options: { entity?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.entity = options.entity;
  }
}

/** Input was refused and nothing was written. Fix the named attribute; a retry of the same input fails again. */
export class ValidationError extends DataLayerError {
  override readonly name: string = "ValidationError";
  override readonly code: "validation" | "item_too_large" = "validation";
  /** Path of the attribute or argument, such as `scores.speaking.pronunciation`. */
  readonly attribute: string;
  /** What the value must be, such as `must be a band from 0 to 9 in halves`. */
  readonly rule: string;
  /** The kind of the value that was given, never its content: `string`, `NaN`, `array`, `missing` … */
  readonly received: string;

  /** `value` is what was given; of it the error tells its kind alone. */
  constructor(entity: string, attribute: string, rule: string, value?: unknown, cause?: unknown) {
    const received = kindOf(value);
    super(`${entity}.${attribute} ${rule} (received ${received})`, { entity, cause });
    this.attribute = attribute;
    this.rule = rule;
    this.received = received;
  }
}

/** The item, or the part of it that a change would write, is over DynamoDB's 400 KB. */
export class ItemTooLargeError extends ValidationError {
  override readonly name: string = "ItemTooLargeError";
  override readonly code = "item_too_large";
  /** Bytes as DynamoDB counts them, where this package measured them. */
  readonly size: number | undefined;

  constructor(entity: string, attribute: string, size: number | undefined, value: unknown, cause?: unknown) {
    const measured = size === undefined ? "" : `; it has ${size} bytes`;
    super(entity, attribute, `must leave the item within 400 KB (409600 bytes)${measured}`, value, cause);
    this.size = size;
  }
}

/** Nothing is stored under that key. Secrets (session ids, tokens) are never part of the message. */
export class NotFoundError extends DataLayerError {
  override readonly name: string = "NotFoundError";
  override readonly code = "not_found";

  constructor(entity: string, key?: string) {
    super(key === undefined ? `${entity} not found` : `${entity} ${key} not found`, { entity });
  }
}

/**
 * Why a change was refused.
 * - `wrong_state`: the item's state does not lead there; `state` tells it.
 * - `differs`: the same change was made before with other values; `state` tells where that led.
 * - `claimed`: the id or the transaction belongs to something else. `exists`: the key holds another item.
 * - `registered`: the address has an account. `erased`: the account was erased, and nobody has registered anew under its
 *   address since; or the call repeats one of before. `being_erased`: its erasure is not final, so nobody can register.
 * - `moved`: the account has another address now: call again with that. `being_changed`: the address of the account is
 *   being changed; call again when that has ended.
 * - `already_verified`, `wrong_token`: of an address that is verified. `password_changed`: meanwhile.
 * - `shut`: the token was withdrawn meanwhile. `granted`: before the account was erased.
 * - `limit_reached`: the user has started as many assessments as the day has places for.
 * - `busy`: too many changes at once; call again.
 */
export type ConflictReason =
  | "already_verified"
  | "being_changed"
  | "being_erased"
  | "busy"
  | "claimed"
  | "differs"
  | "erased"
  | "exists"
  | "granted"
  | "limit_reached"
  | "moved"
  | "password_changed"
  | "registered"
  | "shut"
  | "wrong_state"
  | "wrong_token";

/** The state of an account, an assessment, a report, a ticket or an action. */
export type ConflictState = AccountStatus | ActionStatus | AssessmentStatus | ReportStatus | TicketStatus;

/** What is stored does not allow the change; nothing was written. Read the item again before deciding what to do. */
export class ConflictError extends DataLayerError {
  override readonly name: string = "ConflictError";
  override readonly code = "conflict";
  /** Why; a closed set. */
  readonly reason: ConflictReason;
  /** The state that stood in the way, such as a ticket's `resolved`; undefined when no state did. */
  readonly state: ConflictState | undefined;

  constructor(entity: string, reason: ConflictReason, message: string, state?: ConflictState) {
    super(message, { entity });
    this.reason = reason;
    this.state = state;
  }
}

/** The session or token was valid once. DynamoDB may still hold it. */
export class ExpiredError extends DataLayerError {
  override readonly name: string = "ExpiredError";
  override readonly code = "expired";

  constructor(entity: string) {
    super(`${entity} has expired`, { entity });
  }
}

/** The QR token was redeemed: by another device, or by the same one half a minute ago and more. */
export class TokenUsedError extends DataLayerError {
  override readonly name: string = "TokenUsedError";
  override readonly code = "token_used";

  constructor() {
    super("qr_token has been used", { entity: "qr_token" });
  }
}

/** The cursor is not one that this access pattern handed out for this partition. Start again from the first page. */
export class InvalidCursorError extends DataLayerError {
  override readonly name: string = "InvalidCursorError";
  override readonly code = "invalid_cursor";

  constructor(cause?: unknown) {
    super("the cursor does not belong to this list", { cause });
  }
}

/** An environment variable is missing or malformed. */
export class ConfigurationError extends DataLayerError {
  override readonly name: string = "ConfigurationError";
  override readonly code = "configuration";
  /** Name of the environment variable. */
  readonly variable: string;

  constructor(variable: string, rule: string) {
    super(`environment variable ${variable} ${rule}`);
    this.variable = variable;
  }
}

/** DynamoDB kept leaving keys or items of a batch unprocessed. Nothing is wrong with them: try again later. */
export class UnprocessedError extends DataLayerError {
  override readonly name: string = "UnprocessedError";
  override readonly code = "unprocessed";
  /** How many keys or items were left. */
  readonly count: number;

  constructor(count: number) {
    super(`DynamoDB left ${count} items of a batch unprocessed after all retries`);
    this.count = count;
  }
}

/** So many requests of a client wait for a connection that no further one is taken. Nothing was sent: try again later. */
export class OverloadedError extends DataLayerError {
  override readonly name: string = "OverloadedError";
  override readonly code = "overloaded";
  /** How many requests are waiting. */
  readonly count: number;

  constructor(count: number) {
    super(`${count} requests are waiting for a connection to DynamoDB; nothing was sent`);
    this.count = count;
  }
}

/**
 * The table has no index yet that answers the question, or is still filling it: `npm run evolve` makes it. Nothing was read;
 * try again later.
 */
export class IndexNotReadyError extends DataLayerError {
  override readonly name: string = "IndexNotReadyError";
  override readonly code = "index_not_ready";
  /** The index's name in DynamoDB, such as `gsi2-2`. */
  readonly index: string;

  constructor(index: string, cause?: unknown) {
    super(`the table's index ${index} is not there yet`, { cause });
    this.index = index;
  }
}

/** Any error of this package, told apart by its `code`. */
export type AnyDataLayerError =
  | ValidationError
  | ItemTooLargeError
  | NotFoundError
  | ConflictError
  | ExpiredError
  | TokenUsedError
  | InvalidCursorError
  | ConfigurationError
  | UnprocessedError
  | OverloadedError
  | IndexNotReadyError;

const NAME_BY_CODE: Readonly<Record<AnyDataLayerError["code"], string>> = {
  validation: "ValidationError",
  item_too_large: "ItemTooLargeError",
  not_found: "NotFoundError",
  conflict: "ConflictError",
  expired: "ExpiredError",
  token_used: "TokenUsedError",
  invalid_cursor: "InvalidCursorError",
  configuration: "ConfigurationError",
  unprocessed: "UnprocessedError",
  overloaded: "OverloadedError",
  index_not_ready: "IndexNotReadyError",
};

/**
 * Whether something is an error of this package, by `code` and `name`. A process may hold more than one copy of the package,
 * one for `import` and one for `require`, and Jest makes one of its own; `instanceof` knows the errors of one copy only.
 * @example
 * import { isDataLayerError } from "@ielts-ai-prep/data-layer";
 *
 * const status = await support.resolve(ticket_id).then(
 *   (ticket) => ticket.status,
 *   (error) => {
 *     if (isDataLayerError(error) && error.code === "conflict") return error.state; // new
 *     throw error;
 *   },
 * );
 */
export function isDataLayerError(error: unknown): error is AnyDataLayerError {
  if (typeof error !== "object" || error === null) return false;
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return (
    typeof code === "string" &&
    Object.hasOwn(NAME_BY_CODE, code) &&
    name === NAME_BY_CODE[code as AnyDataLayerError["code"]]
  );
}

/** Names what a value is without showing it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return "infinite number";
    return Number.isInteger(value) ? "whole number" : "fractional number";
  }
  if (typeof value === "string") return value === "" ? "empty string" : "string";
  return typeof value;
}
