import { BCRYPT_HASH, MARIA } from "../builders.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aUser, SUBJECTS, users } from "./samples.ts";

describe("keys", () => {
  it("are the address alone, and its share of the account", () => {
    const user = aUser({ email: " Maria@Example.com ", created_at: 17 });

    expect(itemOf(users.put(user))).toEqual({
      __edb_e__: "user",
      __edb_v__: "1",
      pk: "user#maria@example.com",
      sk: "user",
      gsi1pk: "account#maria@example.com",
      gsi1sk: "user#0000000017",
      email: "maria@example.com",
      user_email: "maria@example.com",
      password_hash: BCRYPT_HASH,
      username: "Maria",
      created_at: 17,
      email_verified: false,
      account_status: "active",
    });
  });

  it("find an account by its address", () => {
    expect(keyOf(users.get({ email: MARIA }))).toEqual({ pk: "user#maria@example.com", sk: "user" });
  });

  it("find the account's own row on the overview", () => {
    expect(queryOf(users.query.account({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "account#maria@example.com" and begins_with(gsi1sk, "user#")',
    });
  });

  it("stay where they are when the account changes", () => {
    expect(patchOf(users.patch({ email: MARIA }).set({ account_status: "suspended", last_login: 5 }))).toEqual({
      key: { pk: "user#maria@example.com", sk: "user" },
      set: {
        __edb_e__: "user",
        __edb_v__: "1",
        email: "maria@example.com",
        account_status: "suspended",
        last_login: 5,
      },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });

  it("remove a used verification token and nothing else", () => {
    const { remove } = patchOf(
      users.patch({ email: MARIA }).set({ email_verified: true }).remove(["verification_token"]),
    );
    expect(remove).toEqual(["verification_token"]);
  });
});

describe("user_email", () => {
  it("follows the address on create, put and batch put, whatever the caller gives", () => {
    const user = aUser({ email: "CHEN@example.com", user_email: "maria@example.com" });

    for (const item of [itemOf(users.create(user)), itemOf(users.put(user)), ...itemsOf(users.put([user]))]) {
      expect(item).toMatchObject({ user_email: "chen@example.com", gsi1pk: "account#chen@example.com" });
    }
  });
});

describe("create", () => {
  it("writes only where there is no account yet", () => {
    expect(users.create(aUser()).params()).toMatchObject({
      ConditionExpression: "attribute_not_exists(#pk) AND attribute_not_exists(#sk)",
    });
  });
});

describeRules(SUBJECTS.user, {
  required: ["email", "password_hash", "username", "created_at", "email_verified", "account_status"],
  fixed: ["email", "created_at"],
  hidden: [
    "password_hash",
    "verification_token",
    "verification_expires_at",
    "user_email",
    "reset_token",
    "reset_expires_at",
    "generation",
    "kept_session",
    "address_change",
  ],
  closed: { account_status: ["active", "suspended", "deleted"] },
  kinds: {
    address_change: "id",
    email: "email",
    password_hash: "hash",
    username: "line200",
    created_at: "instant",
    email_verified: "flag",
    verification_token: "token",
    verification_expires_at: "instant",
    reset_token: "token",
    reset_expires_at: "instant",
    kept_session: "text",
    last_login: "instant",
    generation: "count",
  },
  other: ["user_email"],
});
