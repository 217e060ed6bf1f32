import type { ClaimKind } from "../../entities/claim.ts";
import { FORMER_INDEXES } from "../../entities/evolution.ts";
import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { MODELS_OF_ACCOUNT } from "../../entities/models.ts";
import { type EntitySchema, type IndexSchema, primaryKeyOf } from "../../entities/schema.ts";
import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import { LETTING_IN_ATTRIBUTES } from "../../services/guards/letting-in.ts";
import { KEYED, type KeyedEntity, keyQuery } from "../table/key-query.ts";
import { capitalized } from "./capitalized.ts";
import type { PolicyDocument, Statement } from "./evaluator.ts";

/** The data requests of DynamoDB that services make. Scan is none of them: leading keys cannot bound it. */
export type DataOperation =
  | "BatchGetItem"
  | "BatchWriteItem"
  | "DeleteItem"
  | "GetItem"
  | "PutItem"
  | "Query"
  | "UpdateItem";

/** What a service does under a key, and the requests that this takes. */
const DEEDS = {
  /** Reads one item by its whole key. */
  get: ["GetItem"],
  getMany: ["BatchGetItem"],
  query: ["Query"],
  /** Writes an item that must not be there yet; when refused, looks at the one that is. */
  create: ["GetItem", "PutItem"],
  /** Changes an item under a condition; when refused, looks at it. */
  change: ["GetItem", "UpdateItem"],
  /** Changes an item under a condition; when refused, leaves it. */
  update: ["UpdateItem"],
  remove: ["DeleteItem"],
  /** Puts many or removes many: IAM has one action for both. */
  writeMany: ["BatchWriteItem"],
} as const satisfies Readonly<Record<string, readonly DataOperation[]>>;

type Deed = keyof typeof DEEDS;

/** That a service does something to an entity's items by one of its access patterns. */
interface Access {
  readonly entity: KeyedEntity;
  readonly by: string;
  readonly does: readonly Deed[];
  /** Parts of the partition key that are always the same. */
  readonly fixed?: Readonly<Record<string, string>>;
}

const items = <E extends KeyedEntity>(
  entity: E,
  by: keyof (typeof KEYED)[E]["schema"]["indexes"] & string,
  ...does: readonly Deed[]
): Access => ({ entity, by, does });

const claims = (kind: ClaimKind, ...does: readonly Deed[]): Access => ({
  entity: "claim",
  by: "byId",
  does,
  fixed: { kind },
});

const { user: _, ...MODELS_OF_ITEMS } = MODELS_OF_ACCOUNT;

/** What finds, reads and removes every item of an account, as export and erasure do; they reach its own row by its key. */
const ITEMS_OF_ACCOUNT: readonly Access[] = Object.values(MODELS_OF_ITEMS).flatMap(({ schema, account }): Access[] => [
  { entity: schema.model.entity as KeyedEntity, by: account.by, does: ["query"] },
  { entity: schema.model.entity as KeyedEntity, by: primaryKeyOf(schema).pattern, does: ["getMany", "writeMany"] },
]);

/** What moves every item of an account to another address, beside what finds and reads them. */
const MOVES_OF_ACCOUNT: readonly Access[] = [
  items("assessment", "byId", "create", "change", "remove"),
  items("entitlement", "byUserAndProduct", "query", "get", "create", "change", "remove"),
  items("daily_starts", "byDay", "update", "remove"),
  items("safety_log", "byId", "update"),
  items("content_report", "byId", "update"),
  items("ticket", "byId", "update"),
  ...(["assessment", "safety_log", "content_report", "ticket"] as const).map((kind) => claims(kind, "change")),
];

/** A service as the data layer names it, such as `support`. */
export type ServiceName = Exclude<keyof DataLayer, "context" | "entities" | "collections" | "within">;

/** A function as handlers call it, such as `sessions.authenticate`. */
export type FunctionName = { [S in ServiceName]: `${S}.${keyof DataLayer[S] & string}` }[ServiceName];

/** A function that a handler calls, such as `support.get`, or all of a service, such as `support.*`. */
export type CalledFunction = FunctionName | `${ServiceName}.*`;

