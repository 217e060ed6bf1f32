import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { count, email, id, instant, mapList, migrated, money, oneOf, text } from "./attributes.ts";
import { ENTITLEMENT_STATUSES, PLATFORMS, PRODUCTS } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { collected, MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";
import { ledgerDigest } from "./ledger.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "entitlement", version: MODEL_VERSION },
  attributes: {
    user_email: email({ required: true, readOnly: true, description: "The account that bought it" }),
    product_id: oneOf(PRODUCTS, { required: true, readOnly: true, description: "What was bought" }),
    platform: oneOf(PLATFORMS, { required: true, description: "The store that sold the current period" }),
    purchase_date: instant({ required: true, description: "When the current period was bought" }),
    // Not a time to live: an expired purchase is never deleted.
    expires_at: instant({ required: true, setBy: "service", description: "When access ends: 30 days a transaction" }),
    receipt_data: text({
      required: true,
      hidden: true,
      description: "App Store or Play Store receipt of the transaction bought last, verified by the caller",
    }),
    transaction_id: id({ required: true, description: "The store's transaction of the current period" }),
    price_paid: money({ description: "Amount paid for the current period" }),
    status: oneOf(ENTITLEMENT_STATUSES, { required: true, setBy: "service", description: "State of the purchase" }),
    ledger: mapList(
      {
        transaction_id: id({ description: "The store's id" }),
        purchase_date: instant({ description: "When it was bought; none while its grant is not heard" }),
        platform: oneOf(PLATFORMS, { description: "The store" }),
        price_paid: money({ description: "Amount paid" }),
        seconds: count({ description: "The access that it gives, if not 30 days" }),
        refunded_at: instant({ description: "When it was last refunded; 0: nobody told" }),
        reversed_at: instant({ description: "When a refund was last reversed; the last instant of all: nobody told" }),
      },
      {
        hidden: true,
        setBy: "service",
        description:
          "Every transaction, as it was bought, refunded and reversed; none: the attributes tell the only one",
      },
    ),
    ledger_digest: {
      type: "string",
      hidden: true,
      watch: ["ledger"],
      set: (_: string | undefined, { ledger }: { ledger?: Parameters<typeof ledgerDigest>[0] }) =>
        ledger === undefined ? undefined : ledgerDigest(ledger),
      description: "Hash of the ledger: a change is made only of the ledger that was read",
      setBy: "derived",
    } as const,
    claim_owner: id({
      hidden: true,
      internal: true,
      setBy: "service",
      description:
        "Stands for the account and product, as the claims of the transactions have it: HMAC-SHA-256, in hex",
    }),
    ...migrated(),
  },
  indexes: {
    byUserAndProduct: primary("entitlement", {
      pk: ["user_email"],
      sk: ["product_id"],
      description: "A user's purchase of a product",
    }),
    byUser: collected("gsi1", "account", "entitlement", {
      pk: ["user_email"],
      sk: ["expires_at", "product_id"],
      view: ["product_id", "platform", "expires_at", "status"],
      description: "Purchases of a user by expiry",
      row: { name: "EntitlementSummary", description: "A purchase as lists show it" },
      seedIndex: "user_email-expires_at-index",
    }),
    byStatus: scoped("gsi3", "entitlement", {
      pk: ["status"],
      sk: ["expires_at", "product_id", "user_email"],
      view: ["user_email", "product_id"],
      description: "Purchases in a state by expiry, for the nightly job",
    }),
    byClaimOwner: scoped("gsi4", "owner", {
      pk: ["claim_owner"],
      sk: ["product_id"],
      view: ["user_email", "product_id"],
      description: "The purchase that the claim of a transaction leads to",
    }),
  },
});

export type { Entitlement, EntitlementChange, EntitlementSummary, NewEntitlement } from "./items.ts";
/** The ElectroDB entity of a purchase. */
export type EntitlementEntity = ReturnType<typeof EntitlementModel.bind>;

/** What a purchase is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const EntitlementModel = {
  schema,
  description: "A purchase of a product by a user, without its receipt",
  seedTable: "ielts-genai-prep-entitlements",
  account: { attribute: "user_email", by: "byUser" },
  claim: {
    kind: "transaction",
    id: "transaction_id",
    owner: ["user_email", "product_id"],
    kept: "claim_owner",
    begins: "purchase_date",
    settles: true,
    among: "ledger",
  },
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
