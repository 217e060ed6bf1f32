// The closed sets of the specification, as lists and as unions.

/** States of an account. */
export const ACCOUNT_STATUSES = ["active", "suspended", "deleted"] as const;
/** Kinds of assessment: skill and module. */
export const ASSESSMENT_TYPES = [
  "speaking_academic",
  "speaking_general",
  "writing_academic",
  "writing_general",
] as const;
/** States of an assessment. */
export const ASSESSMENT_STATUSES = ["in_progress", "completed", "abandoned"] as const;
/** Parts and tasks of the test that questions are for. */
export const QUESTION_TYPES = [
  "speaking_part1",
  "speaking_part2",
  "speaking_part3",
  "writing_task1",
  "writing_task1_academic",
  "writing_task1_general",
  "writing_task2",
] as const;
/** Difficulties of a question. */
export const DIFFICULTIES = ["easy", "medium", "hard"] as const;
/** Skills that are assessed and have rubrics. */
export const SKILLS = ["speaking", "writing"] as const;
/** The four scoring criteria of each skill. */
export const CRITERIA = {
  speaking: ["fluency_coherence", "lexical_resource", "grammatical_range", "pronunciation"],
  writing: ["task_achievement", "coherence_cohesion", "lexical_resource", "grammatical_range"],
} as const;
/** The scoring criteria of all skills. */
export const CRITERION_NAMES = [
  "fluency_coherence",
  "lexical_resource",
  "grammatical_range",
  "pronunciation",
  "task_achievement",
  "coherence_cohesion",
] as const;
/** Whole bands, as the keys of descriptors. */
export const BANDS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
/** What can be bought. */
export const PRODUCTS = ["writing", "speaking", "full_mock_test"] as const;
/** Stores that sell it: App Store and Google Play. */
export const PLATFORMS = ["ios", "android"] as const;
/** Where a store's transaction was made. */
export const STORE_ENVIRONMENTS = ["production", "sandbox"] as const;
/** States of a purchase. */
export const ENTITLEMENT_STATUSES = ["active", "expired", "refunded"] as const;
/** What the moderation looks at. */
export const CONTENT_TYPES = ["audio", "text"] as const;
/** What the moderation can do. */
export const MODERATION_ACTIONS = ["warn", "block", "none"] as const;
/** What the moderation can flag. */
export const MODERATION_CATEGORIES = ["profanity", "hate_speech", "violence", "sexual_content", "spam"] as const;
/** Kinds of report about content. */
export const REPORT_TYPES = ["inappropriate_ai", "bug", "inaccurate_score"] as const;
/** States of a report. */
export const REPORT_STATUSES = ["new", "investigating", "resolved", "dismissed"] as const;
/** What a support ticket can be about. */
export const TICKET_CATEGORIES = ["purchase", "qr_code", "audio", "refund", "technical"] as const;
/** Priorities of a support ticket, the most urgent first. */
export const TICKET_PRIORITIES = ["urgent", "high", "normal", "low"] as const;
/** States of a support ticket. */
export const TICKET_STATUSES = ["new", "in_progress", "resolved", "escalated"] as const;
/** Kinds of DevOps action. */
export const ACTION_TYPES = ["diagnose", "fix_proposed", "fix_applied"] as const;
/** States of a proposed fix. */
export const ACTION_STATUSES = ["pending_review", "approved", "rejected", "applied"] as const;

/** State of an account. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];
/** Kind of assessment: skill and module. */
export type AssessmentType = (typeof ASSESSMENT_TYPES)[number];
/** State of an assessment. */
export type AssessmentStatus = (typeof ASSESSMENT_STATUSES)[number];
/** Part or task of the test that a question is for. */
export type QuestionType = (typeof QUESTION_TYPES)[number];
/** Difficulty of a question. */
export type Difficulty = (typeof DIFFICULTIES)[number];
/** Skill that is assessed and has rubrics. */
export type Skill = (typeof SKILLS)[number];
/** Scoring criterion of a skill. */
export type Criterion = (typeof CRITERION_NAMES)[number];
/** Whole band, as the key of a descriptor. */
export type Band = (typeof BANDS)[number];
/** What can be bought. */
export type Product = (typeof PRODUCTS)[number];
/** Store that sold it: App Store or Google Play. */
export type Platform = (typeof PLATFORMS)[number];
/** Where a store's transaction was made: with money, or by a tester. */
export type StoreEnvironment = (typeof STORE_ENVIRONMENTS)[number];
/** State of a purchase. */
export type EntitlementStatus = (typeof ENTITLEMENT_STATUSES)[number];
/** What the moderation looked at. */
export type ContentType = (typeof CONTENT_TYPES)[number];
/** What the moderation did. */
export type ModerationAction = (typeof MODERATION_ACTIONS)[number];
/** What the moderation flagged. */
export type ModerationCategory = (typeof MODERATION_CATEGORIES)[number];
/** Kind of report about content. */
export type ReportType = (typeof REPORT_TYPES)[number];
/** State of a report. */
export type ReportStatus = (typeof REPORT_STATUSES)[number];
/** What a support ticket is about. */
export type TicketCategory = (typeof TICKET_CATEGORIES)[number];
/** Priority of a support ticket. */
export type TicketPriority = (typeof TICKET_PRIORITIES)[number];
/** State of a support ticket. */
export type TicketStatus = (typeof TICKET_STATUSES)[number];
/** Kind of DevOps action. */
export type ActionType = (typeof ACTION_TYPES)[number];
/** State of a proposed fix. */
export type ActionStatus = (typeof ACTION_STATUSES)[number];
