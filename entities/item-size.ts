/** DynamoDB's limits, in bytes of UTF-8. */
export const MAX_ITEM_BYTES = 409_600;
export const MAX_PARTITION_KEY_BYTES = 2048;
export const MAX_SORT_KEY_BYTES = 1024;

/** A byte for each pair of digits on either side of the decimal point, one for the exponent and one for a sign. */
function numberSize(value: number): number {
  const [mantissa = ""] = String(Math.abs(value)).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return Math.ceil(whole.length / 2) + Math.ceil(fraction.length / 2) + 1 + (value < 0 ? 1 : 0);
}

/** Size of an attribute value as DynamoDB counts it; numbers are counted at their upper bound. */
function valueSize(value: unknown): number {
  switch (typeof value) {
    case "string":
      return Buffer.byteLength(value);
    case "number":
      return numberSize(value);
    case "boolean":
      return 1;
    case "object":
      if (value === null) return 1;
      if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + valueSize(element) + 1, 3);
      return Object.entries(value).reduce(
        (sum, [name, child]) => sum + Buffer.byteLength(name) + valueSize(child) + 1,
        3,
      );
    default:
      return 0;
  }
}

/** Size of an item as DynamoDB counts it, in bytes: names and values of all attributes, keys included. */
export const itemSize = (item: Readonly<Record<string, unknown>>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
