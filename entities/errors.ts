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

  constructor(entity: string, attribute: string, rule: string, value: unknown, cause?: unknown) {
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
