import { MAX_INSTANT } from "../../entities/attributes.ts";
import type { Model } from "./context.ts";
import { ValidationError } from "./errors.ts";
import { only } from "./options.ts";
import type { ListOptions, Order } from "./pages.ts";
import { attributeValue } from "./validation.ts";

/** Which page of a list in order of time, from when to when, and which end comes first. */
export interface TimedListOptions extends ListOptions {
  /** `asc` for the oldest first. Default: `desc`, the newest. */
  readonly order?: Order | undefined;
  /** Nothing of before this instant; epoch seconds. */
  readonly since?: number | undefined;
  /** Nothing of this instant or later; epoch seconds. */
  readonly until?: number | undefined;
}

/** The options of a list, apart. */
interface Timed {
  readonly page: ListOptions;
  readonly order?: Order;
  readonly between?: readonly [low: Record<string, number>, high: Record<string, number>];
}

const ORDERS: readonly unknown[] = ["asc", "desc", undefined];

/**
 * Takes the options of a list apart, where its index is in order of time; others have no more than a page.
 * @throws ValidationError
 */
export function timedOf(model: Model, pattern: string, options: TimedListOptions): Timed {
  const [attribute = ""] = model.schema.indexes[pattern]?.sk?.composite ?? [];
  if (model.schema.attributes[attribute]?.unit !== "epoch seconds") return { page: options };
  const { order, since, until, ...page } = only("list", options, ["limit", "cursor", "order", "since", "until"]);
  if (!ORDERS.includes(order)) throw new ValidationError("list", "order", "must be asc or desc", order);
  const ordered = order === undefined ? { page } : { page, order };
  if (since === undefined && until === undefined) return ordered;
  const from = since === undefined ? 0 : attributeValue(model, attribute, since, "since");
  const to = until === undefined ? MAX_INSTANT : attributeValue(model, attribute, until, "until");
  if (from > to) throw new ValidationError("list", "since", "must not be later than until", since);
  // The keys of an instant's own items go on after it: they are beyond it.
  return { ...ordered, between: [{ [attribute]: from }, { [attribute]: to }] };
}
