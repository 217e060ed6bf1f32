import { tableDefinition } from "../../entities/table.ts";
import { capitalized } from "../iam/capitalized.ts";
import { dataOperations } from "../iam/service-policies.ts";
import { RECOVERY_DAYS } from "../table/difference.ts";
import { attributeOf, type Intrinsic, ref } from "./intrinsics.ts";
import { TABLE_ID } from "./table.ts";

interface AlarmInput {
  readonly description: string;
  readonly metric: string;
  readonly namespace?: string;
  readonly dimensions: Readonly<Record<string, string | Intrinsic>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

const topic = [ref("AlarmTopicArn")];

function alarm({ description, metric, namespace = "AWS/DynamoDB", dimensions, properties }: AlarmInput) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: description,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      ComparisonOperator: "GreaterThanThreshold",
      // Without requests there are no data points.
      TreatMissingData: "notBreaching",
      AlarmActions: topic,
      OKActions: topic,
      ...properties,
    },
  };
}

const OF_TABLE = { TableName: ref(TABLE_ID) } as const;

/** Some in three of five minutes: a single one is what retries are for. */
const SOME = { Statistic: "Sum", Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 3, Threshold: 0 } as const;

const SLOW = {
  ExtendedStatistic: "p99",
  Period: 300,
  EvaluationPeriods: 3,
  Threshold: ref("LatencyMilliseconds"),
} as const;

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
          dimensions: { ...OF_TABLE, ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }) },
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
          dimensions: { ...OF_TABLE, Operation: operation },
          properties: SOME,
        }),
      ],
      [
        `Latency${operation}`,
        alarm({
          description: `The slowest 1 % of ${operation} have taken too long for 15 minutes.`,
          metric: "SuccessfulRequestLatency",
          dimensions: { ...OF_TABLE, Operation: operation },
          properties: SLOW,
        }),
      ],
    ]),
  );
}

const DAY = 24 * 60 * 60;
const OF_VAULT = { namespace: "AWS/Backup", dimensions: { BackupVaultName: ref("BackupVault") } } as const;

/** Two days without a backup: of a plan that was switched off nothing fails. */
const backupAlarms = () => ({
  BackupMissing: alarm({
    ...OF_VAULT,
    description: "There was no backup of the table for two days.",
    metric: "NumberOfBackupJobsCompleted",
    properties: {
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
      Statistic: "Sum",
      Period: DAY,
      EvaluationPeriods: 2,
      Threshold: 1,
    },
  }),
});

/** A rule whose events go to the topic, which must let EventBridge publish. */
const told = (description: string, pattern: Readonly<Record<string, unknown>>) => ({
  Type: "AWS::Events::Rule",
  Properties: {
    Description: description,
    EventPattern: pattern,
    Targets: [{ Id: "topic", Arn: ref("AlarmTopicArn") }],
  },
});

/** Backups and copies that did not end well, and recovery or protection of the table that was switched off. */
const eventRules = () => ({
  BackupFailed: told("A backup of the table, or its copy, has failed, was stopped, or did not begin in time.", {
    source: ["aws.backup"],
    "detail-type": ["Backup Job State Change", "Copy Job State Change"],
    detail: { state: ["FAILED", "ABORTED", "EXPIRED"], resourceArn: [attributeOf(TABLE_ID, "Arn")] },
  }),
  RecoveryOff: told("Point-in-time recovery or deletion protection of the table is switched off, or cut short.", {
    source: ["aws.dynamodb"],
    "detail-type": ["AWS API Call via CloudTrail"],
    detail: {
      eventName: ["UpdateContinuousBackups", "UpdateTable"],
      requestParameters: {
        tableName: [ref(TABLE_ID), attributeOf(TABLE_ID, "Arn")],
        $or: [
          { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: [false] } },
          { pointInTimeRecoverySpecification: { recoveryPeriodInDays: [{ numeric: ["<", RECOVERY_DAYS] }] } },
          { deletionProtectionEnabled: [false] },
        ],
      },
    },
  }),
});

export const alarmResources = () => ({ ...throttleAlarms(), ...operationAlarms(), ...backupAlarms(), ...eventRules() });
