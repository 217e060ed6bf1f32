import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Table } from "dynamodb-onetable";
import { Dynamo } from "dynamodb-onetable/Dynamo";
import { v7 as uuidv7 } from "uuid";
import { ASSESSMENT_STATUSES, ASSESSMENT_TYPES } from "../../../entities/enums.ts";
import { ledgerAccountOf } from "./fixtures.ts";
import { type CreateSide, TABLE } from "./side.ts";

/** OneTable's own `$`-templates: what stands between `{` and `}` is an attribute, `:10:0` pads it. */
const at = (attribute: string) => `$\{${attribute}}`;
const ORDER = `${at("created_at:10:0")}#${at("assessment_id")}`;

const SCHEMA = {
  format: "onetable:1.1.0",
  version: "0.0.1",
  indexes: {
    primary: { hash: "pk", sort: "sk" },
    gsi1: { hash: "gsi1pk", sort: "gsi1sk", follow: false },
    gsi2: { hash: "gsi2pk", sort: "gsi2sk", follow: false },
  },
  models: {
    assessment: {
      pk: { type: "string", value: `assessment#${at("assessment_id")}` },
      sk: { type: "string", value: `${at("user_id")}` },
      gsi1pk: { type: "string", value: `account#${at("user_id")}` },
      gsi1sk: { type: "string", value: `assessment#${ORDER}` },
      gsi2pk: { type: "string", value: `assessment#${at("assessment_type")}` },
      gsi2sk: { type: "string", value: ORDER },
      assessment_id: { type: "string", required: true },
      user_id: { type: "string", required: true },
      assessment_type: { type: "string", required: true, enum: ASSESSMENT_TYPES },
      created_at: { type: "number", required: true },
      completed_at: { type: "number" },
      band_score: { type: "number" },
      scores: { type: "object" },
      ai_feedback: { type: "string" },
      improvement_plan: { type: "string" },
      duration_minutes: { type: "number" },
      status: { type: "string", required: true, enum: ASSESSMENT_STATUSES },
      user_email: { type: "string", value: at("user_id"), hidden: true },
    },
    erasure: {
      pk: { type: "string", value: `erasure#${at("account")}` },
      sk: { type: "string", value: "erasure" },
      account: { type: "string", required: true },
      state: { type: "string" },
    },
  },
  params: { typeField: "__edb_e__", timestamps: false, isoDates: false },
} as const;

/** dynamodb-onetable, by its manual, on the SDK's default client. */
export const createOnetable: CreateSide = (stub) => {
  const client = new Dynamo({ client: new DynamoDBClient(stub.clientConfig()) });
  // Whole maps are replaced, as the other sides do.
  const table = new Table({ client, name: TABLE, schema: SCHEMA, partial: false });
  const assessments = table.getModel("assessment");
  const erasures = table.getModel("erasure");
  return {
    get: (key) => assessments.get({ ...key }),
    async create(input) {
      const assessment = await assessments.create({
        ...input,
        assessment_id: uuidv7(),
        created_at: now(),
        status: "in_progress",
      });
      const account = ledgerAccountOf(input.user_id);
      const erasure = await erasures.get({ account }, { consistent: true });
      if ((erasure?.state ?? "registered") !== "registered") throw new Error("the account has been erased");
      return assessment;
    },
    patch: (key) =>
      assessments.update({ ...key, status: "abandoned" }, { where: `${at("status")} = {in_progress}`, exists: true }),
    complete: (key, result) =>
      assessments.update(
        { ...key, ...result, status: "completed", completed_at: now() },
        {
          where:
            `(${at("status")} = {in_progress}) and ` +
            `(${at("assessment_type")} = {speaking_academic} or ${at("assessment_type")} = {speaking_general})`,
          exists: true,
        },
      ),
    async query(user_id) {
      const items = await assessments.find({ user_id }, { index: "gsi1", limit: 25, reverse: true });
      const cursor = items.next && Buffer.from(JSON.stringify(items.next)).toString("base64url");
      return { items, cursor: cursor ?? null };
    },
    async batch(items) {
      const batch = {};
      for (const item of items) await assessments.create({ ...item }, { batch, exists: null });
      return table.batchWrite(batch);
    },
  };
};

const now = () => Math.floor(Date.now() / 1000);
