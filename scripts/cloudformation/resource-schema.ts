import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType, Resource as ResourceSchema, SpecDatabase } from "@aws-cdk/service-spec-types";
import type { Template } from "./template.ts";

/** What a template breaks of CloudFormation's published resource schema. */
export interface ValidationReport {
  /** Properties that were looked up in the schema. */
  readonly properties: number;
  /** Each with its path; empty for a template that keeps to the schema. */
  readonly problems: readonly string[];
}

type Values = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Property>>;

const PSEUDO_PARAMETERS: ReadonlySet<string> = new Set(
  ["AccountId", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix"].map((name) => `AWS::${name}`),
);

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The name of an intrinsic function, if the value is one. */
function functionOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === "Ref" || name?.startsWith("Fn::") === true) ? name : undefined;
}

const isNoValue = (value: unknown) => isObject(value) && value.Ref === "AWS::NoValue";

/** Whether a property may be left out, by itself or by a condition. */
const isOptional = (value: unknown): boolean =>
  value === undefined ||
  isNoValue(value) ||
  (functionOf(value) === "Fn::If" && ((value as Values)["Fn::If"] as unknown[]).slice(1).some(isOptional));

/** Checks every resource of a template: types, property names, required properties, values' types and references. */
export function validateTemplate(template: Template, database = loadAwsServiceSpecSync()): ValidationReport {
  const problems: string[] = [];
  let properties = 0;

  const schemaOf = (type: string): ResourceSchema | undefined =>
    database.lookup("resource", "cloudFormationType", "equals", type)[0];

  function checkReference(path: string, name: string): void {
    const [target = "", attribute] = name.split(/\.(.*)/s);
    const resource = template.Resources[target];
    if (attribute === undefined) {
      if (resource === undefined && template.Parameters[target] === undefined && !PSEUDO_PARAMETERS.has(target))
        problems.push(`${path}: nothing is called ${target}`);
      return;
    }
    const schema = resource === undefined ? undefined : schemaOf(resource.Type);
    const known = schema !== undefined && attribute in { ...schema.attributes, ...schema.properties };
    if (!known) problems.push(`${path}: ${target} has no attribute ${attribute}`);
  }

  /** Checks an intrinsic function; `checkBranch` checks what a condition chooses between. */
  function checkFunction(path: string, value: Values, checkBranch: (branch: unknown) => void): void {
    const [name = ""] = Object.keys(value);
    const argument = value[name];
    switch (name) {
      case "Ref":
        checkReference(path, String(argument));
        return;
      case "Fn::GetAtt":
        checkReference(path, (argument as string[]).join("."));
        return;
      case "Fn::Sub":
        for (const [, target = ""] of String(argument).matchAll(/\$\{([^!}][^}]*)\}/g)) checkReference(path, target);
        return;
      case "Fn::If": {
        const [condition, ...branches] = argument as [string, unknown, unknown];
        if (!(condition in template.Conditions)) problems.push(`${path}: no condition is called ${condition}`);
        if (branches.length !== 2) problems.push(`${path}: Fn::If takes a condition and two values`);
        for (const branch of branches) if (!isNoValue(branch)) checkBranch(branch);
        return;
      }
      default:
        problems.push(`${path}: the function ${name} is not known here`);
    }
  }

  /** Follows the references in a value of any shape. */
  function checkReferences(path: string, value: unknown): void {
    if (functionOf(value) !== undefined)
      checkFunction(path, value as Values, (branch) => checkReferences(path, branch));
    else if (typeof value === "object" && value !== null)
      for (const [name, child] of Object.entries(value)) checkReferences(`${path}.${name}`, child);
  }

  function checkProperties(path: string, schema: Properties, values: Values): void {
    for (const [name, { required }] of Object.entries(schema)) {
      if (required === true && isOptional(values[name])) problems.push(`${path}.${name}: is required`);
    }
    for (const [name, value] of Object.entries(values)) {
      const property = schema[name];
      properties++;
      if (property === undefined) problems.push(`${path}.${name}: is no property`);
      else checkValue(`${path}.${name}`, property.type, value);
    }
  }

  function checkValue(path: string, type: PropertyType, value: unknown): void {
    if (functionOf(value) !== undefined) checkComputed(path, type, value as Values);
    else if (accepts(database, type, kindOf(value))) checkContents(path, type, value);
    else problems.push(`${path}: must be ${nameOf(database, type)}, and is ${kindOf(value)}`);
  }

  function checkComputed(path: string, type: PropertyType, value: Values): void {
    checkFunction(path, value, (branch) => checkValue(path, type, branch));
    const given = kindOfFunction(template, value);
    if (given !== undefined && !accepts(database, type, given))
      problems.push(`${path}: must be ${nameOf(database, type)}, and is computed as ${given}`);
  }

  /** Checks what is in a value of the right kind. */
  function checkContents(path: string, type: PropertyType, value: unknown): void {
    switch (type.type) {
      case "array":
      case "map":
        for (const [name, element] of Object.entries(value as object))
          checkValue(`${path}.${name}`, type.element, element);
        return;
      case "ref":
        checkProperties(path, definitionOf(database, type).properties, value as Values);
        return;
      case "union": {
        const fitting = type.types.find((one) => accepts(database, one, kindOf(value)));
        if (fitting !== undefined) checkContents(path, fitting, value);
        return;
      }
      case "json":
      case "tag":
        checkReferences(path, value);
        return;
      case "string":
      case "integer": {
        const allowed: readonly unknown[] | undefined = type.allowedValues;
        if (allowed?.includes(value) === false) problems.push(`${path}: must be one of ${allowed.join(", ")}`);
      }
    }
  }

  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    const schema = schemaOf(Type);
    if (schema === undefined) problems.push(`${id}: ${Type} is no type of resource`);
    else checkProperties(id, schema.properties, Properties);
  }
  for (const [id, { Value }] of Object.entries(template.Outputs)) checkReferences(`Outputs.${id}`, Value);
  return { properties, problems };
}

type Kind = "array" | "boolean" | "fraction" | "integer" | "object" | "string" | "nothing";

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  if (typeof value === "string" || typeof value === "boolean") return typeof value as Kind;
  return isObject(value) ? "object" : "nothing";
}

const ACCEPTED: Readonly<Record<string, readonly Kind[]>> = {
  string: ["string"],
  "date-time": ["string"],
  number: ["integer", "fraction"],
  integer: ["integer"],
  boolean: ["boolean"],
  json: ["object", "string"],
  array: ["array"],
  map: ["object"],
  ref: ["object"],
  tag: ["object"],
};

const accepts = (database: SpecDatabase, type: PropertyType, kind: Kind): boolean =>
  type.type === "union"
    ? type.types.some((one) => accepts(database, one, kind))
    : ACCEPTED[type.type]?.includes(kind) === true;

type Definition = Extract<PropertyType, { readonly type: "ref" }>;

const definitionOf = (database: SpecDatabase, type: Definition) => database.get("typeDefinition", type.reference.$ref);

const nameOf = (database: SpecDatabase, type: PropertyType): string =>
  type.type === "ref" ? `a ${definitionOf(database, type).name}` : `of type ${type.type}`;

/** What a function gives, where that is certain: a condition's branches are checked by themselves. */
function kindOfFunction(template: Template, value: Values): Kind | undefined {
  if ("Fn::If" in value || isNoValue(value)) return undefined;
  const parameter = template.Parameters[String(value.Ref)];
  return parameter?.Type === "Number" ? "integer" : "string";
}