interface PolicyFacts {
  /** The functions that run under the policy, one by one or a whole service's; none for people's commands. */
  readonly runs: readonly CalledFunction[];
  readonly access: readonly Access[];
  /** The attributes that its requests may ask for, where they may not have whole items. */
  readonly attributes?: readonly string[];
  /** What it lets do, where the names of services do not say it. */
  readonly purpose?: string;
  /** Requests about the table itself. */
  readonly management?: readonly string[];
}

/** The one fact that is written by hand: what functions do to which entity, by which access pattern. */
const FACTS = {
  authentication: {
    runs: ["sessions.authenticate"],
    purpose: "tell whose session a request brings",
    access: [items("session", "byId", "getMany"), items("user", "byEmail", "getMany")],
    attributes: LETTING_IN_ATTRIBUTES,
  },
  logIn: {
    runs: [
      "accounts.credentials",
      "accounts.recordLogin",
      "sessions.start",
      "sessions.listByUser",
      "sessions.end",
      "sessions.endOthers",
      "sessions.endAll",
    ],
    purpose: "log users in by password, and list and end sessions",
    access: [
      items("session", "byUser", "query"),
      items("session", "byId", "writeMany"),
      items("qr_token", "byUser", "query"),
      items("qr_token", "byToken", "writeMany"),
      items("user", "byEmail", "get", "getMany", "change"),
      items("session", "byId", "get", "getMany", "create", "remove"),
      items("qr_token", "byToken", "remove"),
    ],
  },
  qrLogin: {
    runs: ["qrLogin.*"],
    access: [
      items("qr_token", "byToken", "get", "getMany", "create", "change"),
      items("session", "byId", "get", "getMany", "create", "remove"),
      items("user", "byEmail", "get", "getMany"),
    ],
  },
  profile: {
    runs: ["accounts.*"],
    purpose: "register, show and change accounts",
    access: [
      items("user", "byEmail", "get", "create", "change", "remove"),
      items("erasure", "byAccount", "get", "change"),
    ],
  },
  accountData: {
    runs: [
      "accounts.overview",
      "accounts.export",
      "accounts.erase",
      "accounts.finishErasures",
      "accounts.listUnfinishedErasures",
      "accounts.changeAddress",
      "accounts.finishAddressChanges",
      "accounts.listUnfinishedAddressChanges",
    ],
    purpose: "show, export, erase and move all that an account has",
    access: [
      items("user", "byEmail", "get", "getMany", "create", "change", "remove"),
      items("user", "account", "query"),
      ...ITEMS_OF_ACCOUNT,
      ...MOVES_OF_ACCOUNT,
      items("devops_action", "byTicket", "query"),
      items("devops_action", "byId", "getMany", "writeMany"),
      items("erasure", "byAccount", "get", "getMany", "create", "change"),
      items("erasure", "byState", "query"),
      claims("transaction", "create", "change"),
    ],
  },
  assessments: {
    runs: ["assessments.*", "questions.*", "rubrics.*"],
    access: [
      items("assessment", "byId", "query", "getMany", "create", "change", "remove"),
      items("assessment", "byUser", "query"),
      items("assessment", "byType", "query"),
      items("question", "byId", "query", "getMany", "writeMany"),
      items("question", "byType", "query"),
      items("question", "byDraw", "query"),
      items("question", "byTopicDraw", "query"),
      items("rubric", "byId", "get", "writeMany"),
      items("rubric", "bySkill", "query"),
      items("daily_starts", "byDay", "change", "remove"),
      claims("assessment", "create", "change", "remove"),
      items("erasure", "byAccount", "get"),
    ],
  },
  purchases: {
    runs: ["purchases.*"],
    access: [
      items("entitlement", "byUserAndProduct", "get", "create", "change", "remove"),
      items("entitlement", "byUser", "query"),
      items("entitlement", "byStatus", "query"),
      items("entitlement", "byClaimOwner", "query"),
      claims("transaction", "get", "create", "change", "remove"),
      items("erasure", "byAccount", "get"),
    ],
  },
  moderation: {
    runs: ["moderation.*"],
    access: [
      items("safety_log", "byId", "query", "getMany", "create", "remove"),
      items("safety_log", "byAssessment", "query"),
      items("content_report", "byId", "query", "getMany", "create", "change", "remove"),
      items("content_report", "byStatus", "query"),
      items("content_report", "byReporter", "query"),
      items("content_report", "byAssessment", "query"),
      items("assessment", "byId", "query", "getMany"),
      claims("safety_log", "create", "change", "remove"),
      claims("content_report", "create", "change", "remove"),
      items("erasure", "byAccount", "get", "getMany"),
    ],
  },
  support: {
    runs: ["support.*"],
    access: [
      items("ticket", "byId", "query", "getMany", "create", "change", "remove"),
      items("ticket", "byUser", "query"),
      items("ticket", "byStatus", "query"),
      items("ticket", "byPriority", "query"),
      items("ticket", "thread", "query"),
      items("devops_action", "byTicket", "query"),
      items("devops_action", "byId", "getMany"),
      claims("ticket", "create", "change", "remove"),
      items("erasure", "byAccount", "get"),
    ],
  },
  devops: {
    runs: ["devops.*"],
    access: [
      items("devops_action", "byId", "query", "getMany", "create", "change", "remove"),
      items("devops_action", "byStatus", "query"),
      items("devops_action", "byService", "query"),
      items("devops_action", "byTicket", "query"),
      items("ticket", "byId", "query", "get", "change"),
      claims("devops_action", "create", "remove"),
    ],
  },
  /** For `npm run seed`; demo users and table scans take an administrator. */
  /** For functions that hear the table's stream; what reads the stream itself is Lambda's own managed policy. */
  reactions: {
    purpose: "react once to a change of the table",
    runs: [],
    access: [claims("reaction", "create", "change")],
  },
  catalogue: {
    purpose: "import questions and rubrics",
    runs: [],
    access: [items("question", "byId", "writeMany"), items("rubric", "byId", "writeMany")],
    management: ["DescribeTable"],
  },
  /** For `npm run create-table`: whoever has it may switch off recovery and protection. */
  table: {
    purpose: "create and converge the table",
    runs: [],
    access: [],
    management: [
      "CreateTable",
      "DescribeContinuousBackups",
      "DescribeTable",
      "DescribeTimeToLive",
      "ListTagsOfResource",
      "TagResource",
      "UpdateContinuousBackups",
      "UpdateTable",
      "UpdateTimeToLive",
    ],
  },
} as const satisfies Readonly<Record<string, PolicyFacts>>;

