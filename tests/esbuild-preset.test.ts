import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { build } from "esbuild";
import { esbuildPreset } from "../esbuild-preset.ts";
import { type LocalDatabase, startLocalDatabase } from "../testing/local-database.ts";
import { handle } from "./bundle/handler.ts";

let database: LocalDatabase;
let folder: string;
let bundle: string;
beforeAll(async () => {
  database = await startLocalDatabase();
  folder = mkdtempSync(join(tmpdir(), "bundle-"));
  bundle = join(folder, "handler.cjs");
  await build({
    ...esbuildPreset,
    entryPoints: [join(__dirname, "bundle/main.ts")],
    outfile: bundle,
    logLevel: "error",
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.stop();
});

/** All that a table holds, but for the tokens that registration draws. */
async function contentsOf(table: string) {
  const { Items = [] } = await database.client.send(new ScanCommand({ TableName: table }));
  return Items.map(({ verification_token, ...item }) => item).sort((a, b) =>
    `${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1,
  );
}

async function runBundle(table: string): Promise<unknown[]> {
  await database.createTable(table);
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, database.endpoint, table]);
  return JSON.parse(stdout) as unknown[];
}

it("makes a bundle that answers, refuses and stores as the package itself does", async () => {
  await database.createTable("unbundled");
  const unbundled = JSON.parse(JSON.stringify(await handle(database.endpoint, "unbundled")));

  const bundled = await runBundle("bundled");

  expect(bundled).toEqual(unbundled);
  expect(await contentsOf("bundled")).toEqual(await contentsOf("unbundled"));
  expect(unbundled.filter((told: { code?: string } | null) => told?.code !== undefined).length).toBeGreaterThan(8);
});

it("leaves out the validation of models and the commands that nobody sends", () => {
  const text = readFileSync(bundle, "utf8");

  expect(text).toContain("BatchWriteItem");
  expect(text).not.toContain("is not allowed to have the additional property");
  expect(text).not.toContain("CreateBackup");
});
