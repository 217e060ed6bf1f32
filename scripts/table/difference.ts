import { FORMER_INDEXES } from "../../entities/evolution.ts";
import type { GlobalSecondaryIndex, TableDefinition } from "../../entities/table.ts";
import { commandName } from "../shell/command-name.ts";
import { FEATURE_NAMES, type Feature, STREAM } from "./engine-features.ts";
import { newPatternsOn, otherVersionOf, stageOf } from "./index-stages.ts";
import { type IndexState, keyText, type TableState } from "./table-state.ts";

/** How far back a table can be restored. */
export const RECOVERY_DAYS = 35;

export type Tags = Readonly<Record<string, string>>;

/** What somebody wants of a table beside its definition. */
export interface Wishes {
  readonly tags?: Tags;
  /** A stream of its changes. One that is there unasked is left alone. */
  readonly stream?: boolean;
}

/** One call that brings a table nearer to its definition. */
export type TableChange =
  | { readonly type: "billing" }
  | { readonly type: "index"; readonly index: GlobalSecondaryIndex }
  | { readonly type: "timeToLive" }
  | { readonly type: "recovery" }
  | { readonly type: "deletionProtection" }
  | { readonly type: "stream" }
  | { readonly type: "tags"; readonly tags: Tags };

/** Where a table and its definition differ, and what can be done about it. */
export type Difference = { readonly about: TableChange["type"] | "key"; readonly text: string } & (
  | /** DynamoDB lets it change. */ { readonly kind: "change"; readonly change: TableChange }
  /** DynamoDB does not: it takes a new index, or a new table and a copy of the items. */
  | { readonly kind: "fixed" }
  /** The engine has no such thing. */
  | { readonly kind: "lacking" }
  /** It is a step of an evolution, which `evolve` takes. `answered`: reads go by the version before meanwhile. */
  | { readonly kind: "coming"; readonly answered: boolean }
  /** More than the definition asks for: left alone. */
  | { readonly kind: "extra" }
);

const differing = (change: TableChange, text: string): Difference => ({
  about: change.type,
  kind: "change",
  text,
  change,
});
const fixed = (about: Difference["about"], text: string): Difference => ({ about, kind: "fixed", text });

/** A difference that can be changed where the engine has the feature, which goes by the change's name. */
const changeable = (
  state: TableState,
  change: Extract<TableChange, { type: Exclude<Feature, "index"> }>,
  text: string,
): Difference =>
  state.lacking.has(change.type)
    ? { about: change.type, kind: "lacking", text: `the engine has ${FEATURE_NAMES[change.type]}` }
    : differing(change, text);

/** Compares a table with its definition and what else it should have. */
export function differencesOf(state: TableState, definition: TableDefinition, wishes: Wishes = {}): Difference[] {
  const { tags = {}, stream = false } = wishes;
  return [
    ...keyDifferences(state, definition),
    ...billingDifferences(state),
    ...indexDifferences(state, definition),
    ...timeToLiveDifferences(state, definition),
    ...recoveryDifferences(state),
    ...protectionDifferences(state),
    ...(stream ? streamDifferences(state) : []),
    ...tagDifferences(state, tags),
  ];
}

function definedKey({ attributeDefinitions }: TableDefinition, names: readonly string[]): string {
  const typeOf = (name: string) =>
    attributeDefinitions.find(({ attributeName }) => attributeName === name)?.attributeType ?? "?";
  return keyText(names.map((name) => [name, typeOf(name)]));
}

function keyDifferences(state: TableState, definition: TableDefinition): Difference[] {
  const { partitionKey, sortKey } = definition.keySchema;
  const key = definedKey(definition, [partitionKey, sortKey]);
  if (state.key === key) return [];
  const text = `key schema: the table's key is ${state.key}, it should be ${key}`;
  return [fixed("key", `${text}; a table's key cannot be changed: create another table and copy the items`)];
}

function billingDifferences(state: TableState): Difference[] {
  if (state.billingMode === "PAY_PER_REQUEST") return [];
  const text = `billing: ${state.billingMode}, should be PAY_PER_REQUEST (on demand)`;
  return [differing({ type: "billing" }, text)];
}

function indexDifferences(state: TableState, definition: TableDefinition): Difference[] {
  const known = new Map(state.indexes.map((index) => [index.indexName, index]));
  const wanted = new Set(definition.globalSecondaryIndexes.map(({ indexName }) => indexName));
  const wrong = definition.globalSecondaryIndexes.flatMap((index): Difference[] => {
    const stored = known.get(index.indexName);
    return stored === undefined || stored.status === "DELETING"
      ? [missingIndex(state, index, stored)]
      : fixedIndexDifferences(stored, index, definition);
  });
  const extra = state.indexes.filter(({ indexName }) => !wanted.has(indexName)).map(extraIndex);
  return [...wrong, ...extra];
}

