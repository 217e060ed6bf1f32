import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createTableInput } from "../../entities/table.ts";
import { createContext, systemClock } from "../../services/context.ts";
import { createDataLayer, type DataLayer, dataLayerFromEnv } from "../../services/data-layer.ts";
import { Sessions } from "../../services/sessions.ts";
import { ConfigurationError } from "../../services/storage/errors.ts";
import { Support } from "../../services/support.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../testing/local-database.ts";
import { aDiagnosis, aRegistration, aTicket, MARIA } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";

const ENTITIES = Object.keys(MODELS) as EntityName[];

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());
afterEach(() => {
  jest.restoreAllMocks();
});

/** How often each model is bound from now on. */
function countBindings(): () => Partial<Record<EntityName, number>> {
  const spies = ENTITIES.map((name) => [name, jest.spyOn(MODELS[name], "bind")] as const);
  return () =>
    Object.fromEntries(
      spies.flatMap(([name, spy]) => (spy.mock.calls.length === 0 ? [] : [[name, spy.mock.calls.length]])),
    );
}

describe("createDataLayer", () => {
  it("binds no entity before one is used", () => {
    const bound = countBindings();

    db.layerWith({});

    expect(bound()).toEqual({});
  });

  it("binds what a service uses, and nothing of the others", async () => {
    const bound = countBindings();

    await db.layerWith({}).devops.recordDiagnosis(aDiagnosis());

    expect(bound()).toEqual({ devops_action: 1 });
  });

  it("binds each entity once, whichever services use it", async () => {
    const bound = countBindings();
    const layer = db.layerWith({});

    const ticket = await layer.support.open(aTicket());
    await layer.devops.recordDiagnosis(aDiagnosis({ ticket }));
    await layer.support.thread(ticket.ticket_id);
    await layer.accounts.register(aRegistration({ email: "once@example.com" }));
    await layer.accounts.overview("once@example.com");
    await layer.accounts.export("once@example.com");
    for (const name of ENTITIES) expect(layer.entities[name]).toBe(layer.entities[name]);

    expect(bound()).toEqual(Object.fromEntries(ENTITIES.map((name) => [name, 1])));
  });

  it("gives one instance of each service and entity", () => {
    const layer = db.layerWith({});

    expect(layer.support).toBe(layer.support);
    expect(layer.entities.ticket).toBe(layer.context.entity(MODELS.ticket));
  });

  it("lists its services and entities without building them", () => {
    const bound = countBindings();
    const layer = db.layerWith({});

    expect(Object.keys(layer).sort()).toEqual(
      [
        "accounts",
        "assessments",
        "context",
        "devops",
        "collections",
        "entities",
        "moderation",
        "purchases",
        "qrLogin",
        "questions",
        "rubrics",
        "sessions",
        "support",
        "within",
      ].sort(),
    );
    expect(Object.keys(layer.entities).sort()).toEqual([...ENTITIES].sort());
    expect(bound()).toEqual({});
  });

  it("reads through its collections what its services wrote, grouped by entity and typed", async () => {
    const { support, devops, collections } = db.layerWith({});
    const { ticket_id, created_at, subject, category, user_email } = await support.open(aTicket());
    const { action_id, affected_service } = await devops.recordDiagnosis(aDiagnosis({ ticket: ticket_id }));

    const { data } = await collections.ticketThread({ ticket_id }).go();

    expect(data.ticket).toEqual([{ ticket_id, created_at, subject, category, user_email }]);
    expect(data.devops_action).toMatchObject([{ action_id, affected_service }]);
  });

  it("keeps each collection, also for one invocation", () => {
    const layer = db.layerWith({});

    expect(layer.within({ milliseconds: 1_000 }).collections.account).toBe(layer.collections.account);
  });

  it("reads through its entities what its services wrote", async () => {
    const layer = db.layerWith({});
    const ticket = await layer.support.open(aTicket());

    const { data } = await layer.entities.ticket.get(ticket).go();

    expect(data).toEqual(ticket);
  });

  it("keeps two data layers on two tables apart, on one client and at the same time", async () => {
    const table = `${db.table}-second`;
    await db.client.send(new CreateTableCommand(createTableInput(table)));
    const [here, there] = [db.layerWith({}), db.layerWith({ table })];
    const openIn = async (layer: DataLayer, ticket_id: string) =>
      layer.support.open(aTicket({ ticket_id, subject: ticket_id }));

    await Promise.all([
      openIn(here, "HERE-1"),
      openIn(there, "THERE-1"),
      openIn(here, "HERE-2"),
      openIn(there, "THERE-2"),
    ]);

    expect(here.entities.ticket).not.toBe(there.entities.ticket);
    for (const [layer, mine, others] of [
      [here, "HERE", "THERE"],
      [there, "THERE", "HERE"],
    ] as const) {
      const { items } = await layer.support.listByUser(MARIA, { limit: 100 });
      const subjects = items.map(({ subject }) => subject);
      expect(subjects).toEqual(expect.arrayContaining([`${mine}-1`, `${mine}-2`]));
      expect(subjects).not.toContain(`${others}-1`);
      expect(await layer.support.find(`${others}-2`)).toBeUndefined();
      expect(await layer.support.find(`${mine}-2`)).toMatchObject({ subject: `${mine}-2` });
    }
  });

  it("takes the time from its own clock", async () => {
    const [early, late] = [db.layerWith({ clock: () => NOW }), db.layerWith({ clock: () => NOW + 500 })];

    const tickets = [await early.support.open(aTicket()), await late.support.open(aTicket())];

    expect(tickets.map(({ created_at }) => created_at)).toEqual([NOW, NOW + 500]);
  });

  it("has defaults for all it needs", async () => {
    const layer = createDataLayer();

    expect(layer.context.table).toBe(DEFAULT_TABLE_NAME);
    expect(layer.context.clock).toBe(systemClock);
    expect(Math.abs(layer.context.clock() - Date.now() / 1000)).toBeLessThan(2);
    expect(Number.isInteger(layer.context.clock())).toBe(true);
    expect(await layer.context.client.config.maxAttempts()).toBe(4);
    layer.context.client.destroy();
  });

  it.each(["cursorsecret", "tables", "constructor"])("refuses %s, which is no option", (name) => {
    const options = { client: db.client, table: db.table, [name]: "x" };

    for (const make of [createDataLayer, createContext]) {
      expect(() => make(options)).toThrow(
        expect.objectContaining({ code: "validation", entity: "options", attribute: name }),
      );
    }
  });

  it.each([
    ["cursorSecret", ""],
    ["cursorSecret", "fifteen letters"],
    ["cursorSecret", 1_234_567_890_123_456],
    ["erasureSecret", ""],
    ["erasureSecret", "31 characters are one too few.."],
    ["erasureSecret", 1_234_567_890_123_456],
    ["table", ""],
    ["table", undefined],
  ])("refuses %s %p", (name, value) => {
    const options = { client: db.client, table: db.table, [name]: value };

    for (const make of [createDataLayer, createContext]) {
      expect(() => make(options)).toThrow(
        expect.objectContaining({ code: "validation", entity: "options", attribute: name }),
      );
    }
  });

  it("is not needed for a service: each one works alone", async () => {
    const bound = countBindings();
    const { client, table, erasureSecret } = db;
    const context = createContext({ client, table, erasureSecret });

    await db.layer.accounts.register(aRegistration({ email: "alone@example.com" }));
    const session = await new Sessions(context).start({ user_email: "alone@example.com" });
    const ticket = await new Support(context).open(aTicket());

    expect(await db.layer.sessions.authenticate(session.session_id)).toMatchObject({ user_email: "alone@example.com" });
    expect(await db.layer.support.get(ticket.ticket_id)).toEqual(ticket);
    for (const name of ["assessment", "question", "rubric", "entitlement", "safety_log", "content_report"]) {
      expect(bound()).not.toHaveProperty(name);
    }
  });
});