export type PolicyName = keyof typeof FACTS;
export const POLICY_NAMES = Object.keys(FACTS) as readonly PolicyName[];

/** What a policy grants of an item, where it is not the whole item. */
export const attributesOf = (policy: PolicyName): readonly string[] | undefined => factsOf(policy).attributes;

const factsOf = (policy: PolicyName): PolicyFacts => FACTS[policy];

const BESIDE_SERVICES: ReadonlySet<string> = new Set(["context", "entities", "collections", "within"]);
const isService = (name: string): name is ServiceName => !BESIDE_SERVICES.has(name);

/** The functions of every service, in the order of the data layer. */
const FUNCTIONS: readonly FunctionName[] = Object.entries(createDataLayer({ table: DEFAULT_TABLE_NAME })).flatMap(
  ([service, api]) =>
    isService(service)
      ? Object.getOwnPropertyNames(Object.getPrototypeOf(api))
          .filter((name) => name !== "constructor")
          .map((name) => `${service}.${name}` as FunctionName)
      : [],
);

/**
 * The policy that a function runs under: the one that names it, or the one that has the rest of its service.
 * @throws Error when no service has such a function.
 */
export function policyNameOf(name: FunctionName): PolicyName {
  const service = name.replace(/\..*/, ".*");
  const having = (pattern: string) =>
    POLICY_NAMES.find((policy) => factsOf(policy).runs.some((one) => one === pattern));
  const policy = FUNCTIONS.includes(name) ? (having(name) ?? having(service)) : undefined;
  if (policy === undefined) throw new Error(`no service has a function ${name}`);
  return policy;
}

const isWholeService = (name: string): name is `${ServiceName}.*` => name.endsWith(".*");

