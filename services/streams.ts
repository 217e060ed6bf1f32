import { isDeepStrictEqual } from "node:util";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { EntityItem } from "electrodb";
import { type EntityName, MODELS } from "../entities/models.ts";
import type { IndexSchema } from "../entities/schema.ts";
import { beginReaction, endReaction } from "./guards/reactions.ts";
import type { DataContext, Model } from "./storage/context.ts";
import { ValidationError } from "./storage/errors.ts";
import { inThisForm } from "./storage/forms.ts";
import { optionsIn } from "./storage/options.ts";
import { ownedBy } from "./storage/ownership.ts";
import type { StoredItem } from "./storage/requests.ts";
import { rulesOf } from "./storage/rules.ts";

/** What Lambda hands over of the table's stream, with new and old images: a `DynamoDBStreamEvent` is one. */
export interface StreamEvent {
  /** In the order of the changes of each item. */
  readonly Records: readonly StreamRecord[];
}

/** One change of one item of the table. */
export interface StreamRecord {
  /** The same at each delivery. */
  readonly eventID?: string | undefined;
  /** What happened to the item. */
  readonly eventName?: "INSERT" | "MODIFY" | "REMOVE" | undefined;
  /** Who removed it: DynamoDB itself, where its time to live was over. */
  readonly userIdentity?: { readonly principalId?: string; readonly type?: string } | undefined;
  /** The item before and after. */
  readonly dynamodb?:
    | {
        readonly SequenceNumber?: string | undefined;
        /** Epoch seconds. */
        readonly ApproximateCreationDateTime?: number | undefined;
        readonly Keys?: object | undefined;
        readonly NewImage?: object | undefined;
        readonly OldImage?: object | undefined;
      }
    | undefined;
}

