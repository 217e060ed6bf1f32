import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

type Strategy = Extract<
  NonNullable<DynamoDBClientConfig["retryStrategy"]>,
  { acquireInitialRetryToken(scope: string): unknown }
>;
type Token = Awaited<ReturnType<Strategy["acquireInitialRetryToken"]>>;
type Failure = Parameters<Strategy["refreshRetryTokenForRetry"]>[1];

/** What is waited at most before the second try, in milliseconds; it doubles with each try. */
const FIRST_WAIT = { THROTTLING: 200, TRANSIENT: 50 } as const;
const LONGEST_WAIT = 2_000;
/** Tries for what is not throttling are paid from a store that successes fill again: an outage is not hammered. */
const STORE = 500;
const PRICE = 5;

const isRetried = (kind: string): kind is keyof typeof FIRST_WAIT => Object.hasOwn(FIRST_WAIT, kind);

/**
 * When a request is tried again: as the AWS SDK's standard mode, with the waits (of any length up to the longest) that
 * fit the time of a Lambda function. The SDK's own wait up to 7 seconds when DynamoDB throttles; and a burst of which a
 * hundred requests are throttled leaves it without retries.
 */
export class Retries implements Strategy {
  /** Told to AWS in the user agent. */
  readonly mode = "standard";
  readonly #tries: () => Promise<number>;
  readonly #pace: number;
  #store = STORE;

  /** Waits are multiplied by `pace`: a test need not wait for time to pass. */
  constructor(tries: () => Promise<number>, pace = 1) {
    this.#tries = tries;
    this.#pace = pace;
  }

  async acquireInitialRetryToken(): Promise<Token> {
    return tokenOf(0, 0);
  }

  async refreshRetryTokenForRetry(token: Token, { errorType }: Failure): Promise<Token> {
    const tried = token.getRetryCount() + 1;
    if (!isRetried(errorType) || tried >= (await this.#tries())) throw new Error("not to be tried again");
    if (errorType !== "THROTTLING") {
      if (this.#store < PRICE) throw new Error("too many requests failed to try all of them again");
      this.#store -= PRICE;
    }
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT[errorType] * 2 ** (tried - 1));
    return tokenOf(tried, Math.floor(Math.random() * longest * this.#pace));
  }

  recordSuccess(token: Token): void {
    this.#store = Math.min(STORE, this.#store + Math.max(1, PRICE * token.getRetryCount()));
  }
}

const tokenOf = (count: number, delay: number): Token => ({
  getRetryCount: () => count,
  getRetryDelay: () => delay,
});
