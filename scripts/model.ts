import { Command } from "commander";
import { describeModel, type ModelDescription } from "../entities/model.ts";
import { calledWithOptions } from "./shell/command-name.ts";

/** `npm run model`: prints the model, computed from the entities; `-- --json` as one JSON object. */
const { json } = new Command(calledWithOptions("model"))
  .description("Print every entity, attribute, access pattern and collection.")
  .option("--json", "print one JSON object", false)
  .allowExcessArguments(false)
  .parse()
  .opts<{ json: boolean }>();
const model = describeModel();
console.log(json ? JSON.stringify(model, null, 2) : asText(model));

function asText({ table, entities, collections, markers }: ModelDescription): string {
  const lines = [
    `TABLE  key ${table.keySchema.partitionKey}, ${table.keySchema.sortKey}; TTL ${table.timeToLiveAttribute}`,
  ];
  for (const { indexName, partitionKey, sortKey, projectionType, nonKeyAttributes } of table.globalSecondaryIndexes) {
    lines.push(`  ${indexName}  key ${partitionKey}, ${sortKey}; projects ${projectionType}`);
    lines.push(...wrap(nonKeyAttributes.join(" "), "        "));
  }
  lines.push("", "COLLECTIONS");
  for (const [name, { index, members }] of Object.entries(collections)) {
    lines.push(`  ${name.padEnd(17)} ${index}  ${members.join(", ")}`);
  }
  for (const [name, entity] of [...Object.entries(entities), ...Object.entries(markers)]) {
    lines.push(
      "",
      "seedTable" in entity ? `${name.toUpperCase()}  (${entity.seedTable})` : `${name.toUpperCase()}  (marker row)`,
    );
    for (const [attribute, { type, required, unit, enum: values, hidden, setBy }] of Object.entries(
      entity.attributes,
    )) {
      const notes = [
        required ? "required" : "",
        unit ?? "",
        hidden ? "hidden" : "",
        setBy === "caller" ? "" : `by ${setBy}`,
      ];
      lines.push(`  ${attribute.padEnd(19)} ${type.padEnd(8)} ${notes.filter(Boolean).join(", ")}`);
      if (values !== undefined) lines.push(...wrap(values.join(" "), "        "));
    }
    for (const { name: pattern, index, partition, sort, seedIndex, collection } of entity.accessPatterns) {
      const parts = `${partition.join(", ")} | ${sort.join(", ")}`;
      const line = `  > ${pattern.padEnd(17)} ${index.padEnd(6)} ${parts}`;
      lines.push(...(line.length > 80 ? [`  > ${pattern.padEnd(17)} ${index}`, ...wrap(parts, "        ")] : [line]));
      if (collection !== undefined) lines.push(`        in collection ${collection}`);
      if (seedIndex !== undefined) lines.push(`        replaces ${seedIndex}`);
    }
  }
  return lines.join("\n");
}

/** Breaks words into lines of at most 80 columns. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > 80) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, indent + line];
}
