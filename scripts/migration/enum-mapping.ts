import { readFileSync } from "node:fs";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { type EntitySchema, enumOf } from "../../entities/schema.ts";

/** Seed values by legacy value, by `entity.attribute`. */
export type EnumMapping = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * What the values become that the platform of today writes and the specification does not know. Values of the
 * specification stand for themselves. Whatever is in neither is quarantined. An operator's file (`--mapping`) adds to it or
 * overrides it; what a value was before stays in the item's `legacy` map.
 */
export const ENUM_MAPPING = {
  // What an absent value becomes stands under no name at all. Nothing of today's platform writes the state of an account.
  "user.account_status": { "": "active" },
  "assessment.assessment_type": {
    academic_speaking: "speaking_academic",
    general_speaking: "speaking_general",
    academic_writing: "writing_academic",
    general_writing: "writing_general",
    academic_task1: "writing_academic",
    academic_task2: "writing_academic",
    general_task1: "writing_general",
    general_task2: "writing_general",
  },
  "entitlement.product_id": {
    academic_writing: "writing",
    general_writing: "writing",
    academic_speaking: "speaking",
    general_speaking: "speaking",
    "com.ieltsaiprep.academic.writing": "writing",
    "com.ieltsaiprep.general.writing": "writing",
    "com.ieltsaiprep.academic.speaking": "speaking",
    "com.ieltsaiprep.general.speaking": "speaking",
    "com.ieltsaiprep.academic.mocktest": "full_mock_test",
    "com.ieltsaiprep.general.mocktest": "full_mock_test",
    "com.ieltsaiprep.full.mock.test": "full_mock_test",
    academic_mocktest: "full_mock_test",
    general_mocktest: "full_mock_test",
  },
  // A purchase of today's platform ends when its assessments are used up.
  "entitlement.status": { consumed: "expired" },
  // Users report what the examiner said; the platform has no other kinds.
  "content_report.report_type": { "": "inappropriate_ai" },
  "content_report.status": { "": "new", pending_review: "new", pending: "new" },
  // A question that is about nothing else is the support team's to look into, and so is a log-in that fails.
  "ticket.category": { general: "technical", access: "technical" },
  // The agent applied the fix itself; a fix that failed is not in force.
  "devops_action.status": { auto_resolved: "applied", failed: "rejected" },
} as const satisfies EnumMapping;

/** The closed set of an attribute, where it has one; of a list, that of its elements. */
export function closedSetOf(entity: EntityName, attribute: string): readonly string[] | undefined {
  const { attributes }: EntitySchema = MODELS[entity].schema;
  const known = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  return known && enumOf(known);
}

/** The built-in mapping with an operator's over it. @throws Error that names what is wrong in it. */
export function mergeMapping(override: unknown): EnumMapping {
  const merged: Record<string, Record<string, string>> = Object.fromEntries(
    Object.entries(ENUM_MAPPING).map(([name, values]) => [name, { ...values }]),
  );
  if (!isRecord(override)) throw new Error("the mapping must be an object by entity.attribute");
  for (const [name, values] of Object.entries(override)) {
    const [entity = "", attribute = ""] = name.split(".");
    const known = Object.hasOwn(MODELS, entity) ? closedSetOf(entity as EntityName, attribute) : undefined;
    if (known === undefined) throw new Error(`the mapping has ${name}, which is no entity.attribute with a closed set`);
    if (!isRecord(values)) throw new Error(`the mapping of ${name} must be an object of legacy values and new ones`);
    for (const [legacy, value] of Object.entries(values)) {
      if (!known.includes(value as string))
        throw new Error(
          `the mapping of ${name} turns ${JSON.stringify(legacy)} into what is none of ${known.join(", ")}`,
        );
    }
    merged[name] = { ...merged[name], ...(values as Record<string, string>) };
  }
  return merged;
}

/** Reads an operator's mapping, a JSON file. */
export function readMapping(path: string | undefined): EnumMapping {
  if (path === undefined) return ENUM_MAPPING;
  let override: unknown;
  try {
    override = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`the mapping file ${path} cannot be read as JSON`, { cause });
  }
  return mergeMapping(override);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
