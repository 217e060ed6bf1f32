/** The closed sets of the specification. */
export const ACCOUNT_STATUSES = ["active", "suspended", "deleted"] as const;
export const ASSESSMENT_TYPES = [
  "speaking_academic",
  "speaking_general",
  "writing_academic",
  "writing_general",
] as const;
export const ASSESSMENT_STATUSES = ["in_progress", "completed", "abandoned"] as const;
export const QUESTION_TYPES = [
  "speaking_part1",
  "speaking_part2",
  "speaking_part3",
  "writing_task1",
  "writing_task1_academic",
  "writing_task1_general",
  "writing_task2",
] as const;
export const DIFFICULTIES = ["easy", "medium", "hard"] as const;
export const SKILLS = ["speaking", "writing"] as const;
export const CRITERIA = {
  speaking: ["fluency_coherence", "lexical_resource", "grammatical_range", "pronunciation"],
  writing: ["task_achievement", "coherence_cohesion", "lexical_resource", "grammatical_range"],
} as const;
export const CRITERION_NAMES = [
  "fluency_coherence",
  "lexical_resource",
  "grammatical_range",
  "pronunciation",
  "task_achievement",
  "coherence_cohesion",
] as const;
export const BANDS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
export const PRODUCTS = ["writing", "speaking", "full_mock_test"] as const;
export const PLATFORMS = ["ios", "android"] as const;
export const ENTITLEMENT_STATUSES = ["active", "expired", "refunded"] as const;
export const CONTENT_TYPES = ["audio", "text"] as const;
export const MODERATION_ACTIONS = ["warn", "block", "none"] as const;
export const MODERATION_CATEGORIES = ["profanity", "hate_speech", "violence", "sexual_content", "spam"] as const;
export const REPORT_TYPES = ["inappropriate_ai", "bug", "inaccurate_score"] as const;
export const REPORT_STATUSES = ["new", "investigating", "resolved", "dismissed"] as const;
export const TICKET_CATEGORIES = ["purchase", "qr_code", "audio", "refund", "technical"] as const;
export const TICKET_PRIORITIES = ["urgent", "high", "normal", "low"] as const;
export const TICKET_STATUSES = ["new", "in_progress", "resolved", "escalated"] as const;
export const ACTION_TYPES = ["diagnose", "fix_proposed", "fix_applied"] as const;
export const ACTION_STATUSES = ["pending_review", "approved", "rejected", "applied"] as const;

export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];
export type AssessmentType = (typeof ASSESSMENT_TYPES)[number];
export type AssessmentStatus = (typeof ASSESSMENT_STATUSES)[number];
export type QuestionType = (typeof QUESTION_TYPES)[number];
export type Difficulty = (typeof DIFFICULTIES)[number];
export type Skill = (typeof SKILLS)[number];
export type Criterion = (typeof CRITERION_NAMES)[number];
export type Band = (typeof BANDS)[number];
export type Product = (typeof PRODUCTS)[number];
export type Platform = (typeof PLATFORMS)[number];
export type EntitlementStatus = (typeof ENTITLEMENT_STATUSES)[number];
export type ContentType = (typeof CONTENT_TYPES)[number];
export type ModerationAction = (typeof MODERATION_ACTIONS)[number];
export type ModerationCategory = (typeof MODERATION_CATEGORIES)[number];
export type ReportType = (typeof REPORT_TYPES)[number];
export type ReportStatus = (typeof REPORT_STATUSES)[number];
export type TicketCategory = (typeof TICKET_CATEGORIES)[number];
export type TicketPriority = (typeof TICKET_PRIORITIES)[number];
export type TicketStatus = (typeof TICKET_STATUSES)[number];
export type ActionType = (typeof ACTION_TYPES)[number];
export type ActionStatus = (typeof ACTION_STATUSES)[number];
