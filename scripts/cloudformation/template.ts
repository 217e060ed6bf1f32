import { tableDefinition } from "../../entities/table.ts";
import { capitalized } from "../iam/capitalized.ts";
import { POLICY_NAMES, type PolicyName, policyOf, purposeOf, type ResourceNames } from "../iam/service-policies.ts";
import { alarmResources } from "./alarms.ts";
import { backupResources } from "./backup.ts";
import { attributeOf, type Intrinsic, ref, substituted, when } from "./intrinsics.ts";
import { CONDITIONS, PARAMETERS, RULES } from "./parameters.ts";
import { TABLE_ID, tableResource } from "./table.ts";

/** A resource as CloudFormation reads it. */
export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09";
  readonly Description: string;
  readonly Parameters: Readonly<Record<string, { readonly Type: string; readonly Default?: string | number }>>;
  readonly Rules: Readonly<Record<string, unknown>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<
    Record<string, { readonly Condition?: string; readonly Description?: string; readonly Value: unknown }>
  >;
}

const tableNames: ResourceNames<Intrinsic> = {
  table: attributeOf(TABLE_ID, "Arn"),
  index: (name) => substituted(`{${TABLE_ID}.Arn}/index/${name}`),
};

/** What a caller of a table under a key of the account's own needs besides. */
const keyUse = when("HasOwnKey", {
  Effect: "Allow",
  Action: "kms:Decrypt",
  Resource: ref("KmsKeyArn"),
  Condition: { StringEquals: { "kms:ViaService": substituted("dynamodb.{AWS::Region}.{AWS::URLSuffix}") } },
});

const policyId = (policy: PolicyName) => `${capitalized(policy)}Policy`;

function policyResource(policy: PolicyName): Resource {
  const { Version, Statement } = policyOf(policy, tableNames);
  // The statements' names are for readers of `npm run policies`; they would fill the file.
  const unnamed = Statement.map(({ Sid: _, ...statement }) => statement);
  return {
    Type: "AWS::IAM::ManagedPolicy",
    Properties: {
      Description: `To ${purposeOf(policy)}`,
      PolicyDocument: { Version, Statement: [...unnamed, keyUse] },
    },
  };
}

/**
 * The table alone, to bring one that is there into a stack: an import takes nothing else with it. The resource policy comes
 * with the whole stack afterwards: an import takes for granted that the table has what its template says.
 */
export function importTemplate(): Omit<Template, "Outputs"> {
  const { Outputs: _, ...template } = cloudFormationTemplate();
  const table = tableResource();
  const { ResourcePolicy: __, ...Properties } = table.Properties;
  return { ...template, Resources: { [TABLE_ID]: { ...table, Properties } } };
}

/** The whole stack, computed from the entities; the table is as they need it, or as a stage on the way there. */
export function cloudFormationTemplate(definition = tableDefinition()): Template {
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "IELTS AI Prep: the one DynamoDB table with its backups, alarms and IAM policies.",
    Parameters: PARAMETERS,
    Rules: RULES,
    Conditions: CONDITIONS,
    Resources: {
      [TABLE_ID]: tableResource(definition),
      ...backupResources(),
      ...alarmResources(),
      ...Object.fromEntries(POLICY_NAMES.map((policy) => [policyId(policy), policyResource(policy)])),
    },
    Outputs: {
      TableName: { Description: "The functions' TABLE_NAME", Value: ref(TABLE_ID) },
      TableArn: { Description: "ARN of the table", Value: attributeOf(TABLE_ID, "Arn") },
      StreamArn: {
        Condition: "HasStream",
        Description: "ARN of the stream of changes",
        Value: attributeOf(TABLE_ID, "StreamArn"),
      },
      BackupVaultArn: { Description: "ARN of the backups' vault", Value: attributeOf("BackupVault", "BackupVaultArn") },
      ...Object.fromEntries(POLICY_NAMES.map((policy) => [`${policyId(policy)}Arn`, { Value: ref(policyId(policy)) }])),
    },
  };
}

const LINE = 1_200;

/** JSON in which what fits a line stands on one, and so does each element of a list: a stack's file may have 51,200 bytes. */
function jsonText(value: unknown, indent = ""): string {
  const line = JSON.stringify(value);
  if (typeof value !== "object" || value === null || line.length + indent.length <= LINE) return line;
  const inner = `${indent} `;
  if (Array.isArray(value))
    return `[\n${value.map((element) => inner + JSON.stringify(element)).join(",\n")}\n${indent}]`;
  const lines = Object.entries(value).map(
    ([name, child]) => `${inner}${JSON.stringify(name)}: ${jsonText(child, inner)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

export const templateText = (definition = tableDefinition()): string =>
  `${jsonText(cloudFormationTemplate(definition))}\n`;
