import type { Question } from "../entities/question.ts";
import type { Rubric } from "../entities/rubric.ts";
import type { Registration } from "../services/accounts.ts";
import type { AssessmentResult, AssessmentStart } from "../services/assessments.ts";
import type { Diagnosis, FixProposal } from "../services/devops.ts";
import type { ReportFiling, SafetyEvent } from "../services/moderation.ts";
import type { VerifiedReceipt } from "../services/purchases.ts";
import type { QrRedemption } from "../services/qr-login.ts";
import type { SessionStart } from "../services/sessions.ts";
import type { TicketOpening } from "../services/support.ts";

/**
 * Inputs of the services, one builder for each kind of item, with values that every rule accepts and that fit together;
 * override what a test is about.
 */

/** A well-formed bcrypt hash, of no password. */
export const BCRYPT_HASH = "$2b$12$abcdefghijklmnopqrstuuJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
/** Another one, for a changed password. */
export const OTHER_BCRYPT_HASH = "$2b$12$zyxwvutsrqponmlkjihgfeJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";

/** The user whom all builders are about. */
export const MARIA = "maria@example.com";
/** Another user. */
export const CHEN = "chen@example.com";

/**
 * For `accounts.register`: Maria's account.
 * @example
 * import { aRegistration, CHEN } from "@ielts-ai-prep/data-layer/testing";
 *
 * await accounts.register(aRegistration({ email: CHEN, username: "Chen" }));
 */
export const aRegistration = (overrides: Partial<Registration> = {}): Registration => ({
  email: MARIA,
  password_hash: BCRYPT_HASH,
  username: "Maria",
  verification_token: "verify-maria-8sT2kQ9xLw4Zr7",
  ...overrides,
});

/**
 * For `sessions.start`; the account must be there.
 * @example
 * import { aSession } from "@ielts-ai-prep/data-layer/testing";
 *
 * const { session_id } = await sessions.start(aSession({ ip_address: "203.0.113.9" }));
 */
export const aSession = (overrides: Partial<SessionStart> = {}): SessionStart => ({
  user_email: MARIA,
  ip_address: "198.51.100.7",
  user_agent: "Firefox/145 (Windows)",
  ...overrides,
});

/**
 * For `qrLogin.redeem`, beside the token.
 * @example
 * import { aRedemption, MARIA } from "@ielts-ai-prep/data-layer/testing";
 *
 * const { token } = await qrLogin.issue(MARIA);
 * await qrLogin.redeem(token, aRedemption());
 */
export const aRedemption = (overrides: Partial<QrRedemption> = {}): QrRedemption => ({
  device_id: "marias-phone-5b1f9c24e7d03a86",
  user_agent: "IELTS AI Prep/4.2 (Pixel 10)",
  ...overrides,
});

/**
 * For `assessments.start`.
 * @example
 * import { anAssessment } from "@ielts-ai-prep/data-layer/testing";
 *
 * const writing = anAssessment({ assessment_id: "assessment-2", assessment_type: "writing_general" });
 * await assessments.start(writing);
 */
export const anAssessment = (overrides: Partial<AssessmentStart> = {}): AssessmentStart => ({
  assessment_id: "assessment-1",
  user_id: MARIA,
  assessment_type: "speaking_academic",
  ...overrides,
});

/**
 * For `purchases.grant`: a verified receipt, which becomes an entitlement; its price is in USD.
 * @example
 * import { aReceipt } from "@ielts-ai-prep/data-layer/testing";
 *
 * await purchases.grant(aReceipt({ product_id: "writing", transaction_id: "1000000902" }));
 */
export const aReceipt = (overrides: Partial<VerifiedReceipt> = {}): VerifiedReceipt => ({
  user_email: MARIA,
  product_id: "speaking",
  platform: "ios",
  transaction_id: "1000000901",
  receipt_data: "MIIT-receipt",
  price_paid: 36.99,
  ...overrides,
});

/** Bands, 0 to 9, of the speaking criteria: 7 on average, rounded to halves. */
export const speakingScores = {
  fluency_coherence: 7.5,
  lexical_resource: 6.5,
  grammatical_range: 7,
  pronunciation: 6,
} as const;

/** Bands, 0 to 9, of the writing criteria: 7 on average. */
export const writingScores = {
  task_achievement: 7,
  coherence_cohesion: 7.5,
  lexical_resource: 6.5,
  grammatical_range: 7,
} as const;

/**
 * For `assessments.complete`, of a speaking assessment of 14 minutes: band 7.
 * @example
 * import { aSpeakingResult } from "@ielts-ai-prep/data-layer/testing";
 *
 * const { band_score } = await assessments.complete(assessment_id, aSpeakingResult({ duration_minutes: 11 }));
 */
export const aSpeakingResult = (overrides: Partial<AssessmentResult> = {}): AssessmentResult => ({
  scores: { speaking: speakingScores },
  ai_feedback: "You speak at length and link your ideas well.",
  improvement_plan: "Practise word stress for ten minutes a day.",
  duration_minutes: 14,
  ...overrides,
});

