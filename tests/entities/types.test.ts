import type { CreateEntityItem, EntityItem, UpdateEntityItem } from "electrodb";
import type {
  Assessment,
  AssessmentByType,
  AssessmentChange,
  AssessmentEntity,
  AssessmentModel,
  AssessmentSummary,
  NewAssessment,
} from "../../entities/assessment.ts";
import type {
  ContentReport,
  ContentReportChange,
  ContentReportEntity,
  ContentReportModel,
  ContentReportOutline,
  ContentReportSummary,
  NewContentReport,
} from "../../entities/content-report.ts";
import type {
  DevopsAction,
  DevopsActionChange,
  DevopsActionEntity,
  DevopsActionModel,
  DevopsActionOutline,
  DevopsActionSummary,
  NewDevopsAction,
} from "../../entities/devops-action.ts";
import type {
  Entitlement,
  EntitlementChange,
  EntitlementEntity,
  EntitlementModel,
  EntitlementSummary,
  NewEntitlement,
} from "../../entities/entitlement.ts";
import type { AccountStatus, TicketStatus } from "../../entities/enums.ts";
import type { EntityModel } from "../../entities/facts.ts";
import { MODELS_OF_ACCOUNT } from "../../entities/models.ts";
import type { NewQrToken, QrToken, QrTokenChange, QrTokenEntity } from "../../entities/qr-token.ts";
import type {
  NewQuestion,
  Question,
  QuestionChange,
  QuestionEntity,
  QuestionModel,
  QuestionSummary,
} from "../../entities/question.ts";
import type {
  NewRubric,
  Rubric,
  RubricChange,
  RubricEntity,
  RubricModel,
  RubricSummary,
} from "../../entities/rubric.ts";
import type {
  NewSafetyLog,
  SafetyLog,
  SafetyLogChange,
  SafetyLogEntity,
  SafetyLogModel,
  SafetyLogSummary,
} from "../../entities/safety-log.ts";
import type { NewSession, Session, SessionChange, SessionEntity } from "../../entities/session.ts";
import type {
  NewTicket,
  Ticket,
  TicketByUser,
  TicketChange,
  TicketEntity,
  TicketModel,
  TicketOutline,
  TicketSummary,
} from "../../entities/ticket.ts";
import type { NewUser, User, UserChange, UserEntity, UserModel, UserSummary } from "../../entities/user.ts";
import type { Row } from "../../entities/views.ts";
import type { ExportedEntity } from "../../services/accounts.ts";
import type { AnyEntity } from "../../services/storage/context.ts";
import type { ConflictState } from "../../services/storage/errors.ts";
import { refusalOf } from "./parameters.ts";
import {
  aBankQuestion,
  aDevopsAction,
  anAssessment,
  anEntitlement,
  aSafetyLog,
  aScoringRubric,
  aSession,
  aSupportTicket,
  assessments,
  aUser,
  devopsActions,
  entitlements,
  questions,
  rubrics,
  safetyLogs,
  sessions,
  tickets,
  users,
} from "./samples.ts";

/** True when two types are the same; anything else does not compile. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** True when an attribute may be missing. */
type Optional<T, K extends keyof T> = Record<never, never> extends Pick<T, K> ? true : false;

const holds = <_ extends true>(): void => undefined;

/** What nobody gives to an entity by hand. */
type NotGiven = "legacy" | "migration" | "ttl" | "user_email" | "draw_key" | "ledger_digest";
type EachAcceptsTheOther<A, B> = [A, B] extends [B, A] ? true : false;

/** True when an entity's item types are as ElectroDB infers them from its attributes. */
type AsInferred<E extends AnyEntity, Item, New, Change> = [
  EachAcceptsTheOther<Item, EntityItem<E>>,
  Same<keyof Item, keyof EntityItem<E>>,
  New extends CreateEntityItem<E> ? true : false,
  Same<Exclude<keyof CreateEntityItem<E>, NotGiven>, Exclude<keyof New, NotGiven>>,
  Change extends UpdateEntityItem<E> ? true : false,
  Same<Exclude<keyof UpdateEntityItem<E>, NotGiven>, Exclude<keyof Change, NotGiven>>,
] extends true[]
  ? true
  : false;

