import { DIFFICULTIES, type Difficulty } from "../entities/enums.ts";
import type { QuestionEntity } from "../entities/question.ts";
import { type Question, QuestionModel, type QuestionSummary } from "../entities/question.ts";
import { type BulkWriteOptions, type BulkWriteReport, bulkWrite } from "./storage/bulk-writer.ts";
import type { DataContext } from "./storage/context.ts";
import { drawFairly, type HashedRows, shuffle } from "./storage/fair-draw.ts";
import { eachPage, type ListOptions, limitOf, type Page } from "./storage/pages.ts";
import { Repository } from "./storage/repository.ts";
import { batchGet, keyOf, type StoredItem } from "./storage/requests.ts";
import { attributeValue, countIn, only } from "./storage/validation.ts";

/** Which questions: of a type, and of a difficulty and a topic if given. */
export interface QuestionFilter
  extends Readonly<Pick<Question, "assessment_type">>,
    Readonly<Partial<Pick<Question, "difficulty" | "topic">>> {}

/** Questions to draw, and how many: 1 to 50. */
export interface QuestionDraw extends QuestionFilter {
  /** How many different questions. */
  readonly count: number;
}

const FILTER = ["assessment_type", "difficulty", "topic"];

/** The place of a row in hashed order. */
const placeOf = ({ gsi2sk, gsi3sk }: StoredItem): number => Number.parseInt(`${gsi2sk ?? gsi3sk}`.slice(0, 8), 16);

const DIFFICULTIES_IN_KEY_ORDER = [...DIFFICULTIES].sort();

/**
 * The question bank.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Questions } from "@ielts-ai-prep/data-layer/services/questions";
 *
 * const questions = new Questions(createContext({ table: "ielts-genai-prep" }));
 */
export class Questions {
  readonly #context: DataContext;
  readonly #questions: Repository<QuestionEntity>;
  /** How many questions there are, about, for each filter that was drawn by: so that the next draw need not look. */
  readonly #counts = new Map<string, number>();

  constructor(context: DataContext) {
    this.#context = context;
    this.#questions = new Repository(context, QuestionModel);
  }

  /**
   * A question by its id alone.
   * @throws NotFoundError
   * @example
   * const { question_text, estimated_time } = await questions.get("sp2-900"); // the time in minutes
   */
  async get(question_id: string): Promise<Question> {
    return this.#questions.get(question_id);
  }

  /**
   * A question by its id alone, or undefined when there is none.
   * @example
   * const question = await questions.find("sp2-000"); // undefined: the bank has none of that id
   */
  async find(question_id: string): Promise<Question | undefined> {
    return this.#questions.find(question_id);
  }

  /**
   * Questions of a type, by difficulty (in alphabetical order: easy, hard, medium), topic and id.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const filter = { assessment_type: "speaking_part2", topic: "people" } as const;
   * const { items, cursor } = await questions.listByType(filter, { limit: 50 });
   */
  async listByType(filter: QuestionFilter, options: ListOptions = {}): Promise<Page<QuestionSummary>> {
    this.#checkFilter(filter);
    const { difficulty, topic } = filter;
    if (difficulty !== undefined || topic === undefined) {
      return this.#page(filter, difficulty, options);
    }
    return this.#listTopic(filter, options);
  }

