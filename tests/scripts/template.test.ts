import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { createTableInput, tableDefinition } from "../../entities/table.ts";
import { validateTemplate } from "../../scripts/cloudformation/resource-schema.ts";
import {
  cloudFormationTemplate,
  importTemplate,
  type Template,
  templateText,
} from "../../scripts/cloudformation/template.ts";
import { decide, type PolicyDocument } from "../../scripts/iam/evaluator.ts";
import { arnsOf, dataOperations, POLICY_NAMES, policyOf } from "../../scripts/iam/service-policies.ts";
import { commandHost } from "../commands.ts";

const template = cloudFormationTemplate();

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Choices = Readonly<Record<string, string | number>>;

const PSEUDO: Choices = {
  "AWS::AccountId": "123456789012",
  "AWS::Partition": "aws",
  "AWS::Region": "us-east-1",
  "AWS::StackName": "prep",
  "AWS::URLSuffix": "amazonaws.com",
};

const OWN_KEY = "arn:aws:kms:us-east-1:123456789012:key/0b1f-2c";

/** A part of the template as CloudFormation deploys it, with some parameters chosen. */
function deployed(part: unknown, choices: Choices = {}): Json {
  const defaults = Object.entries(template.Parameters).flatMap(([name, { Default }]) =>
    Default === undefined ? [] : [[name, Default] as const],
  );
  const values: Choices = { ...PSEUDO, ...Object.fromEntries(defaults), ...choices };
  const tableArn = arnsOf(String(values.TableName), {
    partition: String(values["AWS::Partition"]),
    region: String(values["AWS::Region"]),
    account: String(values["AWS::AccountId"]),
  }).table;
  const named = (name: string) => (name === "Table.Arn" ? tableArn : (values[name] ?? `<${name}>`));
  const holds = (condition: Json): boolean => {
    const [name = "", argument] = Object.entries(condition as object)[0] ?? [];
    if (name === "Condition") return holds(template.Conditions[argument as string] as Json);
    if (name === "Fn::Not") return !holds((argument as Json[])[0] as Json);
    if (name === "Fn::Or") return (argument as Json[]).some(holds);
    const [left, right] = (argument as Json[]).map(value);
    return String(left) === String(right);
  };
  const isLeftOut = (json: Json) => (json as { Ref?: string } | null)?.Ref === "AWS::NoValue";
  const chosen = (json: Json): Json => {
    const branches = (json as { "Fn::If"?: readonly Json[] } | null)?.["Fn::If"];
    if (branches === undefined) return json;
    const [condition, met = null, unmet = null] = branches;
    return chosen(holds(template.Conditions[String(condition)] as Json) ? met : unmet);
  };
  if (typeof part === "object" && part !== null && "Assert" in part) return holds(part.Assert as Json);
  function value(json: Json): Json {
    const own = chosen(json);
    if (Array.isArray(own))
      return own
        .map(chosen)
        .filter((element) => !isLeftOut(element))
        .map(value);
    if (typeof own !== "object" || own === null) return own;
    if ("Ref" in own) return named(String(own.Ref));
    if ("Fn::GetAtt" in own) return named((own["Fn::GetAtt"] as string[]).join("."));
    if ("Fn::Sub" in own)
      return String(own["Fn::Sub"]).replace(/\$\{([^}]*)\}/g, (_, name: string) => String(named(name)));
    const present = Object.entries(own).filter(([, child]) => !isLeftOut(chosen(child)));
    return Object.fromEntries(present.map(([name, child]) => [name, value(child)]));
  }
  return value(part as Json);
}

const propertiesOf = (id: string, choices?: Choices) =>
  deployed(template.Resources[id]?.Properties, choices) as Readonly<Record<string, Json>>;

/** Whether parameters keep to a rule that is always in force. */
const ruleHolds = (name: string, choices: Choices) =>
  (template.Rules[name] as { Assertions: readonly object[] }).Assertions.every(
    (assertion) => deployed(assertion, choices) === true,
  );

const TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/ielts-genai-prep";

const idsOf = (type: string) => Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type);

