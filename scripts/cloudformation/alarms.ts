import { tableDefinition } from "../../entities/table.ts";
import { dataOperations } from "../iam/service-policies.ts";
import { ref, when } from "./intrinsics.ts";
import { TABLE_ID } from "./table.ts";

interface AlarmInput {
  readonly description: string;
  readonly metric: string;
  /** Beside the table's name. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

const topic = when("HasAlarmTopic", [ref("AlarmTopicArn")], []);

function alarm({ description, metric, dimensions, properties }: AlarmInput) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: description,
      Namespace: "AWS/DynamoDB",
      MetricName: metric,
      Dimensions: [
        { Name: "TableName", Value: ref(TABLE_ID) },
        ...Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      ],
      ComparisonOperator: "GreaterThanThreshold",
      // Without requests there are no data points.
      TreatMissingData: "notBreaching",
      AlarmActions: topic,
      OKActions: topic,
      ...properties,
    },
  };
}

/** Some in three of five minutes: a single one is what retries are for. */
const SOME = { Statistic: "Sum", Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 3, Threshold: 0 } as const;

const SLOW = {
  ExtendedStatistic: "p99",
  Period: 300,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 3,
  Threshold: ref("LatencyMilliseconds"),
} as const;

const capitalized = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Throttling of the table and of each index: a hot partition of an index throttles writes to the table. */
function throttleAlarms() {
  const indexes = tableDefinition().globalSecondaryIndexes.map(({ indexName }) => indexName);
  return Object.fromEntries(
    [undefined, ...indexes].flatMap((index) =>
      ["Read", "Write"].map((kind) => [
        `${kind}Throttles${capitalized(index ?? TABLE_ID)}`,
        alarm({
          description: `${kind}s of ${index === undefined ? "the table" : `the index ${index}`} are throttled.`,
          metric: `${kind}ThrottleEvents`,
          dimensions: index === undefined ? {} : { GlobalSecondaryIndexName: index },
          properties: SOME,
        }),
      ]),
    ),
  );
}

/** Errors of DynamoDB's own and latency, for each operation that the services send: AWS measures them so. */
function operationAlarms() {
  return Object.fromEntries(
    dataOperations().flatMap((operation) => [
      [
        `SystemErrors${operation}`,
        alarm({
          description: `DynamoDB answers ${operation} with internal errors.`,
          metric: "SystemErrors",
          dimensions: { Operation: operation },
          properties: SOME,
        }),
      ],
      [
        `Latency${operation}`,
        alarm({
          description: `The slowest 1 % of ${operation} have taken too long for 15 minutes.`,
          metric: "SuccessfulRequestLatency",
          dimensions: { Operation: operation },
          properties: SLOW,
        }),
      ],
    ]),
  );
}

export const alarmResources = () => ({ ...throttleAlarms(), ...operationAlarms() });
