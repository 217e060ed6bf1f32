import { createClient } from "../../services/client.ts";
import { createDataLayer, type DataLayer } from "../../services/data-layer.ts";
import { statusCodeOf } from "../../services/http-status.ts";
import { answer, type LoopbackServer, startLoopback } from "../loopback-server.ts";

const servers: LoopbackServer[] = [];
const clients: { destroy(): void }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serverThat(...handle: Parameters<typeof startLoopback>): Promise<LoopbackServer> {
  const server = await startLoopback(...handle);
  servers.push(server);
  return server;
}

function layerOn(server: LoopbackServer, settings: Parameters<typeof createClient>[0] = {}): DataLayer {
  const client = createClient({ ...server.config, ...settings });
  clients.push(client);
  return createDataLayer({ client });
}

const found = (ticket: number) => ({
  Items: [{ pk: { S: `ticket#TKT-${ticket}` }, sk: { S: "1" }, __edb_e__: { S: "ticket" }, __edb_v__: { S: "1" } }],
});
const THROTTLED = { __type: "com.amazon.coral.availability#ThrottlingException", message: "Rate exceeded" };
const find = (layer: DataLayer, number: number) => layer.support.find(`TKT-${number}`);
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

describe("a burst of calls", () => {
  it("completes, though most wait longer for a socket than a connection or an answer may take", async () => {
    const server = await serverThat((response) => setTimeout(() => answer(response, 200, found(1)), 10));
    const layer = layerOn(server, {
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 500, requestTimeout: 500, httpAgent: { maxSockets: 4 } },
    });

    const answers = await Promise.all(numbers(300).map((number) => find(layer, number)));

    expect(answers).toHaveLength(300);
    expect(server).toMatchObject({ requests: 300, most: 4, sockets: 4 });
  });

  it("gives up at once on a call that is aborted while it waits, and does not send it", async () => {
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      release = resolve;
    });
    let end = () => {};
    const server = await serverThat((response) => {
      end = () => answer(response, 200, found(1));
      release();
    });
    const layer = layerOn(server, { requestHandler: { httpAgent: { maxSockets: 1 } } });
    const controller = new AbortController();
    const first = find(layer, 1);
    await arrived;

    const second = layer.within({ signal: controller.signal }).support.find("TKT-2");
    setImmediate(() => controller.abort());

    await expect(second).rejects.toMatchObject({ name: "AbortError" });
    end();
    await first;
    expect(server.requests).toBe(1);
  });

  it("goes on in the order of the calls when answers fail", async () => {
    const server = await serverThat((response, _, number) => {
      if (number % 3 === 0) response.destroy();
      else answer(response, 200, found(1));
    });
    const layer = layerOn(server, { maxAttempts: 1, requestHandler: { httpAgent: { maxSockets: 2 } } });
    const ended: number[] = [];

    const calls = numbers(30).map((number) => find(layer, number).finally(() => ended.push(number)));
    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(10);
    expect(server.requests).toBe(30);
    expect(server.most).toBeLessThanOrEqual(2);
    for (const [place, number] of ended.entries()) expect(Math.abs(place - number)).toBeLessThanOrEqual(2);
  });
});

describe("a throttled call", () => {
  const throttling = (times: number) =>
    serverThat((response, _, number) =>
      number < times ? answer(response, 400, THROTTLED) : answer(response, 200, found(1)),
    );

  it("is tried again until DynamoDB takes it, as often as its client says", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);

    const three = await throttling(3);
    await expect(find(layerOn(three), 1)).resolves.toBeDefined();
    const four = await throttling(4);
    await expect(find(layerOn(four), 1)).rejects.toMatchObject({ name: "ThrottlingException" });
    const again = await throttling(4);
    await expect(find(layerOn(again, { maxAttempts: 5 }), 1)).resolves.toBeDefined();

    expect([three.requests, four.requests, again.requests]).toEqual([4, 4, 5]);
  });

  it("is tried again in a burst of which every call is throttled", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const server = await throttling(300);
    const layer = layerOn(server, { maxAttempts: 300 });

    const answers = await Promise.all(numbers(300).map((number) => find(layer, number)));

    expect(answers).toHaveLength(300);
    expect(server.requests).toBeGreaterThanOrEqual(600);
  });
});

describe("a connection", () => {
  const failureOf = (layer: DataLayer) =>
    find(layer, 1).then(
      () => undefined,
      (error: unknown) => error,
    );
  const BREAKS = {
    "before the answer": (response) => response.socket?.destroy(),
    "after the head of the answer": (response) => {
      response.writeHead(200, { "content-length": "100" }).flushHeaders();
      setImmediate(() => response.socket?.destroy());
    },
    "in the middle of the answer": (response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"Items":[');
      setImmediate(() => response.socket?.destroy());
    },
    "in the middle of an answer of unknown length": (response) => {
      response.writeHead(200).write('{"Items":[');
      setImmediate(() => response.socket?.destroy());
    },
  } satisfies Record<string, Parameters<typeof startLoopback>[0]>;

  it.each(Object.entries(BREAKS))("that breaks %s is 504, and tried again", async (_, handle) => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    const server = await serverThat(handle);

    const failure = await failureOf(layerOn(server));

    expect(failure).toMatchObject({ $metadata: { attempts: 4 } });
    expect(statusCodeOf(failure)).toBe(504);
    expect(server.requests).toBe(4);
  });

  it("that nobody takes is 504", async () => {
    const server = await startLoopback(() => undefined);
    await server.close();

    expect(statusCodeOf(await failureOf(layerOn(server, { maxAttempts: 1 })))).toBe(504);
  });

  it("on which no answer comes is 504", async () => {
    const server = await serverThat(() => undefined);
    const requestHandler = { requestTimeout: 20 };

    expect(statusCodeOf(await failureOf(layerOn(server, { maxAttempts: 1, requestHandler })))).toBe(504);
  });

  it("is 504 when the call is aborted, before it, under way, or between two tries", async () => {
    const late = await serverThat(() => undefined);
    const busy = await serverThat((response) => answer(response, 400, THROTTLED));
    const layers = [
      layerOn(late).within({ signal: AbortSignal.abort() }),
      layerOn(late).within({ milliseconds: -1 }),
      layerOn(late).within({ milliseconds: 20 }),
      layerOn(busy, { maxAttempts: 100 }).within({ milliseconds: 50 }),
    ];

    const failures = await Promise.all(layers.map(failureOf));

    expect(failures.map(statusCodeOf)).toEqual([504, 504, 504, 504]);
  });
});
