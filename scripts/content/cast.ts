import type { ActionStatus, AssessmentType, Product, ReportStatus, TicketStatus } from "../../entities/enums.ts";
import type { Registration } from "../../services/accounts.ts";
import type { AssessmentResult } from "../../services/assessments.ts";
import type { Diagnosis, FixProposal } from "../../services/devops.ts";
import type { ReportFiling, SafetyEvent } from "../../services/moderation.ts";
import type { VerifiedReceipt } from "../../services/purchases.ts";
import type { TicketOpening } from "../../services/support.ts";

/** Days before the moment of seeding; a fraction is a part of a day. */
type DaysAgo = { readonly daysAgo: number };

export interface CastAssessment extends DaysAgo {
  readonly assessment_id: string;
  readonly assessment_type: AssessmentType;
  /** Left out: still in progress. */
  readonly outcome?: AssessmentResult | "abandoned";
  readonly safetyEvents?: readonly Omit<SafetyEvent, "assessment_id" | "user_email">[];
  readonly reports?: readonly (Omit<ReportFiling, "assessment_id" | "reporter_email"> & {
    readonly status: ReportStatus;
    readonly admin_notes?: string;
  })[];
}

export interface CastAction {
  readonly diagnosis?: Omit<Diagnosis, "ticket"> & { readonly action_id: string };
  readonly fix?: Omit<FixProposal, "ticket"> & { readonly action_id: string };
  readonly status?: ActionStatus;
  readonly reason?: string;
}

export interface CastTicket extends DaysAgo {
  readonly opening: Omit<TicketOpening, "user_email"> & { readonly ticket_id: string };
  readonly status: TicketStatus;
  readonly actions?: readonly CastAction[];
}

export interface CastMember extends DaysAgo {
  readonly registration: Registration;
  readonly verified: boolean;
  readonly account_status: "active" | "suspended" | "deleted";
  /** Devices with a running session. */
  readonly devices: readonly string[];
  readonly purchases: readonly (Omit<VerifiedReceipt, "user_email"> & DaysAgo & { readonly refunded?: true })[];
  readonly assessments: readonly CastAssessment[];
  readonly tickets: readonly CastTicket[];
}

const receipt = (product_id: Product, platform: "ios" | "android", transaction_id: string, price_paid: number) => ({
  product_id,
  platform,
  transaction_id,
  price_paid,
  receipt_data: JSON.stringify({
    store: platform,
    product: product_id,
    transaction: transaction_id,
    environment: "Sandbox",
  }),
});

