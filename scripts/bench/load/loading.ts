import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { Assessment } from "../../../entities/assessment.ts";

/** Writes all assessments into a table, with as many requests in flight as given. */
export type Load = (
  config: DynamoDBClientConfig,
  table: string,
  assessments: Iterable<Assessment>,
  concurrency: number,
) => Promise<void>;

export type LoadSide = "raw" | "ours";

/** One load in a process of its own. */
export interface LoadRequest {
  readonly side: LoadSide;
  readonly endpoint: string;
  readonly table: string;
  readonly items: number;
  readonly concurrency: number;
}

export interface LoadReport {
  readonly seconds: number;
  /** Peak resident set size of the whole process, in MB. */
  readonly memory: number;
}
