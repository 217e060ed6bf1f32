import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { FallbackEvent } from "../../../../services/storage/wire/direct-path.ts";
import { directPathOf } from "../../../../services/storage/wire/direct-path.ts";
import { COMMANDS } from "../../../../services/storage/wire/document-commands.ts";
import { aTicket } from "../../../builders.ts";
import { openTestTable, type TestTable } from "../../../engine.ts";
import { clientOf } from "../../../faults/patient-layer.ts";
import { CASES, clientAnswering, KEY, ok, send, textOf, WIRE } from "./stub-client.ts";

interface Message {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}
interface Call {
  readonly input: Record<string, unknown>;
  readonly request: Message;
}
interface Answer {
  readonly response: Message;
}
type Handler = (call: Call) => Promise<Answer>;
type Middleware = (next: Handler, context: object) => Handler;
interface Place {
  readonly name?: string;
  readonly toMiddleware?: string;
  readonly relation?: string;
  readonly step?: string;
  readonly priority?: string;
  readonly tags?: readonly string[];
  readonly middleware?: Middleware;
}
interface Applicable {
  applyToStack(stack: Stack): void;
}
interface Stack extends Applicable {
  add(middleware: Middleware, place: Place): void;
  addRelativeTo(middleware: Middleware, place: Place): void;
  remove(name: string): boolean;
  removeByTag(tag: string): boolean;
  use(plugin: Applicable): void;
  concat(from: Applicable): Stack;
}
type Change = (middleware: Middleware, place: Place) => [Middleware, Place];

const stackOf = (client: DynamoDBClient) => client.middlewareStack as unknown as Stack;

/** Each request finds its middleware changed, as another release of the SDK may have it. */
function changingMiddleware(stack: Stack, change: Change): Stack {
  stack.concat = (from) => {
    const whole = new GetItemCommand({
      Key: undefined,
      TableName: undefined,
    }).middlewareStack.clone() as unknown as Stack;
    const { add, addRelativeTo } = whole;
    const changing = {
      ...whole,
      add: (middleware: Middleware, place: Place) => add(...change(middleware, place)),
      addRelativeTo: (middleware: Middleware, place: Place) => addRelativeTo(...change(middleware, place)),
    };
    for (const part of [stack, from]) part.applyToStack(changing);
    return changingMiddleware(whole, change);
  };
  return stack;
}

const OURS = ["writeDirectly", "keepRequest", "readDirectly", "keepAnswer"];

/** A new name, which the SDK itself and lib-dynamodb know. */
const renamed = (old: string) => (client: DynamoDBClient) => {
  changingMiddleware(stackOf(client), (middleware, place) => {
    if (place.name === old) return [middleware, { ...place, name: "newName" }];
    const beside = place.toMiddleware === old && !OURS.includes(place.name ?? "");
    return [middleware, beside ? { ...place, toMiddleware: "newName" } : place];
  });
};

const wrapped = (name: string, wrap: (middleware: Middleware) => Middleware) => (client: DynamoDBClient) => {
  const results = new Set<Middleware>();
  changingMiddleware(stackOf(client), (middleware, place) => {
    if (place.name !== name || results.has(middleware)) return [middleware, place];
    const result = wrap(middleware);
    results.add(result);
    // A stack that is copied names its middleware in the place too.
    return [result, { ...place, middleware: result }];
  });
};

const named = (name?: string) => (client: DynamoDBClient) => {
  const { config } = client as unknown as { config: { protocol?: object } };
  // The oldest SDKs give a client no protocol.
  const getShapeId = name === undefined ? undefined : () => name;
  config.protocol = Object.assign(Object.create(config.protocol ?? null), { getShapeId });
};

const otherContent = wrapped(
  "serializerMiddleware",
  (serializer) => (next, context) =>
    serializer((call) => {
      call.request.headers["content-type"] = "application/json";
      return next(call);
    }, context),
);

/** Changes each answer before the SDK's deserializer gets it. */
const answering = (client: DynamoDBClient, change: (response: Message) => Promise<Partial<Message>>) =>
  stackOf(client).add(
    (next) => async (call) => {
      const answer = await next(call);
      Object.assign(answer.response, await change(answer.response));
      return answer;
    },
    { name: "changeAnswer", step: "deserialize", priority: "low" },
  );

const created = (client: DynamoDBClient) => answering(client, async () => ({ statusCode: 201 }));

