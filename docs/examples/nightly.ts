import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { Context, ScheduledEvent } from "aws-lambda";

const layer = dataLayerFromEnv();

/** Marks purchases expired whose access is over. What a run does not finish in its time, the next one does. */
export async function handler(_event: ScheduledEvent, context: Context): Promise<{ expired: number }> {
  const { purchases } = layer.within({ milliseconds: context.getRemainingTimeInMillis() - 1_000 });
  return { expired: await purchases.expireAll() };
}
