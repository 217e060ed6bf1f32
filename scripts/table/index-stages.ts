import { INDEXES, versionName } from "../../entities/evolution.ts";
import type { EntitySchema } from "../../entities/schema.ts";
import { KEYED } from "./key-query.ts";

/** A version of an index, told by the name that it has in DynamoDB. */
export interface VersionedName {
  /** The name that access patterns give: `gsi2`. */
  readonly index: keyof typeof INDEXES;
  readonly version: number;
}

const isIndex = (name: string): name is keyof typeof INDEXES => Object.hasOwn(INDEXES, name);

/** Which version of which index a name means; undefined for an index that no access pattern of this release names. */
export function versionedNameOf(indexName: string): VersionedName | undefined {
  const [, index = "", digits] = /^(.*?)(?:-(\d+))?$/.exec(indexName) ?? [];
  const version = digits === undefined ? 1 : Number(digits);
  return isIndex(index) && versionName(index, version) === indexName ? { index, version } : undefined;
}

/** Whether an index is an earlier (-1), this (0) or a later (1) release's version; undefined for one that is none of ours. */
export function stageOf(indexName: string): number | undefined {
  const named = versionedNameOf(indexName);
  return named === undefined ? undefined : Math.sign(named.version - INDEXES[named.index].version);
}

/** This release's version of the index that a name means, under the name that it has in DynamoDB. */
export function ownVersionOf(indexName: string): string {
  const named = versionedNameOf(indexName);
  return named === undefined ? indexName : versionName(named.index, INDEXES[named.index].version);
}

/** Which of some indexes is another version of an index. */
export const otherVersionOf = (indexName: string, names: readonly string[]): string | undefined =>
  names.find((name) => name !== indexName && versionedNameOf(name)?.index === versionedNameOf(indexName)?.index);

/** The access patterns that are new on an index: the items of before must have their keys before the index is made. */
export function newPatternsOn(indexName: string): string[] {
  return Object.entries(KEYED).flatMap(([entity, { schema }]: [string, { schema: EntitySchema }]) =>
    Object.entries(schema.indexes)
      .filter(([, { index, since }]) => index === indexName && since === versionedNameOf(indexName)?.version)
      .map(([pattern]) => `${entity}.${pattern}`),
  );
}