/** A cast in which every state of every entity occurs. The hashes are of passwords that nobody was told. */
export const cast: readonly CastMember[] = [
  {
    daysAgo: 62,
    registration: {
      email: "maria.silva@example.com",
      username: "Maria Silva",
      password_hash: "$2b$12$Qm9vVGhpc0lzQVNhbHQu7eK3hN1yLwP5rXcZ0uT8vJbDfGsA4oYqW",
      verification_token: "demo-verify-maria",
    },
    verified: true,
    account_status: "active",
    devices: ["Mozilla/5.0 (Macintosh) Safari/605.1", "IELTS AI Prep/4.2 (iPhone16,2)"],
    purchases: [
      { daysAgo: 60, ...receipt("speaking", "ios", "demo-2000000710453001", 36.99) },
      { daysAgo: 12, ...receipt("speaking", "ios", "demo-2000000710453002", 36.99) },
      { daysAgo: 45, ...receipt("writing", "ios", "demo-2000000710453003", 36.99) },
    ],
    assessments: [
      {
        daysAgo: 58,
        assessment_id: "demo-assessment-maria-1",
        assessment_type: "speaking_academic",
        outcome: {
          scores: { speaking: { fluency_coherence: 6, lexical_resource: 5.5, grammatical_range: 6, pronunciation: 6 } },
          ai_feedback:
            "You answered every question and kept going without long silences. Most sentences were simple, and you often said 'good' or 'nice' where a more exact word would have helped.",
          improvement_plan:
            "For two weeks, retell one news story a day in ninety seconds. Note three adjectives from each story and use them the day after.",
          duration_minutes: 13,
        },
      },
      {
        daysAgo: 40,
        assessment_id: "demo-assessment-maria-2",
        assessment_type: "writing_academic",
        outcome: {
          scores: {
            writing: { task_achievement: 6.5, coherence_cohesion: 7, lexical_resource: 6.5, grammatical_range: 6 },
          },
          ai_feedback:
            "Your overview names the main trend, and each paragraph has one clear idea. Three comparisons quote figures without saying what they mean, and articles are missing before countable nouns.",
          improvement_plan:
            "Rewrite your second paragraph so that each figure supports a claim; then check every noun for its article.",
          duration_minutes: 58.5,
        },
        reports: [
          {
            report_id: "demo-report-maria-score",
            report_type: "inaccurate_score",
            description:
              "My grammar score fell although I made fewer mistakes than last time. Can somebody look at it?",
            status: "resolved",
            admin_notes:
              "Second reader agrees with 6: tense errors in four of eleven sentences. Explained to the user.",
          },
        ],
      },
      {
        daysAgo: 9,
        assessment_id: "demo-assessment-maria-3",
        assessment_type: "speaking_academic",
        outcome: {
          scores: {
            speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 },
          },
          ai_feedback:
            "You developed your answers in part 3 with reasons and examples, and corrected yourself without losing the thread. Word stress in longer words is still hard to follow.",
          improvement_plan: "Mark the stressed syllable of ten long words a day, read them aloud and record yourself.",
          duration_minutes: 14,
        },
        safetyEvents: [
          {
            log_id: "demo-log-maria-1",
            content_type: "audio",
            moderation_action: "none",
            confidence: 0.31,
            categories: [],
            user_response: "My brother would kill me if I lost his bicycle.",
            ai_response: "I see! Tell me more about your brother.",
          },
        ],
      },
      { daysAgo: 0.02, assessment_id: "demo-assessment-maria-4", assessment_type: "writing_academic" },
    ],
    tickets: [
      {
        daysAgo: 8,
        opening: {
          ticket_id: "TKT-4E1A90C27B55",
          subject: "The microphone stops after a minute",
          message: "In part 2 the recording stopped after about a minute, twice, on my iPhone. My answer was cut off.",
          category: "audio",
          priority: "high",
        },
        status: "resolved",
        actions: [
          {
            diagnosis: {
              action_id: "ACT-0C7711D04A31",
              issue_description: "Audio uploads that last longer than 60 seconds end with a time-out.",
              affected_service: "lambda",
              ai_analysis:
                "All failed uploads ran 60.0 seconds: the function's own timeout. Memory and network were idle.",
            },
          },
          {
            fix: {
              action_id: "ACT-51B2F09A77E8",
              issue_description: "Audio uploads that last longer than 60 seconds end with a time-out.",
              affected_service: "lambda",
              ai_analysis: "Part 2 lasts up to two minutes, so the timeout must be longer than that.",
              proposed_fix: "Raise the timeout of the upload function from 60 to 150 seconds.",
              code_diff: "--- a/template.yaml\n+++ b/template.yaml\n-      Timeout: 60\n+      Timeout: 150\n",
            },
            status: "applied",
            reason: "Small, reversible, and the cause is clear.",
          },
        ],
      },
      {
        daysAgo: 0.5,
        opening: {
          ticket_id: "TKT-77D03B1FA2C4",
          subject: "Invoice for my company",
          message: "My employer pays for the course. Where can I find an invoice for the speaking product?",
          category: "purchase",
          priority: "low",
          ai_response:
            "The store that sold the product sends the invoice; in the App Store it is under Purchase History.",
          ai_confidence: 0.91,
        },
        status: "in_progress",
      },
    ],
  },
  {
    daysAgo: 30,
    registration: {
      email: "chen.wei@example.com",
      username: "Chen Wei",
      password_hash:
        "scrypt:32768:8:1$k3Vb9QxTzLm1$7c1f0e9a5b3d2846f0c7a1e8d9b6354f2a1c0e7d8b9f6a5c4e3d2b1a0f9e8d7c6b5a49382716051423f1e0d9c8b7a6958473625140f3e2d1c0b9a8f7",
    },
    verified: true,
    account_status: "active",
    devices: ["Mozilla/5.0 (Linux; Android 15) Chrome/141.0"],
    purchases: [
      { daysAgo: 28, ...receipt("full_mock_test", "android", "demo-GPA.3341-0912-7745-10001", 49.99), refunded: true },
      { daysAgo: 27, ...receipt("writing", "android", "demo-GPA.3341-0912-7745-10002", 36.99) },
    ],
    assessments: [
      {
        daysAgo: 26,
        assessment_id: "demo-assessment-chen-1",
        assessment_type: "writing_general",
        outcome: "abandoned",
      },
      {
        daysAgo: 20,
        assessment_id: "demo-assessment-chen-2",
        assessment_type: "writing_general",
        outcome: {
          scores: {
            writing: { task_achievement: 7, coherence_cohesion: 7.5, lexical_resource: 6.5, grammatical_range: 7 },
          },
          ai_feedback:
            "All three points of the letter are covered in a friendly, consistent tone. The closing paragraph repeats the opening.",
          improvement_plan: "Write the closing sentence first, then make sure that no other sentence says the same.",
          duration_minutes: 41,
        },
      },
      {
        daysAgo: 6,
        assessment_id: "demo-assessment-chen-3",
        assessment_type: "speaking_general",
        outcome: {
          scores: {
            speaking: { fluency_coherence: 5.5, lexical_resource: 6, grammatical_range: 5.5, pronunciation: 6 },
          },
          ai_feedback:
            "Your vocabulary suits the topics. Pauses before verbs suggest that you translate; tenses change within a story.",
          improvement_plan: "Tell one story a day in the past tense only, and count how often you leave it.",
          duration_minutes: 12,
        },
        safetyEvents: [
          {
            log_id: "demo-log-chen-1",
            content_type: "audio",
            moderation_action: "warn",
            confidence: 0.74,
            categories: ["profanity"],
            user_response: "[swears at the traffic]",
            ai_response: "Traffic can be frustrating. Could you describe it without strong words?",
          },
          {
            log_id: "demo-log-chen-2",
            content_type: "text",
            moderation_action: "block",
            confidence: 0.96,
            categories: ["spam"],
            user_response: "Cheap essays at …",
            ai_response: "I can only read an answer to the question.",
          },
        ],
        reports: [
          {
            report_id: "demo-report-chen-ai",
            report_type: "inappropriate_ai",
            description: "Maya warned me about language although I only described the traffic.",
            status: "investigating",
            admin_notes: "Listening to the recording.",
          },
          {
            report_id: "demo-report-chen-bug",
            report_type: "bug",
            description: "The timer stood still at 1:30 during part 2.",
            status: "new",
          },
        ],
      },
    ],
    tickets: [
      {
        daysAgo: 27.9,
        opening: {
          ticket_id: "TKT-0B9C4415E7D2",
          subject: "I want my money back for the mock test",
          message: "I bought the mock test by mistake and have not opened it.",
          category: "refund",
          priority: "normal",
          ai_response: "A colleague will check the purchase and refund it through Google Play.",
          ai_confidence: 0.88,
        },
        status: "resolved",
      },
      {
        daysAgo: 1.2,
        opening: {
          ticket_id: "TKT-9F23A0077C1E",
          subject: "The QR code never logs me in",
          message: "I scan the code, my phone says done, and the web page goes on waiting.",
          category: "qr_code",
          priority: "urgent",
        },
        status: "escalated",
        actions: [
          {
            fix: {
              action_id: "ACT-83E4410BC6F9",
              issue_description: "The web page polls a token that another cache node has not seen yet.",
              affected_service: "api_gateway",
              ai_analysis: "Responses of the status route are cached for 30 seconds.",
              proposed_fix: "Turn caching off for the QR status route.",
              code_diff:
                "--- a/template.yaml\n+++ b/template.yaml\n-          CachingEnabled: true\n+          CachingEnabled: false\n",
            },
            status: "pending_review",
          },
          {
            fix: {
              action_id: "ACT-2A60D91F5B07",
              issue_description: "Some phones send the redemption twice.",
              affected_service: "qr_code",
              proposed_fix: "Ignore the second request in the app.",
            },
            status: "rejected",
            reason: "The data layer already makes a repeated redemption harmless.",
          },
          {
            fix: {
              action_id: "ACT-6D15B70E29AC",
              issue_description: "Polling begins before the token is stored.",
              affected_service: "lambda",
              proposed_fix: "Answer the issue request only after the write has returned.",
            },
            status: "approved",
            reason: "Closes the gap with one await.",
          },
        ],
      },
    ],
  },
  {
    daysAgo: 21,
    registration: {
      email: "aisha.khan@example.com",
      username: "Aisha Khan",
      password_hash: "pbkdf2:sha256:600000$Zt4mWq8LhR$9f2c4e6a8b0d1f3e5c7a9b1d3f5e7c9a0b2d4f6e8c1a3b5d7f9e0c2a4b6d8f0e",
    },
    verified: true,
    account_status: "suspended",
    devices: [],
    purchases: [],
    assessments: [
      {
        daysAgo: 15,
        assessment_id: "demo-assessment-aisha-1",
        assessment_type: "speaking_general",
        outcome: "abandoned",
        safetyEvents: [
          {
            log_id: "demo-log-aisha-1",
            content_type: "audio",
            moderation_action: "block",
            confidence: 0.99,
            categories: ["hate_speech", "violence"],
            user_response: "[threatens another candidate]",
            ai_response: "I am ending this interview now.",
          },
        ],
        reports: [
          {
            report_id: "demo-report-aisha-1",
            report_type: "inappropriate_ai",
            description: "The examiner hung up on me.",
            status: "dismissed",
            admin_notes: "The block was right: see the safety log.",
          },
        ],
      },
    ],
    tickets: [
      {
        daysAgo: 14,
        opening: {
          ticket_id: "TKT-1D7700E3B94A",
          subject: "Why is my account suspended?",
          message: "I cannot log in any more. Please tell me why.",
          category: "technical",
          priority: "normal",
        },
        status: "new",
      },
    ],
  },
  {
    daysAgo: 3,
    registration: {
      email: "tomas.novak@example.com",
      username: "Tomás Novák",
      password_hash: "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHR2YWx1ZQ$RdescudvJCsgt3ub+b3Dw8RZ8w3bJ0bXoq1nXqQp3Ks",
      verification_token: "demo-verify-tomas",
    },
    verified: false,
    account_status: "active",
    devices: [],
    purchases: [],
    assessments: [],
    tickets: [],
  },
  {
    daysAgo: 90,
    registration: {
      email: "left.user@example.com",
      username: "Former user",
      password_hash: "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    },
    verified: false,
    account_status: "deleted",
    devices: [],
    purchases: [{ daysAgo: 88, ...receipt("speaking", "android", "demo-GPA.3341-0912-7745-10009", 36.99) }],
    assessments: [],
    tickets: [],
  },
];
