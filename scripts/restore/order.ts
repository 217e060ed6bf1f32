import type { TableDescription } from "@aws-sdk/client-dynamodb";

/** Why two tables cannot be the restored one and the one that was in use last; undefined when they may be. */
export function orderFault(restored: TableDescription, lived: TableDescription): string | undefined {
  const [one, other] = [restored.RestoreSummary, lived.RestoreSummary];
  const names = `${restored.TableName} and ${lived.TableName}`;
  if (other === undefined) return undefined;
  if (one === undefined || other.SourceTableArn === restored.TableArn)
    return `${lived.TableName} was restored and ${restored.TableName} was in use: say ${names} the other way round`;
  const isOlder = (other.RestoreDateTime ?? 0) < (one.RestoreDateTime ?? 0);
  return isOlder ? `${lived.TableName} shows an earlier moment than ${restored.TableName}` : undefined;
}
