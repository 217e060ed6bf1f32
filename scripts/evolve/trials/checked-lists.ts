import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { REPORT_TYPES, TICKET_PRIORITIES, TICKET_STATUSES } from "../../../entities/enums.ts";
import { createDataLayer } from "../../../services/data-layer.ts";
import { eachItem, type ListOptions, type Page } from "../../../services/storage/pages.ts";
import type { StoredItem } from "../../../services/storage/requests.ts";
import { clientFor } from "../../shell/command-line.ts";

/** In the next release's checkout: compares every list that its evolution touches with the items, and prints what differs as JSON. */
const { TABLE_NAME = "", DYNAMODB_ENDPOINT = "" } = process.env;
const { context, support, moderation } = createDataLayer({
  client: clientFor({ table: TABLE_NAME, endpoint: DYNAMODB_ENDPOINT }, { requestHandler: { requestTimeout: 60_000 } }),
  table: TABLE_NAME,
});

type List = (page: ListOptions) => Promise<Page<object>>;
const later: Pick<typeof moderation, "fileReport"> & {
  readonly listReportsByType?: (type: string, options: object) => Promise<Page<object>>;
} = moderation;

/** The ids of the items of an entity, by the values of one attribute. */
const ids = new Map<string, Set<unknown>>();
const idsOf = (list: string): Set<unknown> => {
  const known = ids.get(list) ?? new Set();
  ids.set(list, known);
  return known;
};

function keep({ __edb_e__, ticket_id, report_id, status, priority, report_type }: StoredItem): void {
  if (__edb_e__ === "ticket") {
    idsOf(`status ${status}`).add(ticket_id);
    idsOf(`priority ${priority}`).add(ticket_id);
  }
  if (__edb_e__ === "content_report") idsOf(`type ${report_type}`).add(report_id);
}

for await (const { Items = [] } of paginateScan(
  { client: DynamoDBDocumentClient.from(context.client) },
  { TableName: context.table, ConsistentRead: true },
)) {
  for (const item of Items) keep(item);
}

const faults: string[] = [];
let rows = 0;

async function check(name: string, idName: string, list: List): Promise<void> {
  const left = new Set(idsOf(name));
  for await (const row of eachItem(list)) {
    rows++;
    const { [idName]: id }: StoredItem = { ...row };
    if (!left.delete(id)) faults.push(`${name}: ${id} is there again, or should not be`);
  }
  if (left.size > 0) faults.push(`${name}: ${left.size} are missing`);
}

for (const status of TICKET_STATUSES)
  await check(`status ${status}`, "ticket_id", (page) => support.listByStatus(status, page));
for (const priority of TICKET_PRIORITIES)
  await check(`priority ${priority}`, "ticket_id", (page) => support.listByPriority(priority, page));
for (const type of REPORT_TYPES)
  await check(`type ${type}`, "report_id", async (page) => {
    if (later.listReportsByType === undefined) throw new Error("this release has no list by type");
    return later.listReportsByType.call(moderation, type, page);
  });
console.log(JSON.stringify({ rows, faults: faults.slice(0, 20) }));
