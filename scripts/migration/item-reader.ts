import { type EntityName, MODELS } from "../../entities/models.ts";
import { ValidationError } from "../../services/storage/errors.ts";
import { attributeValue } from "../../services/storage/validation.ts";
import type { EnumMapping } from "./enum-mapping.ts";
import type { Owners, ReadingRules } from "./mapping.ts";
import type { Reason, ReasonCode } from "./reasons.ts";
import type { Reading, Rule } from "./rules.ts";
import { type Plain, type SourceItem, Unreadable } from "./values.ts";

interface Problem {
  readonly code: ReasonCode;
  readonly attribute: string;
  readonly text: string;
}

/** What DynamoDB's types are called. */
const KINDS: Readonly<Record<string, string>> = {
  S: "string",
  N: "number",
  B: "binary",
  BOOL: "boolean",
  NULL: "null",
  L: "list",
  M: "map",
  SS: "set of strings",
  NS: "set of numbers",
  BS: "set of binaries",
};

/** Reads the attributes of one source item by rules, and gathers what is wrong with them. */
export class ItemReader implements Reading {
  readonly legacy: Record<string, Plain> = {};
  readonly problems: Problem[] = [];
  readonly entity: EntityName;
  readonly mapping: EnumMapping;
  readonly item: Readonly<Record<string, Plain>>;
  readonly mapped: Record<string, unknown> = {};
  /** What the source calls the attributes that were read. */
  readonly names = new Map<string, string>();
  attribute = "";
  name = "";
  private readonly source: SourceItem;
  private readonly owners: Owners | undefined;

  constructor(
    entity: EntityName,
    source: SourceItem,
    item: Readonly<Record<string, Plain>>,
    { mapping, owners }: ReadingRules,
  ) {
    this.entity = entity;
    this.source = source;
    this.item = item;
    this.mapping = mapping;
    this.owners = owners;
  }

  ownerOf(user_id: string): string | undefined {
    return this.owners?.(user_id);
  }

  /** What an attribute of a closed set becomes that the source does not have. */
  absent(attribute: string): string | undefined {
    return this.mapping[`${this.entity}.${attribute}`]?.[""];
  }

  /** The value under the first name that has one; undefined when none has. */
  read(attribute: string, { from, convert, blankIsAbsent }: Rule): { readonly value: unknown } | undefined {
    for (const name of from) {
      const value = this.item[name];
      if (value === undefined || value === null || (blankIsAbsent === true && value === "")) continue;
      this.attribute = attribute;
      this.name = name;
      this.names.set(attribute, name);
      try {
        return { value: this.converted(value, convert) };
      } catch (error) {
        this.note(attribute, error);
        return { value: undefined };
      }
    }
    return undefined;
  }

  private converted(value: Plain, convert: Rule["convert"]): unknown {
    const { B, BS, N } = this.source[this.name] ?? {};
    if (B !== undefined || BS !== undefined) throw new Unreadable("must be no binary");
    const converted = convert(value, this);
    // A number that JavaScript cannot hold exactly is the text that it is in DynamoDB.
    if (N !== undefined && typeof value === "string" && converted !== value) this.keep(value);
    return converted;
  }

  keep(part: Plain): void {
    this.legacy[this.name] = part;
  }

  derive(attribute: string, derivation: () => unknown): unknown {
    try {
      return derivation();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const text = `${attribute}, derived from other attributes, ${error.message}`;
      this.problems.push({ code: error.code, attribute, text });
      return undefined;
    }
  }

  /** An attribute is absent that must be there. */
  miss(attribute: string, from: readonly string[]): void {
    if (this.problems.some((problem) => problem.attribute === attribute)) return;
    const text = `${attribute} is missing: the source has no ${from.join(" or ")}`;
    this.problems.push({ code: "missing_attribute", attribute, text });
  }

  /** All that is wrong, also by the entity's own rules; undefined when nothing is. */
  reason(): Reason | undefined {
    const problems = [...this.problems, ...this.brokenRules()];
    const [first] = problems;
    if (first === undefined) return undefined;
    const attributes = [...new Set(problems.map(({ attribute }) => attribute))];
    return { code: first.code, attributes, text: problems.map(({ text }) => text).join("; ") };
  }

  private brokenRules(): Problem[] {
    return Object.entries(this.mapped).flatMap(([attribute, value]) => {
      try {
        attributeValue(MODELS[this.entity], attribute, value, this.names.get(attribute) ?? attribute);
        return [];
      } catch (error) {
        if (!(error instanceof ValidationError)) throw error;
        const { rule, received } = error;
        const text = `${error.attribute}${this.meaning(attribute)} ${rule} (received ${this.kindOf(attribute) ?? received})`;
        return [{ code: "invalid_value", attribute, text } as const];
      }
    });
  }

  private note(attribute: string, error: unknown): void {
    if (!(error instanceof Unreadable)) throw error;
    const text = `${this.name}${this.meaning(attribute)} ${error.message} (received ${this.kindOf(attribute)})`;
    this.problems.push({ code: error.code, attribute, text });
  }

  /** What an attribute is for that the source calls otherwise. */
  private meaning(attribute: string): string {
    return (this.names.get(attribute) ?? attribute) === attribute ? "" : `, for ${attribute},`;
  }

  private kindOf(attribute: string): string | undefined {
    const value = this.source[this.names.get(attribute) ?? ""];
    return value === undefined ? undefined : KINDS[Object.keys(value)[0] ?? ""];
  }
}
