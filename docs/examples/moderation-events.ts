import { dataLayerFromEnv, type SafetyEvent } from "@ielts-ai-prep/data-layer";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";

const { moderation } = dataLayerFromEnv();

/** Records the AI examiner's moderation events. A message that fails comes again alone (ReportBatchItemFailures). */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const outcomes = await Promise.allSettled(
    Records.map(async ({ body }) => moderation.recordSafetyEvent(JSON.parse(body) as SafetyEvent)),
  );
  const failed = Records.filter((_, index) => outcomes[index]?.status === "rejected");
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
