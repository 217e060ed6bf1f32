import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Chart, Drawing } from "./charts.ts";

/** A row of a chart's question. DuckDB gives counts and decimals as texts. */
export type ChartRow = Readonly<Record<string, unknown>>;

/** The first day of a month, and of the one after it; `2026-11-01`. */
export interface Month {
  readonly first: string;
  readonly after: string;
}

interface Mark {
  readonly at: Date;
  readonly name: string;
  readonly value: number;
  readonly part: string;
}

/** The width of a phone's page; a wide page has several side by side. */
const WIDTH = 360;
const HEIGHT = 220;
const ROW_HEIGHT = 26;
/** Beside the names of bars. */
const LETTER = 6.2;

const DRAWINGS: Readonly<Record<Drawing, (rows: readonly Mark[], chart: Chart, month: Month) => Plot.PlotOptions>> = {
  days: (rows, { unit }, { first, after }) => ({
    height: HEIGHT,
    x: { type: "utc", label: null, ticks: 4, domain: [new Date(first), new Date(after)] },
    y: { label: unit, grid: true, nice: true },
    marks: [
      Plot.rectY(rows, {
        x: "at",
        interval: "day",
        y: "value",
        ...stacked(rows),
        title: titleOf(unit),
        insetLeft: 0.5,
      }),
      Plot.ruleY([0]),
    ],
  }),
  weeks: (rows, { unit }) => ({
    height: HEIGHT,
    x: { type: "utc", label: null, ticks: 4 },
    y: { label: unit, grid: true, nice: true },
    marks: [
      Plot.line(rows, { x: "at", y: "value", ...(manyParts(rows) ? { stroke: "part" } : {}), strokeWidth: 2 }),
      Plot.dot(rows, { x: "at", y: "value", ...filled(rows), r: 3, title: titleOf(unit) }),
    ],
  }),
  bars: (rows, { unit }) => ({
    height: new Set(rows.map(({ name }) => name)).size * ROW_HEIGHT + 50,
    marginLeft: Math.min(150, Math.max(...rows.map(({ name }) => name.length)) * LETTER + 16),
    x: { label: unit, grid: true, nice: true },
    y: { label: null, domain: [...new Set(rows.map(({ name }) => name))] },
    marks: [Plot.barX(rows, { x: "value", y: "name", ...stacked(rows), title: titleOf(unit) }), Plot.ruleX([0])],
  }),
};

const manyParts = (rows: readonly Mark[]) => new Set(rows.map(({ part }) => part)).size > 1;
/** One colour without parts; with parts one each, in the order of their names. */
const filled = (rows: readonly Mark[]) =>
  manyParts(rows) ? ({ fill: "part", z: "part" } as const) : { fill: "var(--bar)" };
const stacked = (rows: readonly Mark[]) => ({ ...filled(rows), ...(manyParts(rows) ? ({ order: "z" } as const) : {}) });

const titleOf =
  (unit: string) =>
  ({ at, name, part, value }: Mark) =>
    [name || at.toISOString().slice(0, 10), part, `${value} ${unit}`].filter(Boolean).join(", ");

const words = (name: string) => name.replaceAll("_", " ");

/** A chart as an SVG with its legend, without a script. */
export function drawn(chart: Chart, rows: readonly ChartRow[], month: Month): string {
  const marks = rows.map(({ at = "1970-01-01 00:00:00", name = "", value, part = "" }) => ({
    at: new Date(`${String(at).replace(" ", "T")}Z`),
    name: words(String(name)),
    value: Number(value),
    part: words(String(part)),
  }));
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const plot = Plot.plot({
    document,
    width: WIDTH,
    style: { fontSize: "11px" },
    ...(manyParts(marks)
      ? { color: { legend: true, domain: [...new Set(marks.map(({ part }) => part))].sort() } }
      : {}),
    ...DRAWINGS[chart.drawing](marks, chart, month),
  });
  plot.setAttribute("aria-label", chart.title);
  return plot.outerHTML;
}
