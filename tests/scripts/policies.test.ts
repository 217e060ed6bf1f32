import { readdirSync, readFileSync } from "node:fs";
import { tableDefinition } from "../../entities/table.ts";
import { UserModel } from "../../entities/user.ts";
import { type Decision, decide, matches, type Statement } from "../../scripts/iam/evaluator.ts";
import { policyFor } from "../../scripts/iam/handler-policy.ts";
import { policiesPage } from "../../scripts/iam/policies-page.ts";
import {
  ATTRIBUTES,
  arnsOf,
  type FunctionName,
  grantsOf,
  LEADING_KEYS,
  POLICY_NAMES,
  type PolicyName,
  policiesFor,
  policyOf,
  SELECT,
  TABLE,
} from "../../scripts/iam/service-policies.ts";
import { commandHost } from "../commands.ts";
import fc from "../generated.ts";

const NAMES = arnsOf("ielts-genai-prep", { region: "us-east-1", account: "123456789012" });

const listOf = (value: string | readonly string[]) => (typeof value === "string" ? [value] : [...value]);

const decided = (statements: readonly Statement[], request: Parameters<typeof decide>[1]): Decision =>
  decide([{ Version: "2012-10-17", Statement: statements }], request);

describe("the evaluator", () => {
  const read = { action: "dynamodb:GetItem", resource: NAMES.table, context: { [LEADING_KEYS]: ["user#1"] } };
  const allow: Statement = { Effect: "Allow", Action: "dynamodb:GetItem", Resource: NAMES.table };
  const keyed = (...patterns: string[]): Statement => ({
    ...allow,
    Condition: { "ForAllValues:StringLike": { [LEADING_KEYS]: patterns } },
  });
  const guarded = (...patterns: string[]): Statement => ({
    ...allow,
    Condition: { ...keyed(...patterns).Condition, Null: { [LEADING_KEYS]: "false" } },
  });
  const withKeys = (...keys: string[]) => ({ ...read, context: { [LEADING_KEYS]: keys } });

  it.each<[string, readonly Statement[], Parameters<typeof decide>[1], Decision]>([
    ["without a statement, denies", [], read, "implicitly denied"],
    ["allows what a statement allows", [allow], read, "allowed"],
    ["compares actions in any case", [{ ...allow, Action: "DynamoDB:getitem" }], read, "allowed"],
    ["knows * in actions", [{ ...allow, Action: "dynamodb:*Item" }], read, "allowed"],
    ["knows ? in actions", [{ ...allow, Action: "dynamodb:?etItem" }], read, "allowed"],
    ["takes a list of actions", [{ ...allow, Action: ["dynamodb:Query", "dynamodb:GetItem"] }], read, "allowed"],
    ["allows no other action", [{ ...allow, Action: "dynamodb:GetItems" }], read, "implicitly denied"],
    ["allows no other resource", [{ ...allow, Resource: `${NAMES.table}2` }], read, "implicitly denied"],
    ["compares resources by case", [{ ...allow, Resource: NAMES.table.toUpperCase() }], read, "implicitly denied"],
    ["tells a table from its index", [allow], { ...read, resource: NAMES.index("gsi1") }, "implicitly denied"],
    ["knows * in resources", [{ ...allow, Resource: "arn:aws:dynamodb:*:*:table/*" }], read, "allowed"],
    ["keeps * within a part of the ARN", [{ ...allow, Resource: "arn:aws:*:table/*" }], read, "implicitly denied"],
    ["lets a Deny win", [allow, { ...allow, Effect: "Deny" }], read, "explicitly denied"],
    [
      "lets a Deny of another action be",
      [allow, { ...allow, Effect: "Deny", Action: "dynamodb:Scan" }],
      read,
      "allowed",
    ],
    ["matches keys", [keyed("user#*")], read, "allowed"],
    ["matches one of several patterns", [keyed("ticket#*", "user#?")], read, "allowed"],
    ["compares keys by case", [keyed("USER#*")], read, "implicitly denied"],
    ["reads nothing but * and ? as a pattern", [keyed("user.[0-9]", "user$1", "^user")], read, "implicitly denied"],
    ["wants all keys of a batch to match", [keyed("user#*")], withKeys("user#1", "ticket#1"), "implicitly denied"],
    ["takes each key by any pattern", [keyed("user#*", "t*")], withKeys("user#1", "t#1"), "allowed"],
    [
      "does not join the patterns of two statements",
      [keyed("user#*"), keyed("ticket#*")],
      withKeys("user#1", "ticket#1"),
      "implicitly denied",
    ],
    ["without keys, allows: that is the trap", [keyed("user#*")], { ...read, context: {} }, "allowed"],
    ["with the guard, denies", [guarded("user#*")], { ...read, context: {} }, "implicitly denied"],
    ["with the guard, denies an empty list too", [guarded("user#*")], withKeys(), "implicitly denied"],
    ["with the guard, allows matching keys", [guarded("user#*")], read, "allowed"],
    [
      "takes Null true for a key that is absent",
      [{ ...allow, Condition: { Null: { [LEADING_KEYS]: "true" } } }],
      { ...read, context: {} },
      "allowed",
    ],
    [
      "compares names of condition keys in any case",
      [{ ...allow, Condition: { Bool: { "AWS:SecureTransport": "true" } } }],
      { ...read, context: { "aws:securetransport": ["true"] } },
      "allowed",
    ],
    [
      "does not take an absent key for a boolean",
      [{ ...allow, Condition: { Bool: { "aws:SecureTransport": "false" } } }],
      read,
      "implicitly denied",
    ],
  ])("%s", (_rule, statements, request, decision) => {
    expect(decided(statements, request)).toBe(decision);
  });

  it.each([
    ["an element", { ...allow, NotAction: "dynamodb:Scan" }],
    ["an operator", { ...allow, Condition: { StringLikeIfExists: { [LEADING_KEYS]: "*" } } }],
    ["a policy variable", keyed("user#$" + "{aws:username}")],
    ["a principal", { ...allow, Principal: { AWS: "*" } as never }],
  ])("refuses %s that it does not understand", (_what, statement) => {
    expect(() => decided([statement], read)).toThrow("is not understood");
  });
});

