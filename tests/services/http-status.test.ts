import { errorResponse, statusCodeOf } from "../../services/http-status.ts";
import {
  ConfigurationError,
  ConflictError,
  DataLayerError,
  ExpiredError,
  IndexNotReadyError,
  InvalidCursorError,
  ItemTooLargeError,
  isDataLayerError,
  NotFoundError,
  OverloadedError,
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
    [503, new OverloadedError(10_000)],
    [503, new IndexNotReadyError("gsi2-2")],
    [503, named("ThrottlingException")],
    [503, named("ProvisionedThroughputExceededException")],
    [504, named("TimeoutError")],
    [504, named("AbortError")],
    [504, new DOMException("This operation was aborted", "AbortError")],
    ...[
      "ECONNRESET",
      "ECONNREFUSED",
      "EPIPE",
      "ETIMEDOUT",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EHOSTUNREACH",
      "ENETUNREACH",
    ].map((code) => [504, Object.assign(new Error(code), { code })] as const),
    [500, named("ResourceNotFoundException")],
    [500, { code: "conflict", name: "Error" }],
    [500, { code: "toString", name: "toString" }],
    [500, "no error at all"],
    [500, null],
    [500, undefined],
  ] as const)("is %d for %s", (status, error) => {
    expect(statusCodeOf(error)).toBe(status);
    expect(errorResponse(error).statusCode).toBe(status);
  });
});

/** The errors of another copy of the package, such as the one for `require` beside the one for `import`. */
async function otherErrors(): Promise<typeof import("../../services/storage/errors.ts")> {
  jest.resetModules();
  return import("../../services/storage/errors.ts");
}

it("the errors of another copy of the package have the same status and tell the same", async () => {
  const other = await otherErrors();
  const errors = [
    new other.ValidationError("ticket", "priority", "must be one of urgent, high", 7),
    new other.NotFoundError("session"),
    new other.ConflictError("ticket", "wrong_state", "The ticket is resolved.", "resolved"),
    new other.ExpiredError("qr_token"),
    new other.UnprocessedError(3),
  ];

  expect(errors.filter((error) => error instanceof DataLayerError)).toEqual([]);
  expect(errors.map(statusCodeOf)).toEqual([400, 401, 409, 410, 503]);
  expect(JSON.parse(errorResponse(errors[2]).body)).toMatchObject({ reason: "wrong_state", state: "resolved" });
  expect(JSON.parse(errorResponse(errors[0]).body)).toMatchObject({ attribute: "priority" });
});

it("an error of another library counts as ours only by code and name together", () => {
  expect(isDataLayerError(named("ValidationError"))).toBe(false);
  expect(isDataLayerError(Object.assign(named("Error"), { code: "validation" }))).toBe(false);
  expect(isDataLayerError(new ValidationError("ticket", "priority", "must be one of urgent, high", 7))).toBe(true);
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