/** Names that a part of the template refers to by a function. */
function referencesOf(part: unknown): string[] {
  const text = JSON.stringify(part);
  return [
    ...[...text.matchAll(/"Ref":"([^"]+)"/g)].map(([, name = ""]) => name),
    ...[...text.matchAll(/"Fn::GetAtt":\["([^"]+)"/g)].map(([, name = ""]) => name),
    ...[...text.matchAll(/\$\{([^}.]+)/g)].map(([, name = ""]) => name),
  ];
}

/** The template with one property of a resource replaced. */
function changed(id: string, properties: Readonly<Record<string, unknown>>): Template {
  const resource = template.Resources[id];
  if (resource === undefined) throw new Error(`no resource ${id}`);
  const Properties = JSON.parse(JSON.stringify({ ...resource.Properties, ...properties })) as Record<string, unknown>;
  return { ...template, Resources: { ...template.Resources, [id]: { ...resource, Properties } } };
}

describe("the template under CloudFormation's published schema", () => {
  const schema = loadAwsServiceSpecSync();

  it("has only known types, properties, values and references", () => {
    const { problems, properties } = validateTemplate(template, schema);

    expect(problems).toEqual([]);
    expect(properties).toBeGreaterThan(500);
  });

  it.each<[string, Template, string]>([
    ["an unknown property", changed("Table", { Tabelname: "x" }), "Table.Tabelname: is no property"],
    [
      "an unknown property further in",
      changed("Table", { SSESpecification: { Enabled: true } }),
      "Table.SSESpecification.Enabled: is no property",
    ],
    [
      "a missing property",
      changed("BackupVault", { BackupVaultName: undefined }),
      "BackupVault.BackupVaultName: is required",
    ],
    [
      "a property that a condition may leave out",
      changed("BackupVault", { BackupVaultName: { "Fn::If": ["HasOwnKey", "vault", { Ref: "AWS::NoValue" }] } }),
      "BackupVault.BackupVaultName: is required",
    ],
    [
      "a missing property further in",
      changed("Table", { TimeToLiveSpecification: { AttributeName: "ttl" } }),
      "Table.TimeToLiveSpecification.Enabled: is required",
    ],
    [
      "text for a boolean",
      changed("Table", { DeletionProtectionEnabled: "true" }),
      "Table.DeletionProtectionEnabled: must be of type boolean, and is string",
    ],
    [
      "a list for an object",
      changed("Table", { SSESpecification: [] }),
      "Table.SSESpecification: must be a SSESpecification, and is array",
    ],
    [
      "a fraction for an integer",
      changed("LatencyQuery", { Period: 0.5 }),
      "LatencyQuery.Period: must be of type integer, and is fraction",
    ],
    [
      "a number for text",
      changed("Table", { TableName: { Ref: "LatencyMilliseconds" } }),
      "Table.TableName: must be of type string, and is computed as integer",
    ],
    [
      "text for a number",
      changed("LatencyQuery", { Threshold: { Ref: "TableName" } }),
      "LatencyQuery.Threshold: must be of type number, and is computed as string",
    ],
    [
      "a reference to nothing",
      changed("Table", { TableName: { Ref: "TabelName" } }),
      "Table.TableName: nothing is called TabelName",
    ],
    [
      "a reference to nothing within a policy",
      changed("SupportPolicy", { PolicyDocument: { Statement: [{ Resource: { "Fn::Sub": "$" + "{Tabel}" } }] } }),
      "SupportPolicy.PolicyDocument.Statement.0.Resource: nothing is called Tabel",
    ],
    [
      "an unknown attribute",
      changed("BackupSelection", { BackupPlanId: { "Fn::GetAtt": ["BackupPlan", "Id"] } }),
      "BackupSelection.BackupPlanId: BackupPlan has no attribute Id",
    ],
    [
      "an unknown condition",
      changed("Table", { TableName: { "Fn::If": ["Nope", "a", "b"] } }),
      "Table.TableName: no condition is called Nope",
    ],
    [
      "an unknown function",
      changed("Table", { TableName: { "Fn::Jion": ["", []] } }),
      "Table.TableName: the function Fn::Jion is not known here",
    ],
    [
      "an unknown type",
      { ...template, Resources: { Tabel: { Type: "AWS::DynamoDB::Tabel", Properties: {} } }, Outputs: {} },
      "Tabel: AWS::DynamoDB::Tabel is no type of resource",
    ],
  ])("is refused with %s", (_what, broken, problem) => {
    expect(validateTemplate(broken, schema).problems).toContain(problem);
  });

  // The published schema does not list the metrics of AWS Backup.
  it("alarms on metrics that DynamoDB has", () => {
    const metrics = schema.lookup("metric", "namespace", "equals", "AWS/DynamoDB");
    const known = new Set(metrics.map(({ name }) => name));

    const alarms = idsOf("AWS::CloudWatch::Alarm").map((id) => propertiesOf(id));
    const used = alarms.filter(({ Namespace }) => Namespace === "AWS/DynamoDB").map(({ MetricName }) => MetricName);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((metric) => !known.has(String(metric)))).toEqual([]);
  });
});

