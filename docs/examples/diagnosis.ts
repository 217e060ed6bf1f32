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
  const problem = { issue_description, affected_service, ...(ticket_id && { ticket: ticket_id }) };
  // A second delivery keeps what the first one stored: the agent would answer in other words.
  const ids = { diagnosis: `ACT-${MessageId}-diagnosis`, fix: `ACT-${MessageId}-fix` };
  const [diagnosis, proposal] = await Promise.all([devops.find(ids.diagnosis), devops.find(ids.fix)]);
  if (diagnosis !== undefined && proposal !== undefined) return;
  const { ai_analysis, fix } = await devopsAgent.diagnose({ issue_description, affected_service });
  if (diagnosis === undefined) await devops.recordDiagnosis({ ...problem, ai_analysis, action_id: ids.diagnosis });
  if (fix !== undefined && proposal === undefined) {
    await devops.proposeFix({ ...problem, ...fix, ai_analysis, action_id: ids.fix });
  }
}
