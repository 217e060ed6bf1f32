import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
import { type Change, onChange } from "@ielts-ai-prep/data-layer/services/streams";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";

const HOUR = 60 * 60;

// A table of the function's own: partition key `counter`, sort key `hour`.
const TableName = process.env.COUNTERS_TABLE ?? "";
const counters = DynamoDBDocumentClient.from(dataLayerFromEnv().context.client);

/** Counts a change once, however often it comes: a counter's row keeps the changes of its hour that it has counted. */
async function count(counter: string, { id, at }: Change): Promise<void> {
  const command = new UpdateCommand({
    TableName,
    Key: { counter, hour: at - (at % HOUR) },
    UpdateExpression: "ADD #count :one, changes :changes",
    ConditionExpression: "NOT contains(changes, :change)",
    ExpressionAttributeNames: { "#count": "count" },
    ExpressionAttributeValues: { ":one": 1, ":changes": new Set([id]), ":change": id },
  });
  await counters.send(command).catch((error: unknown) => {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  });
}

const listen = onChange(
  {
    ticket: async (change) => {
      if (change.kind === "create") await count(`tickets opened: ${change.after.category}`, change);
      const resolved = change.kind === "update" && change.changed.includes("resolved_at");
      if (resolved && change.after.status === "resolved") await count("tickets resolved", change);
    },
    assessment: async (change) => {
      const completed = change.kind === "update" && change.changed.includes("completed_at");
      if (completed) await count(`assessments completed: ${change.after.assessment_type}`, change);
    },
  },
  // The key of an account holds its address, so that no log has it.
  { onFailure: ({ sequenceNumber, error }) => console.error("a change was not counted", sequenceNumber, error) },
);

/**
 * Keeps counters of what happens, by the hour: tickets opened by category and resolved, assessments completed by type. They are exact,
 * though a change may come again and the function may die anywhere: each is counted by one conditional write.
 */
export const handler = (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => listen(event);
