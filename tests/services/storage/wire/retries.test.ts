import { Retries } from "../../../../services/storage/wire/retries.ts";
import { createLocalClient } from "../../../../testing/local-database.ts";

afterEach(() => jest.restoreAllMocks());

type ErrorType = Parameters<Retries["refreshRetryTokenForRetry"]>[1]["errorType"];

/** The waits between the tries of one request that fails each time. */
async function waitsOf(retries: Retries, errorType: ErrorType): Promise<number[]> {
  const waits: number[] = [];
  let token = await retries.acquireInitialRetryToken();
  try {
    for (;;) {
      token = await retries.refreshRetryTokenForRetry(token, { errorType });
      waits.push(token.getRetryDelay());
    }
  } catch {
    return waits;
  }
}

const retriesOf = (tries: number) => new Retries(async () => tries);

it("wait at most 1.4 seconds for DynamoDB to be less busy, and half of it in the mean", async () => {
  jest.spyOn(Math, "random").mockReturnValue(1);
  expect(await waitsOf(retriesOf(4), "THROTTLING")).toEqual([200, 400, 800]);
  jest.spyOn(Math, "random").mockReturnValue(0.5);
  expect(await waitsOf(retriesOf(4), "THROTTLING")).toEqual([100, 200, 400]);
});

it("wait at most two seconds at a time, however many tries there are", async () => {
  jest.spyOn(Math, "random").mockReturnValue(1);
  expect(Math.max(...(await waitsOf(retriesOf(20), "THROTTLING")))).toBe(2_000);
});

it("wait a fiftieth of it for an engine on this machine", async () => {
  jest.spyOn(Math, "random").mockReturnValue(1);
  const { retryStrategy } = createLocalClient("http://127.0.0.1:1").config;
  expect(await waitsOf((await retryStrategy()) as Retries, "THROTTLING")).toEqual([4, 8, 16]);
});

it("wait less for a lost connection", async () => {
  jest.spyOn(Math, "random").mockReturnValue(1);
  expect(await waitsOf(retriesOf(4), "TRANSIENT")).toEqual([50, 100, 200]);
});

it.each(["CLIENT_ERROR", "SERVER_ERROR"] as const)("do not repeat what another try does not mend: %s", async (kind) => {
  expect(await waitsOf(retriesOf(4), kind)).toEqual([]);
});

it("stop in an outage, and go on after it", async () => {
  const retries = retriesOf(4);
  let tried = 0;
  for (let request = 0; request < 200; request++) tried += (await waitsOf(retries, "TRANSIENT")).length;
  expect(tried).toBe(100);

  const token = await retries.acquireInitialRetryToken();
  for (let request = 0; request < 15; request++) retries.recordSuccess(token);
  expect(await waitsOf(retries, "TRANSIENT")).toHaveLength(3);
});

it("do not stop for throttling, which a busy minute makes of every request", async () => {
  const retries = retriesOf(4);
  for (let request = 0; request < 200; request++) expect(await waitsOf(retries, "THROTTLING")).toHaveLength(3);
});
