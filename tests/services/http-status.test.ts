import { errorResponse, statusCodeOf } from "../../services/http-status.ts";
import {
  ConfigurationError,
  ConflictError,
  ExpiredError,
  InvalidCursorError,
  ItemTooLargeError,
  NotFoundError,
  TokenUsedError,
  UnprocessedError,
  ValidationError,
} from "../../services/storage/errors.ts";

const named = (name: string) => Object.assign(new Error("arn:aws:dynamodb:…:table/ielts"), { name });

describe("statusCodeOf", () => {
  it.each([
    [400, new ValidationError("ticket", "priority", "must be one of urgent, high", 7)],
    [400, new InvalidCursorError()],
    [401, new NotFoundError("session")],
    [401, new ExpiredError("session")],
    [404, new NotFoundError("ticket", "TKT-1")],
    [
      409,
      new ConflictError("ticket", "wrong_state", "The ticket cannot become in_progress: it is resolved.", "resolved"),
    ],
    [409, new TokenUsedError()],
    [410, new ExpiredError("qr_token")],
    [413, new ItemTooLargeError("ticket", "message", 500_000, "")],
    [500, new ConfigurationError("TABLE_NAME", "is missing")],
    [503, new UnprocessedError(3)],
    [503, named("ThrottlingException")],
    [503, named("ProvisionedThroughputExceededException")],
    [504, named("TimeoutError")],
    [500, named("ResourceNotFoundException")],
    [500, "no error at all"],
    [500, undefined],
  ])("is %d for %s", (status, error) => {
    expect(statusCodeOf(error)).toBe(status);
    expect(errorResponse(error).statusCode).toBe(status);
  });
});

describe("errorResponse", () => {
  const bodyOf = (error: unknown) => JSON.parse(errorResponse(error).body);

  it("tells which attribute broke which rule, and which state stood in the way", () => {
    expect(bodyOf(new ValidationError("ticket", "priority", "must be one of urgent, high", 7))).toEqual({
      code: "validation",
      message: "ticket.priority must be one of urgent, high (received whole number)",
      attribute: "priority",
      rule: "must be one of urgent, high",
    });
    expect(bodyOf(new ConflictError("ticket", "wrong_state", "The ticket is resolved.", "resolved"))).toEqual({
      code: "conflict",
      message: "The ticket is resolved.",
      reason: "wrong_state",
      state: "resolved",
    });
    expect(bodyOf(new ConflictError("user", "registered", "The address has an account."))).toEqual({
      code: "conflict",
      message: "The address has an account.",
      reason: "registered",
    });
    expect(bodyOf(new NotFoundError("ticket", "TKT-1"))).toEqual({
      code: "not_found",
      message: "ticket TKT-1 not found",
    });
  });

  it.each([named("ResourceNotFoundException"), named("ThrottlingException"), named("TimeoutError"), { secret: 1 }])(
    "tells nothing of what is the server's own affair: %s",
    (error) => {
      expect(Object.keys(bodyOf(error))).toEqual(["code", "message"]);
      expect(errorResponse(error).body).not.toMatch(/arn:|secret/);
    },
  );
});
