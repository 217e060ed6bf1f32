import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SessionModel } from "../../../entities/session.ts";
import { bindEntity } from "../../../services/storage/electrodb.ts";
import { COMMANDS } from "../../../services/storage/wire/document-commands.ts";
import { aSession } from "../../builders.ts";

/** A low-level client that keeps what it is given to send. */
function recordingClient() {
  const commands: object[] = [];
  const send = async (command: object) => {
    commands.push(command);
    return { Items: [], Responses: { "a-table": [] }, UnprocessedKeys: {}, UnprocessedItems: {} };
  };
  return { client: { send } as unknown as DynamoDBClient, commands };
}

it("lets an entity's `go()` send the data layer's own commands, on a low-level client", async () => {
  const { client, commands } = recordingClient();
  const entity = bindEntity(SessionModel, client, "a-table");
  const key = { session_id: "a-session" };
  const session = { ...aSession(), ...key, created_at: 0, expires_at: 1, qr_authenticated: false };

  await entity.get(key).go();
  await entity.put(session).go();
  await entity.patch(key).set({ user_agent: "another" }).go();
  await entity.delete(key).go();
  await entity.query.byId(key).go();
  await entity.get([key]).go();
  await entity.delete([key]).go();

  const { GetItem, PutItem, UpdateItem, DeleteItem, Query, BatchGetItem, BatchWriteItem } = COMMANDS;
  expect(commands.map((command) => command.constructor)).toEqual([
    GetItem,
    PutItem,
    UpdateItem,
    DeleteItem,
    Query,
    BatchGetItem,
    BatchWriteItem,
  ]);
});

it("leaves an entity as it is when ElectroDB takes its commands from elsewhere", () => {
  const other = { client: {} };
  const model = { bind: () => other };

  expect(bindEntity(model, recordingClient().client, "a-table")).toEqual({ client: {} });
});