/**
 * The policies to attach to the role of a Lambda function that calls some functions, one by one or a whole service's.
 * @throws Error when no service has such a function.
 */
export function policiesFor(names: readonly CalledFunction[]): PolicyName[] {
  const needed = new Set(
    names.flatMap((name) => (isWholeService(name) ? policiesOfService(name) : policyNameOf(name))),
  );
  return POLICY_NAMES.filter((policy) => needed.has(policy));
}

/** @throws Error when there is no such service. */
function policiesOfService(pattern: `${ServiceName}.*`): PolicyName[] {
  const functions = FUNCTIONS.filter((name) => name.startsWith(pattern.slice(0, -1)));
  if (functions.length === 0) throw new Error(`there is no service ${pattern.slice(0, -2)}`);
  return functions.map(policyNameOf);
}

export const functionsOfPolicy = (policy: PolicyName): FunctionName[] =>
  FUNCTIONS.filter((name) => policyNameOf(name) === policy);

export const LEADING_KEYS = "dynamodb:LeadingKeys";
export const ATTRIBUTES = "dynamodb:Attributes";
export const SELECT = "dynamodb:Select";
/** The table's own key, beside the names of indexes. */
export const TABLE = "table";

/** One kind of request that a policy allows: an operation on the table or an index, under keys of one pattern. */
export interface Grant {
  readonly operation: DataOperation;
  /** `table`, or the index's name. */
  readonly index: string;
  /** The partition keys, as the entity builds them, with `*` for what varies. */
  readonly pattern: string;
}

/** The partition keys of an access pattern: the entity's own query, asked for `*`. */
function leadingKeysOf({ entity, by, fixed = {} }: Access): Pick<Grant, "index" | "pattern"> {
  const { indexes }: EntitySchema = KEYED[entity].schema;
  const parts = Object.fromEntries(
    (indexes[by] as IndexSchema).pk.composite.map((attribute) => [attribute, fixed[attribute] ?? "*"]),
  );
  const { IndexName = TABLE, ExpressionAttributeValues } = keyQuery(entity, by, parts);
  return { index: IndexName, pattern: String(ExpressionAttributeValues[":pk"]) };
}

const byText = (a: string, b: string) => (a < b ? -1 : Number(a > b));
export const grantText = ({ index, pattern, operation }: Grant): string => `${index} ${pattern} ${operation}`;

/**
 * What reads need besides as long as a table may lack an index's version of this release: the version before, what that lacks
 * of the items, and the access pattern of before.
 */
function formerAccess(access: Access): Grant[] {
  const { entity, by } = access;
  const { indexes }: EntitySchema = KEYED[entity].schema;
  const { projection = [], before } = indexes[by] as IndexSchema;
  const keys = leadingKeysOf(access);
  const former = FORMER_INDEXES.get(keys.index);
  const versions: Grant[] = former === undefined ? [] : [{ ...keys, index: former.indexName, operation: "Query" }];
  const isShort = former?.lacks.some((attribute) => projection.includes(attribute)) === true;
  const whole = isShort ? granted({ entity, by: primaryKeyOf(KEYED[entity].schema).pattern, does: ["getMany"] }) : [];
  return [...versions, ...whole, ...(before === undefined ? [] : granted({ ...access, by: before }))];
}

function granted(access: Access): Grant[] {
  const keys = leadingKeysOf(access);
  const former = access.does.some((deed) => deed === "query") ? formerAccess(access) : [];
  return [...access.does.flatMap((deed) => DEEDS[deed]).map((operation) => ({ operation, ...keys })), ...former];
}

/** Every kind of data request that a policy allows, each once, in order. */
export function grantsOf(policy: PolicyName): Grant[] {
  const grants = new Map(
    factsOf(policy)
      .access.flatMap(granted)
      .map((grant) => [grantText(grant), grant]),
  );
  return [...grants].sort(([a], [b]) => byText(a, b)).map(([, grant]) => grant);
}

/** The operations that any service sends. */
export function dataOperations(): DataOperation[] {
  const operations = POLICY_NAMES.flatMap((policy) => grantsOf(policy).map(({ operation }) => operation));
  return [...new Set(operations)].sort();
}

