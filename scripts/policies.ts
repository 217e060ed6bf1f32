import { readFileSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_TABLE_NAME } from "../entities/keys.ts";
import { policiesPage } from "./iam/policies-page.ts";
import {
  arnsOf,
  type FunctionName,
  POLICY_NAMES,
  type PolicyName,
  policiesFor,
  policyOf,
  purposeOf,
} from "./iam/service-policies.ts";
import { runCommand } from "./shell/command-line.ts";
import { calledWithOptions } from "./shell/command-name.ts";

/** `npm run policies`: prints the IAM policies of the functions; `-- --write` writes the matrix of what each allows. */
interface Options {
  readonly policy?: PolicyName;
  readonly functions?: readonly FunctionName[];
  readonly json?: boolean;
  readonly table: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly write?: boolean;
  readonly check?: boolean;
}

const PAGE = "docs/policies.md";

const like = (rule: RegExp, message: string) => (value: string) => {
  if (!rule.test(value)) throw new InvalidArgumentError(message);
  return value;
};

const options = new Command(calledWithOptions("policies"))
  .description(
    "Print the IAM policies of the functions, computed from the entities: exact actions, the table and each index, and the partition keys. It asks AWS nothing.",
  )
  .addOption(new Option("--policy <name>", "only this one").choices(POLICY_NAMES))
  .addOption(
    new Option("--functions <names...>", "those that a handler needs which calls these, such as support.get").conflicts(
      "policy",
    ),
  )
  .option("--json", "as one JSON object by name; with --policy the policy alone")
  .option(
    "--table <name>",
    "name of the table",
    like(/^[A-Za-z0-9_.-]{3,255}$/, "a table's name has 3 to 255 letters, digits, hyphens, dots or underscores"),
    process.env.TABLE_NAME ?? DEFAULT_TABLE_NAME,
  )
  .option("--account <id>", "AWS account", like(/^\d{12}$/, "an account has 12 digits"), "ACCOUNT_ID")
  .option(
    "--region <name>",
    "AWS region",
    like(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "a region is like us-east-1"),
    process.env.AWS_REGION ?? "REGION",
  )
  .option("--partition <name>", "AWS partition", like(/^aws(?:-[a-z]+)*$/, "a partition is like aws or aws-cn"), "aws")
  .addOption(new Option("--write", `write ${PAGE}, and print no policy`).conflicts(["policy", "functions", "json"]))
  .addOption(new Option("--check", `fail when ${PAGE} is stale`).conflicts(["write", "policy", "functions", "json"]))
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<Options>();

await runCommand(async () => {
  if (options.write) writePage();
  else if (options.check) checkPage();
  else printPolicies(options);
});

function printPolicies({ policy: only, functions, json, table, account, region, partition }: Options): void {
  const names = arnsOf(table, { partition, region, account });
  const wanted = functions === undefined ? POLICY_NAMES : policiesFor(functions);
  const chosen = only === undefined ? wanted : [only];
  if (json) {
    const policies = Object.fromEntries(chosen.map((policy) => [policy, policyOf(policy, names)]));
    console.log(JSON.stringify(only === undefined ? policies : policies[only], null, 2));
    return;
  }
  for (const policy of chosen) {
    const document = policyOf(policy, names);
    console.log(`${policy}: to ${purposeOf(policy)}`);
    console.log(`${JSON.stringify(document, null, 2)}\n`);
  }
}

function writePage(): void {
  const page = policiesPage();
  writeFileSync(PAGE, page);
  console.log(`Wrote ${PAGE}, ${page.split("\n").length - 1} lines.`);
}

function checkPage(): void {
  const stored = readFileSync(PAGE, "utf8");
  if (stored !== policiesPage()) throw new Error(`${PAGE} is stale: run \`npm run policies -- --write\` and commit it`);
  console.log(`${PAGE} is current.`);
}
