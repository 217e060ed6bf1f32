import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  executeBatchWrite,
  GetItemCommand,
  item,
  map,
  number,
  PutItemCommand,
  QueryCommand,
  string,
  Table,
  UpdateItemCommand,
} from "dynamodb-toolbox";
import { v7 as uuidv7 } from "uuid";
import { ASSESSMENT_STATUSES, ASSESSMENT_TYPES } from "../../../entities/enums.ts";
import { ledgerAccountOf } from "./fixtures.ts";
import { type CreateSide, TABLE } from "./side.ts";

/** dynamodb-toolbox, by its manual, on a default document client. */
export const createToolbox: CreateSide = (stub) => {
  const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient(stub.clientConfig()));
  const table = createTable(documentClient);
  const assessments = assessmentEntity(table);
  const erasures = new Entity({
    name: "erasure",
    table,
    timestamps: false,
    schema: item({ account: string().key(), state: string() }),
    computeKey: ({ account }) => ({ pk: `erasure#${account}`, sk: "erasure" }),
  });
  return {
    get: async (key) => (await assessments.build(GetItemCommand).key(key).send()).Item,
    async create(input) {
      const { ToolboxItem } = await assessments
        .build(PutItemCommand)
        .item({ ...input, assessment_id: uuidv7(), created_at: now(), status: "in_progress" })
        .options({
          condition: { attr: "assessment_id", exists: false },
          returnValuesOnConditionFalse: "ALL_OLD",
        })
        .send();
      const account = ledgerAccountOf(input.user_id);
      const erasure = await erasures.build(GetItemCommand).key({ account }).options({ consistent: true }).send();
      if ((erasure.Item?.state ?? "registered") !== "registered") throw new Error("the account has been erased");
      return ToolboxItem;
    },
    async patch(key) {
      const { Attributes } = await assessments
        .build(UpdateItemCommand)
        .item({ ...key, status: "abandoned" })
        .options({
          condition: { attr: "status", eq: "in_progress" },
          returnValues: "ALL_NEW",
          returnValuesOnConditionFalse: "ALL_OLD",
        })
        .send();
      return Attributes;
    },
    async complete(key, result) {
      const { Attributes } = await assessments
        .build(UpdateItemCommand)
        .item({ ...key, ...result, status: "completed", completed_at: now() })
        .options({
          condition: {
            and: [
              { attr: "status", eq: "in_progress" },
              { attr: "assessment_type", in: ["speaking_academic", "speaking_general"] },
            ],
          },
          returnValues: "ALL_NEW",
          returnValuesOnConditionFalse: "ALL_OLD",
        })
        .send();
      return Attributes;
    },
    async query(user_id) {
      const { Items = [], LastEvaluatedKey } = await table
        .build(QueryCommand)
        .query({
          index: "gsi1",
          partition: `account#${user_id}`,
          range: { beginsWith: "assessment#" },
        })
        .entities(assessments)
        .options({ reverse: true, limit: 25, entityAttrFilter: false })
        .send();
      const cursor = LastEvaluatedKey && Buffer.from(JSON.stringify(LastEvaluatedKey)).toString("base64url");
      return { items: Items, cursor: cursor ?? null };
    },
    batch: (items) =>
      executeBatchWrite(
        { maxAttempts: 8 },
        table
          .build(BatchWriteCommand)
          .requests(...items.map((whole) => assessments.build(BatchPutRequest).item(whole))),
      ),
  };
};

const now = () => Math.floor(Date.now() / 1000);

const order = (created_at: number, assessment_id: string) => `${String(created_at).padStart(10, "0")}#${assessment_id}`;

const indexKeys = <const I extends string>(index: I) =>
  ({
    type: "global",
    partitionKey: { name: `${index}pk` as const, type: "string" },
    sortKey: { name: `${index}sk` as const, type: "string" },
  }) as const;

const createTable = (documentClient: DynamoDBDocumentClient) =>
  new Table({
    name: TABLE,
    documentClient,
    partitionKey: { name: "pk", type: "string" },
    sortKey: { name: "sk", type: "string" },
    entityAttributeSavedAs: "__edb_e__",
    indexes: { gsi1: indexKeys("gsi1"), gsi2: indexKeys("gsi2") },
  });

function assessmentEntity(table: ReturnType<typeof createTable>) {
  const scores = map({
    speaking: map({
      fluency_coherence: number().optional(),
      lexical_resource: number().optional(),
      grammatical_range: number().optional(),
      pronunciation: number().optional(),
    }).optional(),
    writing: map({
      task_achievement: number().optional(),
      coherence_cohesion: number().optional(),
      lexical_resource: number().optional(),
      grammatical_range: number().optional(),
    }).optional(),
  });
  return new Entity({
    name: "assessment",
    table,
    timestamps: false,
    schema: item({
      assessment_id: string().key(),
      user_id: string().key(),
      assessment_type: string().enum(...ASSESSMENT_TYPES),
      created_at: number(),
      completed_at: number().optional(),
      band_score: number().optional(),
      scores: scores.optional(),
      ai_feedback: string().optional(),
      improvement_plan: string().optional(),
      duration_minutes: number().optional(),
      status: string().enum(...ASSESSMENT_STATUSES),
    }).and((before) => ({
      user_email: string()
        .hidden()
        .optional()
        .putLink<typeof before>(({ user_id }) => user_id),
      gsi1pk: string()
        .hidden()
        .optional()
        .putLink<typeof before>(({ user_id }) => `account#${user_id}`),
      gsi1sk: string()
        .hidden()
        .optional()
        .putLink<typeof before>(({ created_at, assessment_id }) => `assessment#${order(created_at, assessment_id)}`),
      gsi2pk: string()
        .hidden()
        .optional()
        .putLink<typeof before>(({ assessment_type }) => `assessment#${assessment_type}`),
      gsi2sk: string()
        .hidden()
        .optional()
        .putLink<typeof before>(({ created_at, assessment_id }) => order(created_at, assessment_id)),
    })),
    computeKey: ({ assessment_id, user_id }) => ({
      pk: `assessment#${assessment_id}`,
      sk: user_id,
    }),
  });
}
