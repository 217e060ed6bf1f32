import "../shell/quiet-sdk.ts";
import { join } from "node:path";
import { esbuildPreset } from "../../esbuild-preset.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { interleaved, median, rounded } from "../measuring/rounds.ts";
import { withTemporaryFolder } from "../shell/temporary-folder.ts";
import { textTable } from "../shell/text-table.ts";
import { bundle, bytesOf } from "./bundle.ts";
import type { Moment, Start } from "./cold/moments.ts";
import { runNode } from "./node-process.ts";

/**
 * `npm run bench:cold`: what a Lambda function pays once. Each side is one minified CommonJS bundle, made with the same
 * flags and the preset, and starts in a process of its own; the sides take turns. Told are medians less what a Node does
 * that does nothing: until the function is ready, and until its first call has been answered.
 */
const BUNDLES = {
  bare: "cold/bare.ts",
  oneDocumentClient: "cold/document-client-one.ts",
  oneOurs: "cold/one-service.ts",
  allDocumentClient: "cold/document-client-everything.ts",
  allOurs: "cold/everything.ts",
} as const;
type Bundle = keyof typeof BUNDLES;
const NAMES = Object.keys(BUNDLES) as Bundle[];
const TITLES: Readonly<Record<Bundle, string>> = {
  bare: "bare Node",
  oneDocumentClient: "one function, DocumentClient",
  oneOurs: "one function, our service",
  allDocumentClient: "everything, DocumentClient",
  allOurs: "everything, our services",
};

type Clock = keyof Moment;
type Starts = Readonly<Record<Bundle, readonly Start[]>>;

interface Cost {
  readonly ready: number;
  readonly called: number;
}

function costOf(starts: Starts, name: Bundle, clock: Clock): Cost {
  const bare = median(starts.bare.map(({ ready }) => ready[clock]));
  const at = (moment: keyof Start) => median(starts[name].map((start) => (start[moment] ?? start.ready)[clock])) - bare;
  return { ready: at("ready"), called: at("called") };
}

/** The worse of the two ratios. */
function ratioOf(starts: Starts, ours: Bundle, theirs: Bundle, clock: Clock): number {
  const [left, right] = [costOf(starts, ours, clock), costOf(starts, theirs, clock)];
  return rounded(Math.max(left.ready / right.ready, left.called / right.called), 3);
}

function printTable(starts: Starts, bytes: Readonly<Record<Bundle, number>>): void {
  const rows = NAMES.slice(1).map((name) => {
    const [wall, processor] = [costOf(starts, name, "wall"), costOf(starts, name, "processor")];
    const milliseconds = [wall.ready, wall.called, processor.ready, processor.called].map((value) => value.toFixed(1));
    return [TITLES[name], ...milliseconds, Math.round(bytes[name] / 1024)];
  });
  console.log(textTable(["ms over bare Node", "ready", "first call", "CPU ready", "CPU first call", "KB"], rows));
}

const { json, numbers } = benchOptions("bench:cold", "Cold starts of bundles: ours against a DocumentClient by hand.", {
  rounds: 31,
});
await withTemporaryFolder("bench-", async (folder) => {
  const fileOf = (name: Bundle) => join(folder, `${name}.cjs`);
  for (const name of NAMES) await bundle(BUNDLES[name], fileOf(name), esbuildPreset);
  const bytes = Object.fromEntries(NAMES.map((name) => [name, bytesOf(fileOf(name))])) as Record<Bundle, number>;
  for (const name of NAMES) await runNode(fileOf(name));
  const starts = await interleaved(NAMES, numbers.rounds, (name) => runNode<Start>(fileOf(name)));
  printTable(starts, bytes);
  if (!json) return;
  const ratiosBy = (clock: Clock) => ({
    oneService: ratioOf(starts, "oneOurs", "oneDocumentClient", clock),
    everything: ratioOf(starts, "allOurs", "allDocumentClient", clock),
  });
  const cold = {
    ...ratiosBy("wall"),
    bytes: rounded(bytes.allOurs / bytes.allDocumentClient, 3),
    processor: ratiosBy("processor"),
  };
  console.log(JSON.stringify({ cold }));
});
