import type { AssessmentStart, DailyLimit } from "../../services/assessments.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { daysIn } from "../../services/guards/daily-limit.ts";
import { ConflictError, ValidationError } from "../../services/storage/errors.ts";
import { interruptedClient, LAGS } from "../../testing/index.ts";
import { aRegistration, aSpeakingResult, CHEN, MARIA } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { atOnce, failureOf, times } from "../faults/outcomes.ts";
import { LONG } from "../faults/seeded-random.ts";
import fc from "../generated.ts";
import { requestsOf } from "../instruments.ts";

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const LIMIT: DailyLimit = { perDay: 3, zone: "Europe/Zurich" };
const FREEING: DailyLimit = { ...LIMIT, countAbandoned: false };

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
beforeEach(() => db.reset());
afterAll(() => db.drop());

const start = (assessment_id: string | undefined, more: Partial<AssessmentStart> = {}, layer: DataLayer = db.layer) =>
  layer.assessments.start({
    ...(assessment_id === undefined ? {} : { assessment_id }),
    user_id: MARIA,
    assessment_type: "speaking_academic",
    limit: LIMIT,
    ...more,
  });
const startAll = async (...ids: string[]) => {
  for (const id of ids) await start(id);
};

const itemsOf = async (entity: string) => (await db.contents()).filter((item) => item.__edb_e__ === entity);
const storedIds = async () => (await itemsOf("assessment")).map(({ assessment_id }) => assessment_id).sort();
const placesOf = async (day: string) => {
  const marker = (await itemsOf("daily_starts")).find((item) => item.day === day);
  return [...((marker?.started ?? []) as Iterable<string>)].sort();
};

const refused = expect.objectContaining({ code: "conflict", entity: "assessment", reason: "limit_reached" });

