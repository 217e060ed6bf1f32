import { itemOf, keyOf, patchOf, queryOf } from "./parameters.ts";
import { describeRules } from "./rules.ts";
import { aDevopsAction, devopsActions, SUBJECTS, storeOf } from "./samples.ts";

const KEY = { action_id: "ACT-0A", timestamp: 1_760_000_000 };
const STORED_KEY = { pk: "devops_action#ACT-0A", sk: "1760000000" };

describe("keys", () => {
  it("keep the ids as they are, and put the action under its state, service and ticket", () => {
    const action = aDevopsAction({ action_id: "ACT-0A#_b", ticket_id: "TKT:9f", timestamp: 9 });

    expect(itemOf(devopsActions.put(action))).toEqual({
      __edb_e__: "devops_action",
      __edb_v__: "1",
      pk: "devops_action#ACT-0A#_b",
      sk: "0000000009",
      gsi2pk: "action#pending_review",
      gsi2sk: "0000000009#ACT-0A#_b",
      gsi3pk: "action#api_gateway",
      gsi3sk: "0000000009#ACT-0A#_b",
      gsi4pk: "ticketThread#TKT:9f",
      gsi4sk: "devops_action#0000000009#ACT-0A#_b",
      action_id: "ACT-0A#_b",
      timestamp: 9,
      action_type: "fix_proposed",
      ticket_id: "TKT:9f",
      issue_description: "Uploads over 60 seconds time out",
      affected_service: "api_gateway",
      status: "pending_review",
    });
  });

  it("leave an action without a ticket out of the threads, and a diagnosis out of the queues of review", () => {
    const { ticket_id: _, status: __, ...diagnosis } = aDevopsAction({ action_type: "diagnose" });

    const stored = storeOf(SUBJECTS.devops_action).itemOf(diagnosis);
    for (const key of ["gsi2pk", "gsi2sk", "gsi4pk", "gsi4sk"]) {
      expect(stored).not.toHaveProperty(key);
    }
    expect(stored).toMatchObject({ gsi3pk: "action#api_gateway" });
  });

  it("find an action by its id alone", () => {
    expect(queryOf(devopsActions.query.byId({ action_id: "ACT-0A" }))).toEqual({
      index: "table",
      where: 'pk = "devops_action#ACT-0A"',
    });
  });

  it("find an action by the seed's whole key", () => {
    expect(keyOf(devopsActions.get(KEY))).toEqual(STORED_KEY);
  });

  it("find the queue of a state (status-timestamp-index)", () => {
    expect(queryOf(devopsActions.query.byStatus({ status: "pending_review" }))).toEqual({
      index: "gsi2",
      where: 'gsi2pk = "action#pending_review"',
    });
  });

  it("find the actions on a service (affected_service-timestamp-index)", () => {
    expect(queryOf(devopsActions.query.byService({ affected_service: "lambda" }))).toEqual({
      index: "gsi3",
      where: 'gsi3pk = "action#lambda"',
    });
  });

  it("find the actions of a ticket (ticket_id-timestamp-index)", () => {
    expect(queryOf(devopsActions.query.byTicket({ ticket_id: "TKT-9F" }))).toEqual({
      index: "gsi4",
      where: 'gsi4pk = "ticketThread#TKT-9F" and begins_with(gsi4sk, "devops_action#")',
    });
  });

  it("move in the queue alone when the state changes", () => {
    const approval = { status: "approved", reviewed_by: "ops@example.com", review_reason: "Tested" } as const;

    expect(patchOf(devopsActions.patch(KEY).set(approval))).toEqual({
      key: STORED_KEY,
      set: {
        __edb_e__: "devops_action",
        __edb_v__: "1",
        ...KEY,
        ...approval,
        gsi2pk: "action#approved",
      },
      condition: "attribute_exists(pk) AND attribute_exists(sk)",
    });
  });
});

describeRules(SUBJECTS.devops_action, {
  required: ["action_id", "timestamp", "action_type", "issue_description", "affected_service"],
  fixed: [
    "action_id",
    "timestamp",
    "ticket_id",
    "issue_description",
    "affected_service",
    "ai_analysis",
    "proposed_fix",
    "code_diff",
  ],
  closed: {
    action_type: ["diagnose", "fix_proposed", "fix_applied"],
    status: ["pending_review", "approved", "rejected", "applied"],
  },
  kinds: {
    action_id: "id",
    timestamp: "instant",
    ticket_id: "id",
    issue_description: "text",
    affected_service: "slug",
    ai_analysis: "text",
    proposed_fix: "text",
    code_diff: "text",
    reviewed_by: "id",
    review_reason: "text",
    pr_url: "id",
  },
});
