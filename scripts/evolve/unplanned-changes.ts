import { isDeepStrictEqual } from "node:util";
import type { ReleasedAttribute, ReleasedPattern, ReleaseModel, ReleasePlan } from "./release-model.ts";

/** DynamoDB's limits of a table's indexes, former versions among them, and of the attributes that they project. */
export const MOST_INDEXES = 20;
export const MOST_PROJECTED = 100;
const MOST_PROJECTED_BY_ONE = 20;

/** The model of the last release, that of this checkout, and what the checkout says of how one becomes the other. */
export interface Releases {
  readonly last: ReleaseModel;
  readonly next: ReleaseModel;
  readonly plan: ReleasePlan;
}

/** Changes that would leave a live table behind, each with what entities/evolution.ts must say of it. */
export function unplannedChanges(releases: Releases): string[] {
  return [
    ...Object.keys(releases.next.indexes).flatMap((index) => indexProblems(releases, index)),
    ...limitProblems(releases),
    ...Object.keys(releases.next.patterns).flatMap((name) => patternProblems(releases, name)),
    ...Object.keys(releases.last.patterns).flatMap((name) => retirementProblems(releases, name)),
    ...Object.keys(releases.last.attributes).flatMap((entity) => attributeProblems(releases, entity)),
  ];
}

const listed = (names: readonly string[]) => (names.length === 0 ? "nothing" : names.join(", "));

function indexProblems({ last, next, plan }: Releases, index: string): string[] {
  const [before, now] = [last.indexes[index], next.indexes[index]];
  if (before === undefined || now === undefined) return [];
  const added = now.projects.filter((name) => !before.projects.includes(name));
  const gone = before.projects.filter((name) => !now.projects.includes(name));
  const isSame = added.length === 0 && gone.length === 0;
  if (now.version < before.version)
    return [`${index}: release ${last.release} reads version ${before.version}, an earlier one cannot come back`];
  if (now.version === before.version) {
    if (isSame) return [];
    const change = `it projects ${listed(added)} more and ${listed(gone)} less than in release ${last.release}`;
    return [
      `${index}: ${change}; give it { version: ${now.version + 1}, former: { version: ${now.version}, lacks: ${JSON.stringify(added)} } }`,
    ];
  }
  const { version, lacks = [] } = plan.formers[index] ?? {};
  const brings = Object.keys(next.patterns).some(
    (name) => next.patterns[name]?.index === index && plan.news[name]?.since === now.version,
  );
  return [
    ...(isSame && !brings ? [`${index}: version ${now.version} is no other than ${before.version}; keep that`] : []),
    ...(version === before.version
      ? []
      : [`${index}: its former version must be ${before.version}, which release ${last.release} reads`]),
    ...(isDeepStrictEqual([...lacks].sort(), [...added].sort())
      ? []
      : [`${index}: its former version lacks ${listed(added)}, entities/evolution.ts says ${listed(lacks)}`]),
  ];
}

/**
 * Whether DynamoDB takes what the table holds at most: first the indexes of before with the ones that all items have keys for,
 * then, once the versions before those are gone, the others beside theirs.
 */
function limitProblems({ last, next, plan }: Releases): string[] {
  const isLate = (index: string) =>
    Object.entries(next.patterns).some(
      ([name, pattern]) => pattern.index === index && plan.news[name]?.since === next.indexes[index]?.version,
    );
  const made = Object.keys(next.indexes).filter(
    (index) => next.indexes[index]?.version !== last.indexes[index]?.version,
  );
  const of = (model: ReleaseModel, indexes: readonly string[]) =>
    indexes.flatMap((index) => model.indexes[index]?.projects.length ?? []);
  const early = made.filter((index) => !isLate(index));
  const late = made.filter(isLate);
  const stages = [
    [...of(last, Object.keys(last.indexes)), ...of(next, early)],
    [...of(next, Object.keys(next.indexes)), ...of(last, late)],
  ];
  const wide = Object.entries(next.indexes).filter(([, { projects }]) => projects.length > MOST_PROJECTED_BY_ONE);
  return [
    ...wide.map(
      ([index, { projects }]) =>
        `${index}: it projects ${projects.length} attributes, DynamoDB takes ${MOST_PROJECTED_BY_ONE}`,
    ),
    ...stages.flatMap((stage) => {
      const projected = stage.reduce((sum, count) => sum + count, 0);
      if (stage.length <= MOST_INDEXES && projected <= MOST_PROJECTED) return [];
      return [
        `meanwhile there would be ${stage.length} indexes with ${projected} projected attributes, DynamoDB takes ${MOST_INDEXES} and ${MOST_PROJECTED}: change fewer indexes in a release`,
      ];
    }),
  ];
}