describe("a daily limit", () => {
  it("refuses the next start of the day, and stores nothing of it but its claim", async () => {
    await startAll("a-1", "a-2", "a-3");

    const failure = await failureOf(start("a-4"));

    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toEqual(refused);
    expect((failure as Error).message).toBe(
      "The user has started all of 2025-10-09: 3 on a day in Europe/Zurich are allowed.",
    );
    expect(await failureOf(start(undefined))).toEqual(refused);
    expect(await storedIds()).toEqual(["a-1", "a-2", "a-3"]);
    expect(await placesOf("2025-10-09")).toEqual(["a-1", "a-2", "a-3"]);
  });

  it("is each user's own, and of its own day", async () => {
    await startAll("a-1", "a-2", "a-3");

    await start("c-1", { user_id: CHEN });
    db.clock.advance(DAY);
    await startAll("a-4", "a-5", "a-6");

    expect(await failureOf(start("a-7"))).toEqual(refused);
    expect(await storedIds()).toHaveLength(7);
  });

  it("knows a user however the address is written", async () => {
    await startAll("a-1", "a-2", "a-3");

    expect(await failureOf(start("a-4", { user_id: ` <${MARIA.toUpperCase()}>` }))).toEqual(refused);
  });

  it("takes one conditional request more, whether the start is new, a repeat or without an id of its own", async () => {
    for (const [id, again] of [["a-1"], ["a-1", "again"], [undefined]] as const) {
      const without = await requestsOf(db, () =>
        start(again ? "b-1" : id?.replace("a", "b"), { limit: undefined as never }),
      );
      const told = await requestsOf(db, () => start(id));

      const places = told.filter(({ entity }) => entity === "daily_starts");
      expect(places).toMatchObject([{ operation: "UpdateItem", accessPattern: "start", outcome: "ok" }]);
      expect(told).toHaveLength(without.length + 1);
    }
  });

  it.each([
    ["ids of their own", (place: number) => `a-${place}`],
    ["ids that the service makes", () => undefined],
  ])("lets as many of any starts at once in as the day has places: %s", async (_, idOf) => {
    for (const countAbandoned of [true, false]) {
      await db.reset();
      const { won, lost } = await atOnce(
        times(20, (place) => () => start(idOf(place), { limit: { ...LIMIT, countAbandoned } })),
      );

      expect(won).toHaveLength(3);
      expect(lost).toEqual(times(17, () => refused));
      expect(await storedIds()).toEqual(won.map(({ assessment_id }) => assessment_id).sort());
    }
  });

  it.each([
    [{ perDay: 0, zone: "UTC" }, "perDay", "must be a whole number from 1 to 100"],
    [{ perDay: 101, zone: "UTC" }, "perDay", "must be a whole number from 1 to 100"],
    [{ perDay: 1.5, zone: "UTC" }, "perDay", "must be a whole number from 1 to 100"],
    [{ perDay: "3", zone: "UTC" }, "perDay", "must be a whole number from 1 to 100"],
    [{ zone: "UTC" }, "perDay", "must be a whole number from 1 to 100"],
    [{ perDay: 3, zone: "Mars/Olympus" }, "zone", "must be a time zone such as Europe/Zurich"],
    [{ perDay: 3, zone: "" }, "zone", "must be a time zone such as Europe/Zurich"],
    [{ perDay: 3, zone: 60 }, "zone", "must be a time zone such as Europe/Zurich"],
    [{ perDay: 3 }, "zone", "must be a time zone such as Europe/Zurich"],
    [{ ...LIMIT, countAbandoned: "no" }, "countAbandoned", "must be a boolean"],
    [{ ...LIMIT, perWeek: 9 }, "perWeek", "is not an option; these are: perDay, zone, countAbandoned"],
    [null, "options", "must be an object"],
    [3, "options", "must be an object"],
  ])("is refused when it is %j", async (limit, attribute, rule) => {
    const failure = await failureOf(start("a-1", { limit: limit as never }));

    expect(failure).toBeInstanceOf(ValidationError);
    expect(failure).toMatchObject({ entity: "limit", attribute, rule });
    expect(await db.contents()).toEqual([]);
  });

  it("takes 100 places of the longest ids", async () => {
    const limit = { perDay: 100, zone: "UTC" };
    const idOf = (place: number) => `${"é".repeat(450)}${place}`;
    for (let place = 0; place < 100; place++) await start(idOf(place), { limit });

    expect(await failureOf(start(idOf(100), { limit: { ...limit, countAbandoned: false } }))).toEqual(refused);
    await db.layer.assessments.abandon({ assessment_id: idOf(0), user_id: MARIA });
    await start(idOf(100), { limit: { ...limit, countAbandoned: false } });
  }, 60_000);

  it("counts no start without a limit", async () => {
    await start("free-1", { limit: undefined as never });
    await startAll("a-1", "a-2", "a-3");
    await start("free-2", { limit: undefined as never });

    expect(await failureOf(start("a-4"))).toEqual(refused);
    // What was started is started, whoever asks.
    expect(await start("free-2")).toMatchObject({ assessment_id: "free-2" });
  });
});

