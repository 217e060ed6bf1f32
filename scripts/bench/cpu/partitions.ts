import { marshall } from "@aws-sdk/util-dynamodb";
import type { CreateEntityItem } from "electrodb";
import { AssessmentModel } from "../../../entities/assessment.ts";
import { DevopsActionModel } from "../../../entities/devops-action.ts";
import { EntitlementModel } from "../../../entities/entitlement.ts";
import { PRIMARY_KEY } from "../../../entities/keys.ts";
import { tableDefinition } from "../../../entities/table.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import { UserModel } from "../../../entities/user.ts";
import { createContext } from "../../../services/context.ts";
import type { AnyEntity, Model } from "../../../services/storage/context.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { ACCOUNT, ACTIONS, assessmentOf, ENTITLEMENTS, TICKETS } from "./fixtures.ts";
import { TABLE } from "./side.ts";

type StoredItem = Readonly<Record<string, unknown>>;

const context = createContext({ table: TABLE });

const stored = <E extends AnyEntity>(model: Model<E>, items: readonly CreateEntityItem<E>[]): StoredItem[] =>
  items.map((item) => new Repository(context, model).itemOf(item));

const onTheWire = (items: readonly StoredItem[]) => items.map((item) => marshall(item));

/** What a query of a whole partition of an index answers: its rows, newest first, up to a limit. */
function pageOf(name: string, items: readonly StoredItem[], limit: number): string {
  const index = tableDefinition().globalSecondaryIndexes.find(({ indexName }) => indexName === name);
  if (index === undefined) throw new Error(`there is no index ${name}`);
  const keys = [PRIMARY_KEY.partitionKey, PRIMARY_KEY.sortKey, index.partitionKey, index.sortKey];
  const attributes = new Set([...keys, ...index.nonKeyAttributes]);
  const newestFirst = [...items].sort((a, b) => ((a[index.sortKey] as string) < (b[index.sortKey] as string) ? 1 : -1));
  const rows = newestFirst
    .slice(0, limit)
    .map((item) => Object.fromEntries(Object.entries(item).filter(([attribute]) => attributes.has(attribute))));
  const last = items.length > limit ? rows.at(-1) : undefined;
  const lastKey = last && marshall(Object.fromEntries(keys.map((key) => [key, last[key]])));
  return JSON.stringify({
    Items: onTheWire(rows),
    Count: rows.length,
    ScannedCount: rows.length,
    LastEvaluatedKey: lastKey,
  });
}

/** The answers to the reading of a ticket and four actions: as rows; or the ticket, the rows, and the actions whole. */
export function threadAnswers() {
  const ticket = stored(TicketModel, TICKETS.slice(0, 1));
  const actions = stored(DevopsActionModel, ACTIONS);
  const rows = pageOf("gsi4", [...ticket, ...actions], 5);
  const head = JSON.stringify({ Items: onTheWire(ticket), Count: 1, ScannedCount: 1 });
  const whole = JSON.stringify({ Responses: { [TABLE]: onTheWire(actions) }, UnprocessedKeys: {} });
  return { outline: { Query: rows }, thread: { Query: [head, rows], BatchGetItem: whole } };
}

/** The answer to the first request of an overview: 20 rows of an account that has more, 10 of them wanted assessments. */
export function overviewAnswers() {
  const items = [
    ...stored(UserModel, [ACCOUNT]),
    ...stored(TicketModel, TICKETS),
    ...stored(EntitlementModel, ENTITLEMENTS),
    ...stored(
      AssessmentModel,
      Array.from({ length: 20 }, (_, number) => assessmentOf(number)),
    ),
  ];
  return { Query: pageOf("gsi1", items, 20) };
}
