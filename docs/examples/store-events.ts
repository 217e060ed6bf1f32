import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { StoreMessage } from "./outside.ts";

const { purchases } = dataLayerFromEnv();

/**
 * Records what the stores tell of purchases, refunds and reversed refunds. Messages may come in any order, late and again; one
 * that fails comes again alone (ReportBatchItemFailures).
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failures = await Promise.all(Records.map(record));
  return { batchItemFailures: failures.flat() };
}

async function record({ messageId, body }: SQSRecord): Promise<SQSBatchItemFailure[]> {
  try {
    await apply(JSON.parse(body) as StoreMessage);
    return [];
  } catch (error) {
    console.error(messageId, error);
    return [{ itemIdentifier: messageId }];
  }
}

async function apply({ type, at, transaction, ...bought }: StoreMessage): Promise<unknown> {
  const { user_email, product_id } = bought;
  const { transaction_id } = transaction;
  if (type === "refund") return purchases.refund(user_email, product_id, transaction_id, { refunded_at: at });
  if (type === "refund_reversed")
    return purchases.reverseRefund(user_email, product_id, transaction_id, { reversed_at: at });
  return purchases.grant({ ...bought, ...transaction });
}
