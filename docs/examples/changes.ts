import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import { onChange, once } from "@ielts-ai-prep/data-layer/services/streams";
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { devopsQueue, mailer } from "./outside.ts";

/** What the function needs, after its last request, to tell Lambda where it stands. */
const ENDING_MILLISECONDS = 1_000;

const dataLayer = dataLayerFromEnv();

/**
 * Reacts to changes of tickets: mails the customer when one is resolved, and gives a technical one to the DevOps agent. A change
 * may come again, and each reaction is made once. Those that fail come again from there on (ReportBatchItemFailures).
 */
export async function handler(event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> {
  const layer = dataLayer.within({ milliseconds: context.getRemainingTimeInMillis() - ENDING_MILLISECONDS });
  const listen = onChange(
    {
      ticket: async (change) => {
        if (change.kind === "create" && change.after.category === "technical") {
          const { ticket_id, subject } = change.after;
          await once(layer, change, "devops", () => devopsQueue.send({ ticket_id, subject }));
        }
        const resolved = change.kind === "update" && change.changed.includes("resolved_at");
        if (resolved && change.after.status === "resolved") {
          const { user_email, subject } = change.after;
          await once(layer, change, "mail", () => mailer.send({ to: user_email, kind: "resolved", subject }));
        }
      },
    },
    // The key of an account holds its address, so that no log has it.
    { onFailure: ({ sequenceNumber, error }) => console.error("a change failed", sequenceNumber, error) },
  );
  return listen(event);
}