describe.each(POLICY_NAMES)("the policy of %s", (policy) => {
  const { Statement: statements } = policyOf(policy, NAMES);
  const actions = statements.flatMap(({ Action }) => listOf(Action));

  it("names exact actions, none of them a scan or past the leading keys", () => {
    expect(actions.filter((action) => !/^dynamodb:[A-Za-z]+$/.test(action))).toEqual([]);
    expect(
      actions.filter((action) => /Scan|PartiQL|Transact|Delete(?!Item)|ResourcePolicy|Export/.test(action)),
    ).toEqual([]);
    expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
    expect(statements.filter(({ Sid = "" }) => !/^[A-Za-z0-9]+$/.test(Sid))).toEqual([]);
  });

  it("names the table and each index by itself", () => {
    const indexes = tableDefinition().globalSecondaryIndexes.map(({ indexName }) => NAMES.index(indexName));

    for (const { Resource, Action } of statements) {
      const expected = listOf(Action).every((action) => action === "dynamodb:Query")
        ? [NAMES.table, ...indexes]
        : [NAMES.table];
      expect(expected).toEqual(expect.arrayContaining([...listOf(Resource)]));
    }
  });

  it("bounds the keys of every data request, and refuses a request without keys", () => {
    for (const { Sid, Condition } of statements.filter((statement) => statement.Sid !== "Management")) {
      const patterns = Condition?.["ForAllValues:StringLike"]?.[LEADING_KEYS] ?? [];
      expect({ Sid, Condition }).toEqual({
        Sid,
        Condition: {
          ...Condition,
          "ForAllValues:StringLike": { [LEADING_KEYS]: patterns },
          Null: { ...Condition?.Null, [LEADING_KEYS]: "false" },
        },
      });
      expect(patterns.length).toBeGreaterThan(0);
      for (const pattern of patterns) expect(pattern).toMatch(/^[a-zA-Z_]+#.*\*$/);
    }
  });

  it("fits a managed policy, whatever the table is called", () => {
    const place = { partition: "aws-us-gov", region: "ap-southeast-1", account: "123456789012" };
    const longest = JSON.stringify(policyOf(policy, arnsOf("t".repeat(255), place))).replace(/\s/g, "");

    expect(longest.length).toBeLessThanOrEqual(6_144);
  });
});

/** What DynamoDB lets do with items, asked for or not. */
const ITEM_ACTIONS = [
  "BatchGetItem",
  "BatchWriteItem",
  "ConditionCheckItem",
  "DeleteItem",
  "GetItem",
  "PartiQLDelete",
  "PartiQLInsert",
  "PartiQLSelect",
  "PartiQLUpdate",
  "PutItem",
  "Query",
  "Scan",
  "UpdateItem",
].map((operation) => `dynamodb:${operation}`);

describe("password hashes", () => {
  const user = UserModel.bind({ table: "any" });
  const keyOf = (email: string) => user.get({ email }).params<{ Key: { pk: string } }>().Key.pk;
  const reaching: readonly PolicyName[] = ["authentication", "logIn", "qrLogin", "profile", "accountData"];
  const others = POLICY_NAMES.filter((policy) => !reaching.includes(policy) && grantsOf(policy).length > 0);

  it("are in no index, nor are verification tokens and receipts", () => {
    const projected = tableDefinition().globalSecondaryIndexes.flatMap(({ nonKeyAttributes }) => nonKeyAttributes);

    expect(projected).not.toContain("password_hash");
    expect(projected).not.toContain("verification_token");
    expect(projected).not.toContain("receipt_data");
    const whole = tableDefinition().globalSecondaryIndexes.filter(({ projectionType }) => projectionType === "ALL");
    const entities = whole.map(({ partitionKey }) => JSON.stringify(UserModel.schema.indexes).includes(partitionKey));
    expect(entities).toEqual(whole.map(() => false));
  });

  it.each(["logIn", "profile", "accountData"] as const)("are read under %s", (policy) => {
    const request = {
      action: "dynamodb:GetItem",
      resource: NAMES.table,
      context: { [LEADING_KEYS]: [keyOf("a@b.c")] },
    };

    expect(decide([policyOf(policy, NAMES)], request)).toBe("allowed");
  });

  it.each([
    ["some attributes without the hash", ["pk", "sk", "account_status", "generation"], "allowed"],
    ["the hash among others", ["pk", "sk", "account_status", "password_hash"], "implicitly denied"],
    ["the whole item", undefined, "implicitly denied"],
  ])("are not read under authentication, asked for %s", (_what, attributes, decision) => {
    const context = {
      [LEADING_KEYS]: [keyOf("a@b.c")],
      ...(attributes === undefined ? {} : { [ATTRIBUTES]: attributes }),
      [SELECT]: [attributes === undefined ? "ALL_ATTRIBUTES" : "SPECIFIC_ATTRIBUTES"],
    };
    const request = { action: "dynamodb:BatchGetItem", resource: NAMES.table, context };

    expect(decide([policyOf("authentication", NAMES)], request)).toBe(decision);
  });

  it.each(others)("are out of reach of %s, by any action, alone or in a batch with its own keys", (policy) => {
    const document = policyOf(policy, NAMES);
    const own = grantsOf(policy).filter(({ index }) => index === TABLE);
    const ownKey = fc.constantFrom(...own).map(({ pattern }) => pattern.replaceAll("*", "1"));
    const request = fc.record({
      action: fc.constantFrom(...ITEM_ACTIONS),
      email: fc.oneof(fc.emailAddress(), fc.string({ minLength: 1, unit: "grapheme" })),
      before: fc.array(ownKey, { maxLength: 3 }),
      after: fc.array(ownKey, { maxLength: 3 }),
    });

    fc.assert(
      fc.property(request, ({ action, email, before, after }) => {
        const context = { [LEADING_KEYS]: [...before, keyOf(email), ...after] };
        return decide([document], { action, resource: NAMES.table, context }) === "implicitly denied";
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it.each(POLICY_NAMES)("are not scanned or read without a key under %s", (policy) => {
    const resources = [
      NAMES.table,
      ...tableDefinition().globalSecondaryIndexes.map(({ indexName }) => NAMES.index(indexName)),
    ];

    for (const resource of resources) {
      for (const action of ITEM_ACTIONS)
        expect(decide([policyOf(policy, NAMES)], { action, resource })).toBe("implicitly denied");
    }
  });
});

describe("the keys of policies", () => {
  it("are told apart: no key of one kind is under the pattern of another", () => {
    const kinds = new Map(
      POLICY_NAMES.flatMap((policy) =>
        grantsOf(policy).map(({ index, pattern }) => [`${index} ${pattern}`, { index, pattern }]),
      ),
    );

    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "#", "$", "_", "*", "?", "ielts") }), (varying) => {
        for (const { index, pattern } of kinds.values()) {
          const key = pattern.replaceAll("*", () => varying);
          const under = [...kinds.values()].filter((other) => other.index === index && matches(other.pattern, key));
          if (under.length !== 1 || under[0]?.pattern !== pattern) return false;
        }
        return true;
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe("the policies of commands", () => {
  it("allows the calls of create-table about the table, and no others", () => {
    const sources = ["scripts/create-table.ts", ...readdirSync("scripts/table").map((file) => `scripts/table/${file}`)];
    const text = sources.map((source) => readFileSync(source, "utf8")).join("\n");
    const called = new Set([...text.matchAll(/new (\w+)Command\(/g)].map(([, operation]) => `dynamodb:${operation}`));
    const [management] = policyOf("table", NAMES).Statement;

    expect(management?.Action).toEqual([...called].sort());
  });

  it("let a seeding role look at the table, and change nothing of it, such as recovery or protection", () => {
    const [management] = policyOf("catalogue", NAMES).Statement;

    expect(management?.Action).toEqual(["dynamodb:DescribeTable"]);
    expect(policyOf("table", NAMES).Statement).toHaveLength(1);
  });
});

jest.setTimeout(60_000);

const host = commandHost();
afterAll(() => host.stop());
const run = (...words: string[]) =>
  host.run("policies", words, { environment: { AWS_REGION: undefined, TABLE_NAME: undefined, NO_COLOR: "1" } });

describe("policyFor", () => {
  const place = { table: "a-table", region: "eu-west-1", account: "123456789012" };

  it("allows what the policies of the functions allow, in one document", () => {
    const { Version, Statement } = policyFor(["support.*", "sessions.authenticate"], place);
    const names = arnsOf(place.table, place);
    const apart = (["authentication", "support"] as const).flatMap((policy) => policyOf(policy, names).Statement);

    expect(Version).toBe("2012-10-17");
    expect(Statement.map(({ Sid, ...statement }) => statement)).toEqual(
      apart.map(({ Sid, ...statement }) => statement),
    );
  });

  it("names each statement once, in letters and digits as IAM wants", () => {
    const sids = policyFor(["accounts.*", "sessions.*", "support.get"], place).Statement.map(({ Sid }) => Sid);

    expect(new Set(sids).size).toBe(sids.length);
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  it("brings every policy of a service that has several", () => {
    expect(policiesFor(["sessions.*"])).toEqual(["authentication", "logIn"]);
  });

  it.each(["supportt.*", "support.gett", "*.*", ".*"])("refuses %s, which no service has", (name) => {
    expect(() => policyFor([name as FunctionName], place)).toThrow(/^(no service has|there is no service)/);
  });
});

describe("npm run policies", () => {
  it("prints every policy with placeholders for the place", async () => {
    const { stdout } = await run("--json");

    const place = arnsOf("ielts-genai-prep", { region: "REGION", account: "ACCOUNT_ID" });
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(POLICY_NAMES.map((name) => [name, policyOf(name, place)])));
  });

  it("prints one policy alone, ready for the AWS CLI", async () => {
    const place = [
      "--table",
      "prep-test",
      "--account",
      "123456789012",
      "--region",
      "cn-north-1",
      "--partition",
      "aws-cn",
    ];
    const { stdout } = await run("--policy", "support", "--json", ...place);

    const names = arnsOf("prep-test", { partition: "aws-cn", account: "123456789012", region: "cn-north-1" });
    expect(JSON.parse(stdout)).toEqual(policyOf("support", names));
    expect(stdout).toContain('"arn:aws-cn:dynamodb:cn-north-1:123456789012:table/prep-test/index/gsi4"');
  });

  it("prints the policies that a handler needs, by the functions that it calls", async () => {
    const { stdout } = await run("--json", "--functions", "support.get", "sessions.authenticate", "support.escalate");

    expect(Object.keys(JSON.parse(stdout))).toEqual(["authentication", "support"]);
  });

  it("says what each policy is for", async () => {
    const { stdout } = await run();

    expect(stdout).toContain("assessments: to run the services assessments, questions and rubrics");
    expect(stdout).toContain("catalogue: to import questions and rubrics");
    expect(stdout).toContain("table: to create and converge the table");
  });

  it.each([
    [["--policy", "payments"], "--policy"],
    [["--functions", "support.gett"], "support.gett"],
    [["--account", "12"], "--account"],
    [["--write", "--check"], "--write"],
    [["surplus"], "too many arguments"],
  ])("refuses %j by name", async (words, named) => {
    await expect(run(...words)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(named) });
  });

  it("finds docs/policies.md current", async () => {
    expect(readFileSync("docs/policies.md", "utf8")).toBe(policiesPage());

    expect((await run("--check")).stdout).toBe("docs/policies.md is current.\n");
  });
});

describe("docs/policies.md", () => {
  it("names the statement to leave out where nothing is imported", () => {
    const statements = policyOf("assessments" satisfies PolicyName, NAMES).Statement;

    expect(policiesPage()).toContain("`TableBatchWriteItem`");
    expect(statements.map(({ Sid }) => Sid)).toContain("TableBatchWriteItem");
  });
});

describe("README.md", () => {
  const readme = readFileSync("README.md", "utf8");

  it("attaches the policies that its handler's functions run under, and no others", () => {
    const [, handler = ""] = /^## A handler$[\s\S]*?```ts\n([\s\S]*?)```/m.exec(readme) ?? [];
    const called = [...handler.matchAll(/await (\w+\.\w+)\(/g)].map(([, name]) => name as FunctionName);
    const needed = policiesFor(called);

    expect(called).toEqual(["sessions.authenticate", "support.get", "support.escalate"]);
    expect(needed).toEqual(["authentication", "support"]);
    const [, attached = ""] = /Policies: \[(.*)\]/.exec(readme) ?? [];
    expect([...attached.matchAll(/Outputs\.(\w+)PolicyArn/g)].map(([, name]) => name)).toEqual([
      "Authentication",
      "Support",
    ]);
    const [, ofCdk = ""] = /for \(const policy of \[(.*)\]\)/.exec(readme) ?? [];
    expect(ofCdk).toBe('"AuthenticationPolicy", "SupportPolicy"');
  });
});
