import { DevopsActionModel } from "../../entities/devops-action.ts";
import type { AccountEntity } from "../../entities/models.ts";
import { givenAttributes } from "../../entities/schema.ts";
import { type User, UserModel } from "../../entities/user.ts";
import type { DataContext, Model } from "../storage/context.ts";
import { NotFoundError } from "../storage/errors.ts";
import { Repository } from "../storage/repository.ts";
import { batchGet, keyOf, keyText, type StoredItem } from "../storage/requests.ts";
import { attributeValue } from "../storage/validation.ts";
import { type AccountModel, byEntity, eachRowOf, entityOf, isOfEntity, MODELS_OF_ITEMS, modelOf } from "./items.ts";
import { eachActionKeys, ticketIdsIn } from "./ticket-actions.ts";

/** The entities that belong to an account, and the DevOps actions of its tickets. */
export type ExportedEntity = AccountEntity | "devops_action";

/** An account, whole: every item, with hidden attributes but without its secrets' values. */
export interface AccountExport extends Readonly<Pick<User, "email">> {
  /** When the items were read; epoch seconds. */
  readonly exported_at: number;
  /** Items by entity; empty lists for entities of which the account has none. */
  readonly items: Readonly<Record<ExportedEntity, Readonly<Record<string, unknown>>[]>>;
}

const LABEL = { entity: "account", accessPattern: "export" };

/** Every item of an account: see `Accounts.export`. */
export async function exportAccount(context: DataContext, email: string): Promise<AccountExport> {
  const user_email = attributeValue(UserModel, "email", email);
  const owned = byEntity((): Readonly<Record<string, unknown>>[] => []);
  const user = await new Repository(context, UserModel).findStored(user_email, { consistent: true });
  if (user !== undefined) owned.user.push(exported(UserModel, user));
  const own = (await wholeItemsOf(context, user_email)).sort(byTime);
  for (const item of own) owned[entityOf(item)].push(exported(modelOf(item), item));
  const actions = (await actionsOf(context, own)).sort(byTime);
  const items = { ...owned, devops_action: actions.map((action) => exported(DevopsActionModel, action)) };
  if (Object.values(items).every((list) => list.length === 0)) throw new NotFoundError("user");
  return { email: user_email, exported_at: context.clock(), items };
}

/** When an item began, whatever its entity calls that; a day stands as its text. */
const timeOf = ({ created_at, timestamp, purchase_date, day }: StoredItem): string =>
  `${created_at ?? timestamp ?? purchase_date ?? day}`.padStart(10, "0");

/** The oldest first; of the same moment by their keys. */
const byTime = (a: StoredItem, b: StoredItem): number => {
  const [one, other] = [a, b].map((item) => `${timeOf(item)} ${keyText(item)}`) as [string, string];
  return one < other ? -1 : 1;
};

/** The account's items as they are stored now, its own row aside. One that another writer has left without its entity is none. */
async function wholeItemsOf(context: DataContext, user_email: string): Promise<StoredItem[]> {
  const rows = await Promise.all(MODELS_OF_ITEMS.map((model) => rowsOf(context, model, user_email)));
  const items = await batchGet(context, LABEL, rows.flat().map(keyOf), { consistent: true });
  return items.filter(isOfEntity);
}

/** The DevOps actions of the tickets among an account's items. */
async function actionsOf(context: DataContext, items: readonly StoredItem[]): Promise<StoredItem[]> {
  const actions: StoredItem[] = [];
  for await (const keys of eachActionKeys(context, ticketIdsIn(items), LABEL))
    actions.push(...(await batchGet(context, LABEL, keys, { consistent: true })));
  return actions;
}

async function rowsOf(context: DataContext, model: AccountModel, user_email: string): Promise<StoredItem[]> {
  const rows: StoredItem[] = [];
  for await (const row of eachRowOf(context, model, user_email, LABEL)) rows.push(row);
  return rows;
}

/**
 * What an item says of its user: the attributes of its entity, `legacy` among them, without secrets and what staff wrote for
 * staff.
 */
function exported({ schema }: Model, item: StoredItem): Record<string, unknown> {
  const shown = givenAttributes(schema).filter(
    ([name, { internal, secret, staffOnly }]) =>
      internal !== true && secret !== true && staffOnly !== true && item[name] !== undefined,
  );
  return Object.fromEntries(
    shown.map(([name, { setBy }]) => [name, plain(setBy === "migration" ? masked(item[name]) : item[name])]),
  );
}

/** Names that the old system may have given to what lets somebody in, or to notes of its staff. */
const CREDENTIAL = /token|secret|passw|pwd|credential|hash|salt|otp|api_?key|admin|internal/i;

/** What was brought over without a schema: credentials and notes of the staff are masked, at any depth. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || isSet(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, CREDENTIAL.test(name) ? "(masked)" : masked(part)]),
  );
}

/** A stored value as JSON can tell it: a set as a list, a large number as its digits, bytes in base64. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (isSet(value)) return [...value].sort().map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

const isSet = (value: object): value is ReadonlySet<unknown> =>
  Object.prototype.toString.call(value) === "[object Set]";
