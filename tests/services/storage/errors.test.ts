import { DataLayerError, ItemTooLargeError, kindOf, ValidationError } from "../../../services/storage/errors.ts";
import fc from "../../generated.ts";

describe("ValidationError", () => {
  it("names entity, attribute, rule and the kind of what was given", () => {
    const error = new ValidationError("assessment", "scores.speaking.pronunciation", "must be a band", 7.25);

    expect(error).toBeInstanceOf(DataLayerError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "ValidationError",
      code: "validation",
      entity: "assessment",
      attribute: "scores.speaking.pronunciation",
      rule: "must be a band",
      received: "fractional number",
      message: "assessment.scores.speaking.pronunciation must be a band (received fractional number)",
    });
  });

  it("keeps its cause, and has none when none is given", () => {
    const cause = new Error("why");

    expect(new ValidationError("user", "email", "is required", undefined, cause).cause).toBe(cause);
    expect(new ValidationError("user", "email", "is required", undefined)).not.toHaveProperty("cause");
  });

  it("never shows the value, in any part of it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-F]{12,40}$/), (secret) => {
        const error = new ValidationError("user", "password_hash", "must be an encoded password hash", secret);
        expect(`${error}${error.stack}${JSON.stringify(error)}`).not.toContain(secret);
      }),
    );
  });
});

describe("ItemTooLargeError", () => {
  it("says the size where it was measured", () => {
    const error = new ItemTooLargeError("ticket", "message", 500_123, "");

    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      name: "ItemTooLargeError",
      code: "item_too_large",
      entity: "ticket",
      attribute: "message",
      size: 500_123,
    });
    expect(error.message).toContain("must leave the item within 400 KB (409600 bytes); it has 500123 bytes");
  });

  it("says the limit alone where it was not", () => {
    const cause = new Error("Item size to update has exceeded the maximum allowed size");
    const error = new ItemTooLargeError("ticket", "input", undefined, {}, cause);

    expect(error.size).toBeUndefined();
    expect(error.cause).toBe(cause);
    expect(error.message).toContain("must leave the item within 400 KB (409600 bytes)");
    expect(error.message).not.toContain("it has");
  });
});

describe("kindOf", () => {
  it.each([
    [undefined, "missing"],
    [null, "null"],
    [[], "array"],
    [["a"], "array"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "infinite number"],
    [Number.NEGATIVE_INFINITY, "infinite number"],
    [0, "whole number"],
    [-7, "whole number"],
    [7.25, "fractional number"],
    ["", "empty string"],
    ["secret", "string"],
    [true, "boolean"],
    [{}, "object"],
    [7n, "bigint"],
    [Symbol("s"), "symbol"],
    [() => "x", "function"],
  ])("calls %p %p", (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
