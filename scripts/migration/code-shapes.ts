import { CRITERIA } from "../../entities/enums.ts";
import type { EntityName } from "../../entities/models.ts";
import { address, type Chance, DAY, type Item, iso, type Place, userOf } from "./chance.ts";
import type { ReasonCode } from "./reasons.ts";

/** A shape of items that the platform's code writes, and what becomes of them. */
export interface CodeShape {
  readonly name: string;
  make(place: Place): Item;
  /** Why they cannot come over; absent: they do, with the built-in mapping alone. */
  readonly dirty?: ReasonCode;
}

const scrypt = (chance: Chance) => `scrypt:32768:8:1$${chance.hex(16)}$${chance.hex(128)}`;
const BCRYPT = "$2b$12$abcdefghijklmnopqrstuuJ5p3GmZb1Vd9cQeXy0T4Nf7sLhRkWm2";

const person = ({ index, now, chance, userId }: Place) => ({
  email: address(index),
  user_id: userId(index),
  created_at: iso(now - chance.whole(DAY, 900 * DAY), chance),
});

const USERS: readonly CodeShape[] = [
  {
    name: "mobile app",
    make: (place) => ({
      ...person(place),
      password_hash: scrypt(place.chance),
      join_date: iso(place.now - 900 * DAY, place.chance),
      last_login: iso(place.now - DAY, place.chance),
      email_verified: true,
      assessment_count: place.chance.whole(0, 9),
      is_active: true,
      platform: "ios",
      device_id: place.chance.uuid(),
    }),
  },
  {
    name: "no flag",
    make: (place) => ({
      ...person(place),
      password_hash: BCRYPT,
      name: `Candidate ${place.index}`,
      user_type: "student",
      gdpr_consent: { terms: true, at: iso(place.now, place.chance) },
      assessment_attempts: { writing: 2 },
      academic_writing_unlocked: true,
    }),
  },
  {
    name: "purchases inside",
    make: (place) => ({
      ...person(place),
      password_hash: scrypt(place.chance),
      purchases: [{ product_id: "academic_writing", at: iso(place.now, place.chance) }],
    }),
  },
  {
    name: "hash of another kind",
    make: (place) => ({ ...person(place), password_hash: place.chance.hex(64) }),
    dirty: "invalid_value",
  },
  { name: "bought first", make: (place) => person(place), dirty: "missing_attribute" },
  {
    name: "stub of an update",
    make: ({ index, now, chance, userId }) => ({
      email: address(index),
      user_id: userId(index),
      last_login: iso(now, chance),
    }),
    dirty: "missing_attribute",
  },
];

const lately = ({ now, chance }: Place) => now - chance.whole(0, 3_000);

const SESSIONS: readonly CodeShape[] = [
  {
    name: "ISO expiry",
    make(place) {
      const created = lately(place);
      return {
        session_id: place.chance.uuid(),
        user_email: userOf(place),
        created_at: iso(created, place.chance),
        expires_at: iso(created + DAY, place.chance),
      };
    },
  },
  {
    name: "floating epochs, owner under email",
    make(place) {
      const created = String(lately(place) + 0.25);
      return {
        session_id: place.chance.uuid(),
        email: userOf(place),
        user_email: userOf(place),
        created_at: created,
        expires_at: Number(created) + DAY,
      };
    },
  },
  {
    name: "logged out",
    make: (place) => ({
      session_id: place.chance.uuid(),
      user_email: userOf(place),
      created_at: iso(lately(place), place.chance),
      is_active: place.chance.pick([false, "False", 0]),
    }),
  },
];

const taken = (place: Place) => ({
  assessment_id: place.chance.uuid(),
  timestamp: iso(place.now - place.chance.whole(0, 700 * DAY), place.chance),
  completed: true,
});

