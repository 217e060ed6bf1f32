import { type AnyDataLayerError, isDataLayerError } from "./storage/errors.ts";

/** An answer of an API Gateway function. */
export interface ErrorResponse {
  /** As `statusCodeOf` gives it, 400 to 504. */
  readonly statusCode: number;
  /** Says that the body is JSON. */
  readonly headers: { readonly "content-type": "application/json" };
  /** JSON: `{ code, message }`, with `attribute` and `rule`, or `reason` and `state`, where the error has them. */
  readonly body: string;
}

const STATUS_BY_CODE: Readonly<Record<AnyDataLayerError["code"], number>> = {
  validation: 400,
  invalid_cursor: 400,
  not_found: 404,
  conflict: 409,
  token_used: 409,
  expired: 410,
  item_too_large: 413,
  configuration: 500,
  unprocessed: 503,
  overloaded: 503,
  index_not_ready: 503,
};

/** Names of DynamoDB's errors and the SDK's that say: not now, try again. */
const BUSY: ReadonlySet<unknown> = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "ThrottlingException",
]);
/** Names of errors that say: it took too long, and may have been done. */
const LATE: ReadonlySet<unknown> = new Set(["AbortError", "TimeoutError"]);
/** Node's codes of a connection that broke or never came about; the SDK names some of them TimeoutError, others not. */
const LOST: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT",
]);

/**
 * The HTTP status of an error, in one place for all handlers: 400 for what was refused, 401 for a session that is unknown or
 * over, 404, 409 for a state that does not allow it, 410 for what has expired, 413, 503 when DynamoDB is busy, 504 when the
 * time was over or a connection was lost, and 500 for anything else. It goes by `code` and `name`: errors of another
 * copy of this package count too.
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
  if (isDataLayerError(error)) {
    const { code, entity } = error;
    const unauthorized = entity === "session" && (code === "not_found" || code === "expired");
    return unauthorized ? 401 : STATUS_BY_CODE[code];
  }
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  if (BUSY.has(name)) return 503;
  return LATE.has(name) || LOST.has(code) ? 504 : 500;
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
    body: JSON.stringify(statusCode < 500 ? told(error as AnyDataLayerError) : UNTOLD[statusCode]),
  };
}

const UNTOLD: Readonly<Record<number, object>> = {
  500: { code: "internal", message: "something went wrong" },
  503: { code: "busy", message: "try again in a moment" },
  504: { code: "timeout", message: "it took too long; try again" },
};

function told(error: AnyDataLayerError): object {
  const { code, message } = error;
  if (code === "validation" || code === "item_too_large") {
    return { code, message, attribute: error.attribute, rule: error.rule };
  }
  if (code === "conflict") {
    const { reason, state } = error;
    return { code, message, reason, ...(state === undefined ? {} : { state }) };
  }
  return { code, message };
}
