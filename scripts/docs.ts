import "./shell/quiet-sdk.ts";
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { dataModelPage } from "./docs/data-model-page.ts";
import { itemTypesModule } from "./docs/item-types.ts";
import { nosqlWorkbenchModel } from "./docs/nosql-workbench.ts";
import { recordSamples } from "./docs/recording.ts";
import { SAMPLES } from "./docs/samples.ts";

/** `npm run docs`: writes the generated documents; `-- --check` fails when one is stale. */
const { check = false } = new Command("npm run docs --")
  .description(
    "Generate entities/items.ts, docs/data-model.md and docs/nosql-workbench.json from the entities and a run on the embedded database.",
  )
  .option("--check", "write nothing, and fail when a document is stale")
  .allowExcessArguments(false)
  .parse()
  .opts<{ check?: boolean }>();

const { recordings, items } = await recordSamples(SAMPLES);
const documents = {
  "entities/items.ts": itemTypesModule(),
  "docs/data-model.md": dataModelPage(recordings, items),
  "docs/nosql-workbench.json": `${JSON.stringify(nosqlWorkbenchModel(items), null, 1)}\n`,
};

const stored = (path: string) => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

for (const [path, text] of Object.entries(documents)) {
  if (!check) {
    writeFileSync(path, text);
    console.log(`Wrote ${path}, ${text.split("\n").length} lines.`);
  } else if (stored(path) === text) {
    console.log(`${path} is current.`);
  } else {
    console.error(`${path} is stale: run \`npm run docs\` and commit it.`);
    process.exitCode = 1;
  }
}
