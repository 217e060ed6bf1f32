export type { Assessment, AssessmentSummary } from "./entities/assessment.ts";
export type { ContentReport, ContentReportSummary } from "./entities/content-report.ts";
export type { DevopsAction, DevopsActionSummary } from "./entities/devops-action.ts";
export type { Entitlement, EntitlementSummary } from "./entities/entitlement.ts";
export * from "./entities/enums.ts";
export type { QrToken } from "./entities/qr-token.ts";
export type { Question } from "./entities/question.ts";
export type { Rubric } from "./entities/rubric.ts";
export type { SafetyLog, SafetyLogSummary } from "./entities/safety-log.ts";
export type { Session, SessionSummary } from "./entities/session.ts";
export type { Ticket, TicketSummary } from "./entities/ticket.ts";
export type { User } from "./entities/user.ts";
export { createClient } from "./services/client.ts";
export {
  type Clock,
  createContext,
  type DataContext,
  type DataLayerOptions,
  type RequestEvent,
} from "./services/context.ts";
export { type BoundEntities, createDataLayer, type DataLayer, dataLayerFromEnv } from "./services/data-layer.ts";
export * from "./services/errors.ts";
export { type ErrorResponse, errorResponse, statusCodeOf } from "./services/http-status.ts";
export type { ListOptions, Page } from "./services/pages.ts";
