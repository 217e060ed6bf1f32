import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createContext } from "../../services/context.ts";
import type { Clock } from "../../services/storage/context.ts";
import type { StreamResponse } from "../../services/streams.ts";
import { itemFromJson } from "./json-lines.ts";
import type { OperatorRules } from "./mapping.ts";
import type { Outcome } from "./outcome.ts";
import { Reconciler, type Whereabouts } from "./reconciler.ts";
import {
  type SourceNaming,
  SourceReader,
  type SourceTable,
  sourceKeyText,
  sourceNamesOf,
  tableFinder,
} from "./source-tables.ts";
import { runTasks } from "./tasks.ts";
import { Translator } from "./translator.ts";
import type { SourceItem } from "./values.ts";

/** What Lambda hands over of a DynamoDB stream with new and old images, as far as it matters here. */
export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
}

export interface StreamRecord {
  readonly eventSourceARN?: string;
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly Keys?: SourceItem;
    readonly NewImage?: SourceItem;
    readonly OldImage?: SourceItem;
  };
}

/** What the handler tells of one source item; no attribute values. */
export interface StreamNotice {
  readonly entity: EntityName;
  readonly outcome: Outcome["kind"] | "failed";
  readonly code?: string;
  readonly attributes?: readonly string[];
  /** An error's name; its message could hold values. */
  readonly error?: string;
}

export interface StreamHandlerOptions extends OperatorRules {
  readonly source: DynamoDBClient;
  readonly target: DynamoDBClient;
  readonly table: string;
  readonly naming: SourceNaming;
  /** The secret of the new table's pseudonyms. */
  readonly erasureSecret: string;
  readonly clock: Clock;
  /** Milliseconds, for what a backfill looks at again. Default: the system's clock. */
  readonly milliseconds?: () => number;
  /** Items that are dealt with at once. Default 8. */
  readonly concurrency?: number;
  readonly onNotice?: (notice: StreamNotice) => void;
}

interface Change {
  readonly table: SourceTable;
  readonly source: string;
  readonly images: SourceItem[];
  readonly sequences: string[];
}

/**
 * A Lambda handler for the streams of the legacy tables. A record only says which item to look at: the handler brings the
 * item of the new table into line with the source as it is now, so records may come twice, late or out of order.
 */
export function createStreamHandler(options: StreamHandlerOptions): (event: StreamEvent) => Promise<StreamResponse> {
  const {
    source,
    target,
    table,
    naming,
    mapping,
    accessFrom,
    keepSessions,
    erasureSecret,
    clock,
    concurrency = 8,
  } = options;
  const context = createContext({ client: target, table, clock, erasureSecret });
  const reader = new SourceReader(source);
  const entities = new Map(
    (Object.keys(MODELS) as EntityName[]).flatMap((entity) =>
      sourceNamesOf(entity, naming).map((name) => [name, entity] as const),
    ),
  );
  const findTable = tableFinder(source, naming);
  const milliseconds = options.milliseconds ?? Date.now;

  async function describe(entity: EntityName, name: string): Promise<SourceTable> {
    const table = await findTable(entity, name);
    if (table === undefined) throw new Error(`there is no source table ${name} for ${entity}`);
    return table;
  }

  /** Records of one item are one change: the source is read anyway. */
  async function changesOf({ Records }: StreamEvent): Promise<Change[]> {
    const changes = new Map<string, Change>();
    for (const { eventSourceARN = "", dynamodb = {} } of Records) {
      const name = /table\/([^/]+)/.exec(eventSourceARN)?.[1] ?? "";
      const entity = entities.get(name);
      if (entity === undefined) throw new Error(`the stream of ${name} is none of the legacy tables'`);
      const { Keys = {}, NewImage, OldImage, SequenceNumber = "" } = dynamodb;
      const described = await describe(entity, name);
      const key = sourceKeyText(described, Keys);
      const id = `${name} ${key}`;
      const change = changes.get(id) ?? { table: described, source: key, images: [], sequences: [] };
      changes.set(id, change);
      // In Lambda's records binary is base64 text.
      for (const image of [NewImage, OldImage]) if (image !== undefined) change.images.push(itemFromJson(image));
      change.sequences.push(SequenceNumber);
    }
    return [...changes.values()];
  }

  async function apply({ table: sourceTable, source: key, images }: Change): Promise<Outcome> {
    const translator = new Translator(context, { mapping, accessFrom, keepSessions, now: clock(), run: "stream" });
    const reconciler = new Reconciler({ context, translator, reader });
    const places = images.map((image) => reconciler.whereaboutsOf(sourceTable, image));
    const known: Whereabouts = {
      keys: places.flatMap(({ keys }) => keys),
      uniques: [...new Set(places.flatMap(({ uniques }) => uniques))],
    };
    // First, so that a backfill that wrote an older page in between is sure to see it.
    await reconciler.marks.touch(sourceTable, { source: key, ...known, at: milliseconds() });
    return reconciler.reconcile(sourceTable, key, known);
  }

  return async (event) => {
    const failed: string[] = [];
    const tasks = (await changesOf(event)).map((change) => async () => {
      const { entity } = change.table;
      try {
        const outcome = await apply(change);
        const { code, attributes } = outcome.kind === "quarantined" ? outcome.reason : {};
        options.onNotice?.({
          entity,
          outcome: outcome.kind,
          ...(code === undefined ? {} : { code }),
          ...(attributes === undefined ? {} : { attributes }),
        });
      } catch (error) {
        // Lambda brings the record again; the others of the batch go on.
        failed.push(...change.sequences);
        options.onNotice?.({ entity, outcome: "failed", error: (error as Error).name });
      }
    });
    await runTasks(tasks, concurrency);
    return { batchItemFailures: failed.sort(bySequence).map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

const bySequence = (a: string, b: string) => a.length - b.length || (a < b ? -1 : 1);
