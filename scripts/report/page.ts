import type { TypedDatabase } from "../sql/typed-database.ts";
import { CHARTS, type Chart, FIGURES } from "./charts.ts";
import { drawn, type Month } from "./drawing.ts";

/** A month of the calendar, in UTC; `2026-11`. */
export const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** A month's bounds, or those of the one so many after it. */
function monthAt(name: string, later = 0): Month {
  const [year = 0, number = 1] = name.split("-").map(Number);
  const firstDay = (month: number) => new Date(Date.UTC(year, month - 1 + later, 1)).toISOString().slice(0, 10);
  return { first: firstDay(number), after: firstDay(number + 1) };
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Sets the bounds that questions are asked within. */
async function setMonth({ connection }: TypedDatabase, { first, after }: Month): Promise<void> {
  await connection.run(`SET VARIABLE first = TIMESTAMP '${first}'`);
  await connection.run(`SET VARIABLE after = TIMESTAMP '${after}'`);
}

async function figuresOf({ connection }: TypedDatabase): Promise<number[]> {
  const figures: number[] = [];
  for (const { question } of FIGURES) {
    const [[value] = []] = (await connection.runAndReadAll(question)).getRowsJson();
    figures.push(Number(value ?? 0));
  }
  return figures;
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

function figure(title: string, now: number, before: number): string {
  const change = before === 0 ? "" : ` (${now >= before ? "+" : ""}${Math.round((100 * (now - before)) / before)} %)`;
  const told = `${number(before)} in the month before${change}`;
  return `<div class="figure"><b>${number(now)}</b><span>${escaped(title)}</span><small>${told}</small></div>`;
}

async function section({ connection }: TypedDatabase, chart: Chart, month: Month): Promise<string> {
  const rows = (await connection.runAndReadAll(chart.question)).getRowObjectsJson();
  const picture = rows.length === 0 ? '<p class="none">Nothing in this month.</p>' : drawn(chart, rows, month);
  return `<section>
<h2>${escaped(chart.title)}</h2>
<p>${escaped(chart.about)}</p>
${picture}
<details><summary>SQL</summary><pre>${escaped(chart.question)}</pre></details>
</section>`;
}

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --text: #1d2430; --faint: #5b6472; --card: #f6f7f9; --bar: #4269d0; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --text: #e8eaee; --faint: #a2aab6; --card: #1e232b; --bar: #7c9cf0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 16px; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0; }
header p, section > p { color: var(--faint); margin: 0 0 8px; }
.figures, main { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(150px, 100%), 1fr)); margin: 12px 0; }
main { grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.figure, section { background: var(--card); border-radius: 10px; padding: 12px; min-width: 0; }
.figure b { display: block; font-size: 1.6rem; line-height: 1.2; }
.figure span, .figure small { display: block; }
.figure small { color: var(--faint); }
figure { margin: 0; }
svg { max-width: 100%; height: auto; }
details { margin-top: 8px; color: var(--faint); }
summary { cursor: pointer; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; margin: 4px 0 0; }
`;

/** One page of a month, which asks no network: figures, pictures, and the question of each behind a fold. */
export async function monthPage(database: TypedDatabase, month: string, source: string): Promise<string> {
  await setMonth(database, monthAt(month, -1));
  const before = await figuresOf(database);
  const bounds = monthAt(month);
  await setMonth(database, bounds);
  const now = await figuresOf(database);
  const sections: string[] = [];
  for (const chart of CHARTS) sections.push(await section(database, chart, bounds));
  const title = `IELTS AI Prep, ${month}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${title}</h1><p>Of ${escaped(source)}. Days and weeks are of UTC.</p></header>
<div class="figures">
${FIGURES.map(({ title: name }, index) => figure(name, now[index] as number, before[index] as number)).join("\n")}
</div>
<main>
${sections.join("\n")}
</main>
</body>
</html>
`;
}
