import { CLAIM_KINDS } from "../../entities/claim.ts";
import { MODELS } from "../../entities/models.ts";
import type { Model } from "../../services/context.ts";
import { itemOf, keyOf, patchOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aClaim, claims, SUBJECTS } from "./samples.ts";

it("has a kind for each id that a model claims, and for reactions", () => {
  const kinds = Object.values<Model>(MODELS).flatMap(({ claim }) => claim?.kind ?? []);

  expect([...kinds, "reaction"].sort()).toEqual([...CLAIM_KINDS].sort());
});

describe("keys", () => {
  it("are what is claimed and its id, as it is", () => {
    expect(itemOf(claims.put(aClaim({ claimed_id: "TKT-9F#_a", created_at: 4 })))).toEqual({
      __edb_e__: "claim",
      __edb_v__: "1",
      pk: "claim#ticket#TKT-9F#_a",
      sk: "claim",
      kind: "ticket",
      claimed_id: "TKT-9F#_a",
      owner: "0b5c",
      created_at: 4,
    });
  });

  it("find who claimed an id", () => {
    expect(keyOf(claims.get({ kind: "transaction", claimed_id: "1000000901" }))).toEqual({
      pk: "claim#transaction#1000000901",
      sk: "claim",
    });
  });

  it("are never overwritten by a create", () => {
    expect(claims.create(aClaim()).params()).toMatchObject({
      ConditionExpression: "attribute_not_exists(#pk) AND attribute_not_exists(#sk)",
    });
  });

  it("stay where they are when a transaction is settled", () => {
    const key = { kind: "transaction", claimed_id: "1000000901" } as const;

    expect(patchOf(claims.patch(key).set({ settled: true }))).toEqual({
      key: { pk: "claim#transaction#1000000901", sk: "claim" },
      set: { __edb_e__: "claim", __edb_v__: "1", ...key, settled: true },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describeRules(SUBJECTS.claim, {
  required: ["kind", "claimed_id", "owner", "created_at"],
  fixed: ["kind", "claimed_id"],
  hidden: ["ttl"],
  closed: {
    kind: ["transaction", "assessment", "safety_log", "content_report", "ticket", "devops_action"],
  },
  kinds: { claimed_id: "id", owner: "id", created_at: "instant", settled: "flag", expires_at: "instant" },
  other: ["ttl"],
});
