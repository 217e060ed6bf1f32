import { type EntityName, MODELS } from "../../entities/models.ts";
import type { Owners } from "./mapping.ts";
import { USER_ID } from "./rules.ts";
import { describeSources, MissingTables, type SourceNaming, type SourceReader } from "./source-tables.ts";

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
  const tables = await usersTables(reader, naming);
  if (tables.length === 0) return undefined;
  let addresses: Map<string, string | undefined> | undefined;
  for (const table of tables) {
    // An older table tells of those alone that no newer one has.
    const own = new Map<string, string | undefined>();
    await reader.scan(table, ATTRIBUTES, { segments, concurrency }, ({ user_id, email, user_email }) => {
      const address = email?.S ?? user_email?.S;
      if (user_id?.S === undefined || !USER_ID.test(user_id.S) || address === undefined) return;
      const id = compact(user_id.S);
      own.set(id, own.has(id) && own.get(id) !== address ? undefined : address);
    });
    addresses ??= own;
    for (const [id, address] of own) if (!addresses.has(id)) addresses.set(id, address);
  }
  return (user_id) => addresses?.get(compact(user_id));
}

async function usersTables(reader: SourceReader, naming: SourceNaming) {
  try {
    return await describeSources(reader.client, ["user"], naming);
  } catch (error) {
    if (error instanceof MissingTables) return [];
    throw error;
  }
}
