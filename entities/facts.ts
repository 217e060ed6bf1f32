import type { EntityConfiguration } from "electrodb";
import type { ClaimKind } from "./claim.ts";
import type { EntitySchema } from "./schema.ts";
import type { StateTransitions } from "./transitions.ts";

/** How the items of an account are found among an entity's. */
export interface AccountLink<Attribute extends string = string, Pattern extends string = string> {
  /** The attribute that holds the account's address. */
  readonly attribute: Attribute;
  /** The access pattern that finds them by the address. */
  readonly by: Pattern;
  /** They let the account's user in: an erasure removes them after all else, so that the user can ask for it again. */
  readonly letsIn?: true;
}

/** An id that at most one owner may use: a claim is made of it before the item is written. */
export interface IdClaim<Attribute extends string = string> {
  /** Kind of the claim. */
  readonly kind: ClaimKind;
  /** The attribute that holds the id. */
  readonly id: Attribute;
  /** The attributes that tell who claims it. */
  readonly owner: readonly Attribute[];
  /** The attribute in which the item keeps what its claims have of their owner. Absent: it keeps none. */
  readonly kept?: Attribute;
  /** The attribute that tells when the item begins. The claim keeps the first call's, so that a retry finds its item. */
  readonly begins: Attribute;
  /** The item uses the id up: its claim is settled, and stays when the item goes. */
  readonly settles?: true;
  /** The list of all that the item used up, each under the id's name. Absent: it uses up one. */
  readonly among?: Attribute;
}

/** What is true of an entity beside its schema. */
export interface EntityFacts<Attribute extends string = string, Pattern extends string = string> {
  /** Absent: its items belong to no account. */
  readonly account?: AccountLink<Attribute, Pattern>;
  /** Absent: none of its ids is claimed. */
  readonly claim?: IdClaim<Attribute>;
  /** The states of its items, and from which state each is reached. Absent: its items have no states. */
  readonly transitions?: StateTransitions<Attribute>;
}

/** What an entity's file exports of a schema. */
export interface EntityModel<S extends EntitySchema>
  extends EntityFacts<keyof S["attributes"] & string, keyof S["indexes"] & string> {
  readonly schema: S;
  /** What an item is. */
  readonly description: string;
  /** The seed's table that the entity takes the place of. */
  readonly seedTable: string;
  /** Makes the ElectroDB entity on a client and a table. */
  bind(config: EntityConfiguration): object;
}