describe("a repeat of a start", () => {
  it.each([0, HOUR, DAY, 3 * DAY, 400 * DAY])("is no second start %d seconds later", async (later) => {
    const first = await start("a-1");
    db.clock.advance(later);

    for (let repeat = 0; repeat < 5; repeat++) expect(await start("a-1")).toEqual(first);
    expect(await storedIds()).toEqual(["a-1"]);

    await startAll("a-2", "a-3");
    if (later > 0 && later < DAY) expect(await failureOf(start("a-4"))).toEqual(refused);
    else if (later >= DAY) await start("a-4");
    expect(await start("a-1")).toEqual(first);
  });

  it("is answered when the day is full, and whatever the assessment has become", async () => {
    await startAll("a-1", "a-2", "a-3");
    await db.layer.assessments.complete({ assessment_id: "a-1", user_id: MARIA }, aSpeakingResult());
    await db.layer.assessments.abandon({ assessment_id: "a-2", user_id: MARIA });

    for (const limit of [LIMIT, FREEING, { ...LIMIT, perDay: 1 }]) {
      expect(await start("a-1", { limit })).toMatchObject({ status: "completed" });
      expect(await start("a-2", { limit })).toMatchObject({ status: "abandoned" });
    }
    expect(await failureOf(start("a-1", { assessment_type: "writing_general" }))).toMatchObject({ reason: "exists" });
    expect(await failureOf(start("a-1", { user_id: CHEN }))).toMatchObject({ reason: "claimed" });
    expect(await storedIds()).toEqual(["a-1", "a-2", "a-3"]);
  });

  it("starts what was refused on a day before, and says that it begins now", async () => {
    await startAll("a-1", "a-2", "a-3");
    await failureOf(start("a-4"));
    db.clock.advance(DAY);

    const started = await start("a-4");

    expect(started.created_at).toBe(NOW + DAY);
    expect(await placesOf("2025-10-10")).toEqual(["a-4"]);
    db.clock.advance(DAY);
    expect(await start("a-4")).toEqual(started);
    expect(await placesOf("2025-10-11")).toEqual([]);
  });

  it("starts one of many that repeat what was refused on a day before", async () => {
    await startAll("a-1", "a-2", "a-3");
    for (const id of ["b-1", "b-2", "b-3", "b-4"]) await failureOf(start(id));
    db.clock.advance(DAY);

    const { won, lost } = await atOnce(times(16, (place) => () => start(`b-${(place % 4) + 1}`)));

    expect(lost).toEqual(times(lost.length, () => refused));
    expect(new Set(won.map(({ assessment_id }) => assessment_id)).size).toBe(3);
    expect(await storedIds()).toHaveLength(6);
  });

  it.each([
    ["the first", []],
    ["the last of the day", ["a-8", "a-9"]],
  ])("finishes what died at any of its requests: %s", async (_, before) => {
    for (const limit of [LIMIT, FREEING]) {
      for (let at = 0; ; at++) {
        for (const when of ["before", "after"] as const) {
          await db.reset();
          await startAll(...before);
          const { client } = interruptedClient(db.client, { at, when });
          const dying = await failureOf(start("a-1", { limit }, db.layerWith({ client })));
          if (dying === undefined) break;

          expect(await start("a-1", { limit })).toMatchObject({ created_at: NOW });
          expect(await storedIds()).toEqual(["a-1", ...before]);
          expect(await placesOf("2025-10-09")).toEqual(["a-1", ...before]);
        }
        const { client, count } = interruptedClient(db.client);
        await db.reset();
        await startAll(...before);
        await start("a-1", { limit }, db.layerWith({ client }));
        if (at >= count()) break;
      }
    }
  });

  it("of what was refused the day before finishes what died at any of its requests", async () => {
    for (let at = 0; at < 8; at++) {
      for (const when of ["before", "after"] as const) {
        await db.reset();
        await startAll("a-1", "a-2", "a-3");
        await failureOf(start("a-4"));
        db.clock.advance(DAY);
        const { client } = interruptedClient(db.client, { at, when });
        await failureOf(start("a-4", {}, db.layerWith({ client })));

        const started = await start("a-4");

        expect(started).toMatchObject({ created_at: NOW + DAY });
        expect(await start("a-4")).toEqual(started);
        expect(await placesOf("2025-10-10")).toEqual(["a-4"]);
        await startAll("a-5", "a-6");
        expect(await failureOf(start("a-7"))).toEqual(refused);
      }
    }
  });
});

describe("an abandoned assessment", () => {
  const abandon = (assessment_id: string) => db.layer.assessments.abandon({ assessment_id, user_id: MARIA });

  it("keeps its place", async () => {
    await startAll("a-1", "a-2", "a-3");
    await abandon("a-2");

    expect(await failureOf(start("a-4"))).toEqual(refused);
  });

  it("frees its place when the limit says so", async () => {
    await startAll("a-1", "a-2", "a-3");
    expect(await failureOf(start("a-4", { limit: FREEING }))).toEqual(refused);
    await abandon("a-2");

    await start("a-4", { limit: FREEING });

    expect(await failureOf(start("a-5", { limit: FREEING }))).toEqual(refused);
    expect(await placesOf("2025-10-09")).toEqual(["a-1", "a-3", "a-4"]);
    // A repeat of the abandoned one takes no other's place.
    expect(await start("a-2", { limit: FREEING })).toMatchObject({ status: "abandoned" });
  });

  it("frees one place for one of many that come at once", async () => {
    await startAll("a-1", "a-2", "a-3");
    await abandon("a-2");

    const { won, lost } = await atOnce(times(10, (place) => () => start(`b-${place}`, { limit: FREEING })));

    expect(won).toHaveLength(1);
    expect(lost).toEqual(times(9, () => refused));
  });
});