describe("what does not compile is refused at run time too", () => {
  it("refuses a value outside a closed set", () => {
    // @ts-expect-error "closed" is no state of a ticket
    expect(refusalOf(() => tickets.put({ ...aSupportTicket(), status: "closed" }))?.field).toBe("status");
    // @ts-expect-error "critical" is no priority
    expect(refusalOf(() => tickets.put({ ...aSupportTicket(), priority: "critical" }))?.field).toBe("priority");
    // @ts-expect-error "banned" is no state of an account
    expect(refusalOf(() => users.put({ ...aUser(), account_status: "banned" }))?.field).toBe("account_status");
    // @ts-expect-error "web" is no store
    expect(refusalOf(() => entitlements.put({ ...anEntitlement(), platform: "web" }))?.field).toBe("platform");
    // @ts-expect-error "failed" is no state of an action
    expect(refusalOf(() => devopsActions.put({ ...aDevopsAction(), status: "failed" }))?.field).toBe("status");
    // @ts-expect-error "expert" is no difficulty
    expect(refusalOf(() => questions.put({ ...aBankQuestion(), difficulty: "expert" }))?.field).toBe("difficulty");
    // @ts-expect-error "listening" is no skill
    expect(refusalOf(() => rubrics.put({ ...aScoringRubric(), skill_type: "listening" }))?.field).toBe("skill_type");
  });

  it("refuses it in a list and in a patch", () => {
    // @ts-expect-error "harassment" is no category
    expect(refusalOf(() => safetyLogs.put({ ...aSafetyLog(), categories: ["harassment"] }))?.field).toBe(
      "categories[0]",
    );
    const key = { ticket_id: "TKT-9F", created_at: 1 };
    // @ts-expect-error "closed" is no state of a ticket
    expect(refusalOf(() => tickets.patch(key).set({ status: "closed" }))?.field).toBe("status");
  });

  it("refuses another type of value", () => {
    // @ts-expect-error instants are numbers
    expect(refusalOf(() => sessions.put({ ...aSession(), created_at: "2025-10-09" }))?.field).toBe("created_at");
    // @ts-expect-error prices are numbers
    expect(refusalOf(() => entitlements.put({ ...anEntitlement(), price_paid: "36.99" }))?.field).toBe("price_paid");
    // @ts-expect-error flags are booleans
    expect(refusalOf(() => users.put({ ...aUser(), email_verified: "yes" }))?.field).toBe("email_verified");
    // @ts-expect-error keywords are a list, not one text
    expect(refusalOf(() => questions.put({ ...aBankQuestion(), keywords: "work" }))?.rule).toContain("keywords");
    const spoken = { speaking: { pronunciation: "7" } };
    // @ts-expect-error a criterion's score is a number
    expect(refusalOf(() => assessments.put({ ...anAssessment(), scores: spoken }))?.field).toBe(
      "scores.speaking.pronunciation",
    );
  });

  it("refuses an item without a required attribute", () => {
    const { subject: _, ...ticket } = aSupportTicket();
    // @ts-expect-error a ticket has a subject
    expect(refusalOf(() => tickets.put(ticket))?.field).toBe("subject");
    const { password_hash: __, ...user } = aUser();
    // @ts-expect-error an account has a password's hash
    expect(refusalOf(() => users.create(user))?.field).toBe("password_hash");
    const { topic: ___, ...question } = aBankQuestion();
    // @ts-expect-error a question has a topic
    expect(refusalOf(() => questions.put([question]))?.field).toBe("topic");
  });

  it("refuses a change of what is fixed and the removal of what is required", () => {
    const key = { ticket_id: "TKT-9F", created_at: 1 };
    // @ts-expect-error a ticket stays its customer's
    expect(refusalOf(() => tickets.patch(key).set({ user_email: "chen@example.com" }))?.rule).toContain("Read-Only");
    // @ts-expect-error a ticket always has a state
    expect(refusalOf(() => tickets.patch(key).remove(["status"]))?.rule).toContain("Required");
  });

  it("refuses a key or a query without its partition", () => {
    // @ts-expect-error a ticket's key has its instant too
    expect(() => tickets.get({ ticket_id: "TKT-9F" }).params()).toThrow(/created_at/);
    // @ts-expect-error the queue is one state's
    expect(() => tickets.query.byStatus({}).params()).toThrow(/status/);
    // @ts-expect-error draws are from one difficulty
    expect(() => questions.query.byDraw({ assessment_type: "speaking_part1" }).params()).toThrow(/difficulty/);
  });
});

