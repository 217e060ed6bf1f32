import { createSchema, Entity, type EntityConfiguration } from "electrodb";
import { bandDescriptors, id, migrated, oneOf, textList } from "./attributes.ts";
import { CRITERION_NAMES, SKILLS } from "./enums.ts";
import type { EntityModel } from "./facts.ts";
import { MODEL_VERSION, primary, SERVICE_NAME, scoped } from "./keys.ts";

const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "rubric", version: MODEL_VERSION },
  attributes: {
    rubric_id: id({ required: true, readOnly: true, description: "Id of the rubric, such as speaking-fluency" }),
    skill_type: oneOf(SKILLS, { required: true, description: "The skill that it scores" }),
    criterion: oneOf(CRITERION_NAMES, { required: true, description: "The criterion of that skill" }),
    band_descriptors: bandDescriptors({ required: true, description: "What a performance at each band is like" }),
    evaluation_prompts: textList({ description: "Instructions for the AI examiner" }),
    ...migrated(),
  },
  indexes: {
    byId: primary("rubric", { pk: ["rubric_id"], sk: [], description: "A rubric by its id" }),
    bySkill: scoped("gsi5", "rubric", {
      pk: ["skill_type"],
      sk: ["criterion", "rubric_id"],
      // Whole rubrics: all but what a migration keeps.
      view: ["rubric_id", "skill_type", "criterion", "band_descriptors", "evaluation_prompts"],
      description: "Rubrics of a skill, by criterion",
      row: {
        name: "RubricSummary",
        description: "A rubric as lists show it: whole, for the catalogue is read often and written rarely",
      },
    }),
  },
});

export type { NewRubric, Rubric, RubricChange, RubricSummary } from "./items.ts";
/** The ElectroDB entity of a rubric. */
export type RubricEntity = ReturnType<typeof RubricModel.bind>;

/** What a rubric is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const RubricModel = {
  schema,
  description: "A scoring rubric",
  seedTable: "ielts-assessment-rubrics",
  bind: (config: EntityConfiguration) => new Entity(schema, config),
} as const satisfies EntityModel<typeof schema>;
