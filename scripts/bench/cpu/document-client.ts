import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  type BatchGetCommandOutput,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { v7 as uuidv7 } from "uuid";
import type { Assessment } from "../../../entities/assessment.ts";
import { ledgerAccountOf } from "./fixtures.ts";
import { type AssessmentKey, type CollectingSide, type CreateSide, TABLE } from "./side.ts";

/** The same by hand, on the SDK's default client. It validates nothing, and its cursors are base64 for all to read. */
export const createDocumentClient: CreateSide = (stub) => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(stub.clientConfig()));
  return {
    ...collectionsOn(client),
    async get(key) {
      const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key: primaryKey(key) }));
      return Item === undefined ? undefined : shown(Item);
    },
    async create({ user_id, assessment_type }) {
      const assessment: Assessment = {
        assessment_id: uuidv7(),
        user_id,
        assessment_type,
        created_at: now(),
        status: "in_progress",
      };
      await client.send(
        new PutCommand({
          TableName: TABLE,
          Item: itemOf(assessment),
          ConditionExpression: "attribute_not_exists(pk) AND attribute_not_exists(sk)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      const account = ledgerAccountOf(user_id);
      const erasure = await client.send(
        new GetCommand({
          TableName: TABLE,
          Key: { pk: `erasure#${account}`, sk: "erasure" },
          ConsistentRead: true,
        }),
      );
      if (erasure.Item !== undefined && erasure.Item.state !== "registered") {
        throw new Error("the account has been erased");
      }
      return assessment;
    },
    async patch(key) {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: primaryKey(key),
          UpdateExpression: "SET #status = :abandoned",
          ConditionExpression: "attribute_exists(pk) AND attribute_exists(sk) AND #status = :in_progress",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":abandoned": "abandoned", ":in_progress": "in_progress" },
          ReturnValues: "ALL_NEW",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return shown(Attributes ?? {});
    },
    async complete(key, { scores, ai_feedback, improvement_plan, duration_minutes, band_score }) {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: primaryKey(key),
          UpdateExpression:
            "SET scores = :scores, ai_feedback = :feedback, improvement_plan = :plan, duration_minutes = :minutes, " +
            "band_score = :band, completed_at = :now, #status = :completed",
          ConditionExpression:
            "attribute_exists(pk) AND attribute_exists(sk) AND #status = :in_progress " +
            "AND (assessment_type = :academic OR assessment_type = :general)",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: {
            ":scores": scores,
            ":feedback": ai_feedback,
            ":plan": improvement_plan,
            ":minutes": duration_minutes,
            ":band": band_score,
            ":now": now(),
            ":completed": "completed",
            ":in_progress": "in_progress",
            ":academic": "speaking_academic",
            ":general": "speaking_general",
          },
          ReturnValues: "ALL_NEW",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return shown(Attributes ?? {});
    },
    async query(user_id) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          IndexName: "gsi1",
          KeyConditionExpression: "gsi1pk = :account AND begins_with(gsi1sk, :assessments)",
          ExpressionAttributeValues: {
            ":account": `account#${user_id}`,
            ":assessments": "assessment#",
          },
          ScanIndexForward: false,
          Limit: 25,
        }),
      );
      const cursor = LastEvaluatedKey && Buffer.from(JSON.stringify(LastEvaluatedKey)).toString("base64url");
      return { items: Items.map((row) => ({ ...shown(row), user_id })), cursor: cursor ?? null };
    },
    async batch(assessments) {
      let pending = assessments.map((assessment) => ({ PutRequest: { Item: itemOf(assessment) as object } }));
      while (pending.length > 0) {
        const output = await client.send(new BatchWriteCommand({ RequestItems: { [TABLE]: pending } }));
        pending = (output.UnprocessedItems?.[TABLE] ?? []) as typeof pending;
      }
    },
  };
};

type Row = Record<string, unknown>;

