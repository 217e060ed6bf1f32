import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { PurchaseMessage, RefundMessage } from "./outside.ts";

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
    const message = JSON.parse(body) as PurchaseMessage | RefundMessage;
    await (message.type === "purchase" ? grant(message) : refund(message));
    return [];
  } catch (error) {
    console.error(messageId, error);
    return [{ itemIdentifier: messageId }];
  }
}

const grant = ({ type: _, at: __, transaction, ...bought }: PurchaseMessage) =>
  purchases.grant({ ...bought, ...transaction });

async function refund({ type, at, transaction: { transaction_id }, ...told }: RefundMessage): Promise<unknown> {
  const { user_email, product_id } = { ...(await purchases.findByTransaction(transaction_id)), ...told };
  // Its purchase has not been heard of, or a moment ago: the message comes again.
  if (user_email === undefined || product_id === undefined)
    throw new Error(`no purchase of ${transaction_id} is known`);
  if (type === "refund") return purchases.refund(user_email, product_id, transaction_id, { refunded_at: at });
  return purchases.reverseRefund(user_email, product_id, transaction_id, { reversed_at: at });
}
