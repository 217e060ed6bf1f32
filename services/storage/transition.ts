import type { Where } from "./electrodb.ts";
import { ConflictError, type ConflictState } from "./errors.ts";
import type { StoredItem } from "./requests.ts";

/** What a transition sets, and what it asks for besides the state. */
export interface Transition {
  /** Attributes that change with the state; undefined ones stay as they are. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Numbers that grow with the change. */
  readonly add?: Readonly<Record<string, number>>;
  /** What the change leaves in a set of the item: a call whose receipt is there is a late repeat, and changes nothing. */
  readonly receipt?: { readonly attribute: string; readonly value: string };
  /** What an item that is there already must hold for the call to be a repeat. Default: nothing. */
  readonly same?: Readonly<Record<string, unknown>>;
  /** The states that lead there. Default: the model's. */
  readonly from?: readonly string[];
  /** A further condition, and what is thrown when it alone is not met. */
  readonly only?: { readonly holds: Where; readonly otherwise: (current: StoredItem) => Error };
}

/** An entity's name as a sentence has it. */
export const entityWords = (entity: string) => entity.replaceAll("_", " ");

/** The conflict of an item that is in `state` and cannot become `to`, or became it with other values. */
export function refusedTransition(entity: string, to: string, state: ConflictState | undefined): ConflictError {
  const words = entityWords(entity);
  if (state === to)
    return new ConflictError(entity, "differs", `The ${words} became ${to} with other values before.`, state);
  const reason = state === undefined ? "it has no state" : `it is ${state}`;
  return new ConflictError(entity, "wrong_state", `The ${words} cannot become ${to}: ${reason}.`, state);
}