/** Lambda's partial batch response: it delivers again from the first of these on. */
export interface StreamResponse {
  /** Records that failed; none where all went well. */
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** An item of an entity as services show it. */
export type ItemOf<N extends EntityName> = EntityItem<ReturnType<(typeof MODELS)[N]["bind"]>>;

/** What every change tells. */
export interface ToldChange<N extends EntityName> {
  /** Whose item it is. */
  readonly entity: N;
  /** Names the change, at each delivery the same. */
  readonly id: string;
  /** When it was made, about; epoch seconds. */
  readonly at: number;
}

/**
 * A change of an item: what it was and what it is, as services show it, without keys, secrets and marks. `expire` is a removal by
 * DynamoDB, once the item's time to live was over.
 */
export type Change<N extends EntityName = EntityName> = N extends EntityName
  ? ToldChange<N> &
      (
        | { readonly kind: "create"; readonly before?: undefined; readonly after: ItemOf<N> }
        | {
            readonly kind: "update";
            readonly before: ItemOf<N>;
            readonly after: ItemOf<N>;
            /** The attributes that are others now; at least one. */
            readonly changed: readonly (keyof ItemOf<N> & string)[];
          }
        | { readonly kind: "remove" | "expire"; readonly before: ItemOf<N>; readonly after?: undefined }
      )
  : never;

/** What is to be done about the changes of each entity. An entity that is left out is passed over. */
export type Reactions = { readonly [N in EntityName]?: (change: Change<N>) => Promise<unknown> };

/** A record whose reaction failed. */
export interface FailedRecord {
  /** The item's key, in DynamoDB's JSON: an account's holds its address. */
  readonly key: object | undefined;
  /** What Lambda calls it by. */
  readonly sequenceNumber: string;
  /** What the reaction threw, or why the record cannot be read. */
  readonly error: unknown;
}

/** How changes are heard. */
export interface ListeningOptions {
  /** Is told each record that failed, at each delivery: nothing fails without a word. */
  readonly onFailure: (failure: FailedRecord) => void;
}

type Reaction = (change: Change) => Promise<unknown>;

const isName = (name: unknown): name is EntityName => typeof name === "string" && Object.hasOwn(MODELS, name);

const OWNED = ownedBy(
  Object.values<Model>(MODELS).map(({ schema }) => [schema, Object.values(schema.indexes)[0] as IndexSchema]),
);

const imageOf = (image: object | undefined): StoredItem | undefined =>
  inThisForm(image === undefined ? undefined : unmarshall(image as Parameters<typeof unmarshall>[0]));

/** Whether the migration wrote it, which has its own mark for each time. */
const isBroughtOver = (old: StoredItem | undefined, now: StoredItem): boolean =>
  now.migration !== undefined && !isDeepStrictEqual(old?.migration, now.migration);

/** A change of its entity's type: the images are the entity's. */
const typed = (change: object) => change as Change;

const shownBy = (name: EntityName, item: StoredItem | undefined) =>
  item === undefined ? undefined : rulesOf(MODELS[name]).shown(item);

const expired = ({ userIdentity }: StreamRecord): boolean =>
  userIdentity?.type === "Service" && userIdentity.principalId === "dynamodb.amazonaws.com";

/**
 * The change that a record of the table's stream tells; undefined for a row that is no entity's item (claims, ledgers, what was
 * planted), for a change that services do not show, such as of a password, and for what the migration brings over.
 * @throws ValidationError when the stream has no new and old images.
 */
export function changeOf(record: StreamRecord): Change | undefined {
  const { eventID, eventName, dynamodb = {} } = record;
  const [old, now] = [imageOf(dynamodb.OldImage), imageOf(dynamodb.NewImage)];
  const item = now ?? old;
  if (
    eventID === undefined ||
    item === undefined ||
    (eventName === "MODIFY" && (old === undefined || now === undefined))
  )
    throw new ValidationError("stream", "StreamViewType", "must be NEW_AND_OLD_IMAGES: a record lacks an image");
  const entity = item.__edb_e__;
  if (!isName(entity) || !OWNED.owns(item)) return undefined;
  if (now !== undefined && isBroughtOver(old, now)) return undefined;
  const told = { entity, id: eventID, at: dynamodb.ApproximateCreationDateTime ?? 0 };
  const [before, after] = [shownBy(entity, old), shownBy(entity, now)];
  if (before === undefined) return typed({ ...told, kind: "create", after });
  if (after === undefined) return typed({ ...told, kind: expired(record) ? "expire" : "remove", before });
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  return changed.length === 0 ? undefined : typed({ ...told, kind: "update", before, after, changed });
}

/**
 * A Lambda handler for the table's stream: it calls the entity's reaction for each change, one after another, so that the changes
 * of an item come in their order. At the first that fails it asks Lambda (`ReportBatchItemFailures`) to deliver again from there
 * on. A change may come more than once, also after it was reacted to: `once` makes a reaction idempotent.
 * @example
 * import { onChange } from "@ielts-ai-prep/data-layer/services/streams";
 *
 * const solved = async ({ user_email }: { user_email: string }) => console.log(`mail ${user_email}`);
 * const handler = onChange(
 *   {
 *     ticket: async (change) => {
 *       if (change.kind === "update" && change.changed.includes("status") && change.after.status === "resolved")
 *         await solved(change.after);
 *     },
 *   },
 *   { onFailure: ({ sequenceNumber, error }) => console.error(sequenceNumber, error) },
 * );
 * await handler({ Records: [] }); // { batchItemFailures: [] }
 */
export function onChange(
  reactions: Reactions,
  options: ListeningOptions,
): (event: StreamEvent) => Promise<StreamResponse> {
  const { onFailure } = optionsIn("stream", options, ["onFailure"]);
  const reactionTo = optionsIn("stream", reactions, Object.keys(MODELS));
  return async ({ Records }) => {
    for (const record of Records) {
      try {
        const change = changeOf(record);
        if (change !== undefined) await (reactionTo[change.entity] as Reaction | undefined)?.(change);
      } catch (error) {
        const { SequenceNumber: sequenceNumber = "", Keys } = record.dynamodb ?? {};
        onFailure({ key: Keys, sequenceNumber, error });
        return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };
}

/**
 * Reacts to a change once, however often it is delivered: a row of the table, for 8 days, says that the reaction of this name is
 * done. Tells whether it acted now. One that failed, or died before the row said so, acts again: what it does must bear that.
 * @throws what `act` throws; ConfigurationError without the option `erasureSecret`.
 * @example
 * import { onChange, once } from "@ielts-ai-prep/data-layer/services/streams";
 *
 * const handler = onChange(
 *   { ticket: (change) => once(layer, change, "mail", async () => console.log(change.kind)) },
 *   { onFailure: ({ error }) => console.error(error) },
 * );
 * await handler({ Records: [] });
 */
export async function once(
  { context }: { readonly context: DataContext },
  change: Pick<Change, "id">,
  name: string,
  act: () => Promise<unknown>,
): Promise<boolean> {
  const reaction = `${name} ${change.id}`;
  if (await beginReaction(context, reaction)) return false;
  await act();
  await endReaction(context, reaction);
  return true;
}
