import { assessmentOf } from "../cpu/fixtures.ts";
import type { LoadReport, LoadRequest } from "./loading.ts";
import { loadOurs } from "./ours.ts";
import { loadRaw } from "./raw.ts";

/** One load, told on the last line: `node bundle.cjs '{"side":"ours",…}'`. */
const SIDES = { raw: loadRaw, ours: loadOurs } as const;

/** A stream: nothing but what is in flight is in memory. */
function* assessments(count: number) {
  for (let number = 0; number < count; number++) {
    yield { ...assessmentOf(number), user_id: `learner-${number % 2_000}@example.com` };
  }
}

async function main(): Promise<void> {
  const { side, endpoint, table, items, concurrency } = JSON.parse(process.argv[2] ?? "") as LoadRequest;
  const config = { endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  const started = performance.now();
  await SIDES[side](config, table, assessments(items), concurrency);
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, memory: process.resourceUsage().maxRSS / 1024 } satisfies LoadReport));
  process.exit();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