describe("a day", () => {
  const at = (iso: string) => Date.parse(iso) / 1_000;

  it.each([
    ["Europe/Zurich", "2026-03-28T22:59:59Z", "2026-03-28"],
    ["Europe/Zurich", "2026-03-28T23:00:00Z", "2026-03-29"],
    // Summer time begins: the day has 23 hours.
    ["Europe/Zurich", "2026-03-29T21:59:59Z", "2026-03-29"],
    ["Europe/Zurich", "2026-03-29T22:00:00Z", "2026-03-30"],
    // Summer time ends: the day has 25 hours.
    ["Europe/Zurich", "2026-10-24T22:00:00Z", "2026-10-25"],
    ["Europe/Zurich", "2026-10-25T22:59:59Z", "2026-10-25"],
    ["Europe/Zurich", "2026-10-25T23:00:00Z", "2026-10-26"],
    // Summer time begins at midnight, so the day begins at one.
    ["Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-23"],
    ["Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24"],
    ["Asia/Kathmandu", "2026-01-01T18:14:59Z", "2026-01-01"],
    ["Asia/Kathmandu", "2026-01-01T18:15:00Z", "2026-01-02"],
    ["Pacific/Kiritimati", "2025-12-31T10:00:00Z", "2026-01-01"],
    ["America/Los_Angeles", "2026-01-01T07:59:59Z", "2025-12-31"],
    ["UTC", "1970-01-01T00:00:00Z", "1970-01-01"],
    ["UTC", "2286-11-20T17:46:39Z", "2286-11-20"],
  ])("of %s has %s in %s", (zone, instant, day) => {
    expect(daysIn(zone)?.(at(instant))).toBe(day);
  });

  it("begins anew at midnight where the limit says, also when clocks change", async () => {
    for (const day of ["2026-03-29", "2026-10-25"]) {
      const midnight = at(`${day}T00:00:00Z`) - (day === "2026-03-29" ? HOUR : 2 * HOUR);
      const length = (day === "2026-03-29" ? 23 : 25) * HOUR;
      db.clock.now = midnight - 1;
      await startAll(`${day}-1`, `${day}-2`, `${day}-3`);
      expect(await failureOf(start(`${day}-x`))).toEqual(refused);
      db.clock.now = midnight;
      await startAll(`${day}-4`, `${day}-5`, `${day}-6`);
      db.clock.now = midnight + length - 1;
      expect(await failureOf(start(`${day}-y`))).toEqual(refused);
      db.clock.now = midnight + length;
      await start(`${day}-7`);
    }
  });

  it("is kept until it is over everywhere", async () => {
    await start("a-1");

    const [marker] = await itemsOf("daily_starts");
    expect(marker).toMatchObject({ user_email: MARIA, day: "2025-10-09", ttl: NOW + 2 * DAY });
  });
});

describe("the places of a day", () => {
  it("belong to the account: its export shows them as a list, and its erasure removes them", async () => {
    await db.layer.accounts.register(aRegistration());
    await startAll("a-2", "a-1");

    const { items } = await db.layer.accounts.export(MARIA);
    expect(JSON.parse(JSON.stringify(items.daily_starts))).toEqual([
      { user_email: MARIA, day: "2025-10-09", started: ["a-1", "a-2"], expires_at: NOW + 2 * DAY },
    ]);
    await db.layer.accounts.erase(MARIA);
    expect(await itemsOf("daily_starts")).toEqual([]);
  });

  it("are taken back from what an erasure refuses, after any crash and repeat", async () => {
    for (let at = 0; at < 8; at++) {
      for (const when of ["before", "after"] as const) {
        await db.reset();
        await db.layer.accounts.register(aRegistration());
        await db.layer.accounts.erase(MARIA);
        const { client } = interruptedClient(db.client, { at, when });
        await failureOf(start("a-1", {}, db.layerWith({ client })));

        expect(await failureOf(start("a-1"))).toMatchObject({ reason: "erased" });
        expect(await itemsOf("daily_starts")).toEqual([]);
        expect(await itemsOf("assessment")).toEqual([]);
      }
    }
  });
});

