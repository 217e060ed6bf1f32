import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

/** An answer as it came over the wire. */
export interface Message {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The parts of a message of DynamoDB's that matter here. */
export type Body = Readonly<Record<string, unknown>>;

const SERVICE = "DynamoDB_20120810";
/** What belongs to one connection, or to a body that is changed on the way. */
const OWN_HEADERS = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect"];

export async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export const bodyOf = ({ body }: Message): Body => JSON.parse(body) as Body;

/** The engine whose present the lag engine knows. */
export class Upstream {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(endpoint: string) {
    this.#url = new URL(endpoint);
  }

  /** Sends a request on, signed as it came: engines for tests do not verify signatures. */
  send(headers: IncomingHttpHeaders, body: string): Promise<Message> {
    const kept = Object.entries(headers).filter(([name]) => !OWN_HEADERS.includes(name));
    const length = { "content-length": String(Buffer.byteLength(body)) };
    return this.#post({ ...Object.fromEntries(kept), ...length }, body);
  }

  #post(headers: IncomingHttpHeaders, body: string): Promise<Message> {
    const { hostname, port, pathname } = this.#url;
    return new Promise((resolve, reject) => {
      const place = { hostname, port, path: pathname, method: "POST", agent: this.#agent };
      const sent = request({ ...place, headers }, (answer) => {
        const read = (text: string) =>
          resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: text });
        textOf(answer).then(read, reject);
      });
      sent.once("error", (error: NodeJS.ErrnoException) => {
        // An idle connection may be closed at the moment at which it is used again.
        if (sent.reusedSocket && error.code === "ECONNRESET") this.#post(headers, body).then(resolve, reject);
        else reject(error);
      });
      sent.end(body);
    });
  }

  /** A request of the lag engine's own, with the credentials of a request that came. */
  call(headers: IncomingHttpHeaders, operation: string, input: Body): Promise<Message> {
    return this.send({ ...headers, "x-amz-target": `${SERVICE}.${operation}` }, JSON.stringify(input));
  }

  /** The same; what is refused is an error. */
  async ask(headers: IncomingHttpHeaders, operation: string, input: Body): Promise<Body> {
    const answer = await this.call(headers, operation, input);
    if (answer.status !== 200) throw new Error(`the engine refused the lag engine's ${operation}: ${answer.body}`);
    return bodyOf(answer);
  }

  close(): void {
    this.#agent.destroy();
  }
}
