import { FORMS, RETIRED } from "../../entities/evolution.ts";
import type { GlobalSecondaryIndex, TableDefinition } from "../../entities/table.ts";
import { newPatternsOn, otherVersionOf, stageOf, versionedNameOf } from "../table/index-stages.ts";
import type { TableState } from "../table/table-state.ts";

/** One step from the table as it is to the table as this release needs it. */
export type Step = {
  /** It must wait until no function of the release before runs. */
  readonly afterDeployment: boolean;
} & (
  | { readonly kind: "index"; readonly index: GlobalSecondaryIndex }
  /** A pass over the items, which `names` tell the reasons of. */
  | { readonly kind: "pass"; readonly names: readonly string[] }
  | { readonly kind: "drop"; readonly indexName: string }
);

/** What the passes of this release are for, by names that no other release uses: of indexes those that are given. */
export function passNames(indexes: readonly GlobalSecondaryIndex[]): string[] {
  return [
    ...indexes.filter(({ indexName }) => newPatternsOn(indexName).length > 0).map(({ indexName }) => indexName),
    ...FORMS.map(({ release, entity, attribute }) => `${release} ${entity}.${attribute}`),
    ...RETIRED.map(({ release, entity, pattern }) => `${release} ${entity}.${pattern} retired`),
  ];
}

/**
 * The steps that are left, in their order: indexes on keys that all items have; then, after the deployment, former versions
 * go, which makes the pass over the items cheaper; then the pass, the indexes that need it, and the versions before those.
 * `done` are the names of passes that have ended.
 */
export function planOf(state: TableState, definition: TableDefinition, done: readonly string[]): Step[] {
  const present = new Set(
    state.indexes.filter(({ status }) => status !== "DELETING").map(({ indexName }) => indexName),
  );
  const missing = definition.globalSecondaryIndexes.filter(({ indexName }) => !present.has(indexName));
  const isNew = ({ indexName }: GlobalSecondaryIndex) => newPatternsOn(indexName).length > 0;
  const create = (index: GlobalSecondaryIndex): Step => ({ kind: "index", index, afterDeployment: isNew(index) });
  const names = passNames(missing).filter((name) => !done.includes(name));
  const late = missing.filter(isNew);
  const drops = [...present].filter((indexName) => stageOf(indexName) === -1);
  const waits = (indexName: string) =>
    otherVersionOf(
      indexName,
      late.map((index) => index.indexName),
    ) !== undefined;
  const drop = (indexName: string): Step => ({ kind: "drop", indexName, afterDeployment: true });
  return [
    ...missing.filter((index) => !isNew(index)).map(create),
    ...drops.filter((indexName) => !waits(indexName)).map(drop),
    ...(names.length === 0 ? [] : [{ kind: "pass", names, afterDeployment: true } as const]),
    ...late.map(create),
    ...drops.filter(waits).map(drop),
  ];
}

/** Versions of later releases: this one must not take a step that leaves them behind. */
export const laterVersions = (state: TableState): string[] =>
  state.indexes.map(({ indexName }) => indexName).filter((indexName) => stageOf(indexName) === 1);

/** The indexes of the table as they are, in the words of a definition; those of other hands are left as they are named. */
export const presentIndexes = ({ indexes }: TableState): GlobalSecondaryIndex[] =>
  indexes
    .filter(({ status }) => status !== "DELETING")
    .map(({ indexName, projectionType, nonKeyAttributes }) => {
      const index = versionedNameOf(indexName)?.index ?? indexName;
      return {
        indexName,
        partitionKey: `${index}pk`,
        sortKey: `${index}sk`,
        projectionType: projectionType === "ALL" ? "ALL" : "INCLUDE",
        nonKeyAttributes,
      };
    });

/** The table's indexes after one more step. */
export function indexesAfter(state: TableState, step: Step): GlobalSecondaryIndex[] {
  const present = presentIndexes(state);
  if (step.kind === "index") return [...present, step.index];
  return step.kind === "drop" ? present.filter(({ indexName }) => indexName !== step.indexName) : present;
}
