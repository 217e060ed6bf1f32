import { createServer, request as requestOf } from "node:http";
import type { AddressInfo } from "node:net";
import { PRIMARY_KEY } from "../entities/keys.ts";
import { tableDefinition } from "../entities/table.ts";
import type { AccessRequest } from "../scripts/iam/evaluator.ts";
import { ATTRIBUTES, arnsOf, LEADING_KEYS, SELECT, TABLE } from "../scripts/iam/service-policies.ts";

/** A request as it went to DynamoDB. */
export interface SentRequest {
  readonly operation: string;
  readonly table: string;
  readonly index: string;
  /** Partition keys of the table, or of the index that is queried. */
  readonly keys: readonly string[];
  /** The attributes that it asks for; none for whole items. */
  readonly attributes: readonly string[];
}

type Item = Readonly<Record<string, { readonly S?: string } | undefined>>;

/** The body of a request on the wire, as far as it holds keys. */
interface Body {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly KeyConditionExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly RequestItems?: Readonly<Record<string, BatchRead | readonly BatchWrite[]>>;
}

interface BatchRead extends Pick<Body, "ProjectionExpression" | "ExpressionAttributeNames"> {
  readonly Keys?: readonly Item[];
}

interface BatchWrite {
  readonly PutRequest?: { readonly Item: Item };
  readonly DeleteRequest?: { readonly Key: Item };
}

const partitionKeyOf = (index: string) =>
  tableDefinition().globalSecondaryIndexes.find(({ indexName }) => indexName === index)?.partitionKey ??
  PRIMARY_KEY.partitionKey;

/** The partition key that a query asks for; none when it does not say. */
function queriedKeys({ IndexName = TABLE, ...body }: Body): (string | undefined)[] {
  const conditions = body.KeyConditionExpression?.matchAll(/(#\w+) = (:\w+)/g) ?? [];
  return [...conditions]
    .filter(([, name = ""]) => body.ExpressionAttributeNames?.[name] === partitionKeyOf(IndexName))
    .map(([, , value = ""]) => body.ExpressionAttributeValues?.[value]?.S);
}

function batchKeys({ RequestItems = {} }: Body): (string | undefined)[] {
  const items = Object.values(RequestItems).flatMap((of): readonly (Item | undefined)[] =>
    "Keys" in of ? (of.Keys ?? []) : (of as readonly BatchWrite[]).map(writtenKey),
  );
  return items.map((item) => item?.[PRIMARY_KEY.partitionKey]?.S);
}

const writtenKey = ({ PutRequest, DeleteRequest }: BatchWrite) => PutRequest?.Item ?? DeleteRequest?.Key;

/** The names in a projection: all that a batch asks of its table, or a single read. */
function projected(body: Body): string[] {
  const [batch] = Object.values(body.RequestItems ?? {});
  const { ProjectionExpression = "", ExpressionAttributeNames = {} } =
    batch !== undefined && "Keys" in batch ? batch : body;
  const names = ProjectionExpression.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "").map((name) => ExpressionAttributeNames[name] ?? name);
}

/** A request by its `x-amz-target` and its body. */
export function sentRequest(target: string, text: string): SentRequest {
  const [, operation = ""] = /\.(\w+)$/.exec(target) ?? [];
  const body = JSON.parse(text) as Body;
  const single = (body.Key ?? body.Item)?.[PRIMARY_KEY.partitionKey]?.S;
  const keys = [single, ...queriedKeys(body), ...batchKeys(body)].filter((key) => key !== undefined);
  const tables = Object.keys(body.RequestItems ?? {});
  if (tables.length > 1) throw new Error("a batch over several tables");
  return {
    operation,
    table: body.TableName ?? tables[0] ?? "",
    index: body.IndexName ?? TABLE,
    keys,
    attributes: projected(body),
  };
}

/** Where the policies of tests are. */
export const PLACE = { region: "us-east-1", account: "123456789012" };

/** The request as IAM sees it. */
export function accessOf({ operation, table, index, keys, attributes }: SentRequest): AccessRequest {
  const names = arnsOf(table, PLACE);
  return {
    action: `dynamodb:${operation}`,
    resource: index === TABLE ? names.table : names.index(index),
    context: {
      ...(keys.length === 0 ? {} : { [LEADING_KEYS]: keys }),
      ...(attributes.length === 0 ? {} : { [ATTRIBUTES]: attributes }),
      [SELECT]: [attributes.length === 0 ? "ALL_ATTRIBUTES" : "SPECIFIC_ATTRIBUTES"],
    },
  };
}

/** A database's address that passes everything on, and tells each request as it went by. */
export interface RecordingEndpoint {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startRecording(to: string, tell: (request: SentRequest) => void): Promise<RecordingEndpoint> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      tell(sentRequest(`${request.headers["x-amz-target"]}`, body.toString()));
      const onward = requestOf(to, { method: request.method ?? "POST", path: request.url, headers: request.headers });
      onward.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
