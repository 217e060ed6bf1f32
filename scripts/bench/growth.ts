import "../shell/quiet-sdk.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { startDynamoDbLocal } from "../engines/dynamodb-local.ts";
import type { ServiceName } from "../iam/service-policies.ts";
import { benchOptions } from "../measuring/bench-options.ts";
import { rounded } from "../measuring/rounds.ts";
import { textTable } from "../shell/text-table.ts";
import type { Measurement } from "./cost/measure.ts";
import { createOursBench } from "./cost/passes.ts";
import { CALLS, type Call } from "./growth/calls.ts";
import { fill, type Growth } from "./growth/estate.ts";

/**
 * `npm run bench:growth`: what one call of every function of every service takes when there is 10 and 100 times as much of
 * what it is not asked for, and when texts are 50 times as long, on DynamoDB Local. Units do not depend on load.
 */
const { json, numbers } = benchOptions("bench:growth", "Units of every function as related data and texts grow.", {
  tenfold: 10,
  hundredfold: 100,
  texts: 50,
});

/** A function and how it is called. */
interface Called extends Call {
  readonly name: string;
}

/** At least: DynamoDB does not tell. */
const REFUSED = { readUnits: 0, writeUnits: 1 };

type Pass = ReadonlyMap<string, Measurement>;

const SERVICES = (layer: DataLayer) =>
  Object.keys(layer).filter(
    (name) => !["context", "entities", "collections", "within"].includes(name),
  ) as ServiceName[];

/** The public functions of a service, found by what it has. */
const functionsOf = (service: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter((name) => name !== "constructor");

/** @throws Error for a function that nothing calls. */
function calledOf(layer: DataLayer): Called[] {
  return SERVICES(layer).flatMap((service) =>
    functionsOf(layer[service]).map((name) => {
      const call = (CALLS[service] as Readonly<Record<string, Call | undefined>>)[name];
      if (call === undefined) throw new Error(`growth/calls.ts has no call of ${service}.${name}`);
      return { ...call, name: `${service}.${name}` };
    }),
  );
}

async function passOf(endpoint: string, name: string, growth: Growth): Promise<Pass> {
  const bench = await createOursBench(endpoint, name);
  try {
    await fill(bench.layer.context, growth);
    const measured = new Map<string, Measurement>();
    for (const { name: called, begin } of calledOf(bench.layer)) {
      bench.tick();
      const act = await begin(bench.layer);
      measured.set(called, await bench.recorder.measure(act, REFUSED));
    }
    return measured;
  } finally {
    bench.close();
  }
}

const unitsOf = ({ readUnits, writeUnits }: Measurement) => readUnits + writeUnits;

function taken(pass: Pass, name: string): Measurement {
  const measured = pass.get(name);
  if (measured === undefined) throw new Error(`${name} was not measured`);
  return measured;
}

const shown = ({ requests, roundTrips, readUnits, writeUnits }: Measurement) =>
  `${requests} / ${roundTrips} / ${rounded(readUnits, 1)} / ${rounded(writeUnits, 1)}`;

const engine = await startDynamoDbLocal();
try {
  const { tenfold, hundredfold, texts } = numbers;
  const once = await passOf(engine.endpoint, "growth-1", { items: 1, texts: 1 });
  const ten = await passOf(engine.endpoint, "growth-10", { items: tenfold, texts: 1 });
  const hundred = await passOf(engine.endpoint, "growth-100", { items: hundredfold, texts: 1 });
  const long = await passOf(engine.endpoint, "growth-texts", { items: 1, texts });
  const bench = await createOursBench(engine.endpoint, "growth-names");
  const called = calledOf(bench.layer);
  bench.close();
  const ratioOf = (pass: Pass, name: string) => {
    const [before, after] = [unitsOf(taken(once, name)), unitsOf(taken(pass, name))];
    return before === 0 && after === 0 ? 1 : rounded(after / before);
  };
  const grown = called.map(({ name, whole = false, texts: hasTexts = false }) => ({
    name,
    whole,
    hasTexts,
    ratio: ratioOf(hundred, name),
    textRatio: ratioOf(long, name),
  }));
  const bounded = grown.filter(({ whole }) => !whole).sort((a, b) => b.ratio - a.ratio);
  const textless = grown.filter(({ whole, hasTexts }) => !whole && !hasTexts).sort((a, b) => b.textRatio - a.textRatio);
  if (!json) {
    const headings = [
      "requests / round trips / RU / WU",
      "x1",
      `x${tenfold}`,
      `x${hundredfold}`,
      "ratio",
      `texts x${texts}`,
    ];
    const rows = grown.map(({ name, whole, hasTexts, ratio, textRatio }) => [
      `${name}${whole ? " (whole)" : ""}`,
      shown(taken(once, name)),
      shown(taken(ten, name)),
      shown(taken(hundred, name)),
      ratio,
      hasTexts ? `${textRatio} (texts)` : textRatio,
    ]);
    console.log(textTable(headings, rows));
  }
  const result = {
    growth: { worst: bounded[0]?.ratio, functions: bounded.map(({ name, ratio }) => ({ name, ratio })) },
    texts: {
      worst: textless[0]?.textRatio,
      functions: textless.map(({ name, textRatio: ratio }) => ({ name, ratio })),
    },
  };
  if (json) console.log(JSON.stringify(result));
  else console.log(`\ngrowth.worst ${result.growth.worst}, texts.worst ${result.texts.worst}`);
} finally {
  await engine.stop();
}