const keysOf = ({ index, partition, sort }: ReleasedPattern) => `${index} ${partition} | ${sort}`;
const entityOf = (name: string) => name.slice(0, name.indexOf("."));

/** The access pattern of the next release that has the keys of one of the last. */
const heirOf = ({ last, next }: Releases, name: string): string | undefined => {
  const keys = keysOf(last.patterns[name] as ReleasedPattern);
  return Object.keys(next.patterns).find(
    (other) => entityOf(other) === entityOf(name) && keysOf(next.patterns[other] as ReleasedPattern) === keys,
  );
};

function patternProblems(releases: Releases, name: string): string[] {
  const { last, next, plan } = releases;
  const now = next.patterns[name] as ReleasedPattern;
  const before = last.patterns[name];
  const isNewEntity = last.attributes[entityOf(name)] === undefined;
  const isKept = Object.entries(last.patterns).some(
    ([other, one]) => entityOf(other) === entityOf(name) && keysOf(one) === keysOf(now),
  );
  if (isNewEntity || isKept) return [];
  if (now.index === "table") return [`${name}: the table's own key cannot change; copy the items to another entity`];
  const { since, before: stand } = plan.news[name] ?? {};
  const version = next.indexes[now.index]?.version ?? 1;
  const released = last.indexes[now.index];
  const taken = Object.keys(last.patterns).find(
    (other) => entityOf(other) === entityOf(name) && last.patterns[other]?.index === now.index,
  );
  const heir = before === undefined ? undefined : heirOf(releases, name);
  return [
    ...(taken === undefined
      ? []
      : [`${name}: ${taken} of release ${last.release} has its place on ${now.index}; choose another index`]),
    ...(released !== undefined && released.version === version
      ? [
          `${name}: its items are not in ${now.index} yet; give that version ${version + 1} and the pattern since: ${version + 1}`,
        ]
      : since === version
        ? []
        : [`${name}: it is new on ${now.index}; give it since: ${version}`]),
    ...(before === undefined || heir !== undefined
      ? []
      : [`${name}: its keys change; keep those of release ${last.release} under another name, which before: names`]),
    ...(heir === undefined || stand === heir.slice(heir.indexOf(".") + 1)
      ? []
      : [
          `${name}: until its index is there ${heir} must answer; give it before: "${heir.slice(heir.indexOf(".") + 1)}"`,
        ]),
  ];
}

function retirementProblems(releases: Releases, name: string): string[] {
  const { last, next, plan } = releases;
  const entity = entityOf(name);
  const pattern = name.slice(entity.length + 1);
  if (next.attributes[entity] === undefined || heirOf(releases, name) !== undefined) return [];
  if (plan.retired.some((one) => one.entity === entity && one.pattern === pattern)) return [];
  // A changed key is told where the pattern itself is.
  if (next.patterns[name] !== undefined) return [];
  return [`${name}: it is gone, and its keys are on the items of release ${last.release}; name it in RETIRED`];
}

function attributeProblems({ last, next, plan }: Releases, entity: string): string[] {
  const now = next.attributes[entity];
  if (now === undefined) return [];
  return Object.entries(now).flatMap(([name, attribute]) => {
    const change = changeOf(last.attributes[entity]?.[name], attribute);
    const isPlanned = plan.forms.some(
      (form) => form.entity === entity && form.attribute === name && form.release !== last.release,
    );
    if (change === undefined || isPlanned) return [];
    return [`${entity}.${name}: ${change} than in release ${last.release}; say in FORMS what the old items have`];
  });
}

/** What is another form: a value that the last release may have stored is none that this one may. */
function changeOf(before: ReleasedAttribute | undefined, now: ReleasedAttribute): string | undefined {
  if (now.required && before?.required !== true) return "more items must have it";
  if (before === undefined) return undefined;
  if (before.type !== now.type) return `it is of another type (${now.type})`;
  const gone = now.enum === undefined ? [] : (before.enum ?? []).filter((value) => !now.enum?.includes(value));
  return gone.length === 0 ? undefined : `it has fewer values (${gone.join(", ")})`;
}
