import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { report, SESSION_ID, stubbedConfig } from "./moments.ts";

/** The same authorizer by hand. */
const client = DynamoDBDocumentClient.from(new DynamoDBClient(stubbedConfig()));

async function authenticate(session_id: string) {
  const { Item } = await client.send(
    new GetCommand({
      TableName: "ielts-genai-prep",
      Key: { pk: `session#${session_id}`, sk: "session" },
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw new Error("session not found");
  if (Item.expires_at <= Date.now() / 1000) throw new Error("session has expired");
  const { pk, sk, ttl, __edb_e__, __edb_v__, ...session } = Item;
  return session as { user_email: unknown };
}

report(() => authenticate(SESSION_ID));
