/**
 * How a table of the release before becomes one of this release while both serve: what `npm run evolve` makes its steps
 * of. CI compares it with the model of the last release, docs/released-model.json.
 */

/** Which version of an index this release reads. */
export interface IndexVersion {
  /** The first version has the index's own name, the second is `gsi2-2`. All have the same key attributes. */
  readonly version: number;
  /** What the release before reads; absent once no table lacks this release's version. */
  readonly former?: FormerVersion;
}

/** The version of an index that answers as long as a table lacks the one of this release. */
export interface FormerVersion {
  readonly version: number;
  /** The attributes that this release's version projects and the former one does not. */
  readonly lacks: readonly string[];
}

/** An attribute that items of the release before lack, or have in another form. */
export interface Form {
  /** The release that brings it. */
  readonly release: string;
  readonly entity: string;
  readonly attribute: string;
  /** The attributes that tell its value. */
  readonly toldBy: readonly string[];
  /** Its value in this release, by those alone; of an item in this release's form the value that it has. */
  value(item: Readonly<Record<string, unknown>>): unknown;
}

/** An access pattern of the release before whose keys go from its items. */
export interface RetiredPattern {
  /** The release that reads it no more. */
  readonly release: string;
  readonly entity: string;
  readonly pattern: string;
}

/** The indexes, by the names that access patterns give. */
export const INDEXES = {
  gsi1: { version: 1 },
  gsi2: { version: 1 },
  gsi3: { version: 1 },
  gsi4: { version: 1 },
  gsi5: { version: 1 },
} as const satisfies Readonly<Record<string, IndexVersion>>;

/** Forms of the release before, which reads turn into this one's until a pass over the items has done so. */
export const FORMS: readonly Form[] = [];

/** What the release before was the last to read. */
export const RETIRED: readonly RetiredPattern[] = [];

/** The name that a version of an index has in DynamoDB. */
export const versionName = (index: string, version: number): string => (version === 1 ? index : `${index}-${version}`);

/** The name that this release's version of an index has in DynamoDB. */
export const indexNameOf = (index: keyof typeof INDEXES): string => versionName(index, INDEXES[index].version);

/** A former version of an index, under the name that it has in DynamoDB. */
export interface FormerIndex extends FormerVersion {
  readonly indexName: string;
}

/** The former versions among some indexes, by the names of those that are read now. */
export const formersOf = (indexes: Readonly<Record<string, IndexVersion>>): ReadonlyMap<string, FormerIndex> =>
  new Map(
    Object.entries(indexes).flatMap(([index, { version, former }]) =>
      former === undefined
        ? []
        : [[versionName(index, version), { ...former, indexName: versionName(index, former.version) }]],
    ),
  );

/** The former versions of this release's indexes. */
export const FORMER_INDEXES: ReadonlyMap<string, FormerIndex> = formersOf(INDEXES);
