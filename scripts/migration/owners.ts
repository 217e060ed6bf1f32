import { ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import type { Owners } from "./mapping.ts";
import { USER_ID } from "./rules.ts";
import { describeSources, type SourceNaming, type SourceReader } from "./source-tables.ts";

/** The attributes of the users table that tell whose an id is. */
const ATTRIBUTES = ["email", "user_email", "user_id"];

interface OwnersRequest {
  /** What is brought over. */
  readonly entities: readonly EntityName[];
  readonly naming: SourceNaming;
  readonly segments?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** An id as 16 bytes, one a character: a million of them take some 220 MB with their addresses. */
const compact = (user_id: string) => Buffer.from(user_id.replaceAll("-", ""), "hex").toString("latin1");

/**
 * Reads the users table once, for those of its items that have an id beside their address. Two users of one id have none: whose
 * an item is would be a guess. Undefined when there is no such table, and when none of the entities belongs to anybody.
 */
export async function readOwners(
  reader: SourceReader,
  { entities, naming, segments = 8, concurrency = 8 }: OwnersRequest,
): Promise<Owners | undefined> {
  const isOwned = (entity: EntityName) => entity !== "user" && "account" in MODELS[entity];
  if (!entities.some(isOwned)) return undefined;
  const table = await usersTable(reader, naming);
  if (table === undefined) return undefined;
  const addresses = new Map<string, string | undefined>();
  await reader.scan(table, ATTRIBUTES, { segments, concurrency }, ({ user_id, email, user_email }) => {
    const address = email?.S ?? user_email?.S;
    if (user_id?.S === undefined || !USER_ID.test(user_id.S) || address === undefined) return;
    const id = compact(user_id.S);
    addresses.set(id, addresses.has(id) && addresses.get(id) !== address ? undefined : address);
  });
  return (user_id) => addresses.get(compact(user_id));
}

async function usersTable(reader: SourceReader, naming: SourceNaming) {
  try {
    const [table] = await describeSources(reader.client, ["user"], naming);
    return table;
  } catch (error) {
    if (error instanceof Error && error.cause instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
