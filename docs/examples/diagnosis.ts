import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import type { SNSEvent, SNSMessage } from "aws-lambda";
import { devopsAgent } from "./outside.ts";

const { devops } = dataLayerFromEnv();

interface Problem {
  readonly ticket_id?: string;
  readonly issue_description: string;
  readonly affected_service: string;
}

/** Diagnoses a technical problem and proposes a fix, which waits for a reviewer. */
export async function handler({ Records }: SNSEvent): Promise<void> {
  for (const { Sns } of Records) await diagnose(Sns);
}

async function diagnose({ Message, MessageId }: SNSMessage): Promise<void> {
  const { ticket_id, issue_description, affected_service } = JSON.parse(Message) as Problem;
  const { ai_analysis, fix } = await devopsAgent.diagnose({ issue_description, affected_service });
  const problem = { issue_description, affected_service, ai_analysis, ...(ticket_id && { ticket: ticket_id }) };
  // Ids of the message's own make a second delivery harmless.
  await devops.recordDiagnosis({ ...problem, action_id: `ACT-${MessageId}-diagnosis` });
  if (fix !== undefined) await devops.proposeFix({ ...problem, ...fix, action_id: `ACT-${MessageId}-fix` });
}
