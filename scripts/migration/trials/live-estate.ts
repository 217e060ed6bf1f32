import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { MODELS } from "../../../entities/models.ts";

/** The platform of today at work: it writes, changes and deletes users, tickets, assessments and entitlements. */
export async function liveWrites(
  client: DynamoDBClient,
  prefix: string,
  until: (writes: number) => boolean,
  now: number,
  chance: () => number,
): Promise<void> {
  const pick = (count: number) => Math.floor(chance() * count);
  const live = {
    // Some addresses differ in case alone.
    user: (index: number) => ({
      email: chance() < 0.2 ? `Live${index}@example.com` : `live${index}@example.com`,
      password_hash: `pbkdf2:sha256:600000$abcd$${"0123456789abcdef".repeat(4)}`,
      username: `live ${pick(1000)}`,
      created_at: "2025-10-09T08:53:20.123456",
      is_active: true,
    }),
    ticket: (index: number) => ({
      ticket_id: `TKT-LIVE${index}`,
      created_at: 1_760_000_000,
      user_email: `live${index}@example.com`,
      subject: "Live",
      message: `message ${pick(1000)}`,
      category: chance() < 0.1 ? "who knows" : "general",
      priority: "normal",
      status: "new",
    }),
    assessment: (index: number) => ({
      assessment_id: `live-${index}`,
      user_email: `live${index}@example.com`,
      assessment_type: "academic_writing",
      timestamp: "2025-10-09T08:53:20",
      band_score: String(4 + pick(10) / 2),
      status: "completed",
    }),
    entitlement: (index: number) => ({
      user_id: `live${index}@example.com`,
      product_id: chance() < 0.2 ? "academic_writing" : "com.ieltsaiprep.academic.writing",
      platform: "ios",
      purchase_date: "2026-10-09T08:53:20",
      receipt_data: "receipt",
      transaction_id: `live-transaction-${index}-${pick(3)}`,
      status: "active",
    }),
    session: (index: number) => ({
      session_id: `web_live_${index}`,
      user_email: `live${index}@example.com`,
      created_at: "2025-10-09T08:53:20",
      expires_at: now + 86_400,
      is_active: chance() < 0.7,
    }),
  } as const;
  const keys = {
    user: ["email"],
    ticket: ["ticket_id", "created_at"],
    assessment: ["assessment_id", "user_email"],
    entitlement: ["user_id", "product_id"],
    session: ["session_id"],
  } as const;
  const entities = Object.keys(live) as (keyof typeof live)[];
  for (let write = 0; !until(write); write++) {
    const entity = entities[pick(entities.length)] ?? "user";
    const item: Record<string, unknown> = live[entity](pick(30));
    const TableName = prefix + MODELS[entity].seedTable;
    if (chance() < 0.3) {
      const key = Object.fromEntries(keys[entity].map((name) => [name, item[name]]));
      await client.send(new DeleteItemCommand({ TableName, Key: marshall(key) }), {});
    } else await client.send(new PutItemCommand({ TableName, Item: marshall(item) }), {});
  }
}
