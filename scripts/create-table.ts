import { InvalidArgumentError } from "commander";
import { clientFor, placeOf, runCommand, type TableOptions, tableCommand } from "./shell/command-line.ts";
import type { Difference, Tags } from "./table/difference.ts";
import { ensureTable, isAsDefined } from "./table/ensure-table.ts";

/** `npm run create-table`: creates the table, or tells how an existing one differs; `-- --apply` changes it. */
interface Options extends TableOptions {
  readonly apply: boolean;
  readonly tag: Tags;
  readonly stream: boolean;
}

function withTag(value: string, tags: Tags): Tags {
  const [, name, content] = /^([^=]{1,128})=(.{0,256})$/s.exec(value) ?? [];
  if (name === undefined || content === undefined) throw new InvalidArgumentError("a tag is key=value");
  if (name.startsWith("aws:")) throw new InvalidArgumentError("keys that begin with aws: are AWS's own");
  return { ...tags, [name]: content };
}

const SIGNS: Readonly<Record<Difference["kind"], string>> = {
  change: "differs",
  fixed: "cannot be changed",
  lacking: "left out",
  coming: "evolving",
  extra: "left alone",
};

const command = tableCommand(
  "create-table",
  "Create the table, or print how an existing one differs from what the entities need. Exits with 1 while it differs.",
)
  .option(
    "--apply",
    "change what DynamoDB lets change: indexes, TTL, recovery, protection, billing, stream, tags",
    false,
  )
  .option("--stream", "with the stream of its changes, which services/streams hears", false)
  .option("--tag <key=value>", "a tag that the table should carry; repeat for more", withTag, {})
  .parse();
const options = command.opts<Options>();

await runCommand(async () => {
  const client = clientFor(options);
  try {
    const { table, apply, tag, stream } = options;
    console.log(`Table ${table} at ${placeOf(options)}: ${apply ? "create or change" : "create or compare"} it.`);
    const target = { client, table, say: (line: string) => console.log(`  ${line}`) };
    const { created, changed, differences, streamArn } = await ensureTable(target, { tags: tag, stream, apply });
    for (const { kind, text } of differences) console.log(`  ${SIGNS[kind]}: ${text}`);
    if (streamArn !== undefined) console.log(`  stream: ${streamArn}`);
    const outcome = created ? "It was created" : `${changed === 0 ? "Nothing" : changed} changed`;
    if (isAsDefined(differences)) {
      console.log(`${outcome}; it is as the entities need it.`);
      return;
    }
    const foreign = differences.some(({ about }) => about === "key");
    const open = !apply && !foreign && differences.some(({ kind }) => kind === "change");
    console.log(`${outcome}; it differs from what the entities need${open ? " (--apply changes what can be)" : ""}.`);
    if (foreign) console.log("Its key is another table's: --apply leaves it alone.");
    process.exitCode = 1;
  } finally {
    client.destroy();
  }
});
