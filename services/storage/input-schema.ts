import type { ValueSchema } from "../../entities/schema.ts";
import type { Model } from "./context.ts";
import { isDataLayerError, ValidationError } from "./errors.ts";
import { shownName } from "./options.ts";
import { attributeValue } from "./validation.ts";

/** What is wrong with a part of an input, and where that stands. */
export interface InputIssue {
  /** The rule, such as `must be one of low, normal, high, urgent`; never the value. */
  readonly message: string;
  /** The names and places that lead there. */
  readonly path: readonly (string | number)[];
}

/** An input of a service: as Standard Schema (version 1), which routers and forms take, and as JSON Schema (2020-12). */
export interface InputSchema<T> {
  /** Standard Schema's part: `validate` gives the value, or every issue. */
  readonly "~standard": {
    /** Of Standard Schema. */
    readonly version: 1;
    /** Who made the schema. */
    readonly vendor: string;
    /** The value, or every issue. */
    readonly validate: (
      value: unknown,
    ) => { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly InputIssue[] };
    /** For the compiler alone. */
    readonly types?: { readonly input: T; readonly output: T };
  };
  /** Types, closed sets, and what is required. The rules of values are in `validate`. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /**
   * The value, typed.
   * @throws ValidationError for the first issue.
   */
  parse(value: unknown): T;
}

/** Of each attribute of an input whether it must be there: the type says it, too. */
type Presence<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? "optional" : "required" };

/** How an attribute of an input differs from the entity's of that name. */
interface Difference {
  /** The attribute whose rule it has. */
  readonly attribute?: string;
  /** The entity that has it. */
  readonly model?: Model;
  /** The only values. */
  readonly values?: readonly string[];
  /** The fewest characters. */
  readonly shortest?: number;
}

/** `scores.speaking.pronunciation` and `keywords[1]` as the steps that lead there. */
const stepsOf = (path: string): (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, place, name = ""]) =>
    place === undefined ? name : Number(place),
  );

/** JSON Schema of what a value must be, as far as that says it. */
function jsonOf({ type, items, properties, enum: members }: ValueSchema): Record<string, unknown> {
  if (Array.isArray(type)) return { enum: type };
  if (type === "list" || type === "set") {
    const item = typeof items === "object" ? jsonOf(items) : { type: "string" };
    return { type: "array", items: members === undefined ? item : { enum: members } };
  }
  if (properties !== undefined)
    return {
      type: "object",
      properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, jsonOf(part)])),
      additionalProperties: false,
    };
  return typeof type === "string" && ["string", "number", "boolean"].includes(type) ? { type } : {};
}

type Differences<T> = { readonly [K in keyof T]?: Difference };

/** An input whose attributes are those of an entity, but for the differences. */
class EntityInput<T extends object> implements InputSchema<T> {
  readonly #model: Model;
  readonly #presence: Readonly<Record<string, "optional" | "required">>;
  readonly #differences: Readonly<Record<string, Difference | undefined>>;

  constructor(model: Model, presence: Presence<T>, differences: Differences<T>) {
    this.#model = model;
    this.#presence = presence;
    this.#differences = differences;
  }

  readonly "~standard": InputSchema<T>["~standard"] = {
    version: 1,
    vendor: "ielts-ai-prep",
    validate: (value) => {
      const broken = this.#brokenIn(value);
      if (broken.length === 0) return { value: value as T };
      return { issues: broken.map(({ attribute, rule }) => ({ message: rule, path: stepsOf(attribute) })) };
    },
  };

  get jsonSchema(): Readonly<Record<string, unknown>> {
    const names = Object.keys(this.#presence);
    return {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, this.#propertyOf(name)])),
      required: names.filter((name) => this.#presence[name] === "required"),
      additionalProperties: false,
    };
  }

  parse(value: unknown): T {
    const [first] = this.#brokenIn(value);
    if (first !== undefined) throw first;
    return value as T;
  }

  get #entity(): string {
    return this.#model.schema.model.entity;
  }

  #propertyOf(name: string): Record<string, unknown> {
    const { attribute = name, model = this.#model, values, shortest } = this.#differences[name] ?? {};
    const schema = model.schema.attributes[attribute];
    const { description, unit } = schema ?? {};
    return {
      ...(values !== undefined ? { enum: values } : schema === undefined ? {} : jsonOf(schema)),
      ...(shortest === undefined ? {} : { minLength: shortest }),
      ...(description === undefined
        ? {}
        : { description: unit === undefined ? description : `${description} (${unit})` }),
    };
  }

  /** Every broken rule. */
  #brokenIn(input: unknown): ValidationError[] {
    if (typeof input !== "object" || input === null || Array.isArray(input))
      return [new ValidationError(this.#entity, "input", "must be an object", input)];
    const names = new Set([...Object.keys(this.#presence), ...Object.keys(input)]);
    return [...names].flatMap((name) => this.#broken(name, (input as Readonly<Record<string, unknown>>)[name]) ?? []);
  }

  #broken(name: string, value: unknown): ValidationError | undefined {
    const error = (rule: string) => new ValidationError(this.#entity, shownName(name), rule, value);
    if (!Object.hasOwn(this.#presence, name)) return error("is not an attribute that can be given here");
    if (value === undefined) return this.#presence[name] === "required" ? error("is required") : undefined;
    const { attribute = name, model = this.#model, values, shortest = 0 } = this.#differences[name] ?? {};
    if (values !== undefined)
      return values.includes(value as string) ? undefined : error(`must be one of ${values.join(", ")}`);
    try {
      attributeValue(model, attribute, value, name);
    } catch (broken) {
      if (isDataLayerError(broken) && broken.code === "validation") return broken;
      throw broken;
    }
    return `${value}`.length < shortest ? error(`must have at least ${shortest} characters`) : undefined;
  }
}

/** The schema of an input of an entity's attributes. */
export const inputOf = <T extends object>(
  model: Model,
  presence: Presence<T>,
  differences: Differences<T> = {},
): InputSchema<T> => new EntityInput(model, presence, differences);
