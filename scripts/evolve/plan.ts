import { FORMS, RETIRED } from "../../entities/evolution.ts";
import type { GlobalSecondaryIndex, TableDefinition } from "../../entities/table.ts";
import { newPatternsOn, ownVersionOf, stageOf, versionedNameOf } from "../table/index-stages.ts";
import type { TableState } from "../table/table-state.ts";
import { MOST_INDEXES, MOST_PROJECTED } from "./unplanned-changes.ts";

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

/** The indexes that a table would hold on its way, with the numbers of attributes that they project. */
class Stages {
  readonly steps: Step[] = [];
  readonly #present: Map<string, number>;

  constructor({ indexes }: TableState) {
    const held = indexes.filter(({ status }) => status !== "DELETING");
    this.#present = new Map(held.map(({ indexName, nonKeyAttributes }) => [indexName, nonKeyAttributes.length]));
  }

  has = (indexName: string): boolean => this.#present.has(indexName);

  /** Whether DynamoDB takes an index besides. */
  fits({ nonKeyAttributes }: GlobalSecondaryIndex): boolean {
    const projected = [...this.#present.values()].reduce((sum, count) => sum + count, nonKeyAttributes.length);
    return this.#present.size < MOST_INDEXES && projected <= MOST_PROJECTED;
  }

  create(index: GlobalSecondaryIndex, afterDeployment: boolean): void {
    this.steps.push({ kind: "index", index, afterDeployment });
    this.#present.set(index.indexName, index.nonKeyAttributes.length);
  }

  #drop(indexName: string, afterDeployment: boolean): void {
    this.steps.push({ kind: "drop", indexName, afterDeployment });
    this.#present.delete(indexName);
  }

  /** Drops former versions of what is there in this release's version. */
  dropFormers(): void {
    for (const indexName of [...this.#present.keys()])
      if (stageOf(indexName) === -1 && this.has(ownVersionOf(indexName))) this.#drop(indexName, true);
  }

  /** On the way back, drops later versions of what is there in this release's: the later release's reads then go by that. */
  makeRoomFor(index: GlobalSecondaryIndex): void {
    for (const indexName of [...this.#present.keys()]) {
      if (this.fits(index)) return;
      if (stageOf(indexName) === 1 && this.has(ownVersionOf(indexName))) this.#drop(indexName, false);
    }
  }
}

/**
 * The steps that are left, in their order: indexes on keys that all items have, as far as DynamoDB takes them beside the former
 * ones; then, after the deployment, former versions go, which makes the pass over the items cheaper; then the pass, the
 * indexes that need it, and the versions before those. `done` are the names of passes that have ended.
 */
export function planOf(state: TableState, definition: TableDefinition, done: readonly string[]): Step[] {
  const stages = new Stages(state);
  const missing = definition.globalSecondaryIndexes.filter(({ indexName }) => !stages.has(indexName));
  const isNew = ({ indexName }: GlobalSecondaryIndex) => newPatternsOn(indexName).length > 0;
  const createAll = (indexes: readonly GlobalSecondaryIndex[]) => {
    for (const index of indexes) {
      stages.create(index, true);
      stages.dropFormers();
    }
  };
  const early = missing.filter((index) => !isNew(index));
  for (const index of early) {
    stages.makeRoomFor(index);
    if (stages.fits(index)) stages.create(index, false);
  }
  stages.dropFormers();
  createAll(early.filter(({ indexName }) => !stages.has(indexName)));
  const names = passNames(missing).filter((name) => !done.includes(name));
  if (names.length > 0) stages.steps.push({ kind: "pass", names, afterDeployment: true });
  createAll(missing.filter(isNew));
  return stages.steps;
}

/** Versions of later releases that the steps leave alone. */
export const laterVersions = (state: TableState, steps: readonly Step[]): string[] =>
  state.indexes
    .map(({ indexName }) => indexName)
    .filter((indexName) => stageOf(indexName) === 1)
    .filter((indexName) => !steps.some((step) => step.kind === "drop" && step.indexName === indexName));

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
