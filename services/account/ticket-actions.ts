import { DevopsActionModel } from "../../entities/devops-action.ts";
import type { DataContext } from "../storage/context.ts";
import { Repository } from "../storage/repository.ts";
import { BATCH_WRITE_LIMIT, type RequestLabel, type StoredItem, type StoredKey } from "../storage/requests.ts";
import { entityOf } from "./items.ts";

// The DevOps actions of a user's tickets name no account, and quote what the user wrote.

/** The ids of the tickets among some items of an account; what is no text, from another writer, has no actions. */
export const ticketIdsIn = (items: readonly StoredItem[]): string[] =>
  items
    .filter((item) => entityOf(item) === "ticket")
    .map(({ ticket_id }) => ticket_id)
    .filter((id): id is string => typeof id === "string" && id !== "");

/** The keys of the actions of tickets, those of 25 tickets at a time. The index may show some late. */
export async function* eachActionKeys(
  context: DataContext,
  ticketIds: Iterable<string>,
  label: RequestLabel,
): AsyncGenerator<StoredKey[], void, undefined> {
  const actions = new Repository(context, DevopsActionModel);
  const all = [...ticketIds];
  for (let at = 0; at < all.length; at += BATCH_WRITE_LIMIT) {
    const some = all.slice(at, at + BATCH_WRITE_LIMIT);
    const keys = await Promise.all(
      some.map((ticket_id) => actions.allKeys("byTicket", { ticket_id }, { ...label, entity: actions.name })),
    );
    yield keys.flat();
  }
}
