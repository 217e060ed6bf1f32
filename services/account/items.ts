import { AssessmentModel } from "../../entities/assessment.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { QrTokenModel } from "../../entities/qr-token.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { SessionModel } from "../../entities/session.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { UserModel } from "../../entities/user.ts";
import type { DataContext, Model } from "../storage/context.ts";
import type { QueryOperation } from "../storage/electrodb.ts";
import { allRows } from "../storage/pages.ts";
import type { RequestLabel, StoredItem } from "../storage/requests.ts";

/** The entities that belong to an account. */
export type ExportedEntity =
  | "user"
  | "session"
  | "qr_token"
  | "assessment"
  | "entitlement"
  | "safety_log"
  | "content_report"
  | "ticket";

export const MODELS_OF_ACCOUNT: Readonly<Record<ExportedEntity, Model>> = {
  user: UserModel,
  session: SessionModel,
  qr_token: QrTokenModel,
  assessment: AssessmentModel,
  entitlement: EntitlementModel,
  safety_log: SafetyLogModel,
  content_report: ContentReportModel,
  ticket: TicketModel,
};

/** A value for each entity of an account. */
export const byExportedEntity = <T>(value: () => T) =>
  Object.fromEntries(Object.keys(MODELS_OF_ACCOUNT).map((entity) => [entity, value()])) as Record<ExportedEntity, T>;

/** Assessments whose safety logs are looked for side by side. */
const REVIEWS_AT_ONCE = 10;

/** The entity that a row belongs to. */
export const entityOf = (row: StoredItem) => row.__edb_e__ as ExportedEntity;

/** The ids of the assessments among an account's rows. */
export const assessmentIds = (rows: readonly StoredItem[]): string[] =>
  rows.filter((row) => entityOf(row) === "assessment").map((row) => row.assessment_id as string);

/** The queries that reach an account's items, its own row and its safety logs aside. */
const itemQueries = (context: DataContext, email: string): readonly (readonly [string, QueryOperation])[] => [
  ["session", context.entity(SessionModel).query.byUser({ user_email: email })],
  ["qr_token", context.entity(QrTokenModel).query.byUser({ user_email: email })],
  ["assessment", context.entity(AssessmentModel).query.byUser({ user_email: email })],
  ["entitlement", context.entity(EntitlementModel).query.byUser({ user_email: email })],
  ["content_report", context.entity(ContentReportModel).query.byReporter({ reporter_email: email })],
  ["ticket", context.entity(TicketModel).query.byUser({ user_email: email })],
];

/** The rows of an account's items, its own row and its safety logs aside. */
export async function itemRows(context: DataContext, email: string, label: RequestLabel): Promise<StoredItem[]> {
  const rows = await Promise.all(
    itemQueries(context, email).map(([entity, query]) => allRows(context, { ...label, entity }, query)),
  );
  return rows.flat();
}

/** The account's safety logs, which are reached through its assessments. */
export async function safetyLogRows(
  context: DataContext,
  email: string,
  assessments: Iterable<string>,
  label: RequestLabel,
): Promise<StoredItem[]> {
  const logs = context.entity(SafetyLogModel);
  const rows: StoredItem[] = [];
  const ids = [...assessments];
  for (let start = 0; start < ids.length; start += REVIEWS_AT_ONCE) {
    const found = await Promise.all(
      ids
        .slice(start, start + REVIEWS_AT_ONCE)
        .map((assessment_id) =>
          allRows(context, { ...label, entity: "safety_log" }, logs.query.byAssessment({ assessment_id })),
        ),
    );
    rows.push(...found.flat().filter((row) => row.user_email === email));
  }
  return rows;
}
