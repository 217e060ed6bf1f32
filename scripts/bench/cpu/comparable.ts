import { isDeepStrictEqual } from "node:util";
import type { SentRequest } from "../stubbed-client.ts";
import type { Act } from "./side.ts";

interface Described {
  readonly requests: readonly SentRequest[];
  readonly result: unknown;
}

/** Ids and instants differ from run to run. */
const masked = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replaceAll(/(?<!\d)1[7-9]\d{8}(?!\d)/g, "0"),
  );

/** What the two sides must send alike: the item, the keys, the index. Expressions may be worded in more than one way. */
function essence({ operation, body }: SentRequest) {
  const { Item, Key, IndexName, Limit, ScanIndexForward, RequestItems, ConsistentRead, ReturnValues } = body;
  return masked([operation, Item, Key, IndexName, Limit, ScanIndexForward, RequestItems, ConsistentRead, ReturnValues]);
}

/**
 * Refuses a comparison of unlike work: all sides make the same requests, and the code by hand writes what our services
 * write, to the byte, and gives back the same lists.
 */
export function checkComparable(act: Act, sides: Readonly<Record<string, Described>>): void {
  const { ours, documentClient } = sides;
  if (ours === undefined || documentClient === undefined) throw new Error("there is nothing to compare");
  for (const [name, { requests }] of Object.entries(sides)) {
    const operations = requests.map(({ operation }) => operation).join(", ");
    const expected = ours.requests.map(({ operation }) => operation).join(", ");
    if (operations !== expected) throw new Error(`${act}: ${name} sends ${operations}, our services ${expected}`);
  }
  ours.requests.forEach((request, index) => {
    const other = documentClient.requests[index];
    if (other !== undefined && isDeepStrictEqual(essence(request), essence(other))) return;
    const shown = JSON.stringify([essence(request), other && essence(other)], null, 2);
    throw new Error(`${act}: cpu/document-client.ts no longer sends what our services send: ${shown}`);
  });
  if (WHOLE_RESULTS.has(act) && !isDeepStrictEqual(masked(ours.result), masked(documentClient.result)))
    throw new Error(`${act}: cpu/document-client.ts gives back something else`);
  if (act === "query" && !isDeepStrictEqual(itemsOf(ours), itemsOf(documentClient)))
    throw new Error("query: cpu/document-client.ts gives back other rows");
}

/** Acts that are reads without a cursor. */
const WHOLE_RESULTS: ReadonlySet<Act> = new Set(["get", "outline", "thread", "overview"]);

const itemsOf = ({ result }: Described) => masked((result as { items: unknown }).items);