/** How a policy names the table and its indexes: ARNs, or what CloudFormation makes them from. */
export interface ResourceNames<R> {
  readonly table: R;
  index(name: string): R;
}

export function arnsOf(table: string, place: { partition?: string; region: string; account: string }) {
  const arn = `arn:${place.partition ?? "aws"}:dynamodb:${place.region}:${place.account}:table/${table}`;
  return { table: arn, index: (name: string) => `${arn}/index/${name}` };
}

const groupBy = <T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
};

/** Operations that may touch the same keys of the same places: the table and indexes. */
interface KeyedOperations {
  readonly places: readonly string[];
  readonly operations: readonly string[];
  readonly patterns: readonly string[];
}

/** Allows operations under some keys; without the Null guard a request without keys would pass. */
function keyedStatement<R>(
  { places, operations, patterns }: KeyedOperations,
  names: ResourceNames<R>,
  attributes: readonly string[] | undefined,
): Statement<R> {
  const whole = attributes === undefined;
  const resources = places.map((place) => (place === TABLE ? names.table : names.index(place)));
  const [first = names.table] = resources;
  return {
    Sid: [...places.map(capitalized), ...operations].join(""),
    Effect: "Allow",
    Action: operations.map((operation) => `dynamodb:${operation}`),
    Resource: resources.length === 1 ? first : resources,
    Condition: {
      "ForAllValues:StringLike": { [LEADING_KEYS]: patterns },
      // A request for whole items names no attributes, and would pass without the two others.
      ...(whole ? {} : { "ForAllValues:StringEquals": { [ATTRIBUTES]: attributes } }),
      ...(whole ? {} : { StringEquals: { [SELECT]: "SPECIFIC_ATTRIBUTES" } }),
      Null: { [LEADING_KEYS]: "false", ...(whole ? {} : { [ATTRIBUTES]: "false" }) },
    },
  };
}

/** One statement for all operations that may touch the same keys: a batch must find all its keys in one statement. */
function keyedStatements<R>(policy: PolicyName, names: ResourceNames<R>): Statement<R>[] {
  const onPlaces = [...groupBy(grantsOf(policy), ({ index, operation }) => `${index} ${operation}`).values()].map(
    (grants) => ({
      place: grants[0]?.index ?? TABLE,
      operation: grants[0]?.operation ?? "",
      patterns: grants.map(({ pattern }) => pattern),
    }),
  );
  const alike = groupBy(onPlaces, ({ place, patterns }) => [place, ...patterns].join("\n"));
  const byPlace = [...alike.values()].map((all) => ({
    place: all[0]?.place ?? TABLE,
    operations: all.map(({ operation }) => operation).sort(),
    patterns: all[0]?.patterns ?? [],
  }));
  const statements = groupBy(byPlace, ({ operations, patterns }) => [...operations, ...patterns].join("\n"));
  return [...statements.values()].map((all) =>
    keyedStatement(
      {
        places: all.map(({ place }) => place),
        operations: all[0]?.operations ?? [],
        patterns: all[0]?.patterns ?? [],
      },
      names,
      factsOf(policy).attributes,
    ),
  );
}

/** The IAM policy of a service's functions. */
export function policyOf<R>(policy: PolicyName, names: ResourceNames<R>): PolicyDocument<R> {
  const management = managementOf(policy);
  const managing: Statement<R>[] =
    management.length === 0
      ? []
      : [
          {
            Sid: "Management",
            Effect: "Allow",
            Action: management.map((operation) => `dynamodb:${operation}`),
            Resource: names.table,
          },
        ];
  return { Version: "2012-10-17", Statement: [...managing, ...keyedStatements(policy, names)] };
}

/** What a policy lets do with the table itself. */
export const managementOf = (policy: PolicyName): readonly string[] => factsOf(policy).management ?? [];

/** What a policy lets its holder do, in a few words. */
export function purposeOf(policy: PolicyName): string {
  const { purpose, runs } = factsOf(policy);
  if (purpose !== undefined) return purpose;
  const [last, ...others] = runs.map((name) => name.replace(".*", "")).reverse();
  return others.length === 0
    ? `run the service ${last}`
    : `run the services ${others.reverse().join(", ")} and ${last}`;
}
