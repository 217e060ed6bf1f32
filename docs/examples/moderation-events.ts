import { dataLayerFromEnv, isDataLayerError } from "@ielts-ai-prep/data-layer";
import { safetyEvent } from "@ielts-ai-prep/data-layer/services/inputs";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";

const { moderation } = dataLayerFromEnv();

/**
 * Records the AI examiner's moderation events. A message that fails comes again alone (ReportBatchItemFailures); one that is
 * refused each time ends in the queue's dead-letter queue.
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failures = await Promise.all(Records.map(record));
  return { batchItemFailures: failures.flat() };
}

async function record({ messageId, body }: SQSRecord): Promise<SQSBatchItemFailure[]> {
  try {
    // The message's id, where the event has none, makes a second delivery harmless.
    await moderation.recordSafetyEvent({ log_id: messageId, ...safetyEvent.parse(JSON.parse(body)) });
    return [];
  } catch (error) {
    // Of somebody whose account was erased nothing is recorded, however often the message comes.
    if (isDataLayerError(error) && error.code === "conflict" && error.reason === "erased") return [];
    console.error(messageId, error);
    return [{ itemIdentifier: messageId }];
  }
}