describe("while indexes and plain reads show nothing new", () => {
  let late: TestTable;
  beforeAll(async () => {
    late = await openTestTable({ ...LAGS.none, seed: 1 });
    late.lag.hold();
  });
  afterAll(() => late.drop());

  it("a day is exact, its repeats are answered, and abandoned ones give their places back", async () => {
    const starting = (id: string) => () => start(id, { limit: FREEING }, late.layer);
    const { won, lost } = await atOnce(times(10, (place) => starting(`a-${place}`)));
    expect([won.length, lost]).toEqual([3, times(7, () => refused)]);

    const [first, second] = won.map(({ assessment_id }) => assessment_id) as [string, string];
    await late.layer.assessments.abandon(first);
    expect(await starting(first)()).toMatchObject({ status: "abandoned" });
    const freed = await atOnce(times(5, (place) => starting(`b-${place}`)));
    expect([freed.won.length, freed.lost]).toEqual([1, times(4, () => refused)]);
    late.clock.advance(DAY);
    expect(await starting(second)()).toMatchObject({ created_at: NOW });
    const next = await atOnce(times(10, (place) => starting(`c-${place}`)));
    expect([next.won.length, next.lost]).toEqual([3, times(7, () => refused)]);
    expect((await late.layer.accounts.export(MARIA)).items.daily_starts).toHaveLength(2);
  });
});

/** What may happen on some days: starts, among them repeats and calls that die, assessments that end, time that goes by. */
const events = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant("start" as const), id: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("die" as const),
      id: fc.nat(7),
      at: fc.nat(5),
      when: fc.constantFrom("before" as const, "after" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("at once" as const), ids: fc.array(fc.nat(7), { maxLength: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("abandon" as const), id: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }) },
);

describe("any schedule", () => {
  it.each([true, false])(
    "never starts more on a day, nor any twice, when abandoned ones count: %p",
    async (countAbandoned) => {
      const limit = { perDay: 2, zone: "Europe/Zurich", countAbandoned };
      const starting = (id: number, layer?: DataLayer) => start(`a-${id}`, { limit }, layer);
      await fc.assert(
        fc.asyncProperty(fc.array(events, { minLength: 10, maxLength: 25 }), async (schedule) => {
          await db.reset();
          const known = new Map<string, string>();
          for (const event of schedule) {
            if (event.does === "wait") db.clock.advance(event.hours * HOUR);
            else if (event.does === "start") await failureOf(starting(event.id));
            else if (event.does === "at once") await atOnce(event.ids.map((id) => () => starting(id)));
            else if (event.does === "die") {
              const { client } = interruptedClient(db.client, { at: event.at, when: event.when });
              await failureOf(starting(event.id, db.layerWith({ client })));
            } else await failureOf(db.layer.assessments.abandon({ assessment_id: `a-${event.id}`, user_id: MARIA }));

            const days = new Map<string, number>();
            for (const { assessment_id, created_at, status } of await itemsOf("assessment")) {
              // Once begun, an assessment keeps its beginning.
              expect(known.get(assessment_id as string) ?? String(created_at)).toBe(String(created_at));
              known.set(assessment_id as string, String(created_at));
              if (status === "abandoned" && !countAbandoned) continue;
              const day = daysIn(limit.zone)?.(created_at as number) ?? "";
              days.set(day, (days.get(day) ?? 0) + 1);
            }
            for (const count of days.values()) expect(count).toBeLessThanOrEqual(limit.perDay);
          }
          // Whatever died, the day after has all of its places.
          db.clock.advance(2 * DAY);
          for (const id of ["z-1", "z-2"]) await start(id, { limit });
          expect(await failureOf(start("z-3", { limit }))).toEqual(refused);
          expect(await storedIds()).toEqual([...new Set([...known.keys(), "z-1", "z-2"])].sort());
        }),
        { numRuns: LONG ? 200 : 8 },
      );
    },
    120_000,
  );
});