  /**
   * Draws `count` different questions at random (1 to 50), each with the same chance, and fewer when the bank has no more. A draw
   * reads some 100 index rows, however large the bank and however rare the topic.
   * @throws UnprocessedError when DynamoDB keeps leaving some of them unread.
   * @example
   * const [question] = await questions.draw({ assessment_type: "speaking_part2", difficulty: "medium", count: 1 });
   */
  async draw(input: QuestionDraw): Promise<Question[]> {
    only("question", input, [...FILTER, "count"]);
    const { count, ...filter } = input;
    this.#checkFilter(filter);
    countIn("question", "count", count, 1, 50);
    const list = JSON.stringify([filter.assessment_type, filter.difficulty, filter.topic]);
    const difficulties = filter.difficulty === undefined ? DIFFICULTIES : [filter.difficulty];
    const partitions = difficulties.map((difficulty) => this.#hashedRows({ ...filter, difficulty }));
    const { rows, about } = await drawFairly({ partitions, placeOf, about: this.#counts.get(list) }, count);
    this.#counts.set(list, about);
    const items = await batchGet(this.#context, { entity: "question", accessPattern: "draw" }, rows.map(keyOf));
    return shuffle(this.#questions.parseAll(items));
  }

  /**
   * Writes questions, replacing those with the same id and type: safe to repeat. An id keeps its type for good.
   * @throws ValidationError for the first question that breaks a rule; some before it may have been written.
   * @example
   * const { written, failed } = await questions.import([{
   *   question_id: "wt2-041", assessment_type: "writing_task2", difficulty: "hard", topic: "technology",
   *   question_text: "Machines should make no decision about a person. To what extent do you agree?",
   *   estimated_time: 40, // minutes
   * }]);
   */
  async import(
    content: Iterable<Question> | AsyncIterable<Question>,
    options: BulkWriteOptions = {},
  ): Promise<BulkWriteReport<Question>> {
    return bulkWrite(this.#context, content, (question) => this.#questions.itemOf(question), options);
  }

  #checkFilter(filter: QuestionFilter): QuestionFilter {
    only("question", filter, FILTER);
    attributeValue(QuestionModel, "assessment_type", filter.assessment_type);
    if (filter.difficulty !== undefined) attributeValue(QuestionModel, "difficulty", filter.difficulty);
    if (filter.topic !== undefined) attributeValue(QuestionModel, "topic", filter.topic);
    return filter;
  }

  #page({ assessment_type, topic }: QuestionFilter, difficulty: Difficulty | undefined, options: ListOptions) {
    const range = difficulty === undefined ? {} : topic === undefined ? { difficulty } : { difficulty, topic };
    return this.#questions.page("byType", { assessment_type, ...range }, options, { order: "asc" });
  }

  /** The rows of a difficulty, and of a topic if given, in hashed order. */
  #hashedRows({ assessment_type, difficulty, topic }: QuestionFilter & Pick<Question, "difficulty">): HashedRows {
    const accessPattern = topic === undefined ? "byDraw" : "byTopicDraw";
    return (from, to, limit) => {
      const range = { between: [{ draw_key: from }, { draw_key: to }] } as const;
      const query =
        topic === undefined
          ? this.#questions.query("byDraw", { assessment_type, difficulty }, range)
          : this.#questions.query("byTopicDraw", { assessment_type, difficulty, topic }, range);
      return eachPage(this.#context, { entity: "question", accessPattern }, query, { order: "asc", limit });
    };
  }

  /** A topic over all difficulties: one key range a difficulty, read one after another. */
  async #listTopic(filter: QuestionFilter, options: ListOptions): Promise<Page<QuestionSummary>> {
    const limit = limitOf(options);
    const items: QuestionSummary[] = [];
    let cursor = options.cursor ?? null;
    let start = 0;
    if (cursor !== null) {
      const [index, inner] = this.#context.cursors.open(String(cursor), this.#topicList(filter)).at as [
        number,
        string | null,
      ];
      start = index;
      cursor = inner;
    }
    let index = start;
    while (index < DIFFICULTIES_IN_KEY_ORDER.length) {
      const left = { limit: limit - items.length, cursor };
      const page = await this.#page(filter, DIFFICULTIES_IN_KEY_ORDER[index], left);
      items.push(...page.items);
      // A page that DynamoDB cut at 1 MB ends this page too.
      const full = items.length === limit || page.cursor !== null;
      if (page.cursor === null) index++;
      cursor = page.cursor;
      if (full && index < DIFFICULTIES_IN_KEY_ORDER.length) {
        return { items, cursor: this.#context.cursors.seal({ at: [index, cursor] }, this.#topicList(filter)) };
      }
    }
    return { items, cursor: null };
  }

  #topicList({ assessment_type, topic }: QuestionFilter): string {
    return JSON.stringify([this.#context.table, "question", "byTopic", assessment_type, topic]);
  }
}
