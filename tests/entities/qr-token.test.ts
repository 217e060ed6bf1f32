import { MARIA } from "../builders.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aQrToken, qrTokens, SUBJECTS } from "./samples.ts";

describe("keys", () => {
  it("keep the token's digest, and put it among its user's by issue", () => {
    const digest = "sha256-8nkp7jB4lwwU1ixfrJkX_n87umqUCuI7ZiAC8ldoBM0";

    expect(itemOf(qrTokens.put(aQrToken({ token: "Zm9-_Ab", created_at: 9, expires_at: 309 })))).toEqual({
      __edb_e__: "qr_token",
      __edb_v__: "1",
      pk: `qr_token#${digest}`,
      sk: "qr_token",
      gsi1pk: "qr_token#maria@example.com",
      gsi1sk: `0000000009#${digest}`,
      token: digest,
      user_email: "maria@example.com",
      created_at: 9,
      expires_at: 309,
      ttl: 309,
      used: false,
    });
  });

  it("find a token that a device scanned", () => {
    expect(keyOf(qrTokens.get({ token: "Zm9-_Ab" }))).toEqual({ pk: "qr_token#Zm9-_Ab", sk: "qr_token" });
  });

  it("find the tokens of a user", () => {
    expect(queryOf(qrTokens.query.byUser({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "qr_token#maria@example.com"',
    });
  });

  it("stay where they are when the token is used", () => {
    const used = { used: true, used_at: 77, device_id: "Pixel-8", session_salt: "S-1" };

    expect(patchOf(qrTokens.patch({ token: "Zm9-_Ab" }).set(used))).toEqual({
      key: { pk: "qr_token#Zm9-_Ab", sk: "qr_token" },
      set: { __edb_e__: "qr_token", __edb_v__: "1", token: "Zm9-_Ab", ...used },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describe("ttl", () => {
  it("is expires_at on create, put and batch put, whatever the caller gives", () => {
    const token = aQrToken({ expires_at: 1_760_000_300, ttl: 5 });

    const items = [itemOf(qrTokens.create(token)), itemOf(qrTokens.put(token)), ...itemsOf(qrTokens.put([token]))];
    expect(items.map(({ ttl }) => ttl)).toEqual([1_760_000_300, 1_760_000_300, 1_760_000_300]);
  });
});

describeRules(SUBJECTS.qr_token, {
  required: ["token", "user_email", "created_at", "expires_at", "used"],
  fixed: ["token", "user_email", "created_at", "expires_at", "generation"],
  hidden: ["session_salt", "ttl", "generation"],
  kinds: {
    token: "id",
    user_email: "email",
    created_at: "instant",
    expires_at: "instant",
    used: "flag",
    used_at: "instant",
    device_id: "id",
    session_salt: "id",
    generation: "count",
  },
  other: ["ttl"],
});
