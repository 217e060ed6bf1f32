import { createHash } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { v7 as uuidv7 } from "uuid";
import { AssessmentModel } from "../../../entities/assessment.ts";
import { ClaimModel } from "../../../entities/claim.ts";
import { type CreateSide, TABLE } from "./side.ts";

/** Our models on ElectroDB as it comes: its own requests, parsing and cursors, on a default document client. */
export const createElectro: CreateSide = (stub) => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(stub.clientConfig()));
  const assessments = AssessmentModel.bind({ client, table: TABLE });
  const claims = ClaimModel.bind({ client, table: TABLE });
  return {
    get: async (key) => (await assessments.get(key).go()).data,
    async create(input) {
      const assessment_id = uuidv7();
      const { data } = await assessments
        .create({ ...input, assessment_id, created_at: now(), status: "in_progress" })
        .go({ returnOnConditionCheckFailure: "all_old" } as object);
      const claimed_id = createHash("sha256").update(`account\0${input.user_id}`).digest("hex");
      const marker = await claims.get({ kind: "erasure", claimed_id }).go({ consistent: true });
      if ((marker.data?.expires_at ?? 0) > now()) throw new Error("the account has been erased");
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

const now = () => Math.floor(Date.now() / 1000);
