/** Values of a request's context by condition key; a key that does not apply to the request is absent. */
export type RequestContext = Readonly<Record<string, readonly string[]>>;

/** A request as IAM sees it. */
export interface AccessRequest {
  /** Such as `dynamodb:GetItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

/** Operator, condition key, values: all operators and keys must hold, of the values one. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** What a policy allows or denies. */
export interface Statement<R = string> {
  /** Its name within the policy, in letters and digits. */
  readonly Sid?: string;
  /** A Deny wins over every Allow. */
  readonly Effect: "Allow" | "Deny";
  /** Of resource policies only; everybody is the only one that is understood here. */
  readonly Principal?: "*";
  /** Such as `dynamodb:GetItem`. */
  readonly Action: string | readonly string[];
  /** ARNs, or what CloudFormation makes them from. */
  readonly Resource: R | readonly R[];
  /** Operators, condition keys and values: all operators and keys must hold, of the values one. */
  readonly Condition?: Conditions;
}

/** An IAM policy, as AWS takes it. */
export interface PolicyDocument<R = string> {
  /** The version of the language. */
  readonly Version: "2012-10-17";
  /** What it allows or denies, in no order. */
  readonly Statement: readonly Statement<R>[];
}

/** Denied explicitly: a Deny statement applies. Implicitly: no Allow statement does. */
export type Decision = "allowed" | "implicitly denied" | "explicitly denied";

/** What IAM decides about a request of one account: a Deny wins, otherwise an Allow is needed. */
export function decide(policies: readonly PolicyDocument[], request: AccessRequest): Decision {
  const applying = policies.flatMap(({ Statement }) => Statement.filter((statement) => applies(statement, request)));
  if (applying.some(({ Effect }) => Effect === "Deny")) return "explicitly denied";
  return applying.some(({ Effect }) => Effect === "Allow") ? "allowed" : "implicitly denied";
}

const ELEMENTS: ReadonlySet<string> = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

/** Whether a statement is about a request. @throws Error for an element that is not understood: a guess could allow. */
function applies(statement: Statement, { action, resource, context = {} }: AccessRequest): boolean {
  const strange = Object.keys(statement).find((element) => !ELEMENTS.has(element));
  if (strange !== undefined) throw new Error(`the element ${strange} is not understood`);
  if (statement.Principal !== undefined && statement.Principal !== "*")
    throw new Error("a Principal other than everybody is not understood");
  return (
    listOf(statement.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    listOf(statement.Resource).some((pattern) => matchesArn(pattern, resource)) &&
    conditionsHold(statement.Condition ?? {}, context)
  );
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const expressions = new Map<string, RegExp>();

/** `*` is any text, `?` any one character. */
export function matches(pattern: string, text: string): boolean {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    expression = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
    expressions.set(pattern, expression);
  }
  return expression.test(text);
}

/** A wildcard stays within its part of the ARN; the sixth part is the rest. */
function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const [wanted, given] = [arnParts(pattern), arnParts(arn)];
  return wanted.length === given.length && wanted.every((part, place) => matches(part, given[place] ?? ""));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** Whether one operator holds between the values that the policy names and those of the request. */
type Operator = (wanted: readonly string[], given: readonly string[] | undefined) => boolean;

const isLike = (wanted: readonly string[], value: string) => wanted.some((pattern) => matches(pattern, value));

const OPERATORS: Readonly<Record<string, Operator>> = {
  // A key that is absent, or has no values, holds: that is why it takes the Null guard.
  "ForAllValues:StringLike": (wanted, given = []) => given.every((value) => isLike(wanted, value)),
  "ForAllValues:StringEquals": (wanted, given = []) => given.every((value) => wanted.includes(value)),
  StringLike: (wanted, given) => given?.length === 1 && given.every((value) => isLike(wanted, value)),
  StringEquals: (wanted, given) => given?.length === 1 && given.every((value) => wanted.includes(value)),
  Bool: (wanted, given) => given?.length === 1 && given.every((value) => wanted.includes(value.toLowerCase())),
  Null: (wanted, given) => wanted.includes(String(given === undefined || given.length === 0)),
};

function conditionsHold(conditions: Conditions, context: RequestContext): boolean {
  const given = new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
  return Object.entries(conditions).every(([operator, keys]) => {
    const holds = OPERATORS[operator];
    if (holds === undefined) throw new Error(`the operator ${operator} is not understood`);
    return Object.entries(keys).every(([key, values]) => holds(literal(listOf(values)), given.get(key.toLowerCase())));
  });
}

/** @throws Error for a policy variable such as `${aws:username}`, which would be replaced before the comparison. */
function literal(values: readonly string[]): readonly string[] {
  const variable = values.find((value) => value.includes("${"));
  if (variable !== undefined) throw new Error(`the policy variable in ${variable} is not understood`);
  return values;
}