const ASSESSMENTS: readonly CodeShape[] = [
  {
    name: "flat scores",
    make(place) {
      const { chance } = place;
      const skill = chance.pick(["speaking", "writing"] as const);
      return {
        ...taken(place),
        user_email: userOf(place),
        assessment_type: `${chance.pick(["academic", "general"])}_${skill}`,
        overall_band: chance.whole(8, 18) / 2,
        criteria_scores: Object.fromEntries(CRITERIA[skill].map((name) => [name, chance.whole(8, 18) / 2])),
        detailed_feedback: { strengths: [chance.prose(200)], advice: chance.prose(chance.whole(100, 900)) },
      };
    },
  },
  {
    name: "of an id, scored by a model",
    make: (place) => ({
      ...taken(place),
      // The table's key, under which the code has the id.
      user_email: place.userId(place.chance.whole(0, place.population - 1)),
      assessment_type: place.chance.pick(["academic_task1", "academic_task2"]),
      ai_evaluation: { overall_score: place.chance.whole(8, 18) / 2, comments: place.chance.prose(300) },
      essay_text: place.chance.prose(1500),
    }),
  },
  {
    name: "reading",
    make: (place) => ({
      ...taken(place),
      user_email: userOf(place),
      assessment_type: "academic_reading",
      score: place.chance.whole(10, 40),
    }),
    dirty: "unknown_value",
  },
];

const QUESTIONS: readonly CodeShape[] = [
  {
    name: "pool",
    make: ({ index, chance }) => ({
      question_id: `pool_${index}`,
      assessment_type: "academic_writing",
      question_data: { prompt: chance.prose(200), parts: ["1", "2"] },
    }),
    dirty: "unknown_value",
  },
];

const purchase = ({ index, now, chance, userId }: Place) => ({
  user_id: userId(index),
  product_id: chance.pick([
    "com.ieltsaiprep.academic.mocktest",
    "com.ieltsaiprep.general.writing",
    "com.ieltsaiprep.academic.speaking",
  ]),
  platform: chance.pick(["ios", "android"]),
  purchase_date: iso(now - chance.whole(0, 90 * DAY), chance),
  receipt_data: JSON.stringify({ transactionId: String(2_000_000_000 + index), signature: chance.hex(400) }),
  assessments_remaining: chance.whole(0, 4),
});

const ENTITLEMENTS: readonly CodeShape[] = [
  { name: "of an id, transaction in the receipt", make: (place) => ({ ...purchase(place), status: "active" }) },
  {
    name: "used up, receipt as a map",
    make: (place) => ({
      ...purchase(place),
      receipt_data: { orderId: `GPA.${place.index}` },
      platform: "android",
      status: "consumed",
      assessments_remaining: 0,
    }),
  },
  {
    name: "of nobody's id",
    make: (place) => ({ ...purchase(place), user_id: place.chance.uuid(), status: "active" }),
    dirty: "unknown_owner",
  },
];

const SAFETY_LOGS: readonly CodeShape[] = [
  {
    name: "event",
    make: ({ now, chance }) => ({
      log_id: chance.uuid(),
      timestamp: now - chance.whole(0, 300 * DAY),
      event_type: "input_blocked",
      content_hash: chance.hex(64),
    }),
    dirty: "missing_attribute",
  },
];

const REPORTS: readonly CodeShape[] = [
  {
    name: "reason and content",
    make: (place) => ({
      report_id: place.chance.uuid(),
      created_at: place.now - place.chance.whole(0, 300 * DAY),
      reporter_email: userOf(place),
      assessment_id: place.chance.uuid(),
      report_reason: "The examiner was rude.",
      reported_content: place.chance.prose(200),
      status: "pending_review",
    }),
  },
];

const ACTIONS: readonly CodeShape[] = [
  {
    name: "the model's JSON",
    make: ({ now, chance }) => ({
      action_id: `ACT-${chance.hex(12).toUpperCase()}`,
      timestamp: now - chance.whole(0, 300 * DAY),
      action_type: "fix_proposed",
      issue_description: chance.prose(200),
      affected_service: "lambda",
      ai_analysis: { cause: chance.prose(200), confidence: "high" },
      proposed_fix: { description: chance.prose(200), steps: ["Raise the timeout."] },
      code_diff: [{ file: "handler.py", change: "+timeout: 120" }],
      status: "rejected",
      rejection_reason: "Too wide.",
      confidence: "high",
    }),
  },
];

/** The shapes of each table: those of tickets are what the estate has anyway. */
export const CODE_SHAPES: Readonly<Partial<Record<EntityName, readonly CodeShape[]>>> = {
  user: USERS,
  session: SESSIONS,
  assessment: ASSESSMENTS,
  question: QUESTIONS,
  entitlement: ENTITLEMENTS,
  safety_log: SAFETY_LOGS,
  content_report: REPORTS,
  devops_action: ACTIONS,
};
