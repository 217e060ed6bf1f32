import { type AccountEntity, MODELS_OF_ACCOUNT } from "../../entities/models.ts";
import type { IndexSchema } from "../../entities/schema.ts";
import type { AnyEntity, DataContext, Model } from "../storage/context.ts";
import { queryOf } from "../storage/electrodb.ts";
import { eachRow } from "../storage/pages.ts";
import type { RequestLabel, StoredItem } from "../storage/requests.ts";

/** The model of an entity that belongs to an account. */
export type AccountModel = Model<AnyEntity> & Required<Pick<Model, "account">>;

const MODELS: Readonly<Record<AccountEntity, AccountModel>> = MODELS_OF_ACCOUNT;
const { user, ...OTHERS } = MODELS;

/** The models of an account's items, its own row aside: first what lets nobody in. */
export const MODELS_OF_ITEMS: readonly AccountModel[] = Object.values(OTHERS).sort(
  (one, other) => Number(one.account.letsIn === true) - Number(other.account.letsIn === true),
);

/** A value for each entity of an account. */
export const byEntity = <T>(value: () => T) =>
  Object.fromEntries(Object.keys(MODELS).map((entity) => [entity, value()])) as Record<AccountEntity, T>;

/** The entity that a row belongs to. */
export const entityOf = (row: StoredItem) => row.__edb_e__ as AccountEntity;

/** The model of a row. */
export const modelOf = (row: StoredItem) => MODELS[entityOf(row)];

/** Whether a row says which entity of an account it is of: what another writer left may say nothing. */
export const isOfEntity = (row: StoredItem): boolean => Object.hasOwn(MODELS, String(row.__edb_e__));

/** The index of the access pattern that finds a model's items. */
const indexOf = ({ schema, account }: AccountModel) => schema.indexes[account.by] as IndexSchema;

/** The key of each item of an account that a model's access pattern finds, with whose it is, page by page. */
export function eachRowOf(
  context: DataContext,
  model: AccountModel,
  email: string,
  label: RequestLabel,
): AsyncGenerator<StoredItem, void, undefined> {
  const { pk, index } = indexOf(model);
  const query = queryOf(context, model, model.account.by, { [pk.composite[0] as string]: email });
  return eachRow(context, { ...label, entity: model.schema.model.entity }, query, {
    consistent: index === undefined,
    keysAlone: true,
  });
}
