import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { RECOVERY_DAYS } from "../table/difference.ts";
import { condition, either, equals, not, ref } from "./intrinsics.ts";

/** What is chosen at deployment. */
export const PARAMETERS = {
  TableName: {
    Type: "String",
    Default: DEFAULT_TABLE_NAME,
    AllowedPattern: "^[a-zA-Z0-9_.-]{3,255}$",
    Description: "Name of the table; the functions' TABLE_NAME.",
  },
  Encryption: {
    Type: "String",
    Default: "AWS_OWNED",
    AllowedValues: ["AWS_OWNED", "AWS_MANAGED", "CUSTOMER_MANAGED"],
    Description:
      "Whose key encrypts the table: DynamoDB's own (free), the account's aws/dynamodb, or the one of KmsKeyArn.",
  },
  KmsKeyArn: {
    Type: "String",
    Default: "",
    AllowedPattern: "^$|^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
    Description: "Symmetric key for CUSTOMER_MANAGED; its policy must leave its use to IAM policies of the account.",
  },
  MaxReadRequestUnits: {
    Type: "Number",
    Default: 0,
    MinValue: 0,
    Description: "Most read request units a second, of the table and of each index; 0 sets no limit.",
  },
  MaxWriteRequestUnits: {
    Type: "Number",
    Default: 0,
    MinValue: 0,
    Description: "Most write request units a second of the table; 0 sets no limit.",
  },
  ContributorInsights: {
    Type: "String",
    Default: "OFF",
    AllowedValues: ["OFF", "THROTTLED_KEYS", "ACCESSED_AND_THROTTLED_KEYS"],
    Description:
      "Keys that CloudWatch ranks, in plain text whatever encrypts the table: they hold e-mail addresses, so this is for an investigation only.",
  },
  ChangeStream: {
    Type: "String",
    Default: "OFF",
    AllowedValues: ["OFF", "ON"],
    Description: "Whether the table has a stream, for functions that react to changes.",
  },
  BackupVaultName: {
    Type: "String",
    Default: "",
    AllowedPattern: "^$|^[a-zA-Z0-9_-]{2,50}$",
    Description: "Name of the vault that the daily backups go to; the stack's name unless given.",
  },
  BackupDeletion: {
    Type: "String",
    Default: "DENIED",
    AllowedValues: ["DENIED", "ALLOWED"],
    Description: "Whether anybody may delete backups of the vault or shorten their life; they expire either way.",
  },
  VaultLockMinDays: {
    Type: "Number",
    Default: 0,
    MinValue: 0,
    MaxValue: RECOVERY_DAYS,
    Description: "Locks the vault: no backup may expire sooner; 0 locks nothing.",
  },
  VaultLockChangeableDays: {
    Type: "Number",
    Default: 0,
    MinValue: 0,
    MaxValue: 36_500,
    Description: "After so many days, 3 at least, nobody can take the lock away again, ever; 0 leaves it removable.",
  },
  CopyVaultArn: {
    Type: "String",
    Default: "",
    AllowedPattern: "^$|^arn:[a-z-]+:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[a-zA-Z0-9_-]{2,50}$",
    Description: "Vault, in another region, that each backup is copied to.",
  },
  AlarmTopicArn: {
    Type: "String",
    AllowedPattern: "^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$",
    Description:
      "SNS topic that alarms tell when they begin and end; its policy must let events.amazonaws.com publish.",
  },
  LatencyMilliseconds: {
    Type: "Number",
    Default: 100,
    MinValue: 1,
    Description: "The slowest 1 % of an operation's requests in 5 minutes may take as long as this, inside DynamoDB.",
  },
} as const;

export type ParameterName = keyof typeof PARAMETERS;

const parameter = (name: ParameterName) => ref(name);

export const CONDITIONS = {
  HasKmsEncryption: not(equals(parameter("Encryption"), "AWS_OWNED")),
  HasOwnKey: equals(parameter("Encryption"), "CUSTOMER_MANAGED"),
  LimitsReads: not(equals(parameter("MaxReadRequestUnits"), "0")),
  LimitsWrites: not(equals(parameter("MaxWriteRequestUnits"), "0")),
  LimitsRequests: either(condition("LimitsReads"), condition("LimitsWrites")),
  RanksKeys: not(equals(parameter("ContributorInsights"), "OFF")),
  HasStream: equals(parameter("ChangeStream"), "ON"),
  DeniesDeletion: equals(parameter("BackupDeletion"), "DENIED"),
  LocksVault: not(equals(parameter("VaultLockMinDays"), "0")),
  LocksForGood: not(equals(parameter("VaultLockChangeableDays"), "0")),
  CopiesBackups: not(equals(parameter("CopyVaultArn"), "")),
  NamesVault: not(equals(parameter("BackupVaultName"), "")),
} as const;

/** What parameters must be together. */
export const RULES = {
  OwnKeyIsNamed: {
    RuleCondition: equals(parameter("Encryption"), "CUSTOMER_MANAGED"),
    Assertions: [
      {
        Assert: not(equals(parameter("KmsKeyArn"), "")),
        AssertDescription: "Encryption CUSTOMER_MANAGED needs a KmsKeyArn.",
      },
    ],
  },
  LockLeavesDaysToChange: {
    Assertions: [
      {
        Assert: not(either(...["1", "2"].map((days) => equals(parameter("VaultLockChangeableDays"), days)))),
        AssertDescription: "VaultLockChangeableDays is 0, or 3 and more.",
      },
    ],
  },
  RankedKeysAreNotEncrypted: {
    RuleCondition: equals(parameter("Encryption"), "CUSTOMER_MANAGED"),
    Assertions: [
      {
        Assert: equals(parameter("ContributorInsights"), "OFF"),
        AssertDescription: "ContributorInsights would show keys in plain text that KmsKeyArn encrypts.",
      },
    ],
  },
} as const;
