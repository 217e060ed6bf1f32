export type {
  Assessment,
  AssessmentByType,
  AssessmentChange,
  AssessmentSummary,
  NewAssessment,
} from "./entities/assessment.ts";
export type {
  ContentReport,
  ContentReportChange,
  ContentReportOutline,
  ContentReportSummary,
  NewContentReport,
} from "./entities/content-report.ts";
export type {
  DevopsAction,
  DevopsActionChange,
  DevopsActionOutline,
  DevopsActionSummary,
  NewDevopsAction,
} from "./entities/devops-action.ts";
export type { Entitlement, EntitlementChange, EntitlementSummary, NewEntitlement } from "./entities/entitlement.ts";
export * from "./entities/enums.ts";
export type { NewQrToken, QrToken, QrTokenChange } from "./entities/qr-token.ts";
export type { NewQuestion, Question, QuestionChange, QuestionSummary } from "./entities/question.ts";
export type { NewRubric, Rubric, RubricChange, RubricSummary } from "./entities/rubric.ts";
export type { NewSafetyLog, SafetyLog, SafetyLogChange, SafetyLogSummary } from "./entities/safety-log.ts";
export type { NewSession, Session, SessionChange } from "./entities/session.ts";
export type {
  NewTicket,
  Ticket,
  TicketByUser,
  TicketChange,
  TicketKey,
  TicketOutline,
  TicketSummary,
} from "./entities/ticket.ts";
export type { NewUser, User, UserChange, UserSummary } from "./entities/user.ts";
export type {
  AccountExport,
  AccountOverview,
  Accounts,
  AddressChange,
  AddressChangeOptions,
  AddressChangeProgress,
  AddressChangeReport,
  AddressChangesReport,
  Credentials,
  EmailVerification,
  ErasedItems,
  ErasureOptions,
  ErasureProgress,
  ErasureReport,
  ErasuresReport,
  ExportedEntity,
  MovedItems,
  PasswordChange,
  Registration,
  UnfinishedAddressChange,
} from "./services/accounts.ts";
export type {
  AssessmentKey,
  AssessmentReference,
  AssessmentResult,
  AssessmentStart,
  Assessments,
  DailyLimit,
  Progress,
  Scores,
} from "./services/assessments.ts";
export { createClient } from "./services/client.ts";
export {
  type Clock,
  createContext,
  type DataContext,
  type DataLayerOptions,
  type FallbackEvent,
  type RequestEvent,
} from "./services/context.ts";
export {
  type BoundCollections,
  type BoundEntities,
  createDataLayer,
  type DataLayer,
  dataLayerFromEnv,
} from "./services/data-layer.ts";
export type { ActionKey, ActionReference, Devops, Diagnosis, FixProposal, ReviewDecision } from "./services/devops.ts";
export { type ErrorResponse, errorResponse, statusCodeOf } from "./services/http-status.ts";
export type {
  AssessmentReview,
  AssessmentReviewOutline,
  Moderation,
  ReportFiling,
  ReportKey,
  ReportReference,
  ReportTriage,
  SafetyEvent,
} from "./services/moderation.ts";
export type {
  GrantOptions,
  PurchaseGrant,
  Purchases,
  RefundInstant,
  ReversalInstant,
  VerifiedReceipt,
} from "./services/purchases.ts";
export type { IssuedToken, QrIssue, QrLogin, QrRedemption, QrTokenStatus } from "./services/qr-login.ts";
export type { QuestionDraw, QuestionFilter, Questions } from "./services/questions.ts";
export type { Rubrics } from "./services/rubrics.ts";
export type { SessionStart, Sessions, StartedSession } from "./services/sessions.ts";
export type { BulkWriteOptions, BulkWriteReport } from "./services/storage/bulk-writer.ts";
export {
  type AnyDataLayerError,
  ConfigurationError,
  ConflictError,
  type ConflictReason,
  type ConflictState,
  DataLayerError,
  ExpiredError,
  IndexNotReadyError,
  InvalidCursorError,
  ItemTooLargeError,
  isDataLayerError,
  NotFoundError,
  OverloadedError,
  TokenUsedError,
  UnprocessedError,
  ValidationError,
} from "./services/storage/errors.ts";
export { eachItem, type ListOptions, type Order, type Page } from "./services/storage/pages.ts";
export type { TimedListOptions } from "./services/storage/time-range.ts";
export type {
  Support,
  TicketAnswer,
  TicketCounts,
  TicketOpening,
  TicketReference,
  TicketThread,
  TicketThreadOutline,
} from "./services/support.ts";
