import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand as QueryItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { fromWire, toWire } from "./wire-format.ts";

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  body: unknown;
}
interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
interface Answer {
  readonly output?: object;
  readonly response: HttpResponse;
}
interface Call {
  readonly input: object;
  readonly request?: HttpRequest;
  readonly answer?: Answer;
}
type Handler = (call: Call) => Promise<Answer>;
type Middleware = (next: Handler, context: { readonly endpointV2?: object }) => Handler;

interface Stack {
  addRelativeTo(
    middleware: Middleware,
    place: { readonly name: string; readonly relation: "before" | "after"; readonly toMiddleware: string },
  ): void;
}
interface ClientConfig {
  readonly protocol?: { getShapeId?(): string };
  readonly streamCollector?: (body: unknown) => Promise<Uint8Array>;
}
interface Command {
  readonly input: object;
  readonly middlewareStack: unknown;
  resolveMiddleware(stack: never, config: never, options: never): unknown;
}
type CommandClass = new (input: never) => Command;

const JSON_PROTOCOL = "aws.protocols#awsJson1_0";

/**
 * A command of lib-dynamodb that goes between JavaScript values and DynamoDB's JSON in one step, where the SDK takes
 * three, and resolves a client's middleware once. Endpoints, retries, signing and errors stay the SDK's, and so does
 * everything should its client ever speak another protocol.
 */
function direct<D extends CommandClass>(Document: D, Plain: CommandClass): D {
  const kept = new WeakMap<object, Handler>();
  const Direct = class extends (Document as CommandClass) {
    override resolveMiddleware(stack: never, config: never, options: never) {
      const known = options === undefined ? kept.get(stack) : undefined;
      if (known !== undefined) return known;
      const { protocol, streamCollector } = config as ClientConfig;
      if (streamCollector === undefined || (protocol?.getShapeId?.() ?? JSON_PROTOCOL) !== JSON_PROTOCOL) {
        return super.resolveMiddleware(stack, config, options);
      }
      const plain = new Plain({} as never);
      writeDirectly(plain.middlewareStack as Stack);
      readDirectly(plain.middlewareStack as Stack, streamCollector);
      const handler = plain.resolveMiddleware(stack, config, options) as Handler;
      // Options such as an abort signal belong to one request.
      if (options === undefined) kept.set(stack, handler);
      return handler;
    }
  };
  return Object.defineProperty(Direct, "name", { value: Document.name }) as D;
}

const copyOf = (request: HttpRequest, body: string): HttpRequest =>
  Object.assign(Object.create(Object.getPrototypeOf(request)), request, { headers: { ...request.headers }, body });

/** The SDK's serializer makes the request around the body, once for each endpoint. */
function writeDirectly(stack: Stack): void {
  const toMiddleware = "serializerMiddleware";
  let kept: { readonly endpoint: object | undefined; readonly request: HttpRequest } | undefined;
  let afterSerializer: Handler;
  stack.addRelativeTo(
    (next, context) => async (call) => {
      const endpoint = context.endpointV2;
      let pattern = kept;
      if (pattern === undefined || pattern.endpoint !== endpoint) {
        const { request } = (await next({ ...call, input: {} })) as never;
        pattern = { endpoint, request };
        kept = pattern;
      }
      const body = JSON.stringify(toWire(call.input));
      return afterSerializer({ ...call, request: copyOf(pattern.request, body) });
    },
    { name: "writeDirectly", relation: "before", toMiddleware },
  );
  stack.addRelativeTo(
    (next) => {
      afterSerializer = next;
      return async ({ request }) => ({ request }) as never;
    },
    { name: "keepRequest", relation: "after", toMiddleware },
  );
}

/** What DynamoDB answers is read here; what it refuses becomes an error in the SDK's deserializer. */
function readDirectly(stack: Stack, streamCollector: (body: unknown) => Promise<Uint8Array>): void {
  const toMiddleware = "deserializerMiddleware";
  let beforeDeserializer: Handler;
  stack.addRelativeTo(
    (next) => async (call) => {
      const answer = await beforeDeserializer(call);
      const { statusCode, headers, body } = answer.response;
      if (statusCode !== 200) return next({ ...call, answer });
      const bytes = body instanceof Uint8Array ? body : await streamCollector(body);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
      const output = fromWire(text === "" ? {} : JSON.parse(text));
      const $metadata = { httpStatusCode: statusCode, requestId: headers["x-amzn-requestid"] };
      return { ...answer, output: { ...output, $metadata } };
    },
    { name: "readDirectly", relation: "before", toMiddleware },
  );
  stack.addRelativeTo(
    (next) => {
      beforeDeserializer = next;
      return async ({ answer }) => answer as Answer;
    },
    { name: "keepAnswer", relation: "after", toMiddleware },
  );
}

/** The commands that the package sends, by the operation's name. */
export const COMMANDS = {
  GetItem: direct(GetCommand, GetItemCommand),
  PutItem: direct(PutCommand, PutItemCommand),
  UpdateItem: direct(UpdateCommand, UpdateItemCommand),
  DeleteItem: direct(DeleteCommand, DeleteItemCommand),
  Query: direct(QueryCommand, QueryItemsCommand),
  BatchGetItem: direct(BatchGetCommand, BatchGetItemCommand),
  BatchWriteItem: direct(BatchWriteCommand, BatchWriteItemCommand),
} as const;

/**
 * The commands that ElectroDB's `go()` sends, by the names of lib-dynamodb. ElectroDB would load that whole library by
 * `require`, which no bundler can shake: handed these, it needs none of its own.
 */
export const DOCUMENT_COMMANDS = {
  GetCommand: COMMANDS.GetItem,
  PutCommand: COMMANDS.PutItem,
  UpdateCommand: COMMANDS.UpdateItem,
  DeleteCommand: COMMANDS.DeleteItem,
  QueryCommand: COMMANDS.Query,
  BatchGetCommand: COMMANDS.BatchGetItem,
  BatchWriteCommand: COMMANDS.BatchWriteItem,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
} as const;
