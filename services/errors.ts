import { DataLayerError } from "../entities/errors.ts";

export { DataLayerError, ItemTooLargeError, ValidationError } from "../entities/errors.ts";

/** Nothing is stored under that key. Secrets (session ids, tokens) are never part of the message. */
export class NotFoundError extends DataLayerError {
  override readonly name: string = "NotFoundError";
  override readonly code = "not_found";

  constructor(entity: string, key?: string) {
    super(key === undefined ? `${entity} not found` : `${entity} ${key} not found`, { entity });
  }
}

/** The stored state does not allow the change; nothing was written. Read the item again before deciding what to do. */
export class ConflictError extends DataLayerError {
  override readonly name: string = "ConflictError";
  override readonly code = "conflict";
  /** The state that stood in the way, such as a ticket's `resolved`. */
  readonly state: string;

  constructor(entity: string, state: string, message: string) {
    super(`${entity}: ${message}`, { entity });
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

/** The QR token was redeemed by another device. */
export class TokenUsedError extends DataLayerError {
  override readonly name: string = "TokenUsedError";
  override readonly code = "token_used";

  constructor() {
    super("qr_token has been used by another device", { entity: "qr_token" });
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
