import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
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
import { type DirectPath, directPathOf } from "./direct-path.ts";
import { fromWire, toAttributeValues, toWire } from "./wire-format.ts";

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
interface Answer {
  readonly output?: object;
  readonly response: HttpResponse;
  /** What the serializer made, when that is asked of it. */
  readonly request?: HttpRequest;
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
type Collector = (body: unknown) => Promise<Uint8Array>;
interface ClientConfig {
  readonly protocol?: { getShapeId?(): string };
  readonly streamCollector?: Collector;
}
/** What a client hands to a command that it sends. */
interface Sending {
  readonly stack: object;
  readonly config: ClientConfig;
  readonly options: object | undefined;
}
interface Command {
  readonly input: object;
  readonly middlewareStack: unknown;
  resolveMiddleware(stack: never, config: never, options: never): unknown;
}
type CommandClass = new (input: never) => Command;

const JSON_PROTOCOL = "aws.protocols#awsJson1_0";
const JSON_CONTENT = "application/x-amz-json-1.0";

/**
 * A command of lib-dynamodb that goes between JavaScript values and DynamoDB's JSON in one step, where the SDK takes
 * three, and resolves a client's middleware once. Endpoints, retries, signing and errors stay the SDK's. Each place
 * says what it relies on that the SDK does not promise; where that does not hold, lib-dynamodb's own command works.
 */
function direct<D extends CommandClass>(Document: D, Plain: CommandClass): D {
  const Direct = class extends (Document as CommandClass) {
    override resolveMiddleware(stack: never, config: never, options: never): Handler {
      const path = directPathOf(stack);
      const sending = { stack, config, options };
      // A client with `cacheMiddleware` keeps this function and calls it with later commands.
      return (call) => {
        const kept = options === undefined ? path.handlerOf<Handler>(Document) : undefined;
        if (kept !== undefined) return kept(call);
        return handlerFor(Plain, path, sending, Document, call)(call);
      };
    }
  };
  return Object.defineProperty(Direct, "name", { value: Document.name }) as D;
}

const resolved = (command: Command, { stack, config, options }: Sending): Handler =>
  command.resolveMiddleware(stack as never, config as never, options as never) as Handler;

function handlerFor(
  Plain: CommandClass,
  path: DirectPath,
  sending: Sending,
  Document: CommandClass,
  call: Call,
): Handler {
  const ofSdk = () => resolved(new Document(call.input as never), sending);
  if (!path.isOpen) return ofSdk();
  const { protocol, streamCollector } = sending.config;
  // Relies on: a client that has no `protocol`, as older SDKs make it, speaks JSON; any other names its protocol.
  // Relies on: a client's `streamCollector` reads the body of an answer.
  const named = protocol === undefined ? JSON_PROTOCOL : protocol.getShapeId?.();
  if (named !== JSON_PROTOCOL || streamCollector === undefined) {
    const detail =
      streamCollector === undefined ? "the client reads no answers" : `its protocol is ${named ?? "unknown"}`;
    path.leave({ reason: "protocol", detail });
    return ofSdk();
  }
  try {
    const plain = new Plain({} as never);
    writeDirectly(plain.middlewareStack as Stack, path);
    readDirectly(plain.middlewareStack as Stack, path, streamCollector);
    const handler = resolved(plain, sending);
    // Options such as an abort signal belong to one request.
    if (sending.options === undefined) path.keep(Document, handler);
    return handler;
  } catch (error) {
    // Middleware of the caller's that cannot be resolved fails here too.
    const handler = ofSdk();
    path.leave({ reason: "middleware", detail: (error as Error).message });
    return handler;
  }
}

/** A request or a response with another body; its class stays. */
const withBody = <M extends HttpRequest | HttpResponse>(message: M, body: unknown): M =>
  Object.assign(Object.create(Object.getPrototypeOf(message)), message, { headers: { ...message.headers }, body });

/** Bytes of any realm, such as that of Jest's tests. */
const isBytes = (body: unknown): body is Uint8Array => ArrayBuffer.isView(body);

const textOf = (body: unknown) => (isBytes(body) ? new TextDecoder().decode(body) : body);

/**
 * The SDK's serializer makes the request around the body, once for each endpoint.
 * Relies on: `serializerMiddleware` makes the request, from `context.endpointV2` and the input alone, and hands it to
 * the next middleware; a command without input becomes a POST of `{}`.
 */
function writeDirectly(stack: Stack, path: DirectPath): void {
  const toMiddleware = "serializerMiddleware";
  let kept: { readonly endpoint: object | undefined; readonly request: HttpRequest } | undefined;
  let afterSerializer: Handler;
  stack.addRelativeTo(
    (serializer, context) => async (call) => {
      const endpoint = context.endpointV2;
      if (kept === undefined || kept.endpoint !== endpoint) {
        const { request } = await serializer({ ...call, input: {} });
        if (request?.headers?.["content-type"] !== JSON_CONTENT || textOf(request.body) !== "{}") {
          path.leave({ reason: "request", detail: "the SDK's serializer makes another request than one of JSON" });
          const input = toAttributeValues(call.input);
          const whole = await serializer({ ...call, input });
          return afterSerializer({ ...call, input, request: whole.request as HttpRequest });
        }
        kept = { endpoint, request };
      }
      const body = JSON.stringify(toWire(call.input));
      return afterSerializer({ ...call, request: withBody(kept.request, body) });
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

/** The values of an answer of DynamoDB's; undefined when it cannot be read here. */
function outputOf({ statusCode, headers }: HttpResponse, bytes: Uint8Array): object | undefined {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    const message: unknown = text === "" ? {} : JSON.parse(text);
    if (typeof message !== "object" || message === null || Array.isArray(message)) return undefined;
    const $metadata = { httpStatusCode: statusCode, requestId: headers["x-amzn-requestid"] };
    return { ...fromWire(message), $metadata };
  } catch {
    return undefined;
  }
}

/**
 * An error with its name and its code, where the SDK's retries would leave a message of it: they know errors by
 * `instanceof`, and in Jest those of Node's sockets come from another realm.
 */
function ofThisRealm(error: unknown): unknown {
  if (typeof error !== "object" || error === null || Error[Symbol.hasInstance](error)) return error;
  const { name, message } = error as Error;
  return Object.assign(new Error(message, { cause: error }), { name }, error);
}

/**
 * What DynamoDB answers is read here; what it refuses becomes an error in the SDK's deserializer, which also gets every
 * answer that cannot be read here, for the request was sent.
 * Relies on: `deserializerMiddleware` hands what it got to the next middleware, and reads the `response` of its answer.
 */
function readDirectly(stack: Stack, path: DirectPath, streamCollector: Collector): void {
  const toMiddleware = "deserializerMiddleware";
  let beforeDeserializer: Handler;
  stack.addRelativeTo(
    (deserializer) => async (call) => {
      let answer: Answer;
      let bytes: Uint8Array | undefined;
      try {
        answer = await beforeDeserializer(call);
        const { statusCode, body } = answer.response ?? {};
        if (statusCode === 200) bytes = isBytes(body) ? body : await streamCollector(body);
      } catch (error) {
        throw ofThisRealm(error);
      }
      const { response } = answer;
      if (bytes !== undefined) {
        const output = outputOf(response, bytes);
        if (output !== undefined) return { ...answer, output };
        answer = { ...answer, response: withBody(response, bytes) };
      }
      const read = await deserializer({ ...call, answer });
      const output = fromWire(read.output ?? {});
      path.leave({ reason: "answer", detail: `an answer with the status ${response?.statusCode} has another form` });
      return { ...read, output };
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

/** The requests that the package sends, as DynamoDB calls them. */
export type Operation = keyof typeof COMMANDS;

/** Sends a request: plain values go in and come back. */
export const sendCommand = (
  client: DynamoDBClient,
  operation: Operation,
  input: object,
  options: { readonly abortSignal: AbortSignal } | undefined,
): Promise<object> => client.send(new COMMANDS[operation](input as never) as never, options);

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
