import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import { Readable } from "node:stream";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/**
 * What can go wrong between the SDK and DynamoDB: it throttles (400) or fails (500); the connection is reset before or
 * after DynamoDB has applied the request; the answer comes too late; a part of a batch is left unprocessed.
 */
export const FAULTS = ["throttling", "internalError", "resetBefore", "resetAfter", "timeout", "unprocessed"] as const;
/** One kind of fault. */
export type Fault = (typeof FAULTS)[number];

/** An HTTP request as the SDK sends it, in the parts that matter here. */
export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface WireResponse {
  readonly response: { readonly statusCode: number; readonly headers: Record<string, string>; readonly body?: unknown };
}

type Requests = Record<string, unknown[] | { Keys: unknown[] }>;

const reply = (statusCode: number, body: object): WireResponse => ({
  response: {
    statusCode,
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-requestid": randomUUID().replaceAll("-", "").toUpperCase(),
    },
    body: Readable.from([Buffer.from(JSON.stringify(body))]),
  },
});

/** In DynamoDB's own words. */
const THROTTLED = {
  __type: "com.amazon.coral.availability#ThrottlingException",
  message: "Rate of requests exceeds the allowed throughput.",
};
const FAILED = {
  __type: "com.amazonaws.dynamodb.v20120810#InternalServerError",
  message: "The request processing has failed because of an unknown error, exception or failure.",
};

/** As Node makes it, and as the AWS SDK's sender then names it. */
const connectionReset = () =>
  Object.assign(new Error("read ECONNRESET"), {
    name: "TimeoutError",
    code: "ECONNRESET",
    errno: -constants.errno.ECONNRESET,
    syscall: "read",
  });

/** As the AWS SDK's sender makes it. */
const tooSlow = () =>
  Object.assign(new Error("a request has exceeded the configured 3000 ms requestTimeout."), {
    name: "TimeoutError",
    code: "ETIMEDOUT",
  });

/** The operation of a request, such as `GetItem`. */
const operationOf = ({ headers }: WireRequest): string => String(headers["x-amz-target"]).split(".").at(-1) ?? "";

export const isBatch = (request: WireRequest): boolean => operationOf(request).startsWith("Batch");

const textOf = (body: unknown) => (typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array));

async function textOfStream(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Splits a batch of one table: what is sent on, and what DynamoDB "had no capacity for". */
function splitBatch(requests: Requests): { sent: Requests; left: Requests } {
  const [sent, left]: [Requests, Requests] = [{}, {}];
  for (const [table, batch] of Object.entries(requests)) {
    const all = Array.isArray(batch) ? batch : batch.Keys;
    const kept = Math.floor(all.length / 2);
    const part = (values: unknown[]) => (Array.isArray(batch) ? values : { ...batch, Keys: values });
    if (kept > 0) sent[table] = part(all.slice(0, kept));
    left[table] = part(all.slice(kept));
  }
  return { sent, left };
}

/** Makes one request fail in one way; `pass` sends a request on to the engine. */
export async function failWith<R extends WireRequest, A extends WireResponse>(
  fault: Fault,
  request: R,
  pass: (request: R) => Promise<A>,
): Promise<WireResponse> {
  if (fault === "throttling") return reply(400, THROTTLED);
  if (fault === "internalError") return reply(500, FAILED);
  if (fault === "resetBefore") throw connectionReset();
  if (fault === "unprocessed") return leaveUnprocessed(request, pass);
  const { response } = await pass(request);
  await textOfStream(response.body as Readable);
  throw fault === "resetAfter" ? connectionReset() : tooSlow();
}

async function leaveUnprocessed<R extends WireRequest>(
  request: R,
  pass: (request: R) => Promise<WireResponse>,
): Promise<WireResponse> {
  const body = JSON.parse(textOf(request.body)) as { RequestItems: Requests };
  const { sent, left } = splitBatch(body.RequestItems);
  const name = operationOf(request) === "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems";
  if (Object.keys(sent).length === 0) return reply(200, { Responses: {}, [name]: left });
  const text = JSON.stringify({ ...body, RequestItems: sent });
  const headers = { ...request.headers, "content-length": String(Buffer.byteLength(text)) };
  const smaller: R = Object.assign(Object.create(Object.getPrototypeOf(request)), request, { headers, body: text });
  const { response } = await pass(smaller);
  const answer = await textOfStream(response.body as Readable);
  if (response.statusCode !== 200) return reply(response.statusCode, JSON.parse(answer) as object);
  return reply(200, { ...(JSON.parse(answer) as object), [name]: left });
}

/** Which requests a fault meets. */
export interface FaultTarget {
  /** Only requests of this operation, such as `UpdateItem`. Default: any; `unprocessed` meets batches only. */
  readonly operation?: string;
  /** How many requests it meets, the SDK's own retries among them. Default 1. */
  readonly times?: number;
}

/** Faults that a test has ordered; each meets the next requests that fit it. */
export interface FaultInjection {
  /**
   * Orders a fault for the next requests that fit.
   * @example
   * import { startTestDatabase } from "@ielts-ai-prep/data-layer/testing";
   *
   * const database = await startTestDatabase();
   * database.faults.inject("throttling", { operation: "Query", times: 4 }); // the SDK's three retries meet it too
   * await database.layer.support.listByStatus("new").catch((error) => error.name); // ThrottlingException
   * await database.stop();
   */
  inject(fault: Fault, target?: FaultTarget): void;
  /** Faults that no request has met yet, each as often as it is still due. */
  readonly due: readonly Fault[];
  /** Takes back the faults that are still due. */
  clear(): void;
}

/** Lets a test order faults of a client: they happen below the SDK's retries, where real ones do. */
export function injectFaults(client: DynamoDBClient): FaultInjection {
  let orders: { readonly fault: Fault; readonly operation?: string; left: number }[] = [];
  const take = (request: WireRequest): Fault | undefined => {
    const operation = operationOf(request);
    const order = orders.find(
      (one) =>
        (one.operation === undefined || one.operation === operation) &&
        (one.fault !== "unprocessed" || isBatch(request)),
    );
    if (order === undefined) return undefined;
    order.left--;
    orders = orders.filter(({ left }) => left > 0);
    return order.fault;
  };
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as WireRequest;
      const fault = take(request);
      if (fault === undefined) return next(args);
      const pass = (changed: WireRequest) => next({ ...args, request: changed }) as Promise<WireResponse>;
      return failWith(fault, request, pass);
    },
    // Below the SDK's retries and its reading of responses, next to the connection.
    { step: "deserialize", priority: "low", name: "injectedFaults" },
  );
  return {
    inject(fault, { operation, times = 1 } = {}) {
      if (times > 0) orders.push({ fault, left: times, ...(operation === undefined ? {} : { operation }) });
    },
    get due() {
      return orders.flatMap(({ fault, left }) => Array.from({ length: left }, () => fault));
    },
    clear() {
      orders = [];
    },
  };
}
