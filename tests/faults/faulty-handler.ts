import { Readable } from "node:stream";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpRequest, HttpResponse } from "@smithy/protocol-http";

/** What can go wrong between the SDK and DynamoDB. */
export const FAULTS = ["throttling", "internalError", "resetBefore", "resetAfter", "timeout", "unprocessed"] as const;
export type Fault = (typeof FAULTS)[number];

type Handled = Awaited<ReturnType<NodeHttpHandler["handle"]>>;
type HandlerOptions = Parameters<NodeHttpHandler["handle"]>[1];
type Requests = Record<string, unknown[] | { Keys: unknown[] }>;

const reply = (statusCode: number, body: object): Handled => ({
  response: new HttpResponse({
    statusCode,
    headers: { "content-type": "application/x-amz-json-1.0" },
    body: Readable.from([Buffer.from(JSON.stringify(body))]),
  }),
});

const refusal = (statusCode: number, name: string) =>
  reply(statusCode, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name });

const connectionReset = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const tooSlow = () => Object.assign(new Error("the response took too long"), { name: "TimeoutError" });

const targetOf = (request: HttpRequest) => String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
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

/** An HTTP handler that fails a share of all requests, each time in another way. */
export class FaultyHandler {
  readonly counts: Record<Fault, number>;
  requests = 0;
  private readonly inner = new NodeHttpHandler({ connectionTimeout: 60_000, requestTimeout: 60_000 });
  private readonly random: () => number;
  private readonly share: number;

  constructor(random: () => number, share: number) {
    this.random = random;
    this.share = share;
    this.counts = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  }

  async handle(request: HttpRequest, options?: HandlerOptions): Promise<Handled> {
    this.requests++;
    if (this.random() >= this.share) return this.inner.handle(request, options);
    const batch = targetOf(request).startsWith("Batch");
    // Half of the faults of a batch leave a part of it unprocessed; nothing else can.
    const others = FAULTS.filter((fault) => fault !== "unprocessed");
    const drawn = others[Math.floor(this.random() * others.length)] ?? "throttling";
    const fault = batch && this.random() < 0.5 ? "unprocessed" : drawn;
    this.counts[fault]++;
    return this.fail(fault, request, options);
  }

  private async fail(fault: Fault, request: HttpRequest, options: HandlerOptions): Promise<Handled> {
    if (fault === "throttling") return refusal(400, "ThrottlingException");
    if (fault === "internalError") return refusal(500, "InternalServerError");
    if (fault === "resetBefore") throw connectionReset();
    if (fault === "unprocessed") return this.leaveUnprocessed(request, options);
    const { response } = await this.inner.handle(request, options);
    await textOfStream(response.body as Readable);
    throw fault === "resetAfter" ? connectionReset() : tooSlow();
  }

  private async leaveUnprocessed(request: HttpRequest, options: HandlerOptions): Promise<Handled> {
    const body = JSON.parse(textOf(request.body)) as { RequestItems: Requests };
    const { sent, left } = splitBatch(body.RequestItems);
    const name = targetOf(request) === "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems";
    if (Object.keys(sent).length === 0) return reply(200, { Responses: {}, [name]: left });
    const text = JSON.stringify({ ...body, RequestItems: sent });
    const smaller = new HttpRequest({
      ...request,
      headers: { ...request.headers, "content-length": String(Buffer.byteLength(text)) },
      body: text,
    });
    const { response } = await this.inner.handle(smaller, options);
    const answer = await textOfStream(response.body as Readable);
    if (response.statusCode !== 200) return reply(response.statusCode, JSON.parse(answer) as object);
    return reply(200, { ...(JSON.parse(answer) as object), [name]: left });
  }

  destroy(): void {
    this.inner.destroy();
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}
