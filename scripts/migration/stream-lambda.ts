import { createClient } from "../../services/client.ts";
import { systemClock } from "../../services/context.ts";
import { mergeMapping } from "./enum-mapping.ts";
import { createStreamHandler } from "./stream-handler.ts";
import { instantOf } from "./values.ts";

/**
 * The stream handler as a Lambda function: `docs/migration.md` bundles and deploys it. Its environment: `TABLE_NAME`, the new
 * table; `ERASURE_SECRET`, of that table's functions; `SOURCE_PREFIX` and `SOURCE_SUFFIX` around the legacy names; `SOURCE_NAMES`
 * and `MAPPING`, JSON as the command's `--source` and `--mapping` have it; `KEEP_SESSIONS`, `true` where the command is given
 * `--keep-sessions`; `ACCESS_FROM`, what its `--access-from` says.
 */
const {
  TABLE_NAME,
  ERASURE_SECRET,
  SOURCE_PREFIX = "",
  SOURCE_SUFFIX = "",
  SOURCE_NAMES = "{}",
  MAPPING = "{}",
  KEEP_SESSIONS,
  ACCESS_FROM,
} = process.env;
if (TABLE_NAME === undefined || TABLE_NAME === "")
  throw new Error("environment variable TABLE_NAME is missing: it names the new table");
if (ERASURE_SECRET === undefined || ERASURE_SECRET === "")
  throw new Error("environment variable ERASURE_SECRET is missing: the new table's functions have it");

const client = createClient();

export const handler = createStreamHandler({
  source: client,
  target: client,
  table: TABLE_NAME,
  erasureSecret: ERASURE_SECRET,
  ...(ACCESS_FROM === undefined ? {} : { accessFrom: instantOf(ACCESS_FROM) }),
  keepSessions: KEEP_SESSIONS === "true",
  naming: { prefix: SOURCE_PREFIX, suffix: SOURCE_SUFFIX, names: JSON.parse(SOURCE_NAMES) },
  mapping: mergeMapping(JSON.parse(MAPPING)),
  clock: systemClock,
  onNotice: (notice) => {
    if (notice.outcome !== "written" && notice.outcome !== "unchanged") console.log(JSON.stringify(notice));
  },
});
