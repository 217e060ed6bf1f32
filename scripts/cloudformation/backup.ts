import { RECOVERY_DAYS } from "../table/difference.ts";
import { attributeOf, ref, substituted, when } from "./intrinsics.ts";
import { TABLE_ID } from "./table.ts";

/** Backups expire by AWS Backup itself; nobody deletes them or shortens their life, whatever else they may do. */
const vaultPolicy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Deny",
      Principal: "*",
      Action: ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
      Resource: "*",
    },
  ],
};

const lock = {
  MinRetentionDays: ref("VaultLockMinDays"),
  ChangeableForDays: when("LocksForGood", ref("VaultLockChangeableDays")),
};

const copies = [{ DestinationBackupVaultArn: ref("CopyVaultArn"), Lifecycle: { DeleteAfterDays: RECOVERY_DAYS } }];

/** A backup each night, kept apart from the table, and the role that AWS Backup makes and restores it with. */
export function backupResources() {
  return {
    BackupVault: {
      Type: "AWS::Backup::BackupVault",
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        BackupVaultName: when("NamesVault", ref("BackupVaultName"), ref("AWS::StackName")),
        EncryptionKeyArn: when("HasOwnKey", ref("KmsKeyArn")),
        AccessPolicy: when("DeniesDeletion", vaultPolicy),
        LockConfiguration: when("LocksVault", lock),
      },
    },
    BackupPlan: {
      Type: "AWS::Backup::BackupPlan",
      Properties: {
        BackupPlan: {
          BackupPlanName: substituted("{AWS::StackName}-daily"),
          BackupPlanRule: [
            {
              RuleName: "daily",
              TargetBackupVault: ref("BackupVault"),
              ScheduleExpression: "cron(0 3 * * ? *)",
              StartWindowMinutes: 60,
              CompletionWindowMinutes: 180,
              Lifecycle: { DeleteAfterDays: RECOVERY_DAYS },
              CopyActions: when("CopiesBackups", copies),
            },
          ],
        },
      },
    },
    BackupSelection: {
      Type: "AWS::Backup::BackupSelection",
      Properties: {
        BackupPlanId: ref("BackupPlan"),
        BackupSelection: {
          SelectionName: "table",
          IamRoleArn: attributeOf("BackupRole", "Arn"),
          Resources: [attributeOf(TABLE_ID, "Arn")],
        },
      },
    },
    BackupRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        Description: "AWS Backup backs the table up and restores it with this role.",
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "backup.amazonaws.com" },
              Action: "sts:AssumeRole",
            },
          ],
        },
        ManagedPolicyArns: ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"].map(
          (policy) => substituted(`arn:{AWS::Partition}:iam::aws:policy/service-role/${policy}`),
        ),
      },
    },
  };
}
