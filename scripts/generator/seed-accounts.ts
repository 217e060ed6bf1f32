import { UserModel } from "../../entities/user.ts";
import { createContext } from "../../services/context.ts";
import { bulkWrite } from "../../services/storage/bulk-writer.ts";
import { Repository } from "../../services/storage/repository.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import type { AccountsTarget } from "../table/table-target.ts";
import { type AccountNumber, createAccount } from "./account.ts";
import { type Stores, storesOf } from "./stores.ts";

export interface AccountsRequest {
  readonly users: number;
  readonly seed: number;
  /** The present of the histories, epoch seconds. */
  readonly now: number;
}

export interface AccountsReport {
  readonly items: number;
  /** Items by entity. */
  readonly byEntity: Readonly<Record<string, number>>;
}

/** After so many requests that failed for good the table is out of reach, and going on would only gather failures. */
const FAILURES = 5;

/** The items of all accounts, one account at a time. */
function* accountItems({ users, seed, now }: AccountsRequest, stores: Stores): Generator<StoredItem[]> {
  for (let index = 0; index < users; index++) yield createAccount({ seed, index, now }, stores);
}

/**
 * Writes generated accounts, replacing those of an earlier run with the same numbers. Items are made as they are
 * written, so memory does not grow with the number of accounts.
 */
export async function seedAccounts(
  { client, table, erasureSecret }: AccountsTarget,
  request: AccountsRequest,
  onProgress: (users: number) => void = () => {},
): Promise<AccountsReport> {
  let failures = 0;
  const context = createContext({
    client,
    table,
    erasureSecret,
    onRequest: ({ outcome }) => {
      if (outcome === "error") failures++;
    },
  });
  const stores = storesOf(context);
  const byEntity: Record<string, number> = {};
  function* items(): Generator<StoredItem> {
    let users = 0;
    for (const account of accountItems(request, stores)) {
      for (const item of account) {
        if (failures >= FAILURES) return;
        byEntity[item.__edb_e__ as string] = (byEntity[item.__edb_e__ as string] ?? 0) + 1;
        yield item;
      }
      onProgress(++users);
    }
  }
  const { written, failed } = await bulkWrite(context, items(), (item) => item);
  const [failure] = failed;
  if (failure !== undefined) {
    throw new Error(
      `${written} items were written and ${failed.length} could not be; the same command completes them`,
      {
        cause: failure.cause,
      },
    );
  }
  return { items: written, byEntity };
}

/**
 * The present of the accounts that the table holds already for a seed: written again with it they are replaced, with
 * another one they would get a second history. Undefined when there are none.
 */
export async function presentOfSeed(
  { client, table, erasureSecret }: AccountsTarget,
  seed: number,
): Promise<number | undefined> {
  const context = createContext({ client, table, erasureSecret });
  const probe: AccountNumber = { seed, index: 0, now: 2_000_000_000 };
  const [generated] = createAccount(probe, storesOf(context));
  if (generated === undefined) return undefined;
  const users = new Repository(context, UserModel);
  const stored = await users.find(generated.email as string);
  if (stored === undefined) return undefined;
  return probe.now - (generated.created_at as number) + stored.created_at;
}
