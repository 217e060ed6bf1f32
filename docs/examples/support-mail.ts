import { createHash } from "node:crypto";
import { dataLayerFromEnv, isDataLayerError } from "@ielts-ai-prep/data-layer";
import type { SESEvent, SESEventRecord, SESMail } from "aws-lambda";
import { senderOf } from "./mail-sender.ts";
import { mailStore, supportAgent } from "./outside.ts";

const { support } = dataLayerFromEnv();

/** Below this the agent's answer is for a human to look at. */
const ENOUGH_CONFIDENCE = 0.6;

/**
 * Opens a ticket for each mail that its sender certainly wrote; the mail's own id makes a second delivery harmless. SES keeps
 * the others in its bucket, for a human who looks for one.
 */
export async function handler({ Records }: SESEvent): Promise<void> {
  await Promise.all(Records.map((record) => openTicket(record).catch(ignoreErased)));
}

/** Of somebody whose account was erased nothing is stored: not even a mail, until they register anew. */
function ignoreErased(error: unknown): void {
  if (isDataLayerError(error) && error.code === "conflict" && error.reason === "erased") return;
  throw error;
}

async function openTicket({ ses: { mail, receipt } }: SESEventRecord): Promise<void> {
  const user_email = senderOf(mail, receipt);
  if (user_email === undefined) return console.warn("no ticket for mail", mail.messageId);
  const ticket_id = `TKT-${createHash("sha256").update(mail.messageId).digest("hex").slice(0, 12).toUpperCase()}`;
  // A second delivery keeps the ticket of the first one: the agent would answer in other words.
  const ticket =
    (await support.find(ticket_id)) ?? (await support.open({ ticket_id, user_email, ...(await read(mail)) }));
  const unsure = (ticket.ai_confidence ?? 1) < ENOUGH_CONFIDENCE;
  if (unsure && ticket.status === "in_progress" && ticket.escalated_at === undefined) await support.escalate(ticket);
}

async function read({ messageId, commonHeaders }: SESMail) {
  // A ticket's subject has at most 1,000 characters.
  const subject = (commonHeaders.subject ?? "(no subject)").slice(0, 1_000).toWellFormed();
  const mail = { subject, message: await mailStore.text(messageId) };
  return { ...mail, ...(await supportAgent.read(mail)) };
}
