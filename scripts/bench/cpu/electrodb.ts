import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { EntityConfiguration } from "electrodb";
import { v7 as uuidv7 } from "uuid";
import { AssessmentModel } from "../../../entities/assessment.ts";
import { accountCollection, ticketThreadCollection } from "../../../entities/collections.ts";
import { DevopsActionModel } from "../../../entities/devops-action.ts";
import { EntitlementModel } from "../../../entities/entitlement.ts";
import { ErasureModel } from "../../../entities/erasure.ts";
import { TicketModel } from "../../../entities/ticket.ts";
import { UserModel } from "../../../entities/user.ts";
import { ledgerAccountOf } from "./fixtures.ts";
import { type CollectingSide, type CreateSide, TABLE } from "./side.ts";

/** Our models on ElectroDB as it comes: its own requests, parsing and cursors, on a default document client. */
export const createElectro: CreateSide = (stub) => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(stub.clientConfig()));
  const assessments = AssessmentModel.bind({ client, table: TABLE });
  const erasures = ErasureModel.bind({ client, table: TABLE });
  return {
    ...collectionsOn({ client, table: TABLE }),
    get: async (key) => (await assessments.get(key).go()).data,
    async create(input) {
      const assessment_id = uuidv7();
      const { data } = await assessments
        .create({ ...input, assessment_id, created_at: now(), status: "in_progress" })
        .go({ returnOnConditionCheckFailure: "all_old" } as object);
      const account = ledgerAccountOf(input.user_id);
      const erasure = await erasures.get({ account }).go({ consistent: true });
      if ((erasure.data?.state ?? "registered") !== "registered") throw new Error("the account has been erased");
      return data;
    },
    async patch(key) {
      const { data } = await assessments
        .patch(key)
        .set({ status: "abandoned" })
        .where(({ status }, { eq }) => eq(status, "in_progress"))
        .go({ response: "all_new" });
      return data;
    },
    async complete(key, result) {
      const { data } = await assessments
        .patch(key)
        .set({ ...result, status: "completed", completed_at: now() })
        .where(({ status }, { eq }) => eq(status, "in_progress"))
        .where(
          ({ assessment_type }, { eq }) =>
            `(${eq(assessment_type, "speaking_academic")} OR ${eq(assessment_type, "speaking_general")})`,
        )
        .go({ response: "all_new" });
      return data;
    },
    async query(user_id) {
      const { data, cursor } = await assessments.query.byUser({ user_email: user_id }).go({ limit: 25, order: "desc" });
      return { items: data.map((row) => ({ ...row, user_id })), cursor };
    },
    batch: (items) => assessments.put([...items]).go(),
  };
};

function collectionsOn(config: EntityConfiguration): Pick<CollectingSide, "outline" | "overview"> {
  const ticket = TicketModel.bind(config);
  const ticketThread = ticketThreadCollection({ ticket, devops_action: DevopsActionModel.bind(config) });
  const account = accountCollection({
    user: UserModel.bind(config),
    assessment: AssessmentModel.bind(config),
    entitlement: EntitlementModel.bind(config),
    ticket,
  });
  return {
    async outline(ticket_id) {
      const { data } = await ticketThread({ ticket_id }).go({ pages: "all", order: "desc" });
      const [head] = data.ticket;
      if (head === undefined) throw new Error("no such ticket");
      return { ticket: { ...head, ticket_id }, actions: data.devops_action.map((row) => ({ ...row, ticket_id })) };
    },
    async overview(email) {
      const { data } = await account({ user_email: email }).go({ limit: 20, order: "desc" });
      const [user] = data.user;
      if (user === undefined) throw new Error("no such account");
      const instant = now();
      return {
        user: { ...user, email },
        assessments: data.assessment.slice(0, 10).map((row) => ({ ...row, user_id: email })),
        entitlements: data.entitlement.map((row) => ({
          ...row,
          user_email: email,
          active: row.status === "active" && row.expires_at > instant,
        })),
        openTickets: data.ticket
          .filter(({ status }) => status !== "resolved")
          .map((row) => ({ ...row, user_email: email })),
      };
    },
  };
}

const now = () => Math.floor(Date.now() / 1000);
