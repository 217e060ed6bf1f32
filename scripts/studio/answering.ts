import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { DataContext } from "../../services/storage/context.ts";
import type { QueryParameters } from "../../services/storage/requests.ts";
import { keyQuery } from "../table/key-query.ts";
import { keyOf, type Question } from "./questions.ts";
import { type PhysicalRow, physicalRow } from "./rows.ts";
import type { SeedCost, SeedTables } from "./seed-tables.ts";
import { entityCode, type TypedItems, typedAnswer } from "./typed-answer.ts";

/** Rows that one question shows. */
const ROWS = 50;

/** What a question gave: the request as it was sent, what it took, the rows that it touched, and what a handler sees of them. */
export interface Answer {
  /** The same by the entities, with these arguments. */
  readonly code: string;
  /** DynamoDB's own request, its values put in. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly readUnits: number;
  readonly milliseconds: number;
  readonly rows: readonly PhysicalRow[];
  readonly items: readonly TypedItems[];
  /** Whether there are more rows than are shown. */
  readonly more: boolean;
  /** What the same takes on the seed's eleven tables. */
  readonly seed: SeedCost;
}

/** A question that cannot be asked so; what is said is for a person. */
export class UnansweredQuestion extends Error {
  override readonly name = "UnansweredQuestion";
}

/** What a form's texts are for the key. */
function partsOf(question: Question, given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    question.arguments.map(({ name, choices }) => {
      const text = given[name];
      if (typeof text !== "string" || text === "") throw new UnansweredQuestion(`${name} is missing`);
      if (choices !== undefined && !choices.includes(text))
        throw new UnansweredQuestion(`${name} is one of ${choices.join(", ")}`);
      return [name, text];
    }),
  );
}

/** Asks questions of a table by single queries, which change nothing, and of the seed's tables what they would take there. */
export function answering(
  { client, table }: Pick<DataContext, "client" | "table">,
  seedTables: Pick<SeedTables, "cost">,
) {
  return async (question: Question, given: Readonly<Record<string, unknown>>): Promise<Answer> => {
    const parts = partsOf(question, given);
    const input = { ...queryInput(question, parts), TableName: table };
    const started = performance.now();
    const page = await client.send(new QueryCommand({ ...input, Limit: ROWS, ReturnConsumedCapacity: "TOTAL" }));
    const milliseconds = performance.now() - started;
    const rows = (page.Items ?? []).map((row) => physicalRow(row, question.index));
    return {
      code: entityCode(question, parts),
      request: masked(input, question),
      readUnits: page.ConsumedCapacity?.CapacityUnits ?? 0,
      milliseconds,
      rows,
      items: typedAnswer(rows, question),
      more: page.LastEvaluatedKey !== undefined,
      seed: await seedTables.cost(question, parts),
    };
  };
}

/** The entity's own query; of a collection the whole partition of the index. */
function queryInput(question: Question, parts: object): QueryParameters {
  const asked = keyQuery(...keyOf(question), parts);
  if (question.group !== "collections") return asked;
  const partition = {
    KeyConditionExpression: "#pk = :pk",
    ExpressionAttributeNames: { "#pk": asked.ExpressionAttributeNames?.["#pk"] ?? "" },
    ExpressionAttributeValues: { ":pk": asked.ExpressionAttributeValues[":pk"] },
  };
  return { ...asked, ...partition };
}

/** The request as it may be shown: a key of what lets somebody in is not. */
function masked(
  input: QueryParameters & { TableName: string },
  { arguments: asked }: Question,
): Record<string, unknown> {
  if (!asked.some(({ secret }) => secret)) return { ...input };
  return { ...input, ExpressionAttributeValues: "not shown: the key is a secret's digest" };
}
