import { existsSync, readFileSync } from "node:fs";

const text = readFileSync("SECURITY.md", "utf8");
const lines = text.split("\n");

/** The tests that a text names: a file and a title in it. */
const testsIn = (named: string) =>
  [...named.matchAll(/`(tests\/[^`]+\.test\.ts)`: "([^"]+)"/g)].map(([, file = "", title = ""]) => ({ file, title }));

const isRule = (line: string | undefined) => line !== undefined && /^[|\s-]+$/.test(line) && line.includes("-");

/** The rows of the tables, without their heads. */
const rows = lines.filter((line, number) => line.startsWith("|") && !isRule(line) && !isRule(lines[number + 1]));

it("SECURITY.md names a test for each of its lines", () => {
  expect(rows.length).toBeGreaterThan(25);
  expect(rows.filter((row) => testsIn(row).length === 0)).toEqual([]);
});

it.each(testsIn(text))("$file has the test that SECURITY.md names: $title", ({ file, title }) => {
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, "utf8")).toContain(`"${title}"`);
});