describe("item types", () => {
  it("are as ElectroDB infers them", () => {
    holds<AsInferred<UserEntity, User, NewUser, UserChange>>();
    holds<AsInferred<SessionEntity, Session, NewSession, SessionChange>>();
    holds<AsInferred<QrTokenEntity, QrToken, NewQrToken, QrTokenChange>>();
    holds<AsInferred<AssessmentEntity, Assessment, NewAssessment, AssessmentChange>>();
    holds<AsInferred<QuestionEntity, Question, NewQuestion, QuestionChange>>();
    holds<AsInferred<RubricEntity, Rubric, NewRubric, RubricChange>>();
    holds<AsInferred<EntitlementEntity, Entitlement, NewEntitlement, EntitlementChange>>();
    holds<AsInferred<SafetyLogEntity, SafetyLog, NewSafetyLog, SafetyLogChange>>();
    holds<AsInferred<ContentReportEntity, ContentReport, NewContentReport, ContentReportChange>>();
    holds<AsInferred<TicketEntity, Ticket, NewTicket, TicketChange>>();
    holds<AsInferred<DevopsActionEntity, DevopsAction, NewDevopsAction, DevopsActionChange>>();
  });

  it("have the states of errors as a union", () => {
    holds<Same<Extract<ConflictState, TicketStatus | AccountStatus>, TicketStatus | AccountStatus>>();
    holds<Same<Extract<ConflictState, "paid">, never>>();
  });

  it("have closed sets as unions", () => {
    holds<Same<Assessment["status"], "in_progress" | "completed" | "abandoned">>();
    holds<Same<Ticket["priority"], "urgent" | "high" | "normal" | "low">>();
    holds<Same<Ticket["status"], "new" | "in_progress" | "resolved" | "escalated">>();
    holds<Same<DevopsAction["status"], "pending_review" | "approved" | "rejected" | "applied" | undefined>>();
    holds<Same<Entitlement["product_id"], "writing" | "speaking" | "full_mock_test">>();
    holds<Same<ContentReport["report_type"], "inappropriate_ai" | "bug" | "inaccurate_score">>();
    holds<
      Same<SafetyLog["categories"][number], "profanity" | "hate_speech" | "violence" | "sexual_content" | "spam">
    >();

    const category: SafetyLog["categories"] = ["spam"];
    // @ts-expect-error "harassment" is no category
    const unknown: SafetyLog["categories"] = ["harassment"];
    expect(refusalOf(() => safetyLogs.put(aSafetyLog({ categories: category })))).toBeUndefined();
    expect(refusalOf(() => safetyLogs.put(aSafetyLog({ categories: unknown })))?.field).toBe("categories[0]");
  });

  it("leave the open sets open", () => {
    holds<Same<Question["topic"], string>>();
    holds<Same<DevopsAction["affected_service"], string>>();

    expect(
      refusalOf(() => devopsActions.put(aDevopsAction({ affected_service: "brand_new_service" }))),
    ).toBeUndefined();
  });

  it("have the criteria of each skill and no others", () => {
    const scores: Assessment["scores"] = { speaking: { pronunciation: 6.5 }, writing: { task_achievement: 7 } };
    expect(refusalOf(() => assessments.put(anAssessment({ scores })))).toBeUndefined();

    const wrong: Assessment["scores"][] = [
      // @ts-expect-error task_achievement is a criterion of writing
      { speaking: { task_achievement: 7 } },
      // @ts-expect-error pronunciation is a criterion of speaking
      { writing: { pronunciation: 7 } },
      // @ts-expect-error there is no listening
      { listening: { lexical_resource: 7 } },
    ];
    expect(wrong).toHaveLength(3);
  });

  it("have bands as the keys of descriptors", () => {
    const descriptors: Rubric["band_descriptors"] = { "0": "None", "9": "Expert" };
    expect(refusalOf(() => rubrics.put(aScoringRubric({ band_descriptors: descriptors })))).toBeUndefined();

    const wrong: Rubric["band_descriptors"][] = [
      // @ts-expect-error there is no band 10
      { "10": "Beyond" },
      // @ts-expect-error a descriptor is a text
      { "7": 7 },
    ];
    expect(wrong).toHaveLength(2);
  });

  it("leave out what reads never return", () => {
    const parsed = users.parse({ Item: users.put(aUser()).params<{ Item: object }>().Item } as never);

    // @ts-expect-error the hash is hidden
    expect(parsed.data?.password_hash).toBeUndefined();
    holds<Same<Extract<keyof User, "password_hash" | "verification_token" | "user_email">, never>>();
    holds<Same<Extract<keyof Session, "ttl">, never>>();
    holds<Same<Extract<keyof QrToken, "ttl" | "session_id">, never>>();
    holds<Same<Extract<keyof Entitlement, "receipt_data">, never>>();
    holds<Same<Extract<keyof Question, "draw_key">, never>>();
  });

  it("tell what may be missing", () => {
    holds<Same<Optional<Ticket, "ai_response">, true>>();
    holds<Same<Optional<Ticket, "subject">, false>>();
    holds<Same<Optional<Assessment, "band_score">, true>>();
    holds<Same<Optional<CreateEntityItem<QuestionEntity>, "draw_key">, true>>();
    holds<Same<Optional<CreateEntityItem<QuestionEntity>, "topic">, false>>();

    const ticket: Ticket = aSupportTicket();
    // @ts-expect-error an answer may be missing
    const answer: string = ticket.ai_response;
    expect(answer).toBeUndefined();
  });

  it("have summaries of what indexes carry", () => {
    holds<Same<UserSummary, Row<User, typeof UserModel.schema, "account">>>();
    holds<Same<AssessmentSummary, Row<Assessment, typeof AssessmentModel.schema, "byUser">>>();
    holds<Same<AssessmentByType, Row<Assessment, typeof AssessmentModel.schema, "byType">>>();
    holds<Same<QuestionSummary, Row<Question, typeof QuestionModel.schema, "byType">>>();
    holds<Same<RubricSummary, Row<Rubric, typeof RubricModel.schema, "bySkill">>>();
    holds<Same<EntitlementSummary, Row<Entitlement, typeof EntitlementModel.schema, "byUser">>>();
    holds<Same<SafetyLogSummary, Row<SafetyLog, typeof SafetyLogModel.schema, "byAssessment">>>();
    holds<Same<ContentReportSummary, Row<ContentReport, typeof ContentReportModel.schema, "byStatus">>>();
    holds<Same<ContentReportOutline, Row<ContentReport, typeof ContentReportModel.schema, "byAssessment">>>();
    holds<Same<TicketSummary, Row<Ticket, typeof TicketModel.schema, "byStatus">>>();
    holds<Same<TicketByUser, Row<Ticket, typeof TicketModel.schema, "byUser">>>();
    holds<Same<TicketOutline, Row<Ticket, typeof TicketModel.schema, "thread">>>();
    holds<Same<DevopsActionSummary, Row<DevopsAction, typeof DevopsActionModel.schema, "byStatus">>>();
    holds<Same<DevopsActionOutline, Row<DevopsAction, typeof DevopsActionModel.schema, "byTicket">>>();

    const row: Partial<TicketSummary> = {};
    // @ts-expect-error queues do not carry messages
    expect(row.message).toBeUndefined();
  });
});

