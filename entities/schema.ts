/** What a value must be: an attribute's, an element's of a list, or a property's of a map. */
export interface ValueSchema {
  /** ElectroDB's name of the type, or the closed set. The compiler takes a custom type for an object; it is a name too. */
  readonly type: string | readonly string[] | object;
  /** The rule that a value of the type breaks, such as `must not be empty`; undefined when it breaks none. */
  check?(value: unknown): string | undefined;
  /** Makes the stored form of a value, or derives it from the item. */
  set?(value: unknown, item: Readonly<Record<string, unknown>>): unknown;
  /** Of a list: what each element must be. Of a set: the type of its elements. */
  readonly items?: ValueSchema | "string";
  /** Of a list: the closed set of its elements, where there is one. */
  readonly enum?: readonly string[];
  /** Of a map: its keys, none of which is required. */
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

/** An attribute of an entity's schema, as the builders of `attributes.ts` make it. */
export interface AttributeSchema extends ValueSchema {
  /** What it means. */
  readonly description: string;
  /** Whether every item has it. */
  readonly required?: boolean;
  /** Whether it never changes. */
  readonly readOnly?: boolean;
  /** Whether it is stored, but left out of what entities and services give back. */
  readonly hidden?: boolean;
  /** It lets somebody in: no export, document or message shows it. */
  readonly secret?: boolean;
  /** It tells how the table works and nothing of the user: exports leave it out. */
  readonly internal?: boolean;
  /** Staff wrote it for staff: exports leave it out. */
  readonly staffOnly?: boolean;
  /** What a number counts. */
  readonly unit?: string;
  /** Who gives the value. Default: the caller. */
  readonly setBy?: "service" | "derived" | "migration";
  /** What an attribute is that ElectroDB takes as it comes. */
  readonly shape?: string;
  /** How the value stands in a key. */
  readonly padding?: { readonly length: number; readonly char: string };
  /** The attributes that a derived one is made from. */
  readonly watch?: readonly string[];
  /** The attribute that this one is a copy of. */
  readonly sameAs?: string;
}

/** One of the two parts of an index's key. */
export interface KeySchema {
  /** Name of the physical attribute, such as `gsi1pk`. */
  readonly field: string;
  /** The attributes that it is made of. */
  readonly composite: readonly string[];
  /** Its text, each of those attributes as `${name}`. */
  readonly template: string;
  /** Values stand in it as they are: case matters in ids. */
  readonly casing: "none";
}

/** The type of an access pattern's rows. */
export interface RowSchema {
  /** Name of the type. */
  readonly name: string;
  /** What a row is. */
  readonly description: string;
}

/** An index of an entity's schema, as the builders of `keys.ts` make it. */
export interface IndexSchema {
  /** The question that it answers. */
  readonly description: string;
  /** Absent for the table's own key. */
  readonly index?: string;
  /** The partition key. */
  readonly pk: KeySchema;
  /** The sort key. */
  readonly sk: KeySchema;
  /** The collection that the entity joins through it. */
  readonly collection?: string;
  /** What begins the partition key of an index of the entity's own. */
  readonly scope?: string;
  /** The attributes that the index carries. Absent: all. */
  readonly projection?: readonly string[];
  /** The seed's index that this one replaces. */
  readonly seedIndex?: string;
  /** The version of the index from which on the entity's old items are in it. Absent: 1. */
  readonly since?: number;
  /** The access pattern that answers as long as a table cannot answer by this one. */
  readonly before?: string;
  /** The name of the type of its rows, where a service gives them, and what they are. */
  readonly row?: RowSchema;
}

/** A schema of this project: what every reader of the model may rely on, beyond what ElectroDB itself asks for. */
export interface EntitySchema {
  /** Name of the entity, and the version in the keys. */
  readonly model: { readonly entity: string; readonly version: string };
  /** By name. */
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  /** The table's own key first. */
  readonly indexes: Readonly<Record<string, IndexSchema>>;
}

/** The closed set of a value, or of a list's elements, where there is one. */
export const enumOf = ({ type, enum: values }: ValueSchema): readonly string[] | undefined =>
  Array.isArray(type) ? type : values;

/** Attributes by name, those left out that are derived from others. */
export const givenAttributes = ({ attributes }: EntitySchema): [name: string, attribute: AttributeSchema][] =>
  Object.entries(attributes).filter(([, { setBy }]) => setBy !== "derived");

/** The table's own key: the access pattern that it is, and its attributes, the id first. */
export function primaryKeyOf({ indexes }: EntitySchema): { readonly pattern: string; readonly attributes: string[] } {
  const [[pattern, { pk, sk }]] = Object.entries(indexes) as [[string, IndexSchema]];
  return { pattern, attributes: [...pk.composite, ...sk.composite] };
}

/** Whether an item's key is a secret: whoever knows it is let in. */
export const hasSecretKey = (schema: EntitySchema): boolean =>
  primaryKeyOf(schema).attributes.some((attribute) => schema.attributes[attribute]?.secret === true);
