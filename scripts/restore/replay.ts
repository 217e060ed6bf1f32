import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { ClaimModel } from "../../entities/claim.ts";
import { ERASURE_STATES, type Erasure, ErasureModel } from "../../entities/erasure.ts";
import { PRIMARY_KEY } from "../../entities/keys.ts";
import { type User, UserModel } from "../../entities/user.ts";
import { eraseAccount } from "../../services/account/erasure.ts";
import { entityOf, modelOf } from "../../services/account/items.ts";
import { RESET, VERIFICATION } from "../../services/guards/account-tokens.ts";
import { entryKeyOf, refusalOf, tellsOfMove } from "../../services/guards/erasure.ts";
import type { DataContext } from "../../services/storage/context.ts";
import { Repository } from "../../services/storage/repository.ts";
import { batchDelete, batchGet, keyOf, keyText, type StoredItem } from "../../services/storage/requests.ts";
import { slowScan } from "../doctor/slow-scan.ts";

/** What a restored table has that it must not have, or lacks. */
export interface ReplayReport {
  /** Entries of the ledger of erasures that it lacks. */
  erasures: number;
  /** Claims of transactions that it lacks, or has as not granted. */
  transactions: number;
  /** Accounts that were erased since, or are of before their erasure. */
  accounts: number;
  /** Sessions and QR tokens. */
  sessions: number;
  /** Accounts with a verification token. */
  tokens: number;
  /** Accounts whose password, state or verification is another now. */
  changed: number;
}

export interface ReplayOptions {
  /** Mend what is found; otherwise it is only counted. */
  readonly apply: boolean;
  /** Read units a second of each scan. */
  readonly rate: number;
  /** Keep the passwords and states of the backup: for when those that lived last are what went wrong. */
  readonly keepAccounts?: boolean;
}

const CHUNK = 100;
/** What an account has that decides who gets in. */
const CARRIED = ["password_hash", "account_status", "email_verified"] as const;
const TOKENS = [...VERIFICATION, ...RESET] as const;

const nameOf = ({ schema }: { readonly schema: { readonly model: { readonly entity: string } } }) =>
  schema.model.entity;
const LABEL = { entity: "account", accessPattern: "restore" };

/** Collects values, and hands them on a hundred at a time. */
class Chunks<T> {
  readonly #act: (chunk: readonly T[]) => Promise<void>;
  #values: T[] = [];
  constructor(act: (chunk: readonly T[]) => Promise<void>) {
    this.#act = act;
  }
  async add(value: T): Promise<void> {
    this.#values.push(value);
    if (this.#values.length === CHUNK) await this.end();
  }
  async end(): Promise<void> {
    const chunk = this.#values;
    this.#values = [];
    if (chunk.length > 0) await this.#act(chunk);
  }
}

/**
 * Brings a restored table up to what has happened since its backup and may not be undone: erasures, granted transactions,
 * what was shut out. It reads both tables whole. Safe to repeat and to interrupt, also once the table is in use.
 */
export class Replay {
  readonly #restored: DataContext;
  readonly #lived: DataContext;
  readonly #options: ReplayOptions;
  readonly #report: ReplayReport = {
    ...{ erasures: 0, transactions: 0, accounts: 0 },
    ...{ sessions: 0, tokens: 0, changed: 0 },
  };
  /** The ledger that lived last, by its partition keys. */
  readonly #ledger = new Map<string, StoredItem>();
  /** Accounts that have an entry in it: when their own row was created, if it is there. */
  readonly #candidates = new Map<string, number | undefined>();

  /** `lived` is the table that was in use last, or what its last state was restored as. */
  constructor(restored: DataContext, lived: DataContext, options: ReplayOptions) {
    this.#restored = restored;
    this.#lived = lived;
    this.#options = options;
  }

  async run(): Promise<ReplayReport> {
    await this.#readLived();
    await this.#readRestored();
    await this.#eraseAgain();
    return this.#report;
  }

  /** The ledger, and the claims of transactions. */
  async #readLived(): Promise<void> {
    const copies = new Chunks<StoredItem>((items) => this.#copyLater(items));
    for await (const item of slowScan(this.#lived, this.#scan())) {
      const isEntry = item.__edb_e__ === nameOf(ErasureModel);
      // An account that has changed its address since is at its old one again.
      if (isEntry && tellsOfMove(item)) continue;
      if (isEntry) this.#ledger.set(keyText(item), item);
      if (isEntry || isTransaction(item)) await copies.add(item);
    }
    await copies.end();
  }

  async #copyLater(items: readonly StoredItem[]): Promise<void> {
    const known = await this.#inRestored(items);
    for (const item of items) {
      const current = known.get(keyText(item));
      const later = isTransaction(item) ? settles(item, current) : isLater(item, current);
      if (!later) continue;
      this.#report[isTransaction(item) ? "transactions" : "erasures"]++;
      if (this.#options.apply) await this.#replace(item, current);
    }
  }

  /** Puts an item in place of the one that was read; another process may have been faster. */
  async #replace(item: StoredItem, current: StoredItem | undefined): Promise<void> {
    const { client, table: TableName } = this.#restored;
    const compared = isTransaction(item) ? ["owner", "settled"] : ["erased_at", "state"];
    const read = compared.filter((name) => current?.[name] !== undefined);
    const unread = current === undefined ? [PRIMARY_KEY.partitionKey] : compared.filter((name) => !read.includes(name));
    const conditions = [
      ...read.map((name) => `#${name} = :${name}`),
      ...unread.map((name) => `attribute_not_exists(#${name})`),
    ];
    const command = new PutCommand({
      TableName,
      Item: { ...item },
      ConditionExpression: conditions.join(" AND "),
      ExpressionAttributeNames: Object.fromEntries([...read, ...unread].map((name) => [`#${name}`, name])),
      ...(read.length === 0
        ? {}
        : { ExpressionAttributeValues: Object.fromEntries(read.map((name) => [`:${name}`, current?.[name]])) }),
    });
    await client.send(command).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  }

