import type { DynamoDBClient, DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { createClient } from "../../../../services/client.ts";

export interface HttpRequest {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
interface Reply {
  readonly statusCode: number;
  readonly body: object | undefined;
}

export const ok = (body: object): Reply => ({ statusCode: 200, body });
export const refused = (name: string, more: object = {}): Reply => ({
  statusCode: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "no", ...more },
});

/** A client whose HTTP ends here: each request gets the next reply, the last one for ever. */
export function clientAnswering(replies: readonly Reply[], config: DynamoDBClientConfig = {}) {
  const requests: HttpRequest[] = [];
  const options: { abortSignal?: AbortSignal }[] = [];
  const requestHandler = {
    async handle(request: HttpRequest, given: { abortSignal?: AbortSignal }) {
      requests.push(request);
      options.push(given);
      const { statusCode, body } = replies[Math.min(requests.length, replies.length) - 1] as Reply;
      const headers = { "x-amzn-requestid": `R${requests.length}` };
      return { response: { statusCode, headers, body: Buffer.from(JSON.stringify(body) ?? "") } };
    },
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = createClient({ region: "eu-west-1", credentials, requestHandler: requestHandler as never, ...config });
  return { client, requests, options };
}

export const textOf = (body: string | Uint8Array) => (typeof body === "string" ? body : new TextDecoder().decode(body));
export const send = (client: DynamoDBClient, command: object, options?: object): Promise<Record<string, unknown>> =>
  client.send(command as never, options as never) as never;

export const KEY = { pk: "a", sk: "b" };
export const WIRE = { pk: { S: "a" }, sk: { S: "b" }, band: { N: "7.5" } };
export const CASES = {
  GetItem: [GetCommand, { Key: KEY, ConsistentRead: true }, { Item: WIRE }],
  PutItem: [PutCommand, { Item: { ...KEY, list: ["x"], map: { n: 1 } } }, {}],
  UpdateItem: [UpdateCommand, { Key: KEY, ExpressionAttributeValues: { ":a": true } }, { Attributes: WIRE }],
  DeleteItem: [DeleteCommand, { Key: KEY, ReturnValues: "ALL_OLD" }, { Attributes: WIRE }],
  Query: [
    QueryCommand,
    { ExpressionAttributeValues: { ":pk": "a" }, ExclusiveStartKey: KEY, Limit: 2 },
    { Items: [WIRE, WIRE], Count: 2, LastEvaluatedKey: WIRE },
  ],
  BatchGetItem: [
    BatchGetCommand,
    { RequestItems: { t: { Keys: [KEY] } } },
    { Responses: { t: [WIRE] }, UnprocessedKeys: { t: { Keys: [{ pk: { S: "c" } }] } } },
  ],
  BatchWriteItem: [
    BatchWriteCommand,
    { RequestItems: { t: [{ PutRequest: { Item: KEY } }, { DeleteRequest: { Key: KEY } }] } },
    { UnprocessedItems: { t: [{ PutRequest: { Item: WIRE } }] } },
  ],
} as const;
