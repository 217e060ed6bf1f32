import "../shell/quiet-sdk.ts";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { entryPoints } from "./entry-points.ts";
import { INSTALL } from "./fresh-project.ts";
import { oldestSdk } from "./oldest-sdk.ts";

/**
 * `npm run test:consumers`: packs the package, installs it into fresh projects beside nothing but its peers, and uses it
 * there as its users do, each time on the embedded database. `npm run build` first.
 */
const require = createRequire(import.meta.url);
const PACKAGE = "@ielts-ai-prep/data-layer";
const VITEST = "4.1.12";
/** What consumers bring; in the versions that this repository tests with. */
const PEERS = ["@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb", "@aws-sdk/util-dynamodb", "dynalite"];
const TOOLS = ["typescript", "esbuild", "@types/node", "jest", "@types/jest", "@swc/core", "@swc/jest"];

const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
const folder = mkdtempSync(join(tmpdir(), "consumers-"));
const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8")).version;

/** Runs a program in a consumer's folder; what it printed is part of the error when it fails. */
async function run(cwd: string, command: string, ...words: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, words, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${basename(cwd)}: ${words.join(" ")} failed\n${stdout}${stderr}`, { cause: error });
  }
}

/** A fresh project in a folder of its own; all share one `node_modules` above them. */
function project(name: string, files: Readonly<Record<string, string | object>>): string {
  const at = join(folder, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return at;
}

const install = (cwd: string) => run(cwd, "npm", ...INSTALL, "--no-package-lock");
const node = (cwd: string, ...words: string[]) => run(cwd, process.execPath, ...words);
const bin = (name: string, path: string) => join(folder, "node_modules", name, path);
const compile = (cwd: string, ...words: string[]) => node(cwd, bin("typescript", "bin/tsc"), ...words);

/** The code block of a page that begins with this language, or that follows this heading. */
function sample(page: string, after: string): string {
  const text = readFileSync(page, "utf8");
  const start = text.indexOf(after);
  const block = /```[^\n]*\n([\s\S]*?)```/.exec(start < 0 ? "" : text.slice(start))?.[1];
  if (block === undefined) throw new Error(`${page} has no sample at "${after}"`);
  return block;
}

const names = {
  [PACKAGE]: "ConflictError, createDataLayer, TICKET_STATUSES",
  [`${PACKAGE}/services/context`]: "createContext",
  [`${PACKAGE}/services/inputs`]: "ticketOpening",
  [`${PACKAGE}/services/streams`]: "onChange",
  [`${PACKAGE}/services/support`]: "Support",
  [`${PACKAGE}/entities/ticket`]: "TicketModel",
  [`${PACKAGE}/testing`]: "aTicket, startTestDatabase",
  [`${PACKAGE}/esbuild-preset`]: "esbuildPreset",
};
const bringing = (form: (what: string, from: string) => string) =>
  Object.entries(names)
    .map(([from, what]) => form(what, from))
    .join("\n");
const imports = bringing((what, from) => `import { ${what} } from "${from}";`);
const requires = bringing((what, from) => `const { ${what} } = require("${from}");`);

/** Uses one entry of each kind: whole data layer, single service, inputs, streams, entity, errors, preset. */
const body = `
async function main() {
  const database = await startTestDatabase();
  const { client, table, clock, erasureSecret } = database;
  const layer = createDataLayer({ client, table, clock, erasureSecret });
  const support = new Support(createContext({ client, table, clock, erasureSecret }));
  const ticket = await support.open(aTicket({ priority: "urgent" }));
  const { items } = await layer.support.listByStatus("new");
  if (items[0]?.ticket_id !== ticket.ticket_id) throw new Error("the ticket is not listed");
  const event = await database.streamEvent(() => layer.support.open(ticketOpening.parse(aTicket())));
  let heard = 0;
  const listen = onChange({ ticket: async () => ++heard }, { onFailure: ({ error }) => console.error(error) });
  if ((await listen(event)).batchItemFailures.length > 0 || heard !== 1) throw new Error("the change was not heard");
  const refused = await layer.support.resolve(ticket).catch((error) => error);
  if (!(refused instanceof ConflictError) || refused.code !== "conflict") throw new Error("no refusal");
  const mapped = !process.execArgv.includes("--enable-source-maps") || /transition\\.ts:\\d/.test(String(refused.stack));
  if (!mapped) throw new Error("the stack shows no source: " + refused.stack);
  if (TicketModel.schema.model.entity !== "ticket" || TICKET_STATUSES.length !== 4) throw new Error("no entity");
  if (esbuildPreset.format !== "cjs") throw new Error("no preset");
  await database.stop();
  console.log("works");
}
main();
`;
/** Calls the commands of the package as a person does, on a database of this machine. */
const commandsInUse = `
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { policyFor } from "${PACKAGE}/policies";
import { startTestDatabase } from "${PACKAGE}/testing";
const database = await startTestDatabase();
const [endpoint, table] = [database.environment.DYNAMODB_ENDPOINT, "operated"];
const call = async (name, ...words) => (await promisify(execFile)(process.argv[2], [name, ...words])).stdout;
const operate = (name, ...words) => call(name, "--table", table, "--endpoint", endpoint, ...words);
const expected = [
  [await operate("create-table").catch(({ message }) => message), "It was created"],
  [await operate("seed", "--demo"), "questions"],
  [await operate("doctor", "--all"), "The table is in order."],
  [await call("policies", "--functions", "support.get"), "dynamodb:Query"],
  [await call("model"), "replaces"],
  [await call("sql", "select 1").catch(({ stderr }) => stderr), "npm install --save-dev @duckdb/node-api"],
  [await call("doctor", "--help"), "Usage: npx ielts-data doctor [options]"],
  [JSON.stringify(policyFor(["support.get"], { table, region: "eu-west-1", account: "123456789012" })), "table/operated"],
];
const wrong = expected.filter(([said, part]) => !said.includes(part));
if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
await database.stop();
console.log("works");
`;
/** What must and must not compile. */
const typed = `
import type { Page, Ticket, TicketSummary } from "${PACKAGE}";
export function subjects(page: Page<TicketSummary>): string[] {
  // @ts-expect-error a summary has no message
  page.items.map((ticket) => ticket.message);
  return page.items.map((ticket) => ticket.subject);
}
// @ts-expect-error a ticket has no such status
export const lost: Ticket["status"] = "lost";
`;
const tsconfig = (options: object) => ({
  compilerOptions: { target: "es2022", strict: true, exactOptionalPropertyTypes: true, types: ["node"], ...options },
});

/** What installs the packed package. */
type Packed = Readonly<Record<string, string>>;

const consumers: Readonly<Record<string, (packed: Packed) => Promise<void>>> = {
  async "ES module"() {
    await works(node(project("esm", { "main.mjs": imports + body }), "--enable-source-maps", "main.mjs"));
  },
  async CommonJS() {
    const template = `require(require.resolve("${PACKAGE}/template.json")).Resources.Table.Type;\n`;
    await works(node(project("cjs", { "main.cjs": requires + template + body }), "--enable-source-maps", "main.cjs"));
  },
  async "TypeScript, NodeNext"() {
    const at = project("nodenext", {
      "package.json": { type: "module" },
      "main.ts": imports + body + typed,
      "required.cts": imports + body + typed,
      "tsconfig.json": tsconfig({ module: "nodenext", outDir: "dist" }),
    });
    await compile(at);
    await works(node(at, "dist/main.js"));
    await works(node(at, "dist/required.cjs"));
  },
  async "TypeScript, Bundler"() {
    const at = project("bundler", {
      "main.ts": imports + body + typed,
      "tsconfig.json": tsconfig({ module: "esnext", moduleResolution: "bundler", noEmit: true }),
    });
    await compile(at);
    await node(
      at,
      bin("esbuild", "bin/esbuild"),
      "main.ts",
      "--bundle",
      "--platform=node",
      "--outfile=main.cjs",
      "--external:dynalite",
      "--log-level=error",
    );
    await works(node(at, "main.cjs"));
  },
  async "the README, from handler to bundle"() {
    const at = project("readme", {
      "handler.ts": sample("README.md", "## A handler"),
      "one-service.ts": sample("README.md", "A function that needs one service"),
      "build.mjs": sample("README.md", "## Bundling"),
      "local.mjs": sample("README.md", "Run the bundle"),
      "handler.test.mjs": sample("README.md", "Test it the same way"),
      "tsconfig.json": tsconfig({ module: "nodenext", noEmit: true }),
      "package.json": { type: "module" },
    });
    await compile(at);
    await node(at, "build.mjs");
    const told = await node(at, "local.mjs");
    if (!told.includes("statusCode: 200") || !told.includes("escalated"))
      throw new Error(`the README's handler said ${told}`);
    await node(at, "--test");
  },
  async Jest() {
    const transform = { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" } } }] };
    const at = project("jest", {
      "ticket.test.ts": sample("docs/testing.md", "```ts jest"),
      "package.json": { jest: { testEnvironment: "node", transform } },
      "tsconfig.json": tsconfig({ module: "nodenext", noEmit: true, types: ["node", "jest"] }),
    });
    await compile(at);
    await node(at, bin("jest", "bin/jest.js"), "--ci");
  },
  async Vitest() {
    const at = project("vitest", {
      "session.test.ts": sample("docs/testing.md", "```ts vitest"),
      "package.json": { type: "module" },
    });
    await node(at, bin("vitest", "vitest.mjs"), "run");
  },
  async "the oldest AWS SDK"(packed) {
    const at = project("oldest-sdk", {
      "package.json": { type: "module", dependencies: { dynalite: versionOf("dynalite"), ...oldestSdk(), ...packed } },
      "main.ts": imports + body + typed,
      "tsconfig.json": tsconfig({ module: "nodenext", outDir: "dist" }),
    });
    await install(at);
    await compile(at);
    await works(node(at, "dist/main.js"));
  },
  async "the commands"() {
    const at = project("commands", { "main.mjs": commandsInUse });
    await works(node(at, "main.mjs", bin(".bin", "ielts-data")));
  },
  async "node:test"() {
    const at = project("node-test", { "purchase.test.mjs": sample("docs/testing.md", "```js node") });
    await node(at, "--test");
  },
};

async function works(running: Promise<string>): Promise<void> {
  const told = await running;
  if (told.trim() !== "works") throw new Error(`it said ${told}`);
}

try {
  if (!existsSync("dist")) throw new Error("there is no dist: npm run build first");
  const tarball = (
    await run(process.cwd(), "npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder)
  ).trim();
  const attw = join(dirname(require.resolve("@arethetypeswrong/cli/package.json")), "dist", "index.js");
  const entries = [...entryPoints().keys()];
  await node(folder, attw, tarball, "--profile", "node16", "--entrypoints", ...entries);
  console.log(`Types resolve at ${entries.length} entry points (${seconds()}).`);
  const versions = Object.fromEntries([...PEERS, ...TOOLS].map((name) => [name, versionOf(name)]));
  const packed = { [PACKAGE]: `file:${join(folder, tarball)}` };
  project(".", { "package.json": { private: true, dependencies: { ...versions, vitest: VITEST, ...packed } } });
  await install(folder);
  console.log(`Installed ${tarball} into a fresh project (${seconds()}).`);
  const waiting = Object.entries(consumers);
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await next[1](packed);
      console.log(`Works: ${next[0]} (${seconds()})`);
    }
  };
  await Promise.all([work(), work()]);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
