import { ConflictError, DataLayerError, ExpiredError, NotFoundError, ValidationError } from "./storage/errors.ts";

/** An answer of an API Gateway function. */
export interface ErrorResponse {
  /** As `statusCodeOf` gives it, 400 to 504. */
  readonly statusCode: number;
  /** Says that the body is JSON. */
  readonly headers: { readonly "content-type": "application/json" };
  /** JSON: `{ code, message }`, with `attribute` and `rule`, or `reason` and `state`, where the error has them. */
  readonly body: string;
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  validation: 400,
  invalid_cursor: 400,
  not_found: 404,
  conflict: 409,
  token_used: 409,
  expired: 410,
  item_too_large: 413,
  configuration: 500,
  unprocessed: 503,
};

/** Errors of DynamoDB and the SDK that say: not now, try again. */
const BUSY: ReadonlySet<string> = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "ThrottlingException",
]);
/** Errors that say: it took too long, and may have been done. */
const LATE: ReadonlySet<string> = new Set(["AbortError", "TimeoutError"]);

/**
 * The HTTP status of an error, in one place for all handlers: 400 for what was refused, 401 for a session that is unknown or
 * over, 404, 409 for a state that does not allow it, 410 for what has expired, 413, 503 when DynamoDB is busy, 504 when the
 * time was over, and 500 for anything else.
 * @example
 * import { errorResponse, statusCodeOf } from "@ielts-ai-prep/data-layer";
 *
 * try {
 *   await support.resolve(ticket_id);
 * } catch (error) {
 *   if (statusCodeOf(error) === 500) throw error; // Lambda logs it
 *   return errorResponse(error);
 * }
 */
export function statusCodeOf(error: unknown): number {
  if (error instanceof DataLayerError) {
    const unauthorized =
      error.entity === "session" && (error instanceof NotFoundError || error instanceof ExpiredError);
    return unauthorized ? 401 : (STATUS_BY_CODE[error.code] ?? 500);
  }
  const name = error instanceof Error ? error.name : "";
  if (BUSY.has(name)) return 503;
  return LATE.has(name) ? 504 : 500;
}

/**
 * What the client may know of an error: of those from 500 on no more than that they happened.
 * @example
 * import { errorResponse } from "@ielts-ai-prep/data-layer";
 *
 * const { statusCode, body } = await support.resolve(ticket_id).then(
 *   (ticket) => ({ statusCode: 200, body: JSON.stringify(ticket) }),
 *   errorResponse, // 409, { "code": "conflict", "state": "new", … }
 * );
 */
export function errorResponse(error: unknown): ErrorResponse {
  const statusCode = statusCodeOf(error);
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(statusCode < 500 ? told(error as DataLayerError) : UNTOLD[statusCode]),
  };
}

const UNTOLD: Readonly<Record<number, object>> = {
  500: { code: "internal", message: "something went wrong" },
  503: { code: "busy", message: "try again in a moment" },
  504: { code: "timeout", message: "it took too long; try again" },
};

function told(error: DataLayerError): object {
  const { code, message } = error;
  if (error instanceof ValidationError) return { code, message, attribute: error.attribute, rule: error.rule };
  if (error instanceof ConflictError) {
    const { reason, state } = error;
    return { code, message, reason, ...(state === undefined ? {} : { state }) };
  }
  return { code, message };
}
