import type { GlobalSecondaryIndex } from "../../entities/table.ts";
import type { TableState } from "../table/table-state.ts";
import { MOST_INDEXES, MOST_PROJECTED } from "./unplanned-changes.ts";

/** Why DynamoDB would refuse one index more, if it would. */
export function limitProblemOf({ indexes }: TableState, { indexName, nonKeyAttributes }: GlobalSecondaryIndex) {
  const projected = indexes.reduce((sum, index) => sum + index.nonKeyAttributes.length, nonKeyAttributes.length);
  const many = `DynamoDB takes no further index ${indexName}:`;
  if (indexes.length + 1 > MOST_INDEXES) return `${many} the table has ${indexes.length} of ${MOST_INDEXES}`;
  if (projected > MOST_PROJECTED) return `${many} ${projected} attributes would be projected, of ${MOST_PROJECTED}`;
  return undefined;
}
