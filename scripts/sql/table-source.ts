import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { type Batch, DONE } from "./typed-database.ts";

/** Segments that are read side by side. */
export const SEGMENTS = 8;

/** Reads a source from where an earlier load of it ended. */
export type Reading = (from: ReadonlyMap<string, string>, take: (batch: Batch) => Promise<void>) => Promise<void>;

/** Reads a whole table in segments. Reads are consistent: all that was written before the command is there. */
export function tableReading(client: DynamoDBClient, table: string): Reading {
  const documents = DynamoDBDocumentClient.from(client);
  return async (from, take) => {
    const readSegment = async (segment: number): Promise<void> => {
      const part = `segment ${segment} of ${SEGMENTS}`;
      for (let next = from.get(part); next !== DONE; ) {
        const page = await documents.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            Segment: segment,
            TotalSegments: SEGMENTS,
            ...(next === undefined ? {} : { ExclusiveStartKey: JSON.parse(next) }),
          }),
        );
        next = page.LastEvaluatedKey === undefined ? DONE : JSON.stringify(page.LastEvaluatedKey);
        await take({ items: page.Items ?? [], position: { part, next } });
      }
    };
    await Promise.all(Array.from({ length: SEGMENTS }, (_, segment) => readSegment(segment)));
  };
}
