import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { esbuildPreset } from "../../esbuild-preset.ts";
import type { StreamRecord, StreamResponse } from "../../services/streams.ts";
import { aTicket } from "../builders.ts";
import { ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { turnOnStream } from "../engine-stream.ts";
import { SEED, seededRandom } from "../faults/seeded-random.ts";
import { type RecordingEndpoint, startRecording } from "../sent-requests.ts";
import { countersOf, countersTable, createCountersTable } from "./counters-table.ts";
import { HandlerProcess } from "./handler-process.ts";

/**
 * The examples of docs/streams.md, bundled and in a process of their own, hear DynamoDB Local's own stream: the process is killed at its
 * requests, the systems outside fail, and batches come again.
 */
const describeOnLocal = ON_DYNAMODB_LOCAL ? describe : describe.skip;
const TICKETS = 24;
const BATCH = 10;
const CATEGORIES = ["technical", "audio", "refund"] as const;

describeOnLocal("handlers of a real stream, killed at any request", () => {
  const random = seededRandom(SEED);
  const told: { path: string; body: { ticket_id?: string; subject?: string } }[] = [];
  let kills = 0;
  let failures = 0;
  let db: TestTable;
  let folder: string;
  let outside: Server;
  let recording: RecordingEndpoint;
  let lambda: HandlerProcess;

  const mayKill = (): void => {
    if (random() >= 0.08) return;
    kills++;
    lambda.kill();
  };

  beforeAll(async () => {
    db = await openTestTable();
    folder = mkdtempSync(join(tmpdir(), "stream-examples-"));
    const entryPoints = ["changes", "counters"].map((name) => `docs/examples/${name}.ts`);
    await build({ ...esbuildPreset, entryPoints, outdir: folder, logLevel: "error" });
    outside = createServer(async (request, response) => {
      told.push({ path: request.url ?? "", body: JSON.parse(await text(request)) });
      mayKill();
      const fails = random() < 0.1;
      if (fails) failures++;
      response.writeHead(fails ? 500 : 200).end("{}");
    });
    await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    recording = await startRecording(db.endpoint, mayKill);
    lambda = new HandlerProcess({
      ...db.environment,
      DYNAMODB_ENDPOINT: recording.endpoint,
      COUNTERS_TABLE: countersTable(db),
      MAILER_URL: `${origin}/mail`,
      DEVOPS_QUEUE_URL: `${origin}/devops`,
    });
    await createCountersTable(db);
  });
  afterAll(async () => {
    lambda.kill();
    rmSync(folder, { recursive: true, force: true });
    await new Promise((resolve) => outside.close(resolve));
    await recording.stop();
    await db.drop();
  });

  /** As Lambda delivers a batch: again from the first that failed on, all of it after a death, and now and then without a reason. */
  async function deliver(name: string, batch: readonly StreamRecord[]): Promise<void> {
    let left = batch;
    while (left.length > 0) {
      const answer = await lambda.invoke<StreamResponse>(join(folder, `${name}.js`), { Records: left });
      if (answer === undefined) continue;
      const [failed] = answer.batchItemFailures;
      const at = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed?.itemIdentifier);
      left = failed === undefined ? [] : left.slice(at);
    }
    if (random() < 0.2) await deliver(name, batch);
  }

  it("reacts to each change once, or again where it died before it could say so; counters are exact", async () => {
    const recordsOf = await turnOnStream(db);
    for (let number = 0; number < TICKETS; number++) {
      const category = CATEGORIES[number % CATEGORIES.length] as (typeof CATEGORIES)[number];
      const ticket_id = `TKT-${number}`;
      await db.layer.support.open(aTicket({ ticket_id, category, subject: `Ticket ${number}` }));
      await db.layer.support.answer(ticket_id, { ai_response: "We look into it." });
      if (number % 2 === 0) await db.layer.support.resolve(ticket_id);
    }
    const records = await recordsOf();
    for (const name of ["changes", "counters"])
      for (let at = 0; at < records.length; at += BATCH) await deliver(name, records.slice(at, at + BATCH));

    const mailed = told.filter(({ path }) => path === "/mail").map(({ body }) => body.subject);
    const handed = told.filter(({ path }) => path === "/devops").map(({ body }) => body.ticket_id);
    const numbers = Array.from({ length: TICKETS }, (_, number) => number);
    expect([...new Set(mailed)].sort()).toEqual(
      numbers
        .filter((number) => number % 2 === 0)
        .map((number) => `Ticket ${number}`)
        .sort(),
    );
    expect([...new Set(handed)].sort()).toEqual(
      numbers
        .filter((number) => number % 3 === 0)
        .map((number) => `TKT-${number}`)
        .sort(),
    );
    // Only who died, or was told that it failed, does it again.
    const again = mailed.length - new Set(mailed).size + handed.length - new Set(handed).size;
    expect(kills).toBeGreaterThan(5);
    expect(again).toBeLessThanOrEqual(kills + failures);

    expect(await countersOf(db)).toEqual({
      "tickets opened: technical": TICKETS / 3,
      "tickets opened: audio": TICKETS / 3,
      "tickets opened: refund": TICKETS / 3,
      "tickets resolved": TICKETS / 2,
    });
  }, 120_000);
});
