import { createSchema, Entity, type EntityConfiguration, type EntityItem } from "electrodb";
import { email, flag, id, idSet, instant, oneOf } from "./attributes.ts";
import { MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

/**
 * The states of an erasure. An `unfinished` one is worked off until everything that could come late has come; then it is
 * `final`. Both refuse writes for the account. Once the person has `registered` anew, only what is older is refused.
 * An account that moves to another address is `moving`, which ends as an erasure does; the other address is `receiving`
 * until everything that the indexes show is there. Both refuse writes.
 */
export const ERASURE_STATES = ["unfinished", "final", "registered", "moving", "receiving"] as const;

/**
 * An entry of the ledger of erasures, beside the eleven entities: one for each address whose account was ever erased, or
 * changed its address, for good.
 * It holds the address while there is something left to look for, and then only its pseudonym, by a secret of the deployment.
 */
const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "erasure", version: MODEL_VERSION },
  attributes: {
    account: id({
      required: true,
      readOnly: true,
      setBy: "service",
      description: "Stands for the account's address: HMAC-SHA-256, in hex",
    }),
    state: oneOf(ERASURE_STATES, { required: true, setBy: "service", description: "State of the erasure" }),
    user_email: email({ setBy: "service", description: "The account's address, while the erasure is unfinished" }),
    erased_at: instant({
      required: true,
      setBy: "service",
      description: "When the account was last erased, or left the address; 0: never",
    }),
    final_at: instant({
      required: true,
      setBy: "service",
      description: "From when on nothing of before can come any more: the erasure that finds nothing then is final",
    }),
    tickets: idSet({
      setBy: "service",
      description: "Ids of tickets that are gone, while an index may show an action of theirs late",
    }),
    moved_at: instant({ setBy: "service", description: "When the account began to move to another address" }),
    moved_to: email({ setBy: "service", description: "The address that it moves to, until nothing can come late" }),
    moved_account: id({ setBy: "service", description: "Stands for the address that the account moved to" }),
    moved_verified: flag({ setBy: "service", description: "Whether the address that it moves to was proven" }),
    received_account: id({ setBy: "service", description: "Stands for the address that the account here came from" }),
  },
  indexes: {
    byAccount: primary("erasure", { pk: ["account"], sk: [], description: "Whether an account was erased" }),
    byState: scoped("gsi3", "erasure", {
      pk: ["state"],
      sk: ["final_at", "account"],
      view: [],
      description: "Erasures in a state, to find those that are unfinished",
    }),
  },
});

/** An entry of the ledger of erasures. */
export type Erasure = EntityItem<ErasureEntity>;
export type ErasureEntity = ReturnType<typeof ErasureModel.bind>;

export const ErasureModel = {
  schema,
  bind: (config: EntityConfiguration) => new Entity(schema, config),
};
