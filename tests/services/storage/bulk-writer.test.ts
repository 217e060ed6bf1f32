import { createContext } from "../../../services/context.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import type { DataContext, DataLayerOptions } from "../../../services/storage/context.ts";
import { UnprocessedError } from "../../../services/storage/errors.ts";
import { openTestTable, type TestTable } from "../../engine.ts";
import { interceptedClient, type SentCommand } from "../../instruments.ts";

interface Input {
  readonly id: string;
  readonly text: string;
}

let db: TestTable;
beforeEach(async () => {
  db = await openTestTable();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await db.drop();
});

const inputs = (size: number, text = "first"): Input[] =>
  Array.from({ length: size }, (_, number) => ({ id: `id-${String(number).padStart(4, "0")}`, text }));

const itemOf = ({ id, text }: Input) => ({ pk: id, sk: "input", text });

const context = (options: DataLayerOptions = {}): DataContext =>
  createContext({ client: db.client, table: db.table, ...options });

type Intercept = (command: SentCommand, next: () => Promise<unknown>) => Promise<unknown>;

/** A context whose client's batches are seen by `intercept` first. */
const contextWith = (intercept: Intercept, options: DataLayerOptions = {}): DataContext =>
  context({ client: interceptedClient(db.client, intercept), ...options });

interface PutRequest {
  readonly PutRequest: { readonly Item: { readonly pk: string } };
}

const putsOf = ({ input }: SentCommand): PutRequest[] =>
  (input.RequestItems as Record<string, PutRequest[]>)[db.table] ?? [];

const leaving = (puts: readonly PutRequest[]) => ({ UnprocessedItems: { [db.table]: puts } });

/** What the table holds, by id. */
const stored = async () => Object.fromEntries((await db.contents()).map(({ pk, text }) => [pk, text]));

const asStored = (written: readonly Input[]) => Object.fromEntries(written.map(({ id, text }) => [id, text]));

/** The back-off between tries waits no time. */
const withoutPauses = () => jest.spyOn(Math, "random").mockReturnValue(0);

it("writes any number of items in requests of 25", async () => {
  const sizes: number[] = [];
  const counting = contextWith((command, next) => {
    sizes.push(putsOf(command).length);
    return next();
  });

  const report = await bulkWrite(counting, inputs(60), itemOf);

  expect(report).toEqual({ written: 60, failed: [] });
  expect(sizes.sort((a, b) => b - a)).toEqual([25, 25, 10]);
  expect(await stored()).toEqual(asStored(inputs(60)));
});

it.each([
  [0, 0],
  [1, 1],
  [25, 1],
  [26, 2],
])("writes %d items with %d requests", async (size, requests) => {
  let sent = 0;
  const counting = contextWith((_, next) => {
    sent++;
    return next();
  });

  expect(await bulkWrite(counting, inputs(size), itemOf)).toEqual({ written: size, failed: [] });
  expect(sent).toBe(requests);
  expect(await stored()).toEqual(asStored(inputs(size)));
});

it("replaces what is stored", async () => {
  await bulkWrite(context(), inputs(30), itemOf);

  await bulkWrite(context(), inputs(30, "second"), itemOf);

  expect(await stored()).toEqual(asStored(inputs(30, "second")));
});

describe("of inputs with the same key", () => {
  it("keeps the last within a batch", async () => {
    const [input] = inputs(1) as [Input];

    const report = await bulkWrite(
      context(),
      ["a", "b", "c"].map((text) => ({ ...input, text })),
      itemOf,
    );

    expect(report.failed).toEqual([]);
    expect(await stored()).toEqual({ [input.id]: "c" });
  });

  it("keeps the last of ten imports in a row", async () => {
    const rounds = Array.from({ length: 10 }, (_, round) => inputs(30, `round ${round}`)).flat();

    const report = await bulkWrite(context(), rounds, itemOf);

    expect(report.failed).toEqual([]);
    expect(await stored()).toEqual(asStored(inputs(30, "round 9")));
  });

  it.each([
    ["next to each other", 0],
    ["a batch apart", 25],
  ])("keeps the last of two %s although DynamoDB leaves the first unprocessed for a while", async (_, apart) => {
    const [input, ...others] = inputs(1 + apart) as [Input, ...Input[]];
    const last = { ...input, text: "second" };
    // The longest pauses, so that the retry comes after everything that does not wait for it.
    jest.spyOn(Math, "random").mockReturnValue(0.999);
    let sent = 0;
    const throttled = contextWith(async (command, next) => (++sent === 1 ? leaving(putsOf(command)) : next()));

    const report = await bulkWrite(throttled, [input, ...others, last], itemOf);

    expect(report.failed).toEqual([]);
    expect(await stored()).toEqual(asStored([...others, last]));
  });
});

