import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { HttpRequest } from "@smithy/protocol-http";
import { FAULTS, type Fault, failWith, isBatch } from "../../testing/faults.ts";

export { FAULTS } from "../../testing/faults.ts";

type Handled = Awaited<ReturnType<NodeHttpHandler["handle"]>>;
type HandlerOptions = Parameters<NodeHttpHandler["handle"]>[1];

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
    // Half of the faults of a batch leave a part of it unprocessed; nothing else can.
    const others = FAULTS.filter((fault) => fault !== "unprocessed");
    const drawn = others[Math.floor(this.random() * others.length)] ?? "throttling";
    const fault = isBatch(request) && this.random() < 0.5 ? "unprocessed" : drawn;
    this.counts[fault]++;
    return (await failWith(fault, request, (one) => this.inner.handle(one, options))) as Handled;
  }

  destroy(): void {
    this.inner.destroy();
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}