describe("the template's limits", () => {
  it("is small enough to be deployed from a file, without a bucket", () => {
    expect(Buffer.byteLength(templateText())).toBeLessThanOrEqual(51_200);
  });

  it("keeps to what a template may hold", () => {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(template.Parameters).length).toBeLessThanOrEqual(200);
    expect(Object.keys(template.Outputs).length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(template.Description)).toBeLessThanOrEqual(1_024);
    const names = [template.Resources, template.Parameters, template.Outputs, template.Conditions].flatMap(Object.keys);
    expect(names.filter((name) => !/^[A-Za-z0-9]{1,255}$/.test(name))).toEqual([]);
  });

  it("uses every parameter and condition, and no resource waits for itself", () => {
    const references = referencesOf([template.Resources, template.Conditions]);
    expect(Object.keys(template.Parameters).filter((name) => !references.includes(name))).toEqual([]);
    const text = JSON.stringify([template.Resources, template.Conditions]);
    const unused = Object.keys(template.Conditions).filter(
      (name) => !text.includes(`"Fn::If":["${name}"`) && !text.includes(`"Condition":"${name}"`),
    );
    expect(unused).toEqual([]);

    const waitsFor = (id: string, seen: readonly string[]): boolean =>
      seen.includes(id) ||
      referencesOf(template.Resources[id]).some((name) => name in template.Resources && waitsFor(name, [...seen, id]));
    expect(Object.keys(template.Resources).filter((id) => waitsFor(id, []))).toEqual([]);
  });

  it("projects at most 20 attributes into an index and 100 into all", () => {
    const indexes = propertiesOf("Table").GlobalSecondaryIndexes as readonly {
      readonly Projection: { readonly NonKeyAttributes?: readonly string[] };
    }[];

    const counts = indexes.map(({ Projection }) => Projection.NonKeyAttributes?.length ?? 0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(20);
    expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(100);
  });

  it.each(POLICY_NAMES)("fits the policy of %s into a managed policy, whatever the names and the key", (name) => {
    const choices = {
      "AWS::Partition": "aws-us-gov",
      "AWS::Region": "ap-southeast-1",
      TableName: "t".repeat(255),
      Encryption: "CUSTOMER_MANAGED",
      KmsKeyArn: "arn:aws-us-gov:kms:ap-southeast-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
    };
    const document = JSON.stringify(propertiesOf(policyId(name), choices).PolicyDocument);

    expect(document.replace(/\s/g, "").length).toBeLessThanOrEqual(6_144);
  });
});

