import type * as api from "../index.ts";
import * as values from "../index.ts";

/** True when two types are the same; anything else does not compile. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
/** The attributes of an object or of a list's items that are any, and the type itself when it is. */
type AnyParts<T> =
  IsAny<T> extends true
    ? "itself"
    : T extends readonly (infer I)[]
      ? AnyParts<I>
      : T extends object
        ? { [K in keyof T]-?: IsAny<T[K]> extends true ? K : never }[keyof T]
        : never;

const holds = <_ extends true>(): void => undefined;

/** Item, create and change types of each entity, under the names that the package exports. */
interface Entities {
  user: [api.User, api.NewUser, api.UserChange];
  session: [api.Session, api.NewSession, api.SessionChange];
  qr_token: [api.QrToken, api.NewQrToken, api.QrTokenChange];
  assessment: [api.Assessment, api.NewAssessment, api.AssessmentChange];
  question: [api.Question, api.NewQuestion, api.QuestionChange];
  rubric: [api.Rubric, api.NewRubric, api.RubricChange];
  entitlement: [api.Entitlement, api.NewEntitlement, api.EntitlementChange];
  safety_log: [api.SafetyLog, api.NewSafetyLog, api.SafetyLogChange];
  content_report: [api.ContentReport, api.NewContentReport, api.ContentReportChange];
  ticket: [api.Ticket, api.NewTicket, api.TicketChange];
  devops_action: [api.DevopsAction, api.NewDevopsAction, api.DevopsActionChange];
}

/** What a function gives, awaited. */
type Given<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>;

describe("the exported types", () => {
  it("cover every entity, and no attribute of theirs is any", () => {
    holds<Same<keyof Entities, keyof api.BoundEntities>>();
    holds<Same<{ [E in keyof Entities]: AnyParts<Entities[E][0]> }[keyof Entities], never>>();
    holds<Same<{ [E in keyof Entities]: AnyParts<Entities[E][1]> }[keyof Entities], never>>();
    holds<Same<{ [E in keyof Entities]: AnyParts<Entities[E][2]> }[keyof Entities], never>>();
  });

  it("leave nothing any in what services take and give", () => {
    type Services = Omit<api.DataLayer, "context" | "entities" | "collections" | "within">;
    type AnyAnswers<S> = {
      [F in keyof S]: S[F] extends (...args: never[]) => unknown
        ? [AnyParts<Given<S[F]>>] extends [never]
          ? IsAny<Parameters<S[F]>[number]> extends true
            ? F
            : never
          : F
        : never;
    }[keyof S];
    holds<Same<{ [S in keyof Services]: AnyAnswers<Services[S]> }[keyof Services], never>>();
  });

  it("are what the services take and give", () => {
    holds<Same<Given<api.Support["listByStatus"]>, api.Page<api.TicketSummary>>>();
    holds<Same<Given<api.Sessions["listByUser"]>, api.Page<api.Session>>>();
    holds<Same<Given<api.Assessments["listByUser"]>, api.Page<api.AssessmentSummary>>>();
    holds<Same<Given<api.Devops["listPendingApprovals"]>, api.Page<api.DevopsActionSummary>>>();
    holds<Same<Given<api.Moderation["listReportsByStatus"]>, api.Page<api.ContentReportSummary>>>();
    holds<Same<Given<api.Purchases["allActive"]>, api.EntitlementSummary[]>>();
    holds<Same<Parameters<api.Support["open"]>[0], api.TicketOpening>>();
    holds<Same<Parameters<api.Accounts["register"]>[0], api.Registration>>();
    holds<Same<Parameters<api.Purchases["grant"]>[0], api.VerifiedReceipt>>();
  });

  it("keep summaries without what their index leaves out", () => {
    holds<Same<Extract<keyof api.TicketSummary, "message" | "ai_response">, never>>();
    holds<Same<Extract<keyof api.AssessmentSummary, "scores" | "ai_feedback">, never>>();
    holds<Same<Extract<keyof api.DevopsActionSummary, "code_diff" | "proposed_fix">, never>>();
    holds<Same<Extract<keyof api.UserChange, "email" | "created_at">, never>>();
  });
});

describe("closed sets", () => {
  it("are lists of values, and unions of the same", () => {
    holds<Same<api.TicketStatus, (typeof values.TICKET_STATUSES)[number]>>();
    holds<Same<api.EntitlementStatus, (typeof values.ENTITLEMENT_STATUSES)[number]>>();
    holds<Same<NonNullable<api.Ticket["status"]>, api.TicketStatus>>();
    holds<Same<api.Entitlement["status"], api.EntitlementStatus>>();
    holds<Same<api.User["account_status"], api.AccountStatus>>();
    holds<Same<api.SafetyLog["moderation_action"], api.ModerationAction>>();
    holds<Same<api.DevopsAction["action_type"], api.ActionType>>();

    expect(values.TICKET_STATUSES).toEqual(["new", "in_progress", "resolved", "escalated"]);
    expect(values.ENTITLEMENT_STATUSES).toEqual(["active", "expired", "refunded"]);
  });
});
