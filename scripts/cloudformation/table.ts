import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { createTableInput, tableDefinition } from "../../entities/table.ts";
import type { PolicyDocument } from "../iam/evaluator.ts";
import { RECOVERY_DAYS } from "../table/difference.ts";
import { STREAM } from "../table/engine-features.ts";
import { type Intrinsic, ref, substituted, when } from "./intrinsics.ts";

/** The table's logical id. */
export const TABLE_ID = "Table";

// The table cannot refer to itself, so its policy is given the ARN that it will have.
const TABLE_ARN = "arn:{AWS::Partition}:dynamodb:{AWS::Region}:{AWS::AccountId}:table/{TableName}";

/** Nobody reads or writes without TLS, whatever else they may do. */
const resourcePolicy: PolicyDocument<Intrinsic> = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "DenyWithoutTls",
      Effect: "Deny",
      Principal: "*",
      Action: "dynamodb:*",
      Resource: [substituted(TABLE_ARN), substituted(`${TABLE_ARN}/index/*`)],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ],
};

const rankedKeys = when("RanksKeys", { Enabled: true, Mode: ref("ContributorInsights") }, { Enabled: false });

const tableLimits = when("LimitsRequests", {
  MaxReadRequestUnits: when("LimitsReads", ref("MaxReadRequestUnits")),
  MaxWriteRequestUnits: when("LimitsWrites", ref("MaxWriteRequestUnits")),
});

// An index that takes fewer writes than its table would hold the table's writes up, so only its reads are limited.
const indexLimits = when("LimitsReads", { MaxReadRequestUnits: ref("MaxReadRequestUnits") });

const encryption = when(
  "HasKmsEncryption",
  { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: when("HasOwnKey", ref("KmsKeyArn")) },
  { SSEEnabled: false },
);

/** The one table, as the entities need it or a stage on the way there, protected from loss. */
export function tableResource(definition = tableDefinition()) {
  const { GlobalSecondaryIndexes, ...input } = createTableInput(DEFAULT_TABLE_NAME, definition);
  return {
    Type: "AWS::DynamoDB::Table",
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      ...input,
      TableName: ref("TableName"),
      GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
        ...index,
        ContributorInsightsSpecification: rankedKeys,
        OnDemandThroughput: indexLimits,
      })),
      TimeToLiveSpecification: { AttributeName: tableDefinition().timeToLiveAttribute, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: RECOVERY_DAYS },
      SSESpecification: encryption,
      DeletionProtectionEnabled: true,
      StreamSpecification: when("HasStream", { StreamViewType: STREAM.StreamViewType }),
      ContributorInsightsSpecification: rankedKeys,
      OnDemandThroughput: tableLimits,
      ResourcePolicy: { PolicyDocument: resourcePolicy },
    },
  };
}