const policyId = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Policy`;

describe("the table", () => {
  it("is the one that the entities need, on demand", () => {
    const { GlobalSecondaryIndexes, ...properties } = propertiesOf("Table");
    const { GlobalSecondaryIndexes: wanted, ...input } = createTableInput("ielts-genai-prep");

    expect(properties).toMatchObject(input);
    expect(GlobalSecondaryIndexes).toEqual(wanted.map((index) => expect.objectContaining(index)));
    expect(GlobalSecondaryIndexes).toHaveLength(tableDefinition().globalSecondaryIndexes.length);
  });

  it("expires items, restores 35 days, and outlives its stack", () => {
    expect(propertiesOf("Table")).toMatchObject({
      TimeToLiveSpecification: { AttributeName: tableDefinition().timeToLiveAttribute, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      DeletionProtectionEnabled: true,
    });
    for (const id of ["Table", "BackupVault"])
      expect(template.Resources[id]).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  });

  it.each<[string, Choices, Json]>([
    ["DynamoDB's own", {}, { SSEEnabled: false }],
    ["the account's", { Encryption: "AWS_MANAGED" }, { SSEEnabled: true, SSEType: "KMS" }],
    [
      "the customer's",
      { Encryption: "CUSTOMER_MANAGED", KmsKeyArn: OWN_KEY },
      { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: OWN_KEY },
    ],
  ])("is encrypted with a key that is %s", (_whose, choices, specification) => {
    expect(propertiesOf("Table", choices).SSESpecification).toEqual(specification);
  });

  it("is not deployed with a customer's key that is not named, nor with one and ranked keys", () => {
    expect(template.Rules).toMatchObject({
      RankedKeysAreNotEncrypted: {
        RuleCondition: { "Fn::Equals": [{ Ref: "Encryption" }, "CUSTOMER_MANAGED"] },
        Assertions: [
          {
            Assert: { "Fn::Equals": [{ Ref: "ContributorInsights" }, "OFF"] },
            AssertDescription: expect.stringContaining("plain text"),
          },
        ],
      },
      OwnKeyIsNamed: {
        RuleCondition: { "Fn::Equals": [{ Ref: "Encryption" }, "CUSTOMER_MANAGED"] },
        Assertions: [
          {
            Assert: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "KmsKeyArn" }, ""] }] },
            AssertDescription: expect.stringContaining("KmsKeyArn"),
          },
        ],
      },
    });
  });

  it.each<[Choices, Json | undefined, Json | undefined]>([
    [{}, undefined, undefined],
    [{ MaxReadRequestUnits: 500 }, { MaxReadRequestUnits: 500 }, { MaxReadRequestUnits: 500 }],
    [{ MaxWriteRequestUnits: 100 }, { MaxWriteRequestUnits: 100 }, undefined],
    [
      { MaxReadRequestUnits: 500, MaxWriteRequestUnits: 100 },
      { MaxReadRequestUnits: 500, MaxWriteRequestUnits: 100 },
      { MaxReadRequestUnits: 500 },
    ],
  ])("with %j limits the table to %j and each index to %j", (choices, ofTable, ofIndex) => {
    const { OnDemandThroughput, GlobalSecondaryIndexes } = propertiesOf("Table", choices);

    expect(OnDemandThroughput).toEqual(ofTable);
    for (const index of GlobalSecondaryIndexes as readonly Readonly<Record<string, Json>>[])
      expect(index.OnDemandThroughput).toEqual(ofIndex);
  });

  it.each<[string, Json]>([
    ["THROTTLED_KEYS", { Enabled: true, Mode: "THROTTLED_KEYS" }],
    ["ACCESSED_AND_THROTTLED_KEYS", { Enabled: true, Mode: "ACCESSED_AND_THROTTLED_KEYS" }],
    ["OFF", { Enabled: false }],
    ["", { Enabled: false }],
  ])("ranks keys as ContributorInsights %s says, of indexes too", (choice, specification) => {
    const properties = propertiesOf("Table", choice === "" ? {} : { ContributorInsights: choice });

    expect(properties.ContributorInsightsSpecification).toEqual(specification);
    for (const index of properties.GlobalSecondaryIndexes as readonly Json[])
      expect(index).toMatchObject({ ContributorInsightsSpecification: specification });
  });

  it.each(["", "/index/gsi1"])("denies everything on it%s to whoever comes without TLS", (path) => {
    const { PolicyDocument: resourcePolicy } = propertiesOf("Table").ResourcePolicy as unknown as {
      PolicyDocument: PolicyDocument;
    };
    const administrator: PolicyDocument = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
    };
    const { table } = arnsOf("ielts-genai-prep", { region: "us-east-1", account: "123456789012" });
    const decision = (secure: string) =>
      decide([resourcePolicy, administrator], {
        action: "dynamodb:Query",
        resource: `${table}${path}`,
        context: { "aws:SecureTransport": [secure] },
      });

    expect(decision("false")).toBe("explicitly denied");
    expect(decision("true")).toBe("allowed");
    expect(JSON.stringify(resourcePolicy).length).toBeLessThanOrEqual(20_480);
  });
});

describe("backups", () => {
  it("are made of the table each day, and kept for 35 days", () => {
    expect(propertiesOf("BackupPlan")).toEqual({
      BackupPlan: {
        BackupPlanName: "prep-daily",
        BackupPlanRule: [
          {
            RuleName: "daily",
            TargetBackupVault: "<BackupVault>",
            ScheduleExpression: "cron(0 3 * * ? *)",
            StartWindowMinutes: 60,
            CompletionWindowMinutes: 180,
            Lifecycle: { DeleteAfterDays: 35 },
          },
        ],
      },
    });
    expect(propertiesOf("BackupSelection")).toEqual({
      BackupPlanId: "<BackupPlan>",
      BackupSelection: {
        SelectionName: "table",
        IamRoleArn: "<BackupRole.Arn>",
        Resources: ["arn:aws:dynamodb:us-east-1:123456789012:table/ielts-genai-prep"],
      },
    });
  });

  it("are made by a role of AWS Backup's alone, with AWS's own policies", () => {
    const { AssumeRolePolicyDocument, ManagedPolicyArns } = propertiesOf("BackupRole");

    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Effect: "Allow", Principal: { Service: "backup.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    expect(ManagedPolicyArns).toEqual([
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
    ]);
  });

  it("are encrypted with the customer's key if there is one", () => {
    expect(propertiesOf("BackupVault").EncryptionKeyArn).toBeUndefined();
    const choices = { Encryption: "CUSTOMER_MANAGED", KmsKeyArn: OWN_KEY };
    expect(propertiesOf("BackupVault", choices).EncryptionKeyArn).toBe(OWN_KEY);
  });
});

describe("the vault", () => {
  it("is not locked, and its backups are copied nowhere, unless asked for", () => {
    expect(propertiesOf("BackupVault").LockConfiguration).toBeUndefined();
    expect(JSON.stringify(propertiesOf("BackupPlan"))).not.toContain("CopyActions");
  });

  it.each<[Choices, Json]>([
    [{ VaultLockMinDays: 30 }, { MinRetentionDays: 30 }],
    [
      { VaultLockMinDays: 30, VaultLockChangeableDays: 3 },
      { MinRetentionDays: 30, ChangeableForDays: 3 },
    ],
  ])("is locked by %j", (choices, lock) => {
    expect(propertiesOf("BackupVault", choices).LockConfiguration).toEqual(lock);
  });

  it("asks for no longer than the backups are kept, and leaves days in which the lock can be changed", () => {
    expect(template.Parameters.VaultLockMinDays).toMatchObject({ MinValue: 0, MaxValue: 35 });
    const refused = ["0", "1", "2", "3", "30"].filter(
      (days) => !ruleHolds("LockLeavesDaysToChange", { VaultLockChangeableDays: days }),
    );
    expect(refused).toEqual(["1", "2"]);
  });

  it.each(["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"])("denies everybody %s", (action) => {
    const administrator: PolicyDocument = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
    };
    const policy = propertiesOf("BackupVault").AccessPolicy as unknown as PolicyDocument;
    const resource = "arn:aws:dynamodb:us-east-1:123456789012:table/ielts-genai-prep/backup/1";

    expect(decide([policy, administrator], { action, resource })).toBe("explicitly denied");
    expect(decide([policy, administrator], { action: "backup:StartRestoreJob", resource })).toBe("allowed");
    expect(propertiesOf("BackupVault", { BackupDeletion: "ALLOWED" }).AccessPolicy).toBeUndefined();
  });

  it("has its backups copied to another one", () => {
    const CopyVaultArn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:away";

    expect(propertiesOf("BackupPlan", { CopyVaultArn })).toMatchObject({
      BackupPlan: {
        BackupPlanRule: [
          { CopyActions: [{ DestinationBackupVaultArn: CopyVaultArn, Lifecycle: { DeleteAfterDays: 35 } }] },
        ],
      },
    });
  });
});

describe("what docs/deploying.md uses", () => {
  it("refuses, in the stack policy, to replace or remove what holds data", () => {
    const { Statement } = JSON.parse(readFileSync("docs/stack-policy.json", "utf8"));
    const [allowed, refused] = Statement;
    const kept = Object.entries(cloudFormationTemplate().Resources).filter(
      ([, one]) => one.DeletionPolicy === "Retain",
    );

    expect(allowed).toMatchObject({ Effect: "Allow", Action: "Update:*", Resource: "*" });
    expect(refused).toMatchObject({ Effect: "Deny", Action: ["Update:Replace", "Update:Delete"] });
    expect(refused.Resource).toEqual(kept.map(([id]) => `LogicalResourceId/${id}`));
  });

  it("imports the table alone, as the whole stack has it but for what comes later", () => {
    const imported = importTemplate();
    const { Table } = cloudFormationTemplate().Resources;
    const { ResourcePolicy: _, ...Properties } = (Table as { Properties: Record<string, unknown> }).Properties;

    expect(imported.Resources).toEqual({ Table: { ...Table, Properties } });
    expect(imported).not.toHaveProperty("Outputs");
    expect(validateTemplate({ ...imported, Outputs: {} }).problems).toEqual([]);
  });

  it("makes every name of its own from the stack's or the table's", () => {
    const names = Object.values(cloudFormationTemplate().Resources).flatMap(({ Properties }) =>
      Object.entries(Properties).filter(([name]) =>
        /^(?:Table|BackupVault|ManagedPolicy|Alarm|Role|Rule|Topic)?Name$/.test(name),
      ),
    );

    expect(names.length).toBeGreaterThan(1);
    for (const [, value] of names) expect(JSON.stringify(value)).toMatch(/AWS::StackName|"Ref":"TableName"/);
  });
});

it("names the vault after the stack, so that each stage has its own", () => {
  expect(propertiesOf("BackupVault").BackupVaultName).toBe("prep");
  expect(propertiesOf("BackupVault", { BackupVaultName: "nightly" }).BackupVaultName).toBe("nightly");
});

describe("alarms", () => {
  const alarms = idsOf("AWS::CloudWatch::Alarm").map((id) => propertiesOf(id));
  const watched = (metric: string, dimension: string) =>
    alarms
      .filter(({ MetricName }) => MetricName === metric)
      .map(
        ({ Dimensions }) =>
          (Dimensions as readonly { Name: string; Value: string }[]).find(({ Name }) => Name === dimension)?.Value,
      );

  it("watch the throttling of the table and of every index, in both directions", () => {
    const indexes = tableDefinition().globalSecondaryIndexes.map(({ indexName }) => indexName);

    for (const metric of ["ReadThrottleEvents", "WriteThrottleEvents"])
      expect(watched(metric, "GlobalSecondaryIndexName")).toEqual([undefined, ...indexes]);
  });

  it("watch the errors and the latency of every operation that services send", () => {
    for (const metric of ["SystemErrors", "SuccessfulRequestLatency"])
      expect(watched(metric, "Operation")).toEqual(dataOperations());
    const latency = alarms.filter(({ MetricName }) => MetricName === "SuccessfulRequestLatency");
    expect(latency.map(({ Threshold, ExtendedStatistic }) => [Threshold, ExtendedStatistic])).toEqual(
      dataOperations().map(() => [100, "p99"]),
    );
  });

  it("are all about this table and its vault, quiet without traffic, and tell the topic, which must be given", () => {
    for (const alarm of alarms) {
      const backup = alarm.Namespace === "AWS/Backup";
      if (!backup) expect(alarm).toMatchObject({ TreatMissingData: "notBreaching" });
      expect(alarm).toMatchObject({ AlarmActions: ["<AlarmTopicArn>"], OKActions: ["<AlarmTopicArn>"] });
      expect(alarm.Dimensions).toContainEqual(
        backup ? { Name: "BackupVaultName", Value: "<BackupVault>" } : { Name: "TableName", Value: "<Table>" },
      );
    }
    expect(template.Parameters.AlarmTopicArn).not.toHaveProperty("Default");
    const topic = "arn:aws:sns:us-east-1:123456789012:on-call";
    expect(propertiesOf("LatencyQuery", { AlarmTopicArn: topic })).toMatchObject({
      AlarmActions: [topic],
      OKActions: [topic],
    });
  });

  it("tell of a backup that failed, was stopped or did not begin, and of two days without one", () => {
    expect(propertiesOf("BackupFailed")).toMatchObject({
      EventPattern: {
        source: ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change"],
        detail: { state: ["FAILED", "ABORTED", "EXPIRED"], resourceArn: [TABLE_ARN] },
      },
      Targets: [{ Arn: "<AlarmTopicArn>" }],
    });
    expect(propertiesOf("BackupMissing")).toMatchObject({
      MetricName: "NumberOfBackupJobsCompleted",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      Period: 86_400,
      EvaluationPeriods: 2,
      TreatMissingData: "breaching",
    });
  });

  it.each<[string, boolean, Json]>([
    ["recovery switched off", true, { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false } }],
    [
      "a shorter recovery",
      true,
      { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 7 } },
    ],
    ["protection switched off", true, { deletionProtectionEnabled: false }],
    ["a table that is named by its ARN", true, { tableName: TABLE_ARN, deletionProtectionEnabled: false }],
    [
      "recovery switched on",
      false,
      { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 } },
    ],
    ["another table", false, { tableName: "other", deletionProtectionEnabled: false }],
    ["another change", false, { billingMode: "PAY_PER_REQUEST" }],
  ])("tell of recovery that is no longer what it was: %s, %p", (_what, tells, parameters) => {
    const { EventPattern, Targets } = propertiesOf("RecoveryOff");
    const event = {
      source: "aws.dynamodb",
      "detail-type": "AWS API Call via CloudTrail",
      detail: {
        eventName: "UpdateTable",
        requestParameters: { tableName: "<Table>", ...(parameters as object) },
      },
    };

    expect(fits(EventPattern as Json, event)).toBe(tells);
    expect(Targets).toEqual([{ Id: "topic", Arn: "<AlarmTopicArn>" }]);
  });
});

/** Whether an event fits an EventBridge pattern, as far as the template uses them. */
function fits(pattern: Json | undefined, event: Json | undefined): boolean {
  if (Array.isArray(pattern))
    return pattern.some((wanted: Json) => {
      const numeric = (wanted as { numeric?: readonly [string, number] } | null)?.numeric;
      return numeric === undefined ? wanted === event : typeof event === "number" && event < numeric[1];
    });
  return Object.entries(pattern as object).every(([name, part]: [string, Json]) =>
    name === "$or"
      ? (part as readonly Json[]).some((one) => fits(one, event))
      : fits(part, (event as Readonly<Record<string, Json>> | undefined)?.[name]),
  );
}

describe.each(POLICY_NAMES)("the managed policy of %s", (name) => {
  const names = arnsOf("ielts-genai-prep", { region: "us-east-1", account: "123456789012" });

  const { Version, Statement: named } = policyOf(name, names);
  const unnamed = named.map(({ Sid: _, ...statement }) => statement);

  it("is what `npm run policies` prints, for this table, without the statements' names", () => {
    expect(propertiesOf(policyId(name)).PolicyDocument).toEqual({ Version, Statement: unnamed });
  });

  it("lets the table's key be used through DynamoDB when it is the customer's", () => {
    const choices = { Encryption: "CUSTOMER_MANAGED", KmsKeyArn: OWN_KEY };
    const { Statement } = propertiesOf(policyId(name), choices).PolicyDocument as { Statement: readonly Json[] };

    expect(Statement.slice(0, -1)).toEqual(unnamed);
    expect(Statement.at(-1)).toEqual({
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: OWN_KEY,
      Condition: { StringEquals: { "kms:ViaService": "dynamodb.us-east-1.amazonaws.com" } },
    });
  });
});

describe("npm run template", () => {
  const folder = mkdtempSync(join(tmpdir(), "template-"));
  const host = commandHost();
  const run = (...words: string[]) => host.run("template", words, { folder, environment: { NO_COLOR: "1" } });
  const file = join(folder, "docs", "template.json");
  beforeAll(() => mkdirSync(join(folder, "docs")));
  afterAll(async () => {
    await host.stop();
    rmSync(folder, { recursive: true });
  });

  it("writes the template, says what it holds, and fails with --check when it is stale", async () => {
    const { stdout } = await run();
    expect(stdout).toMatch(/^Wrote docs\/template\.json: \d+ resources, \d+ properties/);
    expect(readFileSync(file, "utf8")).toBe(templateText());
    expect(JSON.parse(templateText())).toEqual(JSON.parse(JSON.stringify(template)));
    expect((await run("--check")).stdout).toMatch(/^docs\/template\.json is current/);

    writeFileSync(file, templateText().replace("PAY_PER_REQUEST", "PROVISIONED"));
    await expect(run("--check")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("is stale") });
    rmSync(file);
    await expect(run("--check")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("template.json") });
  }, 120_000);

  it("prints the template of an import, and writes nothing", async () => {
    const { stdout } = await host.run("template", ["--for-import"]);

    expect(JSON.parse(stdout)).toEqual(importTemplate());
  });

  it("refuses what it does not know, by name", async () => {
    await expect(run("--overwrite")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("--overwrite") });
  });

  it("has been run since the entities changed", () => {
    expect(readFileSync("docs/template.json", "utf8")).toBe(templateText());
  });
});
