import { MAX_INSTANT } from "../entities/attributes.ts";
import { DEFAULT_TABLE_NAME } from "../entities/keys.ts";
import { createClient } from "./client.ts";
import type { Clock, DataContext, DataLayerOptions, Model } from "./storage/context.ts";
import { createCursorCodec, createPassingCodec } from "./storage/cursor.ts";
import { bindEntity } from "./storage/electrodb.ts";
import { ValidationError } from "./storage/errors.ts";
import { optionsIn } from "./storage/options.ts";
import { pseudonymsBy } from "./storage/pseudonyms.ts";
import { checkSecret } from "./storage/secret.ts";
import { heardByMany } from "./storage/signals.ts";
import { directPathOf } from "./storage/wire/direct-path.ts";

export type { AnyEntity, Clock, DataContext, DataLayerOptions, Model, RequestEvent } from "./storage/context.ts";
export type { FallbackEvent } from "./storage/wire/direct-path.ts";

/**
 * The system's time, in whole epoch seconds.
 * @example
 * import { systemClock } from "@ielts-ai-prep/data-layer/services/context";
 *
 * const since = systemClock() - 24 * 60 * 60; // a day ago
 * const recent = await assessments.countSince(email, since);
 */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

/** DynamoDB's rule for the names of tables. */
export const TABLE_NAME_RULE = "must be 3 to 255 letters, digits, hyphens, dots or underscores";

/**
 * Whether DynamoDB accepts a name for a table.
 * @example
 * import { isTableName } from "@ielts-ai-prep/data-layer/services/context";
 *
 * const fits = isTableName("ielts-genai-prep"); // true
 */
export const isTableName = (name: string): boolean => /^[A-Za-z0-9_.-]{3,255}$/.test(name);

/** A clock that tells nothing but instants: a broken one must let nobody in. */
const checkedClock =
  (clock: Clock): Clock =>
  () => {
    const now: unknown = clock();
    if (Number.isInteger(now) && (now as number) >= 0 && (now as number) <= MAX_INSTANT) return now as number;
    throw new ValidationError("options", "clock", "must give whole epoch seconds", now);
  };

/** The table's name. One that is given and undefined is of a variable that nobody set, and not the default. */
function tableOf(options: DataLayerOptions): string {
  const { table = "table" in options ? "" : DEFAULT_TABLE_NAME } = options;
  if (table === "") throw new ValidationError("options", "table", "must be the name of a table", options.table);
  return table;
}

/** What a data layer is bound to, by name; the compiler tells when it knows another. */
const LAYER_OPTIONS: Readonly<Record<keyof DataLayerOptions, true>> = {
  client: true,
  table: true,
  clock: true,
  cursorSecret: true,
  erasureSecret: true,
  onRequest: true,
  onFallback: true,
  consumedCapacity: true,
  signal: true,
};

/**
 * Binds nothing yet: the client is made here, entities when a service first needs them.
 * @throws ValidationError for an option that there is not, an empty or undefined name of a table, and a short secret.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Support } from "@ielts-ai-prep/data-layer/services/support";
 *
 * const support = new Support(createContext({ table: "ielts-genai-prep" }));
 */
export function createContext(options: DataLayerOptions = {}): DataContext {
  optionsIn("options", options, Object.keys(LAYER_OPTIONS));
  const table = tableOf(options);
  const { cursorSecret, erasureSecret } = options;
  checkSecret("cursorSecret", cursorSecret);
  checkSecret("erasureSecret", erasureSecret);
  const client = options.client ?? createClient();
  if (options.signal !== undefined) heardByMany(options.signal);
  if (options.onFallback !== undefined) directPathOf(client.middlewareStack).listener = options.onFallback;
  const bound = new Map<Model, unknown>();
  const made = new Map<(context: DataContext) => unknown, unknown>();
  const context: DataContext = {
    client,
    table,
    clock: options.clock === undefined ? systemClock : checkedClock(options.clock),
    cursors: createCursorCodec(cursorSecret ?? table),
    credentialCursors: cursorSecret === undefined ? createPassingCodec() : createCursorCodec(cursorSecret),
    pseudonymOf: pseudonymsBy(erasureSecret),
    options,
    entity<E>(model: Model<E>): E {
      const known = bound.get(model);
      if (known !== undefined) return known as E;
      const entity = bindEntity(model, client, table);
      bound.set(model, entity);
      return entity;
    },
    once<T>(make: (context: DataContext) => T): T {
      if (!made.has(make)) made.set(make, make(context));
      return made.get(make) as T;
    },
  };
  return context;
}
