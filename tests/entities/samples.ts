import type { CreateEntityItem } from "electrodb";
import { type AssessmentEntity, AssessmentModel } from "../../entities/assessment.ts";
import { type ClaimEntity, ClaimModel } from "../../entities/claim.ts";
import { type ContentReportEntity, ContentReportModel } from "../../entities/content-report.ts";
import { digestOf } from "../../entities/credential.ts";
import { type DevopsActionEntity, DevopsActionModel } from "../../entities/devops-action.ts";
import { type EntitlementEntity, EntitlementModel } from "../../entities/entitlement.ts";
import { type ErasureEntity, ErasureModel } from "../../entities/erasure.ts";
import { type QrTokenEntity, QrTokenModel } from "../../entities/qr-token.ts";
import { type QuestionEntity, QuestionModel } from "../../entities/question.ts";
import { type RubricEntity, RubricModel } from "../../entities/rubric.ts";
import { type SafetyLogEntity, SafetyLogModel } from "../../entities/safety-log.ts";
import type { AttributeSchema, IndexSchema } from "../../entities/schema.ts";
import { type SessionEntity, SessionModel } from "../../entities/session.ts";
import { type TicketEntity, TicketModel } from "../../entities/ticket.ts";
import { type UserEntity, UserModel } from "../../entities/user.ts";
import { createClient } from "../../services/client.ts";
import { createContext } from "../../services/context.ts";
import type { AnyEntity, Model } from "../../services/storage/context.ts";
import { Repository } from "../../services/storage/repository.ts";
import { BCRYPT_HASH, MARIA } from "../builders.ts";
import { NOW } from "../engine.ts";

/** Whole items of each entity as its rules ask for them; override what a test is about. */
type Sample<E extends AnyEntity> = (overrides?: Partial<CreateEntityItem<E>>) => CreateEntityItem<E>;

const CONFIG = { table: "t" };

export const users = UserModel.bind(CONFIG);
export const aUser: Sample<UserEntity> = (overrides = {}) => ({
  email: MARIA,
  password_hash: BCRYPT_HASH,
  username: "Maria",
  created_at: NOW,
  email_verified: false,
  account_status: "active",
  ...overrides,
});

export const sessions = SessionModel.bind(CONFIG);
export const aSession: Sample<SessionEntity> = (overrides = {}) => ({
  session_id: digestOf("web_1760000000_1a2B"),
  user_email: MARIA,
  created_at: NOW,
  expires_at: NOW + 86_400,
  qr_authenticated: false,
  ...overrides,
});

export const qrTokens = QrTokenModel.bind(CONFIG);
export const aQrToken: Sample<QrTokenEntity> = (overrides = {}) => ({
  token: digestOf("Xy-9_zQ"),
  user_email: MARIA,
  created_at: NOW,
  expires_at: NOW + 300,
  used: false,
  ...overrides,
});

export const assessments = AssessmentModel.bind(CONFIG);
export const anAssessment: Sample<AssessmentEntity> = (overrides = {}) => ({
  assessment_id: "As-7",
  user_id: MARIA,
  assessment_type: "speaking_academic",
  created_at: NOW,
  status: "in_progress",
  ...overrides,
});

export const questions = QuestionModel.bind(CONFIG);
export const aBankQuestion: Sample<QuestionEntity> = (overrides = {}) => ({
  question_id: "sp2-001",
  assessment_type: "speaking_part2",
  difficulty: "medium",
  topic: "people",
  question_text: "Describe a person who has influenced you.",
  ...overrides,
});

export const rubrics = RubricModel.bind(CONFIG);
export const aScoringRubric: Sample<RubricEntity> = (overrides = {}) => ({
  rubric_id: "speaking-fluency",
  skill_type: "speaking",
  criterion: "fluency_coherence",
  band_descriptors: { "7": "Keeps going with ease." },
  ...overrides,
});

export const entitlements = EntitlementModel.bind(CONFIG);
export const anEntitlement: Sample<EntitlementEntity> = (overrides = {}) => ({
  user_email: MARIA,
  product_id: "full_mock_test",
  platform: "ios",
  purchase_date: NOW,
  expires_at: NOW + 2_592_000,
  receipt_data: "MIIT-receipt",
  transaction_id: "1000000901",
  status: "active",
  claim_owner: "0a1b",
  ...overrides,
});

export const safetyLogs = SafetyLogModel.bind(CONFIG);
export const aSafetyLog: Sample<SafetyLogEntity> = (overrides = {}) => ({
  log_id: "Log-1",
  timestamp: NOW,
  assessment_id: "As-7",
  user_email: MARIA,
  content_type: "audio",
  moderation_action: "warn",
  confidence: 0.82,
  categories: ["profanity"],
  ...overrides,
});

