import { v7 as uuidv7 } from "uuid";
import type { AssessmentEntity } from "../entities/assessment.ts";
import { type Assessment, AssessmentModel } from "../entities/assessment.ts";
import type { ContentReportEntity } from "../entities/content-report.ts";
import {
  type ContentReport,
  ContentReportModel,
  type ContentReportOutline,
  type ContentReportSummary,
  type NewContentReport,
} from "../entities/content-report.ts";
import type { ReportStatus } from "../entities/enums.ts";
import type { SafetyLogEntity } from "../entities/safety-log.ts";
import { type SafetyLog, SafetyLogModel, type SafetyLogSummary } from "../entities/safety-log.ts";
import { createOnce } from "./guards/guarded-writes.ts";
import { assessmentReviewOf } from "./storage/collections.ts";
import type { DataContext } from "./storage/context.ts";
import type { ListOptions, Page } from "./storage/pages.ts";
import { type Reference, Repository } from "./storage/repository.ts";
import type { TimedListOptions } from "./storage/time-range.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** The key of a report. */
export type ReportKey = Pick<ContentReport, "report_id" | "created_at">;
/** A report id, or the key `{ report_id, created_at }`, which saves the look-up. */
export type ReportReference = Reference<ReportKey>;

/** A moderation event; confidence is from 0 to 1. */
export interface SafetyEvent extends Readonly<Omit<SafetyLog, "log_id" | "timestamp">> {
  /** An id of your own makes a retry safe. */
  readonly log_id?: string;
  /** When it occurred, in epoch seconds. Default: now, or what the first call with the `log_id` said. */
  readonly timestamp?: number;
}

/** A new report. */
export interface ReportFiling
  extends Readonly<Pick<NewContentReport, "reporter_email" | "assessment_id" | "report_type" | "description">> {
  /** An id of your own makes a retry safe. */
  readonly report_id?: string;
}

/** What becomes of a report. */
export interface ReportTriage extends Readonly<Pick<ContentReport, "admin_notes">> {
  /** The state that it moves on to. */
  readonly status: Exclude<ReportStatus, "new">;
}

/** What was logged and reported about an assessment, in outline, newest first. */
export interface AssessmentReviewOutline {
  /** The moderation events, as lists show them. */
  readonly safetyLogs: SafetyLogSummary[];
  /** What never changes of each report; its state is in the whole review. */
  readonly reports: ContentReportOutline[];
  /** For the next page; null after the last one. */
  readonly cursor: string | null;
}

/** What was logged and reported about an assessment, whole and as it is now, with the assessment. */
export interface AssessmentReview {
  /** Undefined when no assessment has the id. */
  readonly assessment: Assessment | undefined;
  /** The moderation events, newest first. */
  readonly safetyLogs: SafetyLog[];
  /** The reports as they are now, newest first. */
  readonly reports: ContentReport[];
  /** For the next page; null after the last one. */
  readonly cursor: string | null;
}

/**
 * Safety logs of the AI examiner, and what users report.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { Moderation } from "@ielts-ai-prep/data-layer/services/moderation";
 *
 * const moderation = new Moderation(createContext({ table: "ielts-genai-prep" }));
 */