describe("within", () => {
  it("shares client, table, clock and entities with its data layer", async () => {
    const layer = db.layerWith({ clock: () => NOW + 60 });
    const ticket = await layer.support.open(aTicket());

    const limited = layer.within({ milliseconds: 60_000 });

    expect(await limited.support.get(ticket.ticket_id)).toEqual(ticket);
    expect((await limited.support.open(aTicket())).created_at).toBe(NOW + 60);
    expect(limited.entities.ticket).toBe(layer.entities.ticket);
    expect(limited.context.client).toBe(layer.context.client);
  });

  it("leaves its data layer unlimited", async () => {
    const layer = db.layerWith({});
    const limited = layer.within({ signal: AbortSignal.abort() });

    await expect(limited.support.open(aTicket())).rejects.toMatchObject({ name: "AbortError" });
    await expect(layer.support.open(aTicket())).resolves.toMatchObject({ status: "new" });
  });
});

describe("within a number of milliseconds", () => {
  it.each([0, -1, -250.5, Number.NEGATIVE_INFINITY])("aborts at once when %p are left", async (milliseconds) => {
    const late = db.layerWith({}).within({ milliseconds });

    const failure = late.support.open(aTicket());

    await expect(failure).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each([60_000.5, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    "works when %p are left",
    async (milliseconds) => {
      const { support } = db.layerWith({}).within({ milliseconds });

      await expect(support.open(aTicket())).resolves.toMatchObject({ status: "new" });
    },
  );

  it.each([Number.NaN, "1000", null])("refuses %p", (milliseconds) => {
    expect(() => db.layerWith({}).within({ milliseconds: milliseconds as number })).toThrow(
      expect.objectContaining({ code: "validation", attribute: "milliseconds" }),
    );
  });
});

describe("within a limit that there is not", () => {
  it.each([{ miliseconds: 10 }, { timeout: 10, milliseconds: 10 }])("refuses %p", (limits) => {
    expect(() => db.layerWith({}).within(limits)).toThrow(
      expect.objectContaining({ code: "validation", entity: "within", attribute: Object.keys(limits)[0] }),
    );
  });
});

describe("dataLayerFromEnv", () => {
  const GOOD = { TABLE_NAME: "ielts-genai-prep", AWS_REGION: "eu-west-1" } as const;

  it.each([
    ["TABLE_NAME", "missing", { TABLE_NAME: undefined }],
    ["TABLE_NAME", "empty", { TABLE_NAME: "" }],
    ["TABLE_NAME", "too short", { TABLE_NAME: "ab" }],
    ["TABLE_NAME", "too long", { TABLE_NAME: "t".repeat(256) }],
    ["TABLE_NAME", "a name with a blank", { TABLE_NAME: "my table" }],
    ["TABLE_NAME", "a name with a line break", { TABLE_NAME: "my-table\n" }],
    ["AWS_REGION", "missing", { AWS_REGION: undefined }],
    ["AWS_REGION", "empty", { AWS_REGION: "" }],
    ["AWS_REGION", "no region", { AWS_REGION: "Ireland" }],
    ["AWS_REGION", "an availability zone", { AWS_REGION: "eu-west-1a" }],
    ["DYNAMODB_ENDPOINT", "empty", { DYNAMODB_ENDPOINT: "" }],
    ["DYNAMODB_ENDPOINT", "no URL", { DYNAMODB_ENDPOINT: "127.0.0.1:8000" }],
    ["DYNAMODB_ENDPOINT", "a host and a port without http://", { DYNAMODB_ENDPOINT: "localhost:8000" }],
    ["DYNAMODB_ENDPOINT", "a URL of another protocol", { DYNAMODB_ENDPOINT: "ftp://localhost:8000" }],
    ["DYNAMODB_ENDPOINT", "http to another machine", { DYNAMODB_ENDPOINT: "http://dynamodb.eu-west-1.amazonaws.com" }],
    [
      "DYNAMODB_ENDPOINT",
      "http to a name that begins as loopback",
      { DYNAMODB_ENDPOINT: "http://127.0.0.1.example.com" },
    ],
    ["DYNAMODB_ENDPOINT", "http to any address", { DYNAMODB_ENDPOINT: "http://0.0.0.0:8000" }],
    ["CURSOR_SECRET", "empty", { CURSOR_SECRET: "" }],
    ["CURSOR_SECRET", "too short", { CURSOR_SECRET: "fifteen letters" }],
  ])("names %s when it is %s", (variable, _, difference) => {
    const build = () => dataLayerFromEnv({ ...GOOD, ...difference });

    expect(build).toThrow(ConfigurationError);
    expect(build).toThrow(expect.objectContaining({ code: "configuration", variable }));
    expect(build).toThrow(new RegExp(variable));
  });

  it.each(["http://localhost:8000", "http://127.1:8000", "http://[::1]:8000", "https://dynamodb.example.com"])(
    "takes the endpoint %s",
    (DYNAMODB_ENDPOINT) => {
      const { context } = dataLayerFromEnv({ ...GOOD, DYNAMODB_ENDPOINT });

      expect(context.table).toBe(GOOD.TABLE_NAME);
      context.client.destroy();
    },
  );

  it.each(["CURSOR_SECRET", "ERASURE_SECRET"])("does not show a %s that it refuses", (variable) => {
    const build = () => dataLayerFromEnv({ ...GOOD, [variable]: "hunter2" });

    expect(build).toThrow(new RegExp(`^(?!.*hunter2).*${variable}`));
  });

  it.each(["us-east-1", "ap-southeast-2", "us-gov-west-1", "me-central-1", "eusc-de-east-1", "local"])(
    "takes the region %s",
    async (AWS_REGION) => {
      const { context } = dataLayerFromEnv({ ...GOOD, AWS_REGION });

      expect(await context.client.config.region()).toBe(AWS_REGION);
      context.client.destroy();
    },
  );

  it("takes the region of the command line's variable where Lambda's is missing", async () => {
    const { context } = dataLayerFromEnv({ TABLE_NAME: "ielts-genai-prep", AWS_DEFAULT_REGION: "eu-central-1" });

    expect(await context.client.config.region()).toBe("eu-central-1");
    context.client.destroy();
  });

  it("makes a data layer that works on the table and the endpoint that the environment names", async () => {
    const endpoint = await db.client.config.endpoint?.();
    const credentials = { AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: "local" };
    const before = { ...process.env };
    Object.assign(process.env, credentials, {
      TABLE_NAME: db.table,
      AWS_REGION: LOCAL_REGION,
      DYNAMODB_ENDPOINT: `http://${endpoint?.hostname}:${endpoint?.port}`,
      CURSOR_SECRET: "a secret of sixteen",
      ERASURE_SECRET: db.erasureSecret,
    });
    const layer = dataLayerFromEnv(undefined, { clock: () => NOW + 9 });
    try {
      const opened = await layer.support.open(aTicket({ user_email: "env@example.com" }));
      await layer.support.open(aTicket({ user_email: "env@example.com" }));
      const { cursor } = await layer.support.listByUser("env@example.com", { limit: 1 });
      const sameSecret = db.layerWith({ cursorSecret: "a secret of sixteen" });

      expect(opened.created_at).toBe(NOW + 9);
      expect(await db.layer.support.get(opened.ticket_id)).toEqual(opened);
      expect((await sameSecret.support.listByUser("env@example.com", { cursor })).items).toHaveLength(1);
    } finally {
      layer.context.client.destroy();
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });
});