/** An index that the table lacks. What a release is evolved by is left to `evolve`, which knows the order of its steps. */
function missingIndex(state: TableState, index: GlobalSecondaryIndex, stored: IndexState | undefined): Difference {
  const { indexName } = index;
  const text = `index ${indexName}: ${stored === undefined ? "missing" : "being deleted"}`;
  const names = state.indexes.map((one) => one.indexName);
  const answered = names.includes(FORMER_INDEXES.get(indexName)?.indexName ?? "");
  const added = newPatternsOn(indexName);
  if (answered || added.length > 0 || otherVersionOf(indexName, names) !== undefined) {
    const meanwhile = answered ? "reads go by the version before" : "its reads must wait for it";
    return {
      about: "index",
      kind: "coming",
      answered,
      text: `${text}; ${commandName("evolve")} makes it, ${meanwhile}`,
    };
  }
  if (state.lacking.has("index"))
    return fixed("index", `${text}; the engine has ${FEATURE_NAMES.index}: create the table anew`);
  return differing({ type: "index", index }, text);
}

const extraIndex = ({ indexName }: IndexState): Difference => {
  const why: Readonly<Record<string, string>> = {
    "-1": `a former version; ${commandName("evolve")} removes it when no function reads it`,
    "1": "a later release reads it",
  };
  const text = `index ${indexName}: ${why[String(stageOf(indexName))] ?? "no access pattern uses it"}`;
  return { about: "index", kind: "extra", text };
};

const REBUILD = "cannot be changed: give the index its next version, or delete it if nobody reads the table";

function fixedIndexDifferences(
  stored: IndexState,
  index: GlobalSecondaryIndex,
  definition: TableDefinition,
): Difference[] {
  const key = definedKey(definition, [index.partitionKey, index.sortKey]);
  const differences: Difference[] = [];
  if (stored.key !== key) {
    const text = `index ${index.indexName}: its key is ${stored.key}, it should be ${key}`;
    differences.push(fixed("index", `${text}; an index's key ${REBUILD}`));
  }
  const projection = projectionText(stored, index);
  if (projection !== undefined) {
    differences.push(fixed("index", `index ${index.indexName}: ${projection}; an index's projection ${REBUILD}`));
  }
  return differences;
}

function projectionText(stored: IndexState, index: GlobalSecondaryIndex): string | undefined {
  if (stored.projectionType !== index.projectionType)
    return `it projects ${stored.projectionType}, it should project ${index.projectionType}`;
  const missing = index.nonKeyAttributes.filter((name) => !stored.nonKeyAttributes.includes(name));
  const surplus = stored.nonKeyAttributes.filter((name) => !index.nonKeyAttributes.includes(name));
  const parts = [
    missing.length === 0 ? "" : `it does not project ${missing.join(", ")}`,
    surplus.length === 0 ? "" : `it need not project ${surplus.join(", ")}`,
  ];
  return parts.filter(Boolean).join(" and ") || undefined;
}

function timeToLiveDifferences(state: TableState, { timeToLiveAttribute }: TableDefinition): Difference[] {
  const { timeToLiveAttribute: stored } = state;
  if (stored === timeToLiveAttribute) return [];
  if (stored === undefined) {
    const text = `time to live: off, should be on \`${timeToLiveAttribute}\``;
    return [changeable(state, { type: "timeToLive" }, text)];
  }
  const text = `time to live: on \`${stored}\`, should be on \`${timeToLiveAttribute}\``;
  const advice =
    "items are deleted by the wrong attribute: turn it off, wait an hour (DynamoDB's limit), run this again";
  return [fixed("timeToLive", `${text}; ${advice}`)];
}

function recoveryDifferences(state: TableState): Difference[] {
  const { recoveryDays } = state;
  if (recoveryDays === RECOVERY_DAYS) return [];
  const now = recoveryDays === undefined ? "off" : `${recoveryDays} days`;
  const text = `point-in-time recovery: ${now}, should be ${RECOVERY_DAYS} days`;
  return [changeable(state, { type: "recovery" }, text)];
}

function protectionDifferences(state: TableState): Difference[] {
  if (state.deletionProtection) return [];
  const text = "deletion protection: off, should be on";
  return [changeable(state, { type: "deletionProtection" }, text)];
}

function streamDifferences(state: TableState): Difference[] {
  const { stream } = state;
  const { StreamViewType: wanted } = STREAM;
  if (stream?.view === wanted) return [];
  if (stream === undefined) return [changeable(state, { type: "stream" }, `stream: off, should be on, ${wanted}`)];
  const advice =
    "a stream's view cannot be changed: turn it off, which ends what its readers have not read, and run this again";
  return [fixed("stream", `stream: its view is ${stream.view}, should be ${wanted}; ${advice}`)];
}

function tagDifferences(state: TableState, tags: Tags): Difference[] {
  const missing = Object.entries(tags).filter(([name, value]) => state.tags[name] !== value);
  if (missing.length === 0) return [];
  const text = `tags: ${missing.map(([name, value]) => `${name} should be ${value}`).join(", ")}`;
  return [changeable(state, { type: "tags", tags: Object.fromEntries(missing) }, text)];
}