async function bytesOf(body: unknown): Promise<Buffer> {
  if (ArrayBuffer.isView(body)) return Buffer.from(body as Uint8Array);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers are in a format that only the SDK's deserializer reads. */
const encoded = (client: DynamoDBClient) => {
  answering(client, async ({ body }) => ({ body: Buffer.from((await bytesOf(body)).toString("base64")) }));
  wrapped(
    "deserializerMiddleware",
    (deserializer) => (next, context) =>
      deserializer(async (call) => {
        const answer = await next(call);
        const text = (await bytesOf(answer.response.body)).toString();
        return { ...answer, response: { ...answer.response, body: Buffer.from(text, "base64") } };
      }, context),
  )(client);
};

const UNEXPECTED: Readonly<Record<string, [FallbackEvent["reason"], (client: DynamoDBClient) => void]>> = {
  "serializerMiddleware has another name": ["middleware", renamed("serializerMiddleware")],
  "deserializerMiddleware has another name": ["middleware", renamed("deserializerMiddleware")],
  "the protocol does not tell its name": ["protocol", named()],
  "the protocol is not JSON": ["protocol", named("smithy.protocols#rpcv2Cbor")],
  "the serializer makes another request": ["request", otherContent],
  "the status is another 2xx than 200": ["answer", created],
  "the body is not JSON": ["answer", encoded],
};

const operations = Object.entries(CASES).map(([operation, [, parameters, answer]]) => {
  const Direct = COMMANDS[operation as keyof typeof COMMANDS];
  const input = { ...("RequestItems" in parameters ? {} : { TableName: "t" }), ...parameters } as never;
  return { command: () => new Direct(input), answer };
});
const get = (pk = "a") => new COMMANDS.GetItem({ TableName: "t", Key: { pk, sk: "b" } });

/** What a client sends and gives, each operation twice. */
async function sentAndGiven(prepare: (client: DynamoDBClient) => void, listener?: (event: FallbackEvent) => void) {
  const { client, requests } = clientAnswering(operations.flatMap(({ answer }) => [ok(answer), ok(answer)]));
  prepare(client);
  directPathOf(client.middlewareStack).listener = listener;
  const given: object[] = [];
  for (const { command } of operations) {
    for (let time = 0; time < 2; time++) {
      const { $metadata, ...output } = await send(client, command());
      given.push(output);
    }
  }
  return { given, sent: requests.map(({ body }) => JSON.parse(textOf(body))) };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe.each(Object.entries(UNEXPECTED))("when %s", (_, [reason, prepare]) => {
  it("every operation sends once what it should, gives the right values, and this is told once", async () => {
    const told: FallbackEvent[] = [];

    const unexpected = await sentAndGiven(prepare, (event) => told.push(event));

    expect(unexpected).toEqual(await sentAndGiven(() => {}));
    expect(told).toEqual([{ reason, detail: expect.any(String) }]);
  });

  it("requests at once are answered too, and this is told once", async () => {
    const { client, requests } = clientAnswering([ok({ Item: WIRE })]);
    const told: FallbackEvent[] = [];
    prepare(client);
    directPathOf(client.middlewareStack).listener = (event) => told.push(event);

    const answers = await Promise.all(["a", "b", "c"].map((pk) => send(client, get(pk))));

    expect(answers.map(({ Item }) => Item)).toEqual(Array(3).fill({ pk: "a", sk: "b", band: 7.5 }));
    expect(requests.map(({ body }) => JSON.parse(textOf(body)).Key.pk.S).sort()).toEqual(["a", "b", "c"]);
    expect(told).toHaveLength(1);
  });

  it("a client with cacheMiddleware gives each request its own answer", async () => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation();
    const { client, requests } = clientAnswering([ok({})], { cacheMiddleware: true });
    prepare(client);

    for (const pk of ["a", "b", "c"]) await send(client, get(pk));

    expect(requests.map(({ body }) => JSON.parse(textOf(body)).Key.pk.S)).toEqual(["a", "b", "c"]);
    expect(emitWarning).toHaveBeenCalledTimes(1);
  });
});

describe("a data layer", () => {
  let db: TestTable;
  beforeAll(async () => {
    db = await openTestTable();
  });
  afterAll(() => db.drop());
  beforeEach(() => db.reset());

  it.each(Object.entries(UNEXPECTED))("works when %s", async (_, [reason, prepare]) => {
    const client = await clientOf(db, {});
    prepare(client);
    const told: FallbackEvent[] = [];
    const { support, entities } = db.layerWith({ client, onFallback: (event) => told.push(event) });

    const opened = await support.open(aTicket({ user_email: "ada@example.com" }));
    const second = await support.open(aTicket({ user_email: "ada@example.com" }));

    expect(await db.contents()).toHaveLength(2);
    expect(await support.get(opened.ticket_id)).toEqual(opened);
    const { items } = await support.listByUser("ada@example.com");
    expect(items.map(({ ticket_id }) => ticket_id).sort()).toEqual([opened.ticket_id, second.ticket_id].sort());
    const { ticket_id, created_at } = opened;
    const { data } = await entities.ticket.get({ ticket_id, created_at }).go();
    expect(data).toMatchObject({ ticket_id, subject: opened.subject });
    expect(told.map((event) => event.reason)).toEqual([reason]);
    client.destroy();
  });

  it("says nothing when all is as expected", async () => {
    const onFallback = jest.fn();
    const layer = db.layerWith({ onFallback });

    await layer.support.open(aTicket());

    expect(onFallback).not.toHaveBeenCalled();
  });
});

it("warns the process once without a listener", async () => {
  const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation();

  await sentAndGiven(renamed("serializerMiddleware"));

  expect(emitWarning.mock.calls).toEqual([
    [expect.stringContaining("serializerMiddleware"), expect.objectContaining({ code: "DATA_LAYER_FALLBACK" })],
  ]);
});

it("tells nothing of values", async () => {
  const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation();
  for (const [, prepare] of Object.values(UNEXPECTED)) {
    const { client } = clientAnswering([ok({ Item: { ...WIRE, pk: { S: "secret" } } })]);
    prepare(client);
    await send(client, get("secret"));
  }

  expect(emitWarning).toHaveBeenCalledTimes(Object.keys(UNEXPECTED).length);
  expect(JSON.stringify(emitWarning.mock.calls)).not.toContain("secret");
});

describe("is the direct path still, after", () => {
  const failing = async (client: DynamoDBClient, command: object) => {
    const listener = jest.fn();
    directPathOf(client.middlewareStack).listener = listener;
    const failure = await (async () => send(client, command))().catch((error: unknown) => error);
    expect(listener).not.toHaveBeenCalled();
    return failure;
  };

  it("an answer that the SDK cannot read either, and a write is not sent again", async () => {
    const { client, requests } = clientAnswering([ok({})]);
    answering(client, async () => ({ body: Buffer.from("<html>") }));

    const failure = await failing(client, new COMMANDS.PutItem({ TableName: "t", Item: KEY }));

    expect(failure).toMatchObject({ name: "SyntaxError" });
    expect(requests).toHaveLength(1);
  });

  it("a stored number that JavaScript cannot hold", async () => {
    const { client } = clientAnswering([ok({ Item: { n: { N: "9007199254740993.5" } } })]);

    expect(await client.send(get())).toMatchObject({ Item: { n: 9007199254740994 } });
  });

  it("middleware of the caller's that has no place", async () => {
    const { client } = clientAnswering([ok({})]);
    stackOf(client).addRelativeTo((next) => next, { name: "lost", relation: "before", toMiddleware: "nowhere" });

    expect(await failing(client, get())).toMatchObject({ message: expect.stringContaining("nowhere") });
  });
});

describe("middleware after the first request", () => {
  /** Middleware that counts the requests which go through it. */
  function counter(): { middleware: Middleware; seen: string[] } {
    const seen: string[] = [];
    const middleware: Middleware = (next) => (call) => {
      seen.push((call.input.Key as { pk: string }).pk);
      return next(call);
    };
    return { middleware, seen };
  }
  const PLACE = { name: "counter", step: "initialize", tags: ["COUNTER"] };

  async function used(config = {}) {
    const { client } = clientAnswering([ok({})], config);
    await send(client, get("first"));
    return { client, stack: stackOf(client), ...counter() };
  }

  it.each([{}, { cacheMiddleware: true }])(
    "counts once it is added, and no longer once it is removed (%j)",
    async (config) => {
      const { client, stack, middleware, seen } = await used(config);

      stack.add(middleware, PLACE);
      for (const pk of ["added", "again"]) await send(client, get(pk));
      stack.remove("counter");
      await send(client, get("removed"));

      expect(seen).toEqual(["added", "again"]);
    },
  );

  it("counts once a plugin is used, and no longer once its tag is removed", async () => {
    const { client, stack, middleware, seen } = await used();

    stack.use({ applyToStack: (given) => given.add(middleware, PLACE) });
    await send(client, get("used"));
    stack.removeByTag("COUNTER");
    await send(client, get("removed"));

    expect(seen).toEqual(["used"]);
  });

  it("counts once it is added beside other middleware", async () => {
    const { client, stack, middleware, seen } = await used();

    stack.addRelativeTo(middleware, { name: "counter", relation: "before", toMiddleware: "serializerMiddleware" });
    await send(client, get("beside"));

    expect(seen).toEqual(["beside"]);
  });

  it("that was there before counts until it is removed", async () => {
    const { client } = clientAnswering([ok({})]);
    const { middleware, seen } = counter();
    stackOf(client).add(middleware, PLACE);

    await send(client, get("first"));
    stackOf(client).remove("counter");
    await send(client, get("removed"));

    expect(seen).toEqual(["first"]);
  });

  it("counts for each of the operations, and for the SDK's own commands after a fallback", async () => {
    jest.spyOn(process, "emitWarning").mockImplementation();
    for (const prepare of [() => {}, renamed("serializerMiddleware")]) {
      const { client } = clientAnswering([ok({})]);
      prepare(client);
      const names: string[] = [];
      for (const { command } of operations) await send(client, command());
      stackOf(client).add(
        (next, context) => (call) => {
          names.push((context as { commandName: string }).commandName);
          return next(call);
        },
        PLACE,
      );
      for (const { command } of operations) await send(client, command());

      expect(names).toEqual(Object.keys(CASES).map((operation) => `${operation}Command`));
    }
  });

  it("counts on a client whose stack lets nothing be replaced", async () => {
    const { client } = clientAnswering([ok({})]);
    const { middleware, seen } = counter();
    Object.freeze(client.middlewareStack);

    await send(client, get("first"));
    stackOf(client).add(middleware, PLACE);
    await send(client, get("added"));

    expect(seen).toEqual(["added"]);
  });
});
