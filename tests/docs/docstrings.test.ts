import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import * as esbuildPreset from "../../esbuild-preset.ts";
import * as dataLayer from "../../index.ts";
import type { ServiceName } from "../../scripts/iam/service-policies.ts";
import { statusCodeOf } from "../../services/http-status.ts";
import * as testing from "../../testing/index.ts";
import { type Beginning, goBackTo } from "../beginnings.ts";
import { openTestTable, type TestTable } from "../engine.ts";
import { functionsOf as serviceFunctions } from "../instruments.ts";
import { asBody, type Known, known, runSample, SERVICES } from "./samples.ts";

const folder = (path: string) => readdirSync(path, { withFileTypes: true });
const FILES = ["services", "testing", "entities"]
  .flatMap((path) => folder(path).flatMap((entry) => (entry.isFile() ? [join(path, entry.name)] : [])))
  .concat("esbuild-preset.ts", "services/storage/errors.ts", "services/storage/pages.ts");

interface Sample {
  readonly file: string;
  readonly name: string;
  readonly code: string;
}

const DOCSTRING = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?(?:async )?(?:function\*? |const )?(\w+)/g;

/** The `@example` of each docstring, with the name of what it documents. */
const samples: readonly Sample[] = FILES.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(DOCSTRING)].flatMap(([, docstring = "", name = ""]) => {
    const [, example] = docstring.split(/^ *\* @example\n/m);
    const code = example?.replaceAll(/^ *\* ?/gm, "").trim();
    return code === undefined ? [] : [{ file, name, code }];
  }),
);
const sampled = new Set(samples.map(({ name }) => name));

const isClass = (value: unknown) => typeof value === "function" && String(value).startsWith("class");
const functionsOf = (module: object) =>
  Object.entries(module).flatMap(([name, value]) => (typeof value === "function" && !isClass(value) ? [name] : []));

const SERVICE_NAMES = Object.keys(dataLayer.createDataLayer()).filter(
  (name) => !["context", "entities", "collections", "within"].includes(name),
) as ServiceName[];

let db: TestTable;
let names: Known;
let beginning: Beginning;
beforeAll(async () => {
  db = await openTestTable();
  names = await known(db.layer);
  beginning = { items: await db.contents(), now: db.clock.now };
});
beforeEach(() => goBackTo(db, beginning));
afterAll(() => db.drop());

it.each(samples)("$name has a sample that works ($file)", async ({ code }) => {
  await runSample(code, names);
});

it("would notice a sample that does not work", async () => {
  const failed = runSample("await support.escalate(ticket_id);", names);
  expect(statusCodeOf(await failed.catch((error: unknown) => error))).toBe(409);
});

it("has samples of the package's types", () => {
  const cache = "node_modules/.cache";
  mkdirSync(cache, { recursive: true });
  const at = mkdtempSync(join(cache, "samples-"));
  const bodies = samples.map(({ code, name }) => `async () => {\n// ${name}\n${asBody(code, "import")}\n},\n`);
  const names = "const { layer, email, assessment_id, ticket_id, action_id, midnight } = {} as Known;";
  writeFileSync(
    join(at, "samples.ts"),
    `import type { Known } from "../../../tests/docs/samples.ts";\n${names}\n${SERVICES}\nexport const samples = [\n${bodies.join("")}];\n`,
  );
  writeFileSync(
    join(at, "tsconfig.json"),
    JSON.stringify({
      extends: resolve("tsconfig.json"),
      compilerOptions: { types: ["node"] },
      include: ["samples.ts", resolve("testing/dynalite.d.ts")],
    }),
  );
  const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
  try {
    execFileSync(process.execPath, [compiler, "--project", at], { encoding: "utf8" });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  } finally {
    rmSync(at, { recursive: true });
  }
});

describe("every function has a sample", () => {
  it.each(Object.entries({ dataLayer, testing, esbuildPreset }))("of %s", (_, module) => {
    expect(functionsOf(module).filter((name) => !sampled.has(name))).toEqual([]);
  });

  it.each(SERVICE_NAMES)("of the service %s", (service) => {
    const file = `services/${service.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;
    const own = new Set(samples.flatMap((sample) => (sample.file === file ? [sample.name] : [])));
    expect(serviceFunctions(db.layer[service]).filter((name) => !own.has(name))).toEqual([]);
  });
});
