import { MARIA } from "../builders.ts";
import { itemOf, itemsOf, keyOf, patchOf, queryOf, refusalOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aSession, SUBJECTS, sessions } from "./samples.ts";

describe("keys", () => {
  it("keep the id's digest, and put the session among its user's by start", () => {
    const session = aSession({ session_id: "web_17_aB#_$:", user_email: " Maria@Example.com", created_at: 42 });

    const digest = "sha256-ig1wFQYn7jTPIrDEwMbsZAqmLAuCV62NUSkg9sIhDpw";
    expect(itemOf(sessions.put({ ...session, expires_at: 86_442 }))).toEqual({
      __edb_e__: "session",
      __edb_v__: "1",
      pk: `session#${digest}`,
      sk: "session",
      gsi1pk: "session#maria@example.com",
      gsi1sk: `0000000042#${digest}`,
      session_id: digest,
      user_email: "maria@example.com",
      created_at: 42,
      expires_at: 86_442,
      ttl: 86_442,
      qr_authenticated: false,
    });
  });

  it("tell ids apart by case", () => {
    expect(keyOf(sessions.get({ session_id: "AbC" }))).toEqual({ pk: "session#AbC", sk: "session" });
    expect(keyOf(sessions.delete({ session_id: "abc" }))).toEqual({ pk: "session#abc", sk: "session" });
  });

  it("find the sessions of a user (user_email-created_at-index), outside the account's partition", () => {
    expect(queryOf(sessions.query.byUser({ user_email: MARIA }))).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "session#maria@example.com"',
    });
  });

  it("find the sessions of a user since an instant", () => {
    expect(
      queryOf(sessions.query.byUser({ user_email: MARIA }).between({ created_at: 7 }, { created_at: 1_000 })),
    ).toEqual({
      index: "gsi1",
      where: 'gsi1pk = "session#maria@example.com" and gsi1sk BETWEEN "0000000007" AND "0000001000"',
    });
  });

  it("stay where they are when the session changes", () => {
    expect(patchOf(sessions.patch({ session_id: "AbC" }).set({ user_agent: "Firefox" }))).toEqual({
      key: { pk: "session#AbC", sk: "session" },
      set: { __edb_e__: "session", __edb_v__: "1", session_id: "AbC", user_agent: "Firefox" },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describe("ttl", () => {
  it("is expires_at on create, put and batch put, whatever the caller gives", () => {
    const session = aSession({ expires_at: 1_760_086_400, ttl: 5 });

    const items = [
      itemOf(sessions.create(session)),
      itemOf(sessions.put(session)),
      ...itemsOf(sessions.put([session, aSession({ session_id: "other", expires_at: 1_760_086_400 })])),
    ];
    expect(items.map(({ ttl }) => ttl)).toEqual([1_760_086_400, 1_760_086_400, 1_760_086_400, 1_760_086_400]);
  });

  it("cannot be moved by a patch of expires_at", () => {
    const refusal = refusalOf(() => sessions.patch({ session_id: "AbC" }).set({ expires_at: 5 } as never));
    expect(refusal?.rule).toContain('Attribute "expires_at" is Read-Only');
  });
});

describeRules(SUBJECTS.session, {
  required: ["session_id", "user_email", "created_at", "expires_at", "qr_authenticated"],
  fixed: ["session_id", "user_email", "created_at", "expires_at", "qr_token", "generation"],
  hidden: ["qr_token", "ttl", "generation"],
  kinds: {
    session_id: "id",
    user_email: "email",
    created_at: "instant",
    expires_at: "instant",
    ip_address: "line100",
    user_agent: "line1000",
    qr_authenticated: "flag",
    qr_token: "id",
    generation: "count",
  },
  other: ["ttl"],
});