/**
 * For `support.open`.
 * @example
 * import { aTicket } from "@ielts-ai-prep/data-layer/testing";
 *
 * const urgent = await support.open(aTicket({ priority: "urgent" }));
 */
export const aTicket = (overrides: Partial<TicketOpening> = {}): TicketOpening => ({
  user_email: MARIA,
  subject: "The microphone stops after a minute",
  message: "In part 2 the recording stopped and my answer was lost.",
  category: "audio",
  priority: "high",
  ...overrides,
});

/**
 * For `devops.recordDiagnosis`; give it a `ticket` to link them.
 * @example
 * import { aDiagnosis } from "@ielts-ai-prep/data-layer/testing";
 *
 * await devops.recordDiagnosis(aDiagnosis({ ticket: ticket_id }));
 */
export const aDiagnosis = (overrides: Partial<Diagnosis> = {}): Diagnosis => ({
  issue_description: "Audio uploads over 60 seconds time out",
  affected_service: "lambda",
  ai_analysis: "The function's timeout is shorter than the upload.",
  ...overrides,
});

/**
 * For `devops.proposeFix`; give it a `ticket` to link them.
 * @example
 * import { aFix, aTicket } from "@ielts-ai-prep/data-layer/testing";
 *
 * const ticket = await support.open(aTicket());
 * const { status } = await devops.proposeFix(aFix({ ticket })); // pending_review
 */
export const aFix = (overrides: Partial<FixProposal> = {}): FixProposal => ({
  issue_description: "Audio uploads over 60 seconds time out",
  affected_service: "lambda",
  proposed_fix: "Raise the timeout to 120 seconds.",
  code_diff: "-timeout: 60\n+timeout: 120\n",
  ...overrides,
});

/**
 * For `moderation.recordSafetyEvent`: an event in the assessment that `anAssessment` starts.
 * @example
 * import { aSafetyEvent } from "@ielts-ai-prep/data-layer/testing";
 *
 * await moderation.recordSafetyEvent(aSafetyEvent({ moderation_action: "block", confidence: 0.97 }));
 */
export const aSafetyEvent = (overrides: Partial<SafetyEvent> = {}): SafetyEvent => ({
  assessment_id: "assessment-1",
  user_email: MARIA,
  content_type: "audio",
  moderation_action: "warn",
  confidence: 0.82,
  categories: ["profanity"],
  user_response: "…",
  ai_response: "Let us keep our language polite.",
  ...overrides,
});

/**
 * For `moderation.fileReport`: about the assessment that `anAssessment` starts.
 * @example
 * import { aReport } from "@ielts-ai-prep/data-layer/testing";
 *
 * const { report_id } = await moderation.fileReport(aReport({ report_type: "bug" }));
 */
export const aReport = (overrides: Partial<ReportFiling> = {}): ReportFiling => ({
  reporter_email: MARIA,
  assessment_id: "assessment-1",
  report_type: "inaccurate_score",
  description: "I think that my pronunciation was better than 4.",
  ...overrides,
});

/**
 * For `assessments.complete`, of a writing assessment of 58 minutes: band 7.
 * @example
 * import { anAssessment, aWritingResult } from "@ielts-ai-prep/data-layer/testing";
 *
 * const writing = anAssessment({ assessment_id: "assessment-2", assessment_type: "writing_academic" });
 * await assessments.complete(await assessments.start(writing), aWritingResult());
 */
export const aWritingResult = (overrides: Partial<AssessmentResult> = {}): AssessmentResult => ({
  scores: { writing: writingScores },
  ai_feedback: "Your position is clear from the first paragraph.",
  improvement_plan: "Plan both body paragraphs before you write.",
  duration_minutes: 58,
  ...overrides,
});

/**
 * For `questions.import`: a question, whole.
 * @example
 * import { aQuestion } from "@ielts-ai-prep/data-layer/testing";
 *
 * const topics = ["people", "travel", "work"];
 * await questions.import(topics.map((topic) => aQuestion({ question_id: `sp2-${topic}`, topic })));
 */
export const aQuestion = (overrides: Partial<Question> = {}): Question => ({
  question_id: "sp2-900",
  assessment_type: "speaking_part2",
  difficulty: "medium",
  topic: "people",
  question_text: "Describe a neighbour whom you would miss if they moved away.",
  sample_answer: "The neighbour I would miss most is Mr Okafor, who repairs bicycles on our stairs.",
  keywords: ["neighbour", "keep an eye on", "helpful"],
  estimated_time: 2,
  ...overrides,
});

/**
 * For `rubrics.import`: a rubric, whole.
 * @example
 * import { aRubric } from "@ielts-ai-prep/data-layer/testing";
 *
 * await rubrics.import([aRubric({ rubric_id: "speaking-pronunciation", criterion: "pronunciation" })]);
 */
export const aRubric = (overrides: Partial<Rubric> = {}): Rubric => ({
  rubric_id: "speaking-fluency-test",
  skill_type: "speaking",
  criterion: "fluency_coherence",
  band_descriptors: { "6": "Keeps going, at a price.", "7": "Keeps going with ease." },
  evaluation_prompts: ["Count the pauses for language."],
  ...overrides,
});