describe("what DynamoDB does not take", () => {
  it("is written in the end when it was left unprocessed for a while", async () => {
    withoutPauses();
    let sent = 0;
    const throttled = contextWith(async (command, next) => {
      sent++;
      return sent <= 3 ? leaving(putsOf(command)) : next();
    });

    const report = await bulkWrite(throttled, inputs(20), itemOf);

    expect(report).toEqual({ written: 20, failed: [] });
    expect(sent).toBe(4);
    expect(await stored()).toEqual(asStored(inputs(20)));
  });

  it("is retried alone, without what was taken", async () => {
    withoutPauses();
    const sizes: number[] = [];
    const throttled = contextWith(async (command, next) => {
      sizes.push(putsOf(command).length);
      await next();
      return sizes.length === 1 ? leaving(putsOf(command).slice(0, 3)) : {};
    });

    expect(await bulkWrite(throttled, inputs(20), itemOf)).toEqual({ written: 20, failed: [] });
    expect(sizes).toEqual([20, 3]);
  });

  it("is reported input by input when it is left unprocessed for good", async () => {
    withoutPauses();
    const unwanted = new Set(["id-0003", "id-0031"]);
    const throttled = contextWith(async (command) => {
      const left = putsOf(command).filter(({ PutRequest: { Item } }) => unwanted.has(Item.pk));
      const taken = putsOf(command).filter((put) => !left.includes(put));
      await bulkWrite(context(), taken, ({ PutRequest: { Item } }) => Item);
      return leaving(left);
    });

    const { written, failed } = await bulkWrite(throttled, inputs(60), itemOf);

    expect(written).toBe(58);
    expect(failed.map(({ input }) => input.id).sort()).toEqual([...unwanted]);
    expect(Object.keys(await stored())).toHaveLength(58);
    for (const { cause } of failed) expect(cause).toBeInstanceOf(UnprocessedError);
  });

  it("does not keep a failed batch's neighbours from being written", async () => {
    const throttling = new Error("ProvisionedThroughputExceededException");
    const failing = contextWith(async (command, next) => {
      if (putsOf(command).some(({ PutRequest: { Item } }) => Item.pk === "id-0030")) throw throttling;
      return next();
    });

    const { written, failed } = await bulkWrite(failing, inputs(110), itemOf);

    const lost = inputs(110).slice(25, 50);
    expect(written).toBe(85);
    expect(failed).toEqual(lost.map((input) => ({ input, cause: throttling })));
    expect(await stored()).toEqual(asStored(inputs(110).filter(({ id }) => !lost.some((input) => input.id === id))));
  });

  it("is reported too when the engine itself refuses it", async () => {
    const refused = { id: "", text: "an empty key" };

    const { written, failed } = await bulkWrite(context(), [...inputs(25), refused, ...inputs(0)], itemOf);

    expect(written).toBe(25);
    expect(failed).toEqual([{ input: refused, cause: expect.objectContaining({ name: "ValidationException" }) }]);
  });

  it("is everything once the data layer's signal is aborted", async () => {
    const stop = new AbortController();
    stop.abort();

    const { written, failed } = await bulkWrite(context({ signal: stop.signal }), inputs(30), itemOf);

    expect(written).toBe(0);
    expect(failed.map(({ input }) => input)).toEqual(inputs(30));
    expect(await stored()).toEqual({});
  });
});