/** Whole partitions of an index that several entities share, grouped by the marker that says whose a row is. */
function collectionsOn(client: DynamoDBDocumentClient): Pick<CollectingSide, "outline" | "thread" | "overview"> {
  async function threadRows(ticket_id: string): Promise<Row[]> {
    const rows: Row[] = [];
    let startKey: Row | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          IndexName: "gsi4",
          KeyConditionExpression: "gsi4pk = :thread",
          ExpressionAttributeValues: { ":thread": `ticketThread#${ticket_id}` },
          ScanIndexForward: false,
          ExclusiveStartKey: startKey,
        }),
      );
      rows.push(...Items);
      startKey = LastEvaluatedKey;
    } while (startKey !== undefined);
    return rows;
  }
  async function ticketOf(ticket_id: string): Promise<Row> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: "pk = :ticket",
        ExpressionAttributeValues: { ":ticket": `ticket#${ticket_id}` },
        Limit: 1,
        ConsistentRead: true,
      }),
    );
    const [ticket] = Items ?? [];
    if (ticket === undefined) throw new Error("no such ticket");
    return ticket;
  }
  return {
    async outline(ticket_id) {
      return threadOf((await threadRows(ticket_id)).map((row) => ({ ...row, ticket_id })));
    },
    async thread(ticket_id) {
      const [ticket, rows] = await Promise.all([ticketOf(ticket_id), threadRows(ticket_id)]);
      const actions = rows.filter(({ __edb_e__ }) => __edb_e__ === "devops_action");
      const items = new Map<string, Row>();
      let keys: Row[] | undefined = actions.map(({ pk, sk }) => ({ pk, sk }));
      while (keys !== undefined && keys.length > 0) {
        const output: BatchGetCommandOutput = await client.send(
          new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: keys } } }),
        );
        for (const item of output.Responses?.[TABLE] ?? []) items.set(`${item.pk} ${item.sk}`, item);
        keys = output.UnprocessedKeys?.[TABLE]?.Keys;
      }
      return threadOf([
        ticket,
        ...actions.map(({ pk, sk }) => items.get(`${pk} ${sk}`)).filter((item) => item !== undefined),
      ]);
    },
    async overview(email) {
      const rows: Record<string, Row[]> = { user: [], assessment: [], entitlement: [], ticket: [] };
      const assessments = rows.assessment as Row[];
      let startKey: Row | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: TABLE,
            IndexName: "gsi1",
            KeyConditionExpression: "gsi1pk = :account",
            ExpressionAttributeValues: { ":account": `account#${email}` },
            ScanIndexForward: false,
            Limit: 20,
            ExclusiveStartKey: startKey,
          }),
        );
        for (const row of Items) {
          if (assessments.length < 10) rows[row.__edb_e__]?.push(shown(row));
        }
        startKey = LastEvaluatedKey;
      } while (startKey !== undefined && assessments.length < 10);
      const [user] = rows.user as Row[];
      if (user === undefined) throw new Error("no such account");
      const instant = now();
      return {
        user: { ...user, email },
        assessments: assessments.map((row) => ({ ...row, user_id: email })),
        entitlements: rows.entitlement?.map((row) => ({
          ...row,
          user_email: email,
          active: row.status === "active" && (row.expires_at as number) > instant,
        })),
        openTickets: rows.ticket
          ?.filter(({ status }) => status !== "resolved")
          .map((row) => ({ ...row, user_email: email })),
      };
    },
  };
}

function threadOf(rows: readonly Row[]) {
  const tickets: Row[] = [];
  const actions: Row[] = [];
  for (const row of rows) (row.__edb_e__ === "ticket" ? tickets : actions).push(withoutKeys(row));
  const [ticket] = tickets;
  if (ticket === undefined) throw new Error("no such ticket");
  return { ticket, actions };
}

const now = () => Math.floor(Date.now() / 1000);

const primaryKey = ({ assessment_id, user_id }: AssessmentKey) => ({
  pk: `assessment#${assessment_id}`,
  sk: user_id,
});

/** The physical item, keys and all. */
export function itemOf(assessment: Assessment) {
  const { assessment_id, user_id, assessment_type, created_at } = assessment;
  const order = `${String(created_at).padStart(10, "0")}#${assessment_id}`;
  return {
    ...assessment,
    user_email: user_id,
    ...primaryKey(assessment),
    gsi1pk: `account#${user_id}`,
    gsi1sk: `assessment#${order}`,
    gsi2pk: `assessment#${assessment_type}`,
    gsi2sk: order,
    __edb_e__: "assessment",
    __edb_v__: "1",
  };
}

/** An assessment, or any row of gsi1. */
function shown(item: Row) {
  const { pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, user_email, __edb_e__, __edb_v__, ...assessment } = item;
  return assessment;
}

/** A ticket or an action. */
function withoutKeys(item: Row) {
  const { pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, gsi3pk, gsi3sk, gsi4pk, gsi4sk, __edb_e__, __edb_v__, ...rest } =
    item;
  return rest;
}
