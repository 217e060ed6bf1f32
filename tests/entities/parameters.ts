/** Reads what an ElectroDB operation would send, with its placeholders resolved. */
interface Operation {
  params<P>(): P;
}

type Values = Readonly<Record<string, unknown>>;

interface Sent {
  readonly Item: Values;
  readonly Key: Values;
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly ConditionExpression?: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Values;
}

/** Replaces `#name` by the attribute and `:value` by the value, quoted. */
function resolved(expression: string, { ExpressionAttributeNames, ExpressionAttributeValues }: Sent): string {
  return expression
    .replace(/#\w+/g, (name) => ExpressionAttributeNames?.[name] ?? name)
    .replace(/:\w+/g, (name) => JSON.stringify(ExpressionAttributeValues?.[name]));
}

/** The physical item of a create or a put. */
export const itemOf = (operation: Operation): Values => operation.params<Sent>().Item;

/** The physical items of a batch put. */
export const itemsOf = (operation: Operation): Values[] =>
  operation
    .params<{ RequestItems: Record<string, { PutRequest: { Item: Values } }[]> }[]>()
    .flatMap(({ RequestItems }) => Object.values(RequestItems).flat())
    .map(({ PutRequest }) => PutRequest.Item);

/** The physical key of a get, a patch or a delete. */
export const keyOf = (operation: Operation): Values => operation.params<Sent>().Key;

/** A query's index and its key condition. */
export function queryOf(operation: Operation): { index: string; where: string } {
  const sent = operation.params<Sent>();
  return { index: sent.IndexName ?? "table", where: resolved(sent.KeyConditionExpression, sent) };
}

/** What a patch sets and removes, apart from the key's attributes and the two identifiers that ElectroDB repeats. */
export function patchOf(operation: Operation): { key: Values; set: Values; remove?: string[]; condition: string } {
  const sent = operation.params<Sent>();
  const [, assignments = "", removed = ""] = /^(?:SET (.*?))? ?(?:REMOVE (.*))?$/.exec(sent.UpdateExpression) ?? [];
  const pairs = assignments.split(", ").map((assignment) => {
    const [name = "", value = ""] = assignment.split(" = ");
    return [resolved(name, sent), sent.ExpressionAttributeValues?.[value]] as const;
  });
  return {
    key: sent.Key,
    set: Object.fromEntries(pairs),
    ...(removed === "" ? {} : { remove: removed.split(", ").map((name) => resolved(name, sent)) }),
    condition: resolved(sent.ConditionExpression ?? "", sent),
  };
}

/** What a put of these attributes is refused for: the attribute's path and the rule, or undefined when it is accepted. */
export function refusalOf(build: () => Operation): { field: string; rule: string } | undefined {
  try {
    build().params();
    return undefined;
  } catch (error) {
    const { fields = [], message } = error as Error & {
      fields?: readonly { field: string; reason: string; index?: number }[];
    };
    const [first] = fields;
    if (first === undefined) return { field: "", rule: message };
    const field = first.index === undefined ? first.field : first.field.replace("[*]", `[${first.index}]`);
    return { field, rule: first.reason };
  }
}
