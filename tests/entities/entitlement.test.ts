import { MARIA } from "../builders.ts";
import { itemOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { anEntitlement, entitlements, SUBJECTS } from "./samples.ts";

const KEY = { user_email: MARIA, product_id: "full_mock_test" } as const;

describe("keys", () => {
  it("are the user and the product, and the user's share of the account by expiry", () => {
    const entitlement = anEntitlement({ user_email: "MARIA@example.com", purchase_date: 5, expires_at: 2_592_005 });

    expect(itemOf(entitlements.put(entitlement))).toEqual({
      __edb_e__: "entitlement",
      __edb_v__: "1",
      pk: "entitlement#maria@example.com",
      sk: "full_mock_test",
      gsi1pk: "account#maria@example.com",
      gsi1sk: "entitlement#0002592005#full_mock_test",
      gsi3pk: "entitlement#active",
      gsi3sk: "0002592005#full_mock_test#maria@example.com",
      gsi4pk: "owner#0a1b",
      gsi4sk: "full_mock_test",
      user_email: "maria@example.com",
      product_id: "full_mock_test",
      platform: "ios",
      purchase_date: 5,
      expires_at: 2_592_005,
      receipt_data: "MIIT-receipt",
      transaction_id: "1000000901",
      status: "active",
      claim_owner: "0a1b",
    });
  });

  it("find a user's purchase of a product", () => {
    expect(keyOf(entitlements.get(KEY))).toEqual({
      pk: "entitlement#maria@example.com",
      sk: "full_mock_test",
    });
  });

  it("find all purchases of a user in the table itself", () => {
    expect(queryOf(entitlements.query.byUserAndProduct({ user_email: MARIA }))).toEqual({
      index: "table",
      where: 'pk = "entitlement#maria@example.com"',
    });
  });

  it("find the purchases of a user by expiry (user_email-expires_at-index)", () => {
    expect(queryOf(entitlements.query.byUser({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "account#maria@example.com" and begins_with(gsi1sk, "entitlement#")',
    });
    const running = entitlements.query
      .byUser({ user_email: MARIA })
      .between({ expires_at: 8 }, { expires_at: 9_999_999_999 });
    expect(queryOf(running)).toEqual({
      index: "gsi1",
      where:
        'gsi1pk = "account#maria@example.com" and gsi1sk BETWEEN "entitlement#0000000008" AND "entitlement#9999999999"',
    });
  });

  it("move when a renewal extends the expiry", () => {
    expect(patchOf(entitlements.patch(KEY).set({ expires_at: 77 })).set).toEqual({
      __edb_e__: "entitlement",
      __edb_v__: "1",
      ...KEY,
      expires_at: 77,
      gsi1sk: "entitlement#0000000077#full_mock_test",
      gsi3sk: "0000000077#full_mock_test#maria@example.com",
    });
  });

  it("find the purchases in a state whose access is over", () => {
    const over = entitlements.query.byStatus({ status: "active" }).between({ expires_at: 0 }, { expires_at: 8 });
    expect(queryOf(over)).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "entitlement#active" and gsi3sk BETWEEN "0000000000" AND "0000000008"',
    });
  });

  it("find the purchase that the claim of a transaction leads to", () => {
    expect(queryOf(entitlements.query.byClaimOwner({ claim_owner: "0a1b" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "owner#0a1b"',
    });
  });

  it("follow the state when the purchase is refunded", () => {
    expect(patchOf(entitlements.patch(KEY).set({ status: "refunded" }))).toEqual({
      key: { pk: "entitlement#maria@example.com", sk: "full_mock_test" },
      set: { __edb_e__: "entitlement", __edb_v__: "1", ...KEY, status: "refunded", gsi3pk: "entitlement#refunded" },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describe("expires_at", () => {
  it("is no time to live: DynamoDB never deletes a purchase", () => {
    expect(itemOf(entitlements.put(anEntitlement()))).not.toHaveProperty("ttl");
    expect(patchOf(entitlements.patch(KEY).set({ expires_at: 77 })).set).not.toHaveProperty("ttl");
  });
});

describeRules(SUBJECTS.entitlement, {
  required: [
    "user_email",
    "product_id",
    "platform",
    "purchase_date",
    "expires_at",
    "receipt_data",
    "transaction_id",
    "status",
  ],
  fixed: ["user_email", "product_id"],
  hidden: ["receipt_data", "ledger", "ledger_digest", "claim_owner"],
  other: ["ledger", "ledger_digest"],
  closed: {
    product_id: ["writing", "speaking", "full_mock_test"],
    platform: ["ios", "android"],
    status: ["active", "expired", "refunded"],
  },
  kinds: {
    user_email: "email",
    purchase_date: "instant",
    expires_at: "instant",
    receipt_data: "text",
    transaction_id: "id",
    price_paid: "money",
    claim_owner: "id",
  },
});
