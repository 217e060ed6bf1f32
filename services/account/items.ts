import { type AccountEntity, MODELS_OF_ACCOUNT } from "../../entities/models.ts";
import type { AnyEntity, DataContext, Model } from "../storage/context.ts";
import { queryOf } from "../storage/electrodb.ts";
import { allRows } from "../storage/pages.ts";
import type { RequestLabel, StoredItem } from "../storage/requests.ts";

/** The model of an entity that belongs to an account. */
export type AccountModel = Model<AnyEntity> & Required<Pick<Model, "account">>;

const MODELS: Readonly<Record<AccountEntity, AccountModel>> = MODELS_OF_ACCOUNT;
const { user, ...OTHERS } = MODELS;
/** The models whose items the address finds, the account's own row aside, and those whose items other items lead to. */
const BY_ADDRESS = Object.values(OTHERS).filter(({ account }) => account.through === undefined);
const THROUGH_OTHERS = Object.values(OTHERS).filter(({ account }) => account.through !== undefined);
/** The schemas of the items that lead to others. */
const LEADING = new Set(THROUGH_OTHERS.map(({ account }) => account.through?.schema));

/** Leading items whose others are looked for side by side. */
const LEADING_AT_ONCE = 10;

/** A value for each entity of an account. */
export const byEntity = <T>(value: () => T) =>
  Object.fromEntries(Object.keys(MODELS).map((entity) => [entity, value()])) as Record<AccountEntity, T>;

/** The entity that a row belongs to. */
export const entityOf = (row: StoredItem) => row.__edb_e__ as AccountEntity;

/** The model of a row. */
export const modelOf = (row: StoredItem) => MODELS[entityOf(row)];

/** Whether other items of the account are found through this one. */
export const isLeading = (row: StoredItem) => LEADING.has(modelOf(row).schema);

/** The attribute by which a model's access pattern is asked. */
const askedBy = ({ schema, account }: AccountModel) => schema.indexes[account.by]?.pk.composite[0] as string;

/** Every row of the access pattern that finds a model's items of an account. */
function rowsOf(context: DataContext, model: AccountModel, value: unknown, label: RequestLabel): Promise<StoredItem[]> {
  const query = queryOf(context.entity(model), model.account.by, { [askedBy(model)]: value });
  return allRows(context, { ...label, entity: model.schema.model.entity }, query);
}

/** The rows of an account's items that its address finds, its own row aside. */
export async function rowsByAddress(context: DataContext, email: string, label: RequestLabel): Promise<StoredItem[]> {
  return (await Promise.all(BY_ADDRESS.map((model) => rowsOf(context, model, email, label)))).flat();
}

/** The rows of an account's items that other rows of it lead to. */
export async function rowsThrough(
  context: DataContext,
  email: string,
  leading: readonly StoredItem[],
  label: RequestLabel,
): Promise<StoredItem[]> {
  const rows: StoredItem[] = [];
  for (const model of THROUGH_OTHERS) {
    const { attribute, through } = model.account;
    const values = leading.filter((row) => modelOf(row).schema === through?.schema).map((row) => row[askedBy(model)]);
    for (let start = 0; start < values.length; start += LEADING_AT_ONCE) {
      const some = values.slice(start, start + LEADING_AT_ONCE);
      const found = await Promise.all(some.map((value) => rowsOf(context, model, value, label)));
      rows.push(...found.flat().filter((row) => row[attribute] === email));
    }
  }
  return rows;
}
