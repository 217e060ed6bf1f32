import type { SourceItem } from "./values.ts";

/** Shapes of a table that are told one by one; rarer ones are counted together. */
const MAX_SHAPES = 100;
const OTHERS = "other shapes";

/** An item's attributes with their types, as DynamoDB names these: `created_at S, status S`. No values. */
export const shapeOf = (item: SourceItem): string =>
  Object.entries(item)
    .map(([name, value]) => `${name} ${Object.keys(value)[0]}`)
    .sort()
    .join(", ");

/** Counts a shape, bounded: a table whose attributes' names are values of their own has no end of them. */
export function countShape(shapes: Record<string, number>, shape: string, count = 1): void {
  const known = Object.hasOwn(shapes, shape) || Object.keys(shapes).length < MAX_SHAPES;
  const name = known ? shape : OTHERS;
  shapes[name] = (shapes[name] ?? 0) + count;
}
