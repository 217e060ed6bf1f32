/** CloudFormation's functions, as far as the template uses them. */
export type Intrinsic =
  | { readonly Ref: string }
  | { readonly "Fn::GetAtt": readonly [string, string] }
  | { readonly "Fn::Sub": string }
  | { readonly "Fn::If": readonly [string, unknown, unknown] };

export const ref = (name: string) => ({ Ref: name }) as const;
export const attributeOf = (resource: string, attribute: string) => ({ "Fn::GetAtt": [resource, attribute] }) as const;
/** Text with the values of `{Name}` and `{Resource.Attribute}`; CloudFormation's own form looks like JavaScript's. */
export const substituted = (text: string) => ({ "Fn::Sub": text.replaceAll("{", "${") }) as const;

/** Stands for a property that is left out. */
const NO_VALUE = ref("AWS::NoValue");

/** One of two values by a condition of the template; without the second the property is left out. */
export const when = (condition: string, value: unknown, otherwise: unknown = NO_VALUE) =>
  ({ "Fn::If": [condition, value, otherwise] }) as const;

export const equals = (left: unknown, right: unknown) => ({ "Fn::Equals": [left, right] }) as const;
export const not = (condition: unknown) => ({ "Fn::Not": [condition] }) as const;
export const either = (...conditions: readonly unknown[]) => ({ "Fn::Or": conditions }) as const;
export const condition = (name: string) => ({ Condition: name }) as const;
