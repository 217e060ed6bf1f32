import { itemOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { anErasure, erasures, SUBJECTS } from "./samples.ts";

describe("keys", () => {
  it("are the hash of the account, and its state for the nightly job", () => {
    expect(itemOf(erasures.put(anErasure({ account: "9f0c", final_at: 4 })))).toEqual({
      __edb_e__: "erasure",
      __edb_v__: "1",
      pk: "erasure#9f0c",
      sk: "erasure",
      gsi3pk: "erasure#unfinished",
      gsi3sk: "0000000004#9f0c",
      account: "9f0c",
      state: "unfinished",
      user_email: "maria@example.com",
      erased_at: expect.any(Number),
      final_at: 4,
    });
  });

  it("find whether an account was erased", () => {
    expect(keyOf(erasures.get({ account: "9f0c" }))).toEqual({ pk: "erasure#9f0c", sk: "erasure" });
  });

  it("find the erasures in a state", () => {
    expect(queryOf(erasures.query.byState({ state: "unfinished" }))).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "erasure#unfinished"',
    });
  });

  it("move with the state", () => {
    const { set } = patchOf(erasures.patch({ account: "9f0c" }).set({ state: "final" }));
    expect(set).toMatchObject({ gsi3pk: "erasure#final", state: "final" });
    expect(set).not.toHaveProperty("gsi3sk");
  });
});

describeRules(SUBJECTS.erasure, {
  required: ["account", "state", "erased_at", "final_at"],
  fixed: ["account"],
  hidden: [],
  closed: { state: ["unfinished", "final", "registered", "moving", "receiving"] },
  kinds: {
    account: "id",
    user_email: "email",
    erased_at: "instant",
    final_at: "instant",
    moved_at: "instant",
    moved_to: "email",
    moved_account: "id",
    moved_verified: "flag",
    received_account: "id",
  },
  other: ["tickets"],
});
