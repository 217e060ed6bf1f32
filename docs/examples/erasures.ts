import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { Context, ScheduledEvent } from "aws-lambda";

const { accounts, context } = dataLayerFromEnv();

/** Seconds before the function's end at which it begins nothing new. */
const RESERVE = 5;

/** Finishes erasures and changes of addresses, with what an index showed late. What a run does not finish in its time, the next one does. */
export async function handler(_event: ScheduledEvent, lambda: Context): Promise<{ final: number; unfinished: number }> {
  const deadline = context.clock() + Math.max(0, Math.floor(lambda.getRemainingTimeInMillis() / 1_000) - RESERVE);
  await accounts.finishAddressChanges({ deadline });
  const { final, unfinished } = await accounts.finishErasures({ deadline });
  return { final, unfinished };
}
