import type { CreateEntityItem } from "electrodb";
import type { Assessment, AssessmentSummary } from "../../entities/assessment.ts";
import type { ContentReport } from "../../entities/content-report.ts";
import type { DevopsAction } from "../../entities/devops-action.ts";
import type { Entitlement } from "../../entities/entitlement.ts";
import type { QrToken } from "../../entities/qr-token.ts";
import type { Question, QuestionEntity } from "../../entities/question.ts";
import type { Rubric } from "../../entities/rubric.ts";
import type { SafetyLog } from "../../entities/safety-log.ts";
import type { Session, SessionSummary } from "../../entities/session.ts";
import type { Ticket, TicketSummary } from "../../entities/ticket.ts";
import type { User } from "../../entities/user.ts";
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
    holds<
      Same<
        keyof TicketSummary,
        "ticket_id" | "created_at" | "user_email" | "subject" | "category" | "priority" | "status"
      >
    >();
    holds<Same<Extract<keyof AssessmentSummary, "scores" | "ai_feedback">, never>>();

    const row: Partial<SessionSummary> = {};
    // @ts-expect-error lists of sessions do not carry addresses
    expect(row.ip_address).toBeUndefined();
  });
});
