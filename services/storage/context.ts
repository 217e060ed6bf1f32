import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EntityConfiguration, Service } from "electrodb";
import type { EntityFacts } from "../../entities/facts.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import type { CursorCodec } from "./cursor.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import type { FallbackEvent } from "./wire/direct-path.ts";

/** The time in whole epoch seconds. */
export type Clock = () => number;

/** One request to DynamoDB, told to `onRequest` when it ended. It holds no keys and no attribute values. */
export interface RequestEvent {
  /** The request, as DynamoDB calls it. */
  readonly operation: "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "BatchGetItem" | "BatchWriteItem";
  /** The entity, or the collection, that was asked for. */
  readonly entity: string;
  /** The entity's index in ElectroDB, such as `byUser`, or the change or collection, such as `refund`. */
  readonly accessPattern: string;
  /** The index that was used; `table` for the primary key. */
  readonly index: string;
  /** Items that came back or were written. */
  readonly items: number;
  /** Tries that the SDK needed. */
  readonly attempts: number;
  /** From sending to the answer, all tries and pauses included; with fractions. */
  readonly milliseconds: number;
  /** `condition_failed`: a write was refused because of what is stored; the service decides what that means. */
  readonly outcome: "ok" | "condition_failed" | "error";
  /** Capacity units, when `consumedCapacity` was asked for and the engine told. */
  readonly readUnits?: number;
  /** The same, of a write. */
  readonly writeUnits?: number;
}

/** What a data layer is bound to; everything has a default. */
export interface DataLayerOptions {
  /**
   * Default: `createClient()`. A client that you pass stays yours: the data layer never closes it. Middleware may be
   * added to it or removed at any time, and counts from the next request.
   */
  readonly client?: DynamoDBClient;
  /** Name of the table. Default: `ielts-genai-prep`; given as undefined it is refused. */
  readonly table?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /**
   * Encrypts cursors; at least 16 characters. Set one secret for all functions that share lists. Default: the table's name.
   * Lists of what lets users in then have a random key, with a warning, and their cursors fit this data layer alone.
   */
  readonly cursorSecret?: string;
  /**
   * Keys what the table keeps of erased accounts and used ids, so that nobody can reproduce it from an address; at least 32
   * characters. Set one secret for all functions of a table, and never another one: what was erased would be forgotten.
   * Without it, calls that make something for an account throw a ConfigurationError, and write nothing.
   */
  readonly erasureSecret?: string;
  /** Called after each request; what it throws is not caught. */
  readonly onRequest?: (event: RequestEvent) => void;
  /**
   * Called once for a client when the AWS SDK is not as the data layer's fast path expects it; all requests of that
   * client then go by the SDK's own commands. The last listener that was passed for a client is called; what it throws
   * is not caught. Default: a warning of the process, with the code `DATA_LAYER_FALLBACK`.
   */
  readonly onFallback?: (event: FallbackEvent) => void;
  /** Ask DynamoDB for consumed capacity and report it to `onRequest`. Default: false. */
  readonly consumedCapacity?: boolean;
  /** Aborts every request of this data layer. */
  readonly signal?: AbortSignal;
}

/** ElectroDB's own bound of its generics. */
export type AnyEntity = ConstructorParameters<typeof Service>[0][string];

/** An entity's model as `entities/` exports it. */
export interface Model<E = unknown> extends EntityFacts {
  /** ElectroDB's schema: attributes with their rules, and indexes. */
  readonly schema: EntitySchema;
  /** The entity of this model on a client and a table. */
  bind(config: EntityConfiguration): E;
}

/** What every service is built on: a client, a table, a clock, and entities bound to them once. */
export interface DataContext {
  /** The client that sends every request. */
  readonly client: DynamoDBClient;
  /** Name of the table. */
  readonly table: string;
  /** Whole epoch seconds. */
  readonly clock: Clock;
  /** Encrypts and reads the cursors of lists. */
  readonly cursors: CursorCodec;
  /** The same for lists of what lets users in, such as sessions: never by a key that anybody can make. */
  readonly credentialCursors: CursorCodec;
  /**
   * What stands for an address or an id in rows that outlive the account.
   * @throws ConfigurationError without the option `erasureSecret`.
   */
  readonly pseudonymOf: Pseudonyms;
  /** What the context was made with; each request takes `onRequest`, `consumedCapacity` and `signal` from here. */
  readonly options: DataLayerOptions;
  /** The model's entity, bound to this context's client and table on first use. */
  entity<E>(model: Model<E>): E;
  /** What `make` gives for this context, made on first use and then kept, such as a collection. */
  once<T>(make: (context: DataContext) => T): T;
}
