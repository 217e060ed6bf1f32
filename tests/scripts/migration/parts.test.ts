import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, digestOf } from "../../../scripts/migration/digest.ts";
import { readMapping } from "../../../scripts/migration/enum-mapping.ts";
import { JsonLinesFile, readSetAside, type SetAside } from "../../../scripts/migration/json-lines.ts";
import { tablesProgress } from "../../../scripts/migration/progress.ts";
import { runTasks } from "../../../scripts/migration/tasks.ts";
import { UnitLimit } from "../../../scripts/table/unit-limit.ts";
import fc from "../../generated.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "parts-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const aLine = (key: string): SetAside => ({
  table: "t",
  entity: "ticket",
  key,
  digest: "d",
  reason: { code: "conflict", attributes: ["ticket_id"], text: "why" },
  item: {
    id: { S: key },
    raw: { B: new Uint8Array([0, 255]) },
    n: { N: "1.50" },
    m: { M: { s: { SS: ["a"] }, l: { L: [{ BS: [new Uint8Array([7])] }] } } },
  },
  others: [{ id: { NULL: true } }],
});

describe("a file of set-aside items", () => {
  it("gives back items verbatim, and is its owner's alone", async () => {
    const path = join(directory, "verbatim.jsonl");
    const file = new JsonLinesFile(path, 0);
    await file.append([aLine("a"), aLine("b")]);
    await file.close();

    const lines: SetAside[] = [];
    for await (const line of readSetAside(path)) lines.push(line);

    expect(lines).toEqual([aLine("a"), aLine("b")]);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("loses what a crash left behind the checkpoint", async () => {
    const path = join(directory, "crash.jsonl");
    const file = new JsonLinesFile(path, 0);
    await file.append([aLine("a")]);
    const checkpoint = file.length;
    await file.append([aLine("b")]);
    await file.close();

    const again = new JsonLinesFile(path, checkpoint);
    await again.append([aLine("c")]);
    await again.close();

    expect(readFileSync(path, "utf8").match(/"key":"."/g)).toEqual(['"key":"a"', '"key":"c"']);
  });
});

describe("a digest", () => {
  it("is the same for the same attributes in any order, and another for others", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (map) => {
        const turned = Object.fromEntries(Object.entries(map).reverse());
        expect(digestOf(turned)).toBe(digestOf(map));
        expect(digestOf({ ...map, "another name": 1 })).not.toBe(digestOf(map));
        expect(JSON.parse(canonicalJson(map))).toEqual(JSON.parse(JSON.stringify(map)));
      }),
    );
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
  });
});

describe("UnitLimit", () => {
  it("lets as many units a second go as it is told", async () => {
    let now = 0;
    const limit = new UnitLimit(
      100,
      () => now,
      async (milliseconds) => {
        now += milliseconds;
      },
    );

    for (let request = 0; request < 20; request++) {
      await limit.wait();
      limit.spend(50);
    }
    await limit.wait();

    expect(now).toBeCloseTo(10_000);
  });
});

describe("runTasks", () => {
  it("begins none after a failure, and throws it when the others ended", async () => {
    const ran: number[] = [];
    const tasks = [0, 1, 2, 3, 4, 5].map((number) => async () => {
      await Promise.resolve();
      ran.push(number);
      if (number === 1) throw new Error("one");
    });

    await expect(runTasks(tasks, 2)).rejects.toThrow("one");
    expect(ran.length).toBeLessThan(5);
  });
});

describe("readMapping", () => {
  it("names a file that is no JSON", () => {
    const path = join(directory, "mapping.json");
    writeFileSync(path, "{");

    expect(() => readMapping(path)).toThrow(path);
    writeFileSync(path, '{"ticket.category": {"billing": "purchase"}}');
    expect(readMapping(path)["ticket.category"]).toMatchObject({ billing: "purchase", general: "technical" });
  });
});

describe("tablesProgress", () => {
  it("prints the speed, the end and each table at times, where there is no terminal", () => {
    const lines: string[] = [];
    const log = jest.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    let now = 0;
    const progress = tablesProgress(() => now);
    for (const read of [0, 500, 1000, 1500]) {
      progress.update({ name: "user", read: read + 100, earlier: 100, total: 4100 });
      now += 5_000;
    }
    progress.stop();
    log.mockRestore();

    expect(lines).toEqual(["100 items/s, 30 s left; user 1100/4100"]);
  });
});