describe("a stream of inputs", () => {
  it.each([
    [undefined, 4],
    [1, 1],
    [2, 2],
    [8, 8],
  ])(
    "with a concurrency of %p has at most %d requests in flight, and reads no further ahead",
    async (concurrency, most) => {
      let pulled = 0;
      let taken = 0;
      let inFlight = 0;
      let highest = 0;
      let furthest = 0;
      async function* stream() {
        for (const input of inputs(500)) {
          pulled++;
          furthest = Math.max(furthest, pulled - taken);
          yield input;
        }
      }
      const counting = contextWith(async (command, next) => {
        inFlight++;
        highest = Math.max(highest, inFlight);
        const output = await next();
        inFlight--;
        taken += putsOf(command).length;
        return output;
      });

      const report = await bulkWrite(counting, stream(), itemOf, concurrency === undefined ? {} : { concurrency });

      expect(report).toEqual({ written: 500, failed: [] });
      expect(highest).toBe(most);
      // The batches in flight, the next batch, and the input that showed it to be full.
      expect(furthest).toBeLessThanOrEqual(25 * (most + 1) + 1);
      expect(Object.keys(await stored())).toHaveLength(500);
    },
  );

  it("tells its progress after each request, up to the total", async () => {
    const told: number[] = [];

    const { written } = await bulkWrite(context(), inputs(110), itemOf, { onProgress: (now) => told.push(now) });

    expect(told).toHaveLength(5);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(written);
    expect(written).toBe(110);
  });

  it("does not count as progress what failed", async () => {
    const told: number[] = [];
    const failing = contextWith(async () => {
      throw new Error("no network");
    });

    await bulkWrite(failing, inputs(50), itemOf, { onProgress: (now) => told.push(now) });

    expect(told).toEqual([0, 0]);
  });
});

describe("an error of the caller's own", () => {
  /** Runs a write that fails, with slow requests, and tells how many were still in flight when it said so. */
  async function inFlightAfter(write: (slow: DataContext) => Promise<unknown>): Promise<number> {
    let inFlight = 0;
    const slow = contextWith(async (_, next) => {
      inFlight++;
      try {
        return await next();
      } finally {
        inFlight--;
      }
    });
    await write(slow).catch(() => undefined);
    const left = inFlight;
    // Lets the rest end before the table is dropped.
    while (inFlight > 0) await new Promise(setImmediate);
    return left;
  }

  const broken = new Error("the file ends here");

  async function* breaking() {
    yield* inputs(60);
    throw broken;
  }

  const refusing = (input: Input) => {
    if (input.id === "id-0059") throw broken;
    return itemOf(input);
  };

  const throwing = {
    onProgress: () => {
      throw broken;
    },
  };

  it("reaches the caller from the stream, the mapping and the progress", async () => {
    await expect(bulkWrite(context(), breaking(), itemOf)).rejects.toBe(broken);
    await expect(bulkWrite(context(), inputs(60), refusing)).rejects.toBe(broken);
    await expect(bulkWrite(context(), inputs(60), itemOf, throwing)).rejects.toBe(broken);
  });

  it("in the progress is caught by the caller alone, even while the stream makes the writer wait", async () => {
    // Jest fails a test that leaves a rejection unhandled; Node would end the process.
    let told = 0;
    async function* pausing() {
      yield* inputs(26);
      // The first request ends here, and then the event loop turns.
      for (let turn = 0; told === 0 || turn < 5; turn++) await new Promise(setImmediate);
      yield* inputs(60).slice(26);
    }
    const onProgress = () => {
      told++;
      throw broken;
    };

    await expect(bulkWrite(context(), pausing(), itemOf, { onProgress })).rejects.toBe(broken);
  });

  it.each<[string, (slow: DataContext) => Promise<unknown>]>([
    ["the stream", (slow) => bulkWrite(slow, breaking(), itemOf)],
    ["the mapping", (slow) => bulkWrite(slow, inputs(60), refusing)],
    ["the progress", (slow) => bulkWrite(slow, inputs(60), itemOf, throwing)],
  ])("in %s leaves no request in flight behind it", async (_, write) => {
    expect(await inFlightAfter(write)).toBe(0);
  });
});
