import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { validateTemplate } from "./cloudformation/resource-schema.ts";
import { cloudFormationTemplate, importTemplate, templateText } from "./cloudformation/template.ts";
import { runCommand } from "./shell/command-line.ts";

/** `npm run template`: writes the CloudFormation template, computed from the entities; `-- --check` fails when it is stale. */
const FILE = "docs/template.json";

const { check = false, forImport = false } = new Command("npm run template --")
  .description(
    `Write ${FILE}, the CloudFormation template of the table, its backups, its alarms and the IAM policies. It asks AWS nothing.`,
  )
  .option("--check", "write nothing, and fail when the file is stale")
  .option("--for-import", "print the template by which a table that is there comes into a stack, and write nothing")
  .allowExcessArguments(false)
  .showHelpAfterError("(--help tells the options)")
  .parse()
  .opts<{ check?: boolean; forImport?: boolean }>();

await runCommand(async () => {
  if (forImport) return console.log(JSON.stringify(importTemplate(), undefined, 1));
  const template = cloudFormationTemplate();
  const { properties, problems } = validateTemplate(template);
  if (problems.length > 0) throw new Error(`the template breaks CloudFormation's schema:\n${problems.join("\n")}`);
  const text = templateText();
  const contents = `${Object.keys(template.Resources).length} resources, ${properties} properties as CloudFormation's schema has them, ${text.length} bytes`;
  if (!check) {
    writeFileSync(FILE, text);
    console.log(`Wrote ${FILE}: ${contents}.`);
    return;
  }
  if (readFileSync(FILE, "utf8") !== text) throw new Error(`${FILE} is stale: run \`npm run template\` and commit it`);
  console.log(`${FILE} is current: ${contents}.`);
});
