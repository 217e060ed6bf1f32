import { createHash } from "node:crypto";
import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { SESEvent, SESEventRecord } from "aws-lambda";
import { mailStore, supportAgent } from "./outside.ts";

const { support } = dataLayerFromEnv();

/** Below this the agent's answer is for a human to look at. */
const ENOUGH_CONFIDENCE = 0.6;

/** Opens a ticket for each mail; the mail's own id makes a second delivery harmless. */
export async function handler({ Records }: SESEvent): Promise<void> {
  await Promise.all(Records.map(openTicket));
}

async function openTicket({ ses: { mail, receipt } }: SESEventRecord): Promise<void> {
  if (receipt.spamVerdict.status === "FAIL" || receipt.virusVerdict.status === "FAIL") return;
  const subject = mail.commonHeaders.subject ?? "(no subject)";
  const message = await mailStore.text(mail.messageId);
  const ticket = await support.open({
    ticket_id: `TKT-${createHash("sha256").update(mail.messageId).digest("hex").slice(0, 12).toUpperCase()}`,
    user_email: mail.source,
    subject,
    message,
    ...(await supportAgent.read({ subject, message })),
  });
  const unsure = (ticket.ai_confidence ?? 1) < ENOUGH_CONFIDENCE;
  if (unsure && ticket.status === "in_progress") await support.escalate(ticket);
}
