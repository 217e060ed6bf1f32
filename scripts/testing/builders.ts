import type { Question } from "../../entities/question.ts";
import type { Rubric } from "../../entities/rubric.ts";
import type { Registration } from "../../services/accounts.ts";
import type { AssessmentResult, AssessmentStart } from "../../services/assessments.ts";
import type { Diagnosis, FixProposal } from "../../services/devops.ts";
import type { ReportFiling, SafetyEvent } from "../../services/moderation.ts";
import type { VerifiedReceipt } from "../../services/purchases.ts";
import type { QrRedemption } from "../../services/qr-login.ts";
import type { SessionStart } from "../../services/sessions.ts";
import type { TicketOpening } from "../../services/support.ts";

/**
 * Inputs of the services, one builder for each kind of item, with values that every rule accepts and that fit together;
 * override what a test is about.
 */
export const BCRYPT_HASH = "$2b$12$abcdefghijklmnopqrstuuJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";
export const OTHER_BCRYPT_HASH = "$2b$12$zyxwvutsrqponmlkjihgfeJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";

export const MARIA = "maria@example.com";
export const CHEN = "chen@example.com";

/** For `accounts.register`: Maria's account. */
export const aRegistration = (overrides: Partial<Registration> = {}): Registration => ({
  email: MARIA,
  password_hash: BCRYPT_HASH,
  username: "Maria",
  verification_token: "verify-maria",
  ...overrides,
});

/** For `sessions.start`; the account must be there. */
export const aSession = (overrides: Partial<SessionStart> = {}): SessionStart => ({
  user_email: MARIA,
  ip_address: "198.51.100.7",
  user_agent: "Firefox/145 (Windows)",
  ...overrides,
});

/** For `qrLogin.redeem`, beside the token. */
export const aRedemption = (overrides: Partial<QrRedemption> = {}): QrRedemption => ({
  device_id: "marias-phone",
  user_agent: "IELTS AI Prep/4.2 (Pixel 10)",
  ...overrides,
});

/** For `assessments.start`. */
export const anAssessment = (overrides: Partial<AssessmentStart> = {}): AssessmentStart => ({
  assessment_id: "assessment-1",
  user_id: MARIA,
  assessment_type: "speaking_academic",
  ...overrides,
});

/** For `purchases.grant`: a verified receipt, which becomes an entitlement. */
export const aReceipt = (overrides: Partial<VerifiedReceipt> = {}): VerifiedReceipt => ({
  user_email: MARIA,
  product_id: "speaking",
  platform: "ios",
  transaction_id: "1000000901",
  receipt_data: "MIIT-receipt",
  price_paid: 36.99,
  ...overrides,
});

export const speakingScores = {
  fluency_coherence: 7.5,
  lexical_resource: 6.5,
  grammatical_range: 7,
  pronunciation: 6,
} as const;

export const writingScores = {
  task_achievement: 7,
  coherence_cohesion: 7.5,
  lexical_resource: 6.5,
  grammatical_range: 7,
} as const;

/** For `assessments.complete`, of a speaking assessment: band 7. */
export const aSpeakingResult = (overrides: Partial<AssessmentResult> = {}): AssessmentResult => ({
  scores: { speaking: speakingScores },
  ai_feedback: "You speak at length and link your ideas well.",
  improvement_plan: "Practise word stress for ten minutes a day.",
  duration_minutes: 14,
  ...overrides,
});

/** For `support.open`. */
export const aTicket = (overrides: Partial<TicketOpening> = {}): TicketOpening => ({
  user_email: MARIA,
  subject: "The microphone stops after a minute",
  message: "In part 2 the recording stopped and my answer was lost.",
  category: "audio",
  priority: "high",
  ...overrides,
});

/** For `devops.recordDiagnosis`; give it a `ticket` to link them. */
export const aDiagnosis = (overrides: Partial<Diagnosis> = {}): Diagnosis => ({
  issue_description: "Audio uploads over 60 seconds time out",
  affected_service: "lambda",
  ai_analysis: "The function's timeout is shorter than the upload.",
  ...overrides,
});

/** For `devops.proposeFix`; give it a `ticket` to link them. */
export const aFix = (overrides: Partial<FixProposal> = {}): FixProposal => ({
  issue_description: "Audio uploads over 60 seconds time out",
  affected_service: "lambda",
  proposed_fix: "Raise the timeout to 120 seconds.",
  code_diff: "-timeout: 60\n+timeout: 120\n",
  ...overrides,
});

/** For `moderation.recordSafetyEvent`: an event in the assessment that `anAssessment` starts. */
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

/** For `moderation.fileReport`: about the assessment that `anAssessment` starts. */
export const aReport = (overrides: Partial<ReportFiling> = {}): ReportFiling => ({
  reporter_email: MARIA,
  assessment_id: "assessment-1",
  report_type: "inaccurate_score",
  description: "I think that my pronunciation was better than 4.",
  ...overrides,
});

/** For `assessments.complete`, of a writing assessment: band 7. */
export const aWritingResult = (overrides: Partial<AssessmentResult> = {}): AssessmentResult => ({
  scores: { writing: writingScores },
  ai_feedback: "Your position is clear from the first paragraph.",
  improvement_plan: "Plan both body paragraphs before you write.",
  duration_minutes: 58,
  ...overrides,
});

/** For `questions.import`: a question, whole. */
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

/** For `rubrics.import`: a rubric, whole. */
export const aRubric = (overrides: Partial<Rubric> = {}): Rubric => ({
  rubric_id: "speaking-fluency-test",
  skill_type: "speaking",
  criterion: "fluency_coherence",
  band_descriptors: { "6": "Keeps going, at a price.", "7": "Keeps going with ease." },
  evaluation_prompts: ["Count the pauses for language."],
  ...overrides,
});
