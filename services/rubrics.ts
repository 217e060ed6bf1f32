import { CRITERIA, type Criterion, type Skill } from "../entities/enums.ts";
import type { RubricEntity } from "../entities/rubric.ts";
import { type Rubric, RubricModel, type RubricSummary } from "../entities/rubric.ts";
import { type BulkWriteOptions, type BulkWriteReport, bulkWrite } from "./storage/bulk-writer.ts";
import type { DataContext } from "./storage/context.ts";
import { ValidationError } from "./storage/errors.ts";
import { Repository } from "./storage/repository.ts";
import type { StoredItem } from "./storage/requests.ts";
import { attributeValue } from "./storage/validation.ts";

/**
 * The scoring rubrics.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Rubrics } from "@ielts-ai-prep/data-layer/services/rubrics";
 *
 * const rubrics = new Rubrics(createContext({ table: "ielts-genai-prep" }));
 */
export class Rubrics {
  readonly #context: DataContext;
  readonly #rubrics: Repository<RubricEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#rubrics = new Repository(context, RubricModel);
  }

  /**
   * A rubric by its id.
   * @throws NotFoundError
   * @example
   * const { band_descriptors, evaluation_prompts } = await rubrics.get("speaking-fluency-test");
   */
  async get(rubric_id: string): Promise<Rubric> {
    return this.#rubrics.get(rubric_id);
  }

  /**
   * A rubric by its id, or undefined when there is none.
   * @example
   * const rubric = await rubrics.find("reading"); // undefined: only speaking and writing are scored
   */
  async find(rubric_id: string): Promise<Rubric | undefined> {
    return this.#rubrics.find(rubric_id);
  }

  /**
   * All rubrics of a skill, by criterion.
   * @example
   * const all = await rubrics.allBySkill("speaking");
   * const prompts = all.flatMap(({ evaluation_prompts }) => evaluation_prompts ?? []);
   */
  async allBySkill(skill_type: Skill): Promise<RubricSummary[]> {
    return this.#rubrics.all("bySkill", { skill_type }, { order: "asc" });
  }

  /**
   * The rubric of a skill's criterion.
   * @throws NotFoundError
   * @example
   * const { band_descriptors } = await rubrics.getByCriterion("speaking", "fluency_coherence");
   * const atSeven = band_descriptors["7"]; // what a performance at band 7 is like
   */
  async getByCriterion(skill_type: Skill, criterion: Criterion): Promise<Rubric> {
    const key = { skill_type, criterion: attributeValue(RubricModel, "criterion", criterion) };
    const {
      items: [rubric],
    } = await this.#rubrics.page("bySkill", key, { limit: 1 }, { order: "asc" });
    if (rubric === undefined) throw this.#rubrics.notFound(`${skill_type} ${criterion}`);
    return rubric;
  }

  /**
   * Writes rubrics, replacing those with the same id: safe to repeat.
   * @throws ValidationError for the first rubric that breaks a rule, such as a criterion of another skill; some
   * before it may have been written.
   * @example
   * const { written, failed } = await rubrics.import([{
   *   rubric_id: "writing-task", skill_type: "writing", criterion: "task_achievement",
   *   band_descriptors: { "6": "Answers all parts, some more than others.", "7": "Answers all parts." },
   * }]);
   */
  async import(
    content: Iterable<Rubric> | AsyncIterable<Rubric>,
    options: BulkWriteOptions = {},
  ): Promise<BulkWriteReport<Rubric>> {
    return bulkWrite(this.#context, content, (rubric) => this.#itemOf(rubric), options);
  }

  #itemOf(rubric: Rubric): StoredItem {
    const item = this.#rubrics.itemOf(rubric);
    const criteria: readonly string[] = CRITERIA[rubric.skill_type];
    if (criteria.includes(rubric.criterion)) return item;
    throw new ValidationError("rubric", "criterion", `must be one of ${criteria.join(", ")}`, rubric.criterion);
  }
}