export class Moderation {
  readonly #context: DataContext;
  readonly #logs: Repository<SafetyLogEntity>;
  readonly #reports: Repository<ContentReportEntity>;
  readonly #assessments: Repository<AssessmentEntity>;
  readonly #reviews: ReturnType<typeof assessmentReviewOf>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#logs = new Repository(context, SafetyLogModel);
    this.#reports = new Repository(context, ContentReportModel);
    this.#assessments = new Repository(context, AssessmentModel);
    this.#reviews = assessmentReviewOf(context);
  }

  /**
   * Records a moderation event of the assessment's user: the user's export and erasure find it through the
   * assessment. With a `log_id` of your own the same event again, from a retry, gives it back.
   * @throws NotFoundError when the user has no such assessment; ConflictError when the id belongs to another event, or
   * the account was erased within the last hour (`erased`).
   * UnprocessedError when DynamoDB is too busy to look at the assessment: with a `log_id` of your own, call again.
   * @example
   * const { log_id } = await moderation.recordSafetyEvent({
   *   assessment_id, user_email: email, content_type: "audio",
   *   moderation_action: "warn", confidence: 0.82, categories: ["profanity"],
   *   user_response: "That is a damn hard question.", ai_response: "Let us keep our language polite.",
   * });
   */
  async recordSafetyEvent(event: SafetyEvent): Promise<SafetyLog> {
    only("safety_log", event, SAFETY_EVENT_ATTRIBUTES);
    const user_email = attributeValue(SafetyLogModel, "user_email", event.user_email);
    const assessment_id = attributeValue(SafetyLogModel, "assessment_id", event.assessment_id);
    const log = {
      ...event,
      user_email,
      log_id: event.log_id ?? uuidv7(),
      timestamp: event.timestamp ?? this.#context.clock(),
    };
    const parent = {
      key: this.#assessments.keyOf({ assessment_id, user_id: user_email }),
      missing: () => this.#assessments.notFound(assessment_id),
    };
    return createOnce(this.#context, SafetyLogModel, log, { ownId: typeof event.log_id === "string", parent });
  }

  /**
   * A moderation event, whole, by its id alone.
   * @throws NotFoundError
   * @example
   * const { log_id } = await moderation.recordSafetyEvent({
   *   assessment_id, user_email: email, content_type: "text",
   *   moderation_action: "block", confidence: 0.97, categories: ["spam"],
   * });
   * const { categories, timestamp } = await moderation.getSafetyLog(log_id); // the time in epoch seconds
   */
  async getSafetyLog(log_id: string): Promise<SafetyLog> {
    return this.#logs.get(log_id);
  }

  /**
   * A moderation event, whole, by its id alone, or undefined when there is none.
   * @example
   * const log = await moderation.findSafetyLog("0199c8a5-7c00-7b52-9d3e-4a1f6be0c2d8"); // undefined
   */
  async findSafetyLog(log_id: string): Promise<SafetyLog | undefined> {
    return this.#logs.find(log_id);
  }

  /**
   * Files a report in state `new`. With a `report_id` of your own the same report again, from a retry, gives it back.
   * @throws ConflictError when the id belongs to another report, or the account was erased within the last hour (`erased`).
   * @example
   * const { report_id } = await moderation.fileReport({
   *   reporter_email: email, assessment_id, report_type: "inaccurate_score",
   *   description: "I was given band 4 for pronunciation, but Maya understood every word.",
   * });
   */
  async fileReport(filing: ReportFiling): Promise<ContentReport> {
    only("content_report", filing, ["reporter_email", "assessment_id", "report_type", "description", "report_id"]);
    const reporter_email = attributeValue(ContentReportModel, "reporter_email", filing.reporter_email);
    const report = {
      ...filing,
      reporter_email,
      report_id: filing.report_id ?? uuidv7(),
      created_at: this.#context.clock(),
      status: "new" as const,
    };
    return createOnce(this.#context, ContentReportModel, report, { ownId: typeof filing.report_id === "string" });
  }

  /**
   * A report, whole, by its id alone.
   * @throws NotFoundError
   * @example
   * const { report_id } = await moderation.fileReport({
   *   reporter_email: email, report_type: "bug", description: "Part 3 has no sound.",
   * });
   * const { status, admin_notes } = await moderation.getReport(report_id);
   */
  async getReport(report_id: string): Promise<ContentReport> {
    return this.#reports.get(report_id);
  }

  /**
   * A report, whole, by its id alone, or undefined when there is none.
   * @example
   * const report = await moderation.findReport("0199c8a5-7c00-7b52-9d3e-4a1f6be0c2d8"); // undefined
   */
  async findReport(report_id: string): Promise<ContentReport | undefined> {
    return this.#reports.find(report_id);
  }

  /**
   * Moves a report on: `new` to investigating, resolved or dismissed; `investigating` to resolved or dismissed.
   * The same change again does nothing.
   * @throws ConflictError from any other state, or when it is there with other notes; NotFoundError.
   * @example
   * const report = await moderation.fileReport({
   *   reporter_email: email, report_type: "bug", description: "Part 3 has no sound.",
   * });
   * await moderation.triage(report, { status: "resolved", admin_notes: "Mended in version 4.3." });
   */
  async triage(report: ReportReference, input: ReportTriage): Promise<ContentReport> {
    only("content_report", input, ["status", "admin_notes"]);
    const status = attributeValue(ContentReportModel, "status", input.status);
    const key = await this.#reports.keyFor<ReportKey>(report);
    const { admin_notes } = input;
    const notes = admin_notes === undefined ? {} : { admin_notes };
    return this.#reports.transition("triage", key, status, { set: notes, same: notes });
  }

  /**
   * The queue of reports in a state, newest first.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { items, cursor } = await moderation.listReportsByStatus("new", { limit: 50 });
   */
  async listReportsByStatus(status: ReportStatus, options: TimedListOptions = {}): Promise<Page<ContentReportSummary>> {
    return this.#reports.page("byStatus", { status }, options);
  }

  /**
   * Reports that a user filed, whole and as they are now, newest first.
   * @throws InvalidCursorError for a cursor of another list; UnprocessedError when DynamoDB keeps leaving reports
   * unread.
   * @example
   * const { items, cursor } = await moderation.listReportsByReporter(email);
   */
  async listReportsByReporter(reporter_email: string, options: TimedListOptions = {}): Promise<Page<ContentReport>> {
    return this.#reports.wholePage("byReporter", { reporter_email }, options);
  }

  /**
   * Safety logs and reports of an assessment as a list: a page of the `assessmentReview` collection in one request. A page has up
   * to 100 rows, or `limit`: first the logs, newest first, then the reports.
   * @throws InvalidCursorError for a cursor of another list.
   * @example
   * const { safetyLogs, reports, cursor } = await moderation.reviewOutline(assessment_id);
   * const blocked = safetyLogs.filter(({ moderation_action }) => moderation_action === "block");
   */
  async reviewOutline(assessment_id: string, options: ListOptions = {}): Promise<AssessmentReviewOutline> {
    const id = attributeValue(SafetyLogModel, "assessment_id", assessment_id);
    const { rows, cursor } = await this.#reviews.page({ assessment_id: id }, options);
    return { safetyLogs: rows.safety_log, reports: rows.content_report, cursor };
  }

  /**
   * The assessment with its safety logs and reports, whole: two round trips. A page has up to 100 rows, or `limit`: first the
   * logs, newest first, then the reports.
   * @throws InvalidCursorError for a cursor of another list; UnprocessedError when DynamoDB keeps leaving a part of it unread.
   * @example
   * const { assessment, safetyLogs, reports, cursor } = await moderation.review(assessment_id);
   */
  async review(assessment_id: string, options: ListOptions = {}): Promise<AssessmentReview> {
    const id = attributeValue(SafetyLogModel, "assessment_id", assessment_id);
    const [{ rows, cursor }, assessment] = await Promise.all([
      this.#reviews.wholePage({ assessment_id: id }, options),
      this.#assessments.find(id),
    ]);
    return { assessment, safetyLogs: rows.safety_log, reports: rows.content_report, cursor };
  }
}

const SAFETY_EVENT_ATTRIBUTES = [
  "log_id",
  "timestamp",
  "assessment_id",
  "user_email",
  "content_type",
  "moderation_action",
  "confidence",
  "categories",
  "user_response",
  "ai_response",
];