describe("what a model says beside its schema", () => {
  type Facts = EntityModel<(typeof TicketModel)["schema"]>;

  it("names attributes and access patterns of its own schema alone", () => {
    // @ts-expect-error a ticket has no reporter
    const account: Facts["account"] = { attribute: "reporter_email", by: "byUser" };
    // @ts-expect-error tickets are not found by a reporter
    const found: Facts["account"] = { attribute: "user_email", by: "byReporter" };
    // @ts-expect-error a ticket has no log_id
    const claim: Facts["claim"] = { kind: "ticket", id: "log_id", owner: ["user_email"], begins: "created_at" };
    // @ts-expect-error nothing claims questions
    const kind: NonNullable<Facts["claim"]>["kind"] = "question";
    // @ts-expect-error a ticket has no account_status
    const transitions: Facts["transitions"] = { attribute: "account_status", from: {} };
    expect([account, found, claim, kind, transitions]).not.toContain(undefined);
  });

  it("makes the entities of an account", () => {
    holds<
      Same<
        ExportedEntity,
        | "user"
        | "session"
        | "qr_token"
        | "assessment"
        | "entitlement"
        | "safety_log"
        | "content_report"
        | "ticket"
        | "daily_starts"
        | "devops_action"
      >
    >();
    holds<Same<keyof typeof MODELS_OF_ACCOUNT, Exclude<ExportedEntity, "devops_action">>>();
    expect(Object.keys(MODELS_OF_ACCOUNT)).toHaveLength(9);
  });
});