export const contentReports = ContentReportModel.bind(CONFIG);
export const aContentReport: Sample<ContentReportEntity> = (overrides = {}) => ({
  report_id: "Rep-1",
  created_at: NOW,
  reporter_email: MARIA,
  assessment_id: "As-7",
  report_type: "inaccurate_score",
  description: "My pronunciation was better than 4.",
  status: "new",
  ...overrides,
});

export const tickets = TicketModel.bind(CONFIG);
export const aSupportTicket: Sample<TicketEntity> = (overrides = {}) => ({
  ticket_id: "TKT-9F0A1B2C3D4E",
  created_at: NOW,
  user_email: MARIA,
  subject: "The microphone stops",
  message: "In part 2 the recording stopped.",
  category: "audio",
  priority: "high",
  status: "new",
  ...overrides,
});

export const devopsActions = DevopsActionModel.bind(CONFIG);
export const aDevopsAction: Sample<DevopsActionEntity> = (overrides = {}) => ({
  action_id: "ACT-0A1B2C3D4E5F",
  timestamp: NOW,
  action_type: "fix_proposed",
  ticket_id: "TKT-9F0A1B2C3D4E",
  issue_description: "Uploads over 60 seconds time out",
  affected_service: "api_gateway",
  status: "pending_review",
  ...overrides,
});

export const claims = ClaimModel.bind(CONFIG);
export const aClaim: Sample<ClaimEntity> = (overrides = {}) => ({
  kind: "ticket",
  claimed_id: "TKT-9F0A1B2C3D4E",
  owner: "0b5c",
  created_at: NOW,
  ...overrides,
});

export const erasures = ErasureModel.bind(CONFIG);
export const anErasure: Sample<ErasureEntity> = (overrides = {}) => ({
  account: "9f0c",
  state: "unfinished",
  user_email: MARIA,
  erased_at: NOW,
  final_at: NOW + 3_600,
  ...overrides,
});

/** An entity with a whole item and the attributes of its primary key, for tests that go over all entities. */
export interface Subject {
  readonly entity: AnyEntity;
  readonly model: typeof ClaimModel | typeof ErasureModel | (typeof MODEL_LIST)[number];
  readonly item: Readonly<Record<string, unknown>>;
}

const MODEL_LIST = [
  UserModel,
  SessionModel,
  QrTokenModel,
  AssessmentModel,
  QuestionModel,
  RubricModel,
  EntitlementModel,
  SafetyLogModel,
  ContentReportModel,
  TicketModel,
  DevopsActionModel,
] as const;

export const SUBJECTS = {
  user: { entity: users, model: UserModel, item: aUser() },
  session: { entity: sessions, model: SessionModel, item: aSession() },
  qr_token: { entity: qrTokens, model: QrTokenModel, item: aQrToken() },
  assessment: { entity: assessments, model: AssessmentModel, item: anAssessment() },
  question: { entity: questions, model: QuestionModel, item: aBankQuestion() },
  rubric: { entity: rubrics, model: RubricModel, item: aScoringRubric() },
  entitlement: { entity: entitlements, model: EntitlementModel, item: anEntitlement() },
  safety_log: { entity: safetyLogs, model: SafetyLogModel, item: aSafetyLog() },
  content_report: { entity: contentReports, model: ContentReportModel, item: aContentReport() },
  ticket: { entity: tickets, model: TicketModel, item: aSupportTicket() },
  devops_action: { entity: devopsActions, model: DevopsActionModel, item: aDevopsAction() },
  claim: { entity: claims, model: ClaimModel, item: aClaim() },
  erasure: { entity: erasures, model: ErasureModel, item: anErasure() },
} as const satisfies Record<string, Subject>;

/** The attributes of the table's own key. */
export function primaryKeyOf({ model, item }: Subject): Record<string, unknown> {
  const [primary] = Object.values(model.schema.indexes) as [IndexSchema];
  return Object.fromEntries([...primary.pk.composite, ...primary.sk.composite].map((name) => [name, item[name]]));
}

export const indexesOf = ({ model }: Pick<Subject, "model">): [string, IndexSchema][] =>
  Object.entries(model.schema.indexes);

export const attributesOf = ({ model }: Pick<Subject, "model">): [string, AttributeSchema][] =>
  Object.entries(model.schema.attributes);

const CLIENT = createClient({ region: "us-east-1" });

/** The store through which services write the subject's items; it sends nothing by itself. */
export const storeOf = <E extends AnyEntity>({ model }: { readonly model: Model<E> }): Repository<E> =>
  new Repository(createContext({ client: CLIENT, ...CONFIG }), model);
