import type { Answers, Stub } from "../stubbed-client.ts";
import { BATCH, keyOf, RESULT, TICKET_ID, USER } from "./fixtures.ts";
import { overviewAnswers, threadAnswers } from "./partitions.ts";
import type { Act, CollectingSide, Side } from "./side.ts";

type StoredItem = Readonly<Record<string, unknown>>;

/** What the index does not carry: a list's rows are smaller than items. */
const NOT_IN_LISTS = new Set(["scores", "ai_feedback", "improvement_plan", "duration_minutes", "gsi2pk", "gsi2sk"]);

const asRow = (item: StoredItem): StoredItem =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !NOT_IN_LISTS.has(name)));

const NOTHING_LEFT = JSON.stringify({ UnprocessedItems: {} });

/** One act, and the answers that DynamoDB gives to it. */
export interface PreparedAct {
  readonly answers: Answers;
  run(): Promise<unknown>;
}

/**
 * Prepares a side's acts. It reads back what it wrote itself: the items of its own batch write, with its own keys and
 * markers, are what reads and changes are answered with.
 */
export async function prepareActs(side: Side, stub: Stub): Promise<Readonly<Partial<Record<Act, PreparedAct>>>> {
  stub.answer({ BatchWriteItem: NOTHING_LEFT });
  const [request] = await recorded(stub, () => side.batch(BATCH));
  const puts = Object.values(request?.body.RequestItems as object).flat() as { PutRequest: { Item: StoredItem } }[];
  const items = puts.map(({ PutRequest }) => PutRequest.Item);
  const [item] = items;
  if (item === undefined || items.length !== BATCH.length) throw new Error("the batch is not one request of 25 items");
  const lastKey = Object.fromEntries(["pk", "sk", "gsi1pk", "gsi1sk"].map((name) => [name, item[name]]));
  const changed = JSON.stringify({ Attributes: item });
  const page = { Items: items.map(asRow), Count: items.length, ScannedCount: items.length, LastEvaluatedKey: lastKey };
  let number = 0;
  const next = () => keyOf(number++);
  return {
    get: { answers: { GetItem: JSON.stringify({ Item: item }) }, run: () => side.get(next()) },
    create: {
      answers: { PutItem: "{}", GetItem: "{}" },
      run: () => side.create({ user_id: USER, assessment_type: "speaking_academic" }),
    },
    patch: { answers: { UpdateItem: changed }, run: () => side.patch(next()) },
    complete: { answers: { UpdateItem: changed }, run: () => side.complete(next(), RESULT) },
    query: { answers: { Query: JSON.stringify(page) }, run: () => side.query(USER) },
    batch: { answers: { BatchWriteItem: NOTHING_LEFT }, run: () => side.batch(BATCH) },
    ...(collects(side) ? collectingActs(side) : {}),
  };
}

const collects = (side: Side): side is CollectingSide => "overview" in side;

function collectingActs(side: CollectingSide): Readonly<Partial<Record<Act, PreparedAct>>> {
  const { outline, thread } = threadAnswers();
  return {
    outline: { answers: outline, run: () => side.outline(TICKET_ID) },
    thread: { answers: thread, run: async () => side.thread?.(TICKET_ID) },
    overview: { answers: overviewAnswers(), run: () => side.overview(USER) },
  };
}

/** The requests that an act makes. */
export async function recorded(stub: Stub, act: () => Promise<unknown>) {
  stub.requests.length = 0;
  stub.recording = true;
  try {
    await act();
    return [...stub.requests];
  } finally {
    stub.recording = false;
  }
}
