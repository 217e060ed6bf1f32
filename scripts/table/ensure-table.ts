import { CreateTableCommand, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import { createTableInput, tableDefinition } from "../../entities/table.ts";
import { makeChange, type Target, tagList, waitUntilActive } from "./convergence.ts";
import { type Difference, differencesOf, type Tags, type Wishes } from "./difference.ts";
import { describeTable, readTable, stackOf } from "./table-state.ts";

export interface EnsureOptions extends Wishes {
  /** Change an existing table; otherwise only its differences are told. */
  readonly apply?: boolean;
}

export interface EnsureReport {
  readonly created: boolean;
  /** How many changes were made to the table. */
  readonly changed: number;
  /** What differs now. */
  readonly differences: readonly Difference[];
  /** What reads its stream is told this; undefined where the stream is off. */
  readonly streamArn: string | undefined;
}

/** Whether nothing is left that the table should have: what the engine lacks and what is there besides do not count. */
export const isAsDefined = (differences: readonly Difference[]): boolean =>
  differences.every(({ kind }) => kind === "lacking" || kind === "extra");

/**
 * Creates the table when it is absent, compares it with its definition, and with `apply` changes what can be changed.
 * @throws Error when a stack owns the table that should be changed.
 */
export async function ensureTable(target: Target, options: EnsureOptions = {}): Promise<EnsureReport> {
  const { apply = false, ...wishes } = options;
  const existing = await describeTable(target.client, target.table);
  const created = existing === undefined && (await createTable(target, wishes.tags ?? {}));
  if (existing === undefined || apply) await waitUntilActive(target);
  const before = await compare(target, wishes);
  // Another key is another table: time to live on `ttl` could delete items of who knows whom.
  const foreign = before.differences.some(({ about }) => about === "key");
  if (foreign || (!created && !apply)) return { created, changed: 0, ...told(before) };
  const stack = stackOf(before.state);
  if (stack !== undefined)
    throw new Error(`the stack ${stack} owns the table ${target.table}: change it by its template`);
  const changes = before.differences.flatMap((difference) => (difference.kind === "change" ? [difference.change] : []));
  for (const change of changes) await makeChange(target, change, before.state.arn);
  const after = changes.length === 0 ? before : await compare(target, wishes);
  return { created, changed: changes.length, ...told(after) };
}

const told = ({ state, differences }: Awaited<ReturnType<typeof compare>>) => ({
  differences,
  streamArn: state.stream?.arn,
});

/** False when another process was faster: its table is compared like any that is there. */
async function createTable(target: Target, tags: Tags): Promise<boolean> {
  const { client, table, say } = target;
  say(`creating the table ${table}`);
  const Tags = tagList(tags);
  const input = { ...createTableInput(table), DeletionProtectionEnabled: true, ...(Tags.length === 0 ? {} : { Tags }) };
  try {
    await client.send(new CreateTableCommand(input));
    return true;
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
}

async function compare({ client, table }: Target, wishes: Wishes) {
  const state = await readTable(client, table, wishes);
  if (state === undefined) throw new Error(`the table ${table} is gone`);
  return { state, differences: differencesOf(state, tableDefinition(), wishes) };
}
