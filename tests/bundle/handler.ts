import { createClient, createDataLayer } from "../../index.ts";

/** What a function of the platform does, refusals included, told as JSON: the same bundled and unbundled. */
const NOW = 1_760_000_000;
const MARIA = "maria.fernandez@example.com";

export async function handle(endpoint: string, table: string): Promise<unknown[]> {
  const client = createClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const layer = createDataLayer({ client, table, clock: () => NOW, cursorSecret: "a secret of the test" });
  const told: unknown[] = [];
  const tell = async (act: () => Promise<unknown>) => {
    try {
      told.push((await act()) ?? null);
    } catch (error) {
      const { name, message, code, entity, attribute, rule, cause } = error as Record<string, unknown>;
      told.push({ name, message, code, entity, attribute, rule, cause: (cause as Error | undefined)?.name });
    }
  };
  const { accounts, assessments, support, questions, moderation, entities } = layer;
  const scores = {
    speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 },
  };
  const password_hash = `$2b$12$${"a".repeat(53)}`;
  const key = { user_id: MARIA, assessment_type: "speaking_academic", assessment_id: "as-1" } as const;
  const question = {
    question_id: "sp2-001",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "people",
    question_text: "Describe a person who has influenced you.",
    keywords: ["mentor"] as string[],
  } as const;

  await tell(() => accounts.register({ email: ` ${MARIA.toUpperCase()} `, username: "María", password_hash }));
  await tell(() => accounts.register({ email: MARIA, username: "Another", password_hash }));
  await tell(() => accounts.register({ email: "no address", username: "x", password_hash: "plain text" }));
  await tell(() => accounts.get(MARIA));
  await tell(() => assessments.start(key));
  await tell(() => assessments.start({ ...key, user_id: "other@example.com" }));
  await tell(() => assessments.complete("as-1", { scores: { speaking: { pronunciation: 6.3 } } as never }));
  await tell(() => assessments.complete("as-1", { scores, ai_feedback: "Well done.", duration_minutes: 14 }));
  await tell(() => assessments.abandon("as-1"));
  await tell(() => assessments.get("as-2"));
  await tell(() => assessments.listByUser(MARIA, { limit: 1, cursor: "forged" }));
  await tell(async () => (await assessments.listByUser(MARIA, { limit: 1 })).items);
  await tell(() => questions.import([question, { ...question, question_id: "sp2-002" }]));
  await tell(() => questions.import([{ ...question, difficulty: "impossible" as never }]));
  await tell(() => questions.get("sp2-002"));
  const ticket = {
    ticket_id: "TKT-1",
    user_email: MARIA,
    subject: "Sound",
    message: "No sound.",
    category: "audio",
  } as const;
  await tell(() => support.open({ ...ticket, priority: "high" }));
  await tell(() => support.open({ ...ticket, priority: "high", subject: "x".repeat(410_000) }));
  await tell(() => support.threadOutline("TKT-1"));
  await tell(() => moderation.reviewOutline("as-1"));
  await tell(() => accounts.overview(MARIA));
  await tell(() => layer.rubrics.getByCriterion("speaking", "pronunciation"));
  await tell(() => layer.devops.listPendingApprovals());
  await tell(() => layer.purchases.allActive(MARIA));
  // ElectroDB's own models and requests.
  await tell(async () => Object.values(entities).map(({ schema }) => schema.model.entity));
  await tell(async () => (await entities.assessment.get({ assessment_id: "as-1", user_id: MARIA }).go()).data);
  await tell(async () => (await entities.assessment.query.byUser({ user_email: MARIA }).go()).data);
  await tell(async () => (await entities.question.scan.go()).data);
  await tell(() =>
    entities.rubric.put({ rubric_id: "r", skill_type: "speaking", criterion: "pronunciation" } as never).go(),
  );
  await tell(async () => (await entities.user.patch({ email: MARIA }).set({ last_login: NOW }).go()).data);
  await tell(() => entities.user.create({ email: MARIA, username: "x", password_hash } as never).go());
  client.destroy();
  return told;
}
