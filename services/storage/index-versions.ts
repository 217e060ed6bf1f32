import { FORMER_INDEXES } from "../../entities/evolution.ts";
import type { DataContext } from "./context.ts";
import { IndexNotReadyError } from "./errors.ts";

/** An index that was asked, and what of this release's version its rows lack. */
export interface AskedIndex {
  readonly indexName: string;
  readonly lacks: readonly string[];
}

/** How long a table is taken to lack an index before it is asked again, in seconds. */
const RECHECK = 60;

const NONE: readonly string[] = [];

/** Whether an error says that the table lacks the index, or is still filling it. */
function isMissing(error: unknown): boolean {
  const { name, message } = error as Error;
  const says = /does not have the specified index|backfilling global secondary index/i;
  return name === "ValidationException" && says.test(message);
}

/** By the index's name, until when in epoch seconds the table is taken to lack it. */
const lackingOn = (_: DataContext): Map<string, number> => new Map();

/**
 * Asks this release's version of an index, or the one before as long as the table lacks it: the table's own state tells
 * which, and is looked at again each minute. `since` is the first version that has all rows asked for.
 * @throws IndexNotReadyError when no version that the table has answers the question.
 */
export async function byVersion<T>(
  context: DataContext,
  indexName: string,
  since: number,
  ask: (index: AskedIndex) => Promise<T>,
): Promise<T> {
  const lacking = context.once(lackingOn);
  const known = FORMER_INDEXES.get(indexName);
  const former = known === undefined || known.version < since ? undefined : known;
  const current = { indexName, lacks: NONE };
  const askCurrent = async () => {
    const answer = await ask(current);
    lacking.delete(indexName);
    return answer;
  };
  const isLacking = (lacking.get(indexName) ?? 0) > context.clock();
  if (!isLacking) {
    try {
      return await askCurrent();
    } catch (error) {
      if (!isMissing(error)) throw error;
      lacking.set(indexName, context.clock() + RECHECK);
      if (former === undefined) throw new IndexNotReadyError(indexName, error);
    }
  }
  if (former === undefined) throw new IndexNotReadyError(indexName);
  try {
    return await ask(former);
  } catch (error) {
    // The former version may be on its way out: then this one is there.
    return askCurrent().catch((second) => {
      if (!isMissing(second)) throw second;
      throw isMissing(error) ? new IndexNotReadyError(indexName, second) : error;
    });
  }
}