  /** What lets somebody in, and whose account was erased. */
  async #readRestored(): Promise<void> {
    const ended = new Chunks<StoredItem>((items) => this.#end(items));
    const users = new Chunks<StoredItem>((items) => this.#shutOut(items));
    for await (const item of slowScan(this.#restored, this.#scan())) {
      const account = modelOf(item)?.account;
      if (account === undefined) continue;
      if (account.letsIn === true) await ended.add(item);
      if (isUser(item)) await users.add(item);
      this.#note(item, item[account.attribute]);
    }
    await ended.end();
    await users.end();
  }

  #note(item: StoredItem, email: unknown): void {
    if (typeof email !== "string" || !this.#ledger.has(keyText(entryKeyOf(this.#restored, email)))) return;
    const created_at = isUser(item) ? (item.created_at as number) : this.#candidates.get(email);
    this.#candidates.set(email, created_at);
  }

  async #end(items: readonly StoredItem[]): Promise<void> {
    this.#report.sessions += items.length;
    if (this.#options.apply) await batchDelete(this.#restored, LABEL, items.map(keyOf));
  }

  async #shutOut(users: readonly StoredItem[]): Promise<void> {
    const keys = users.map(keyOf);
    const lived = this.#options.keepAccounts
      ? []
      : await batchGet(this.#lived, LABEL, keys, { consistent: true, attributes: [...KEY_NAMES, ...CARRIED] });
    const now = new Map(lived.map((item) => [keyText(item), item]));
    for (const user of users) {
      const later = now.get(keyText(user));
      const differing = later === undefined ? [] : CARRIED.filter((name) => later[name] !== user[name]);
      const set = Object.fromEntries(differing.map((name) => [name, later?.[name]]));
      const hasToken = TOKENS.some((name) => user[name] !== undefined);
      if (hasToken) this.#report.tokens++;
      if (differing.length > 0) this.#report.changed++;
      if (this.#options.apply && (hasToken || differing.length > 0)) await this.#mend(user, set);
    }
  }

  /** One write, unless the account has changed since it was read: then its own user has acted. */
  async #mend(user: StoredItem, set: Readonly<Record<string, unknown>>): Promise<void> {
    await new Repository(this.#restored, UserModel).change(
      "restore",
      set,
      (entity) =>
        entity
          .patch({ email: user.email as string })
          .set(set)
          .remove([...TOKENS])
          .add({ generation: 1 })
          .where(
            ({ password_hash, account_status }, { eq }) =>
              `${eq(password_hash, user.password_hash as string)} AND ${eq(account_status, user.account_status as User["account_status"])}`,
          ),
      () => undefined,
    );
  }

  /** Erases accounts of which the later of the two ledgers says that they are not, or no longer, those of the backup. */
  async #eraseAgain(): Promise<void> {
    const emails = [...this.#candidates.keys()];
    const known = await this.#inRestored(emails.map((email) => entryKeyOf(this.#restored, email)));
    for (const email of emails) {
      const key = keyText(entryKeyOf(this.#restored, email));
      const [then, current] = [this.#ledger.get(key), known.get(key)];
      const entry = then === undefined || !isLater(then, current) ? current : then;
      // Without its own row an account is a remainder.
      if (entry === undefined || tellsOfMove(entry)) continue;
      if (refusalOf(entry, this.#candidates.get(email) ?? 0) === undefined) continue;
      this.#report.accounts++;
      if (this.#options.apply) await eraseAccount(this.#restored, email, {});
    }
  }

  async #inRestored(items: readonly StoredItem[]): Promise<Map<string, StoredItem>> {
    const found = await batchGet(this.#restored, LABEL, items.map(keyOf), { consistent: true });
    return new Map(found.map((item) => [keyText(item), item]));
  }

  #scan() {
    return { itemCount: 0, rate: this.#options.rate, consistent: true };
  }
}

const KEY_NAMES = [PRIMARY_KEY.partitionKey, PRIMARY_KEY.sortKey];

const isUser = (item: StoredItem) => entityOf(item) === nameOf(UserModel);
const isTransaction = (item: StoredItem) => item.__edb_e__ === nameOf(ClaimModel) && item.kind === "transaction";

/** Whether a claim says more than the one in the restored table, which stays if it is another owner's. */
function settles(claim: StoredItem, current: StoredItem | undefined): boolean {
  if (current === undefined) return true;
  return claim.settled === true && current.settled !== true && claim.owner === current.owner;
}

const stateOf = ({ state }: StoredItem) => ERASURE_STATES.indexOf(state as Erasure["state"]);

/** Whether an entry of the ledger tells of a later moment than the one in the restored table. */
function isLater(entry: StoredItem, current: StoredItem | undefined): boolean {
  if (current === undefined) return true;
  const [then, now] = [entry.erased_at as number, current.erased_at as number];
  return then > now || (then === now && stateOf(entry) > stateOf(current));
}
