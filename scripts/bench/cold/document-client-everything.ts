import { createCipheriv, createDecipheriv, createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import { report, SESSION_ID, stubbedConfig } from "./moments.ts";

/**
 * All seven operations by hand, with the modules that services as ours import. The code of eleven tables' worth of access
 * patterns is not written out: this side is as small as such a bundle can be.
 */
const client = DynamoDBDocumentClient.from(new DynamoDBClient(stubbedConfig()));
const operations = {
  get: (input: ConstructorParameters<typeof GetCommand>[0]) => client.send(new GetCommand(input)),
  put: (input: ConstructorParameters<typeof PutCommand>[0]) => client.send(new PutCommand(input)),
  update: (input: ConstructorParameters<typeof UpdateCommand>[0]) => client.send(new UpdateCommand(input)),
  delete: (input: ConstructorParameters<typeof DeleteCommand>[0]) => client.send(new DeleteCommand(input)),
  query: (input: ConstructorParameters<typeof QueryCommand>[0]) => client.send(new QueryCommand(input)),
  batchGet: (input: ConstructorParameters<typeof BatchGetCommand>[0]) => client.send(new BatchGetCommand(input)),
  batchWrite: (input: ConstructorParameters<typeof BatchWriteCommand>[0]) => client.send(new BatchWriteCommand(input)),
};
const tools = [createCipheriv, createDecipheriv, createHash, randomBytes, randomInt, timingSafeEqual, uuidv4, uuidv7];
if (tools.length + Object.keys(operations).length < 15) throw new Error("operations are missing");

async function authenticate(session_id: string) {
  const { Item } = await operations
    .get({
      TableName: "ielts-genai-prep",
      Key: { pk: `session#${session_id}`, sk: "session" },
      ConsistentRead: true,
    })
    .catch((error: unknown) => {
      throw error instanceof ConditionalCheckFailedException ? new Error("conflict") : error;
    });
  if (Item === undefined) throw new Error("session not found");
  if (Item.expires_at <= Date.now() / 1000) throw new Error("session has expired");
  const { pk, sk, ttl, __edb_e__, __edb_v__, ...session } = Item;
  return session as { user_email: unknown };
}

report(() => authenticate(SESSION_ID));
