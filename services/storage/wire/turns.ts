import { OverloadedError } from "../errors.ts";

/** How many requests may wait; each holds its body, which is up to 16 MB for a batch. */
const MAX_WAITING = 10_000;

/** Lets only so many be under way at once; the others wait for their turn, the first first. */
class Turns {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits for a turn, or until the signal aborts. What it returns gives the turn to the next one.
   * @throws OverloadedError when too many are waiting already.
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (this.#taken < this.#limit) this.#taken++;
    else if (this.#waiting.size >= MAX_WAITING) throw new OverloadedError(MAX_WAITING);
    else if (!(await this.#handedOver(signal))) return () => undefined;
    let given = false;
    return () => {
      if (!given) this.#give();
      given = true;
    };
  }

  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#taken--;
    else next();
  }

  #handedOver(signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (taken: boolean) => {
        this.#waiting.delete(turn);
        signal?.removeEventListener("abort", abort);
        resolve(taken);
      };
      const turn = () => end(true);
      const abort = () => end(false);
      this.#waiting.add(turn);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}

interface Request {
  readonly protocol?: string;
}
interface Options {
  readonly abortSignal?: AbortSignal;
}
interface Answer {
  readonly response?: { readonly body?: unknown };
}

/** What sends a client's HTTP requests, in the parts that matter here. */
export interface Sender {
  handle(request: never, options?: never): Promise<Answer>;
}

const isStream = (body: unknown): body is NodeJS.EventEmitter =>
  typeof (body as { once?: unknown } | undefined)?.once === "function";

/**
 * Makes a sender keep requests back as long as all of its sockets are in use, where a Node agent would queue them while
 * the sender's time-outs run.
 * Relies on: the time-outs of the AWS SDK's sender begin with `handle`; it refuses what was aborted before.
 */
export function sendInTurns(sender: Sender, sockets: { readonly http: number; readonly https: number }): void {
  const turns = { http: new Turns(sockets.http), https: new Turns(sockets.https) };
  const handle = sender.handle.bind(sender) as (request: Request, options?: Options) => Promise<Answer>;
  sender.handle = async (request: Request, options?: Options) => {
    const end = await (request.protocol === "https:" ? turns.https : turns.http).take(options?.abortSignal);
    try {
      const answer = await handle(request, options);
      const body = answer.response?.body;
      // A socket is in use until the answer has been read.
      if (isStream(body)) body.once("close", end);
      else end();
      return answer;
    } catch (error) {
      end();
      throw error;
    }
  };
}
