import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { DataContext } from "../../services/storage/context.ts";
import { keyOf, type StoredItem } from "../../services/storage/requests.ts";
import type { Repair } from "./item-check.ts";

/** Names and values of an expression, each attribute under a placeholder of its own. */
class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};
  private readonly known = new Map<string, string>();

  name(attribute: string): string {
    const placeholder = this.known.get(attribute) ?? `#a${this.known.size}`;
    this.known.set(attribute, placeholder);
    this.names[placeholder] = attribute;
    return placeholder;
  }

  value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }
}

/** The update that repairs an item, on condition that nothing it was computed from has changed. */
function repairParameters(table: string, item: StoredItem, { set, remove, unchanged }: Repair) {
  const at = new Placeholders();
  const sets = Object.entries(set).map(([attribute, value]) => `${at.name(attribute)} = ${at.value(value)}`);
  const removes = remove.map((attribute) => at.name(attribute));
  const conditions = Object.entries({ ...keyOf(item), ...unchanged }).map(([attribute, value]) =>
    value === undefined ? `attribute_not_exists(${at.name(attribute)})` : `${at.name(attribute)} = ${at.value(value)}`,
  );
  return {
    TableName: table,
    Key: keyOf(item),
    UpdateExpression: [
      ...(sets.length === 0 ? [] : [`SET ${sets.join(", ")}`]),
      ...(removes.length === 0 ? [] : [`REMOVE ${removes.join(", ")}`]),
    ].join(" "),
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeNames: at.names,
    ExpressionAttributeValues: at.values,
  };
}

/** Repairs an item; false when it has changed or gone since it was read. */
export async function repairItem({ client, table }: DataContext, item: StoredItem, repair: Repair): Promise<boolean> {
  try {
    await client.send(new UpdateCommand(repairParameters(table, item, repair)));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
