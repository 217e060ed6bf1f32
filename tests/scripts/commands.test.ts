import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describeModel } from "../../entities/model.ts";
import { commandHost } from "../commands.ts";

const environment = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "", NO_COLOR: "1" };
const host = commandHost();
afterAll(() => host.stop());

const run = (script: string, ...words: string[]) => host.run(script, words, { environment });
/** As a user runs it: in a process of its own, with a user's environment. */
const runAlone = (script: string, ...words: string[]) =>
  promisify(execFile)(process.execPath, ["--import", "tsx", `scripts/${script}.ts`, ...words], {
    env: { ...process.env, ...environment },
  });

it("makes every file of scripts/ a command; what they share is in its folders", () => {
  const { scripts, bin } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
  const ofPackage = Object.keys(bin ?? {}).map((name) => `scripts/${name}.ts`);
  const ofClone = Object.values(scripts ?? {}).flatMap((script) => script.match(/scripts\/[\w-]+\.ts/g) ?? []);
  const commands = new Set([...ofClone, ...ofPackage]);
  const files = readdirSync("scripts").filter((file) => file.endsWith(".ts"));

  expect([...commands].sort()).toEqual(files.map((file) => `scripts/${file}`).sort());
});

it.each([
  "create-table",
  "demo",
  "docs",
  "doctor",
  "dynamodb-local",
  "evolve",
  "test-evolve",
  "release/licences",
  "migration/migrate",
  "model",
  "policies",
  "release/release",
  "release/released-model",
  "restore-check",
  "seed",
  "report",
  "sql",
  "studio",
  "template",
  "test-faults",
  "release/api-report",
  "bench/capacity",
  "bench/cold",
  "bench/cost",
  "bench/cpu",
  "bench/load",
  "migration/bench-migrate",
])("%s tells its options, and refuses others by name", async (script) => {
  const [help, refusal] = await Promise.allSettled([run(script, "--help"), run(script, "--bogus")]);
  expect(help).toMatchObject({ value: { stdout: expect.stringContaining("Usage: npm") } });
  expect(refusal).toMatchObject({ reason: { stderr: expect.stringContaining("--bogus") } });
});

describe("ielts-data", () => {
  it("lists its commands, and refuses others by name", async () => {
    const [help, refusal] = await Promise.allSettled([run("ielts-data", "--help"), run("ielts-data", "doktor")]);

    expect(help).toMatchObject({ value: { stdout: expect.stringContaining("Usage: npx ielts-data") } });
    expect(refusal).toMatchObject({ reason: { stderr: expect.stringContaining("unknown command 'doktor'") } });
  });

  it("hands a command its own words", async () => {
    const { stdout } = await run("ielts-data", "policies", "--policy", "catalogue", "--json");

    expect(JSON.parse(stdout)).toMatchObject({ Version: "2012-10-17" });
    await expect(run("ielts-data", "model", "--bogus")).rejects.toMatchObject({
      stderr: expect.stringContaining("unknown option '--bogus'"),
    });
  });
});

describe("npm start", () => {
  it("walks the day without a warning and exits with 0", async () => {
    const { stdout, stderr } = await runAlone("demo");

    expect(stderr).toBe("");
    expect(stdout).toContain("SUMMARY");
    const answers = [...stdout.matchAll(/^ {2}gave {6}(.*)$/gm)].map(([, answer]) => answer);
    expect(answers).toHaveLength(55);
    expect(answers).toContain("12 items removed");
    expect(stdout).not.toMatch(/undefined|NaN|\[object|\[function/i);
  });

  it("refuses a port that is none, by name", async () => {
    await expect(runAlone("demo", "--serve", "--port", "70000")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--port"),
    });
  });
});

describe("npm run model", () => {
  it("prints the model as one JSON object", async () => {
    const { stdout } = await run("model", "--json");

    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(describeModel())));
  });

  it("prints a readable table in 80 columns", async () => {
    const { stdout } = await run("model");

    expect(stdout).toContain("DEVOPS_ACTION  (ielts-devops-actions)");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});
