import { createColors } from "picocolors";
import { describeModel } from "../../entities/model.ts";
import { createDataLayer } from "../../services/data-layer.ts";
import type { RequestEvent } from "../../services/storage/context.ts";
import { DataLayerError } from "../../services/storage/errors.ts";
import type { AccountsTarget } from "../table/table-target.ts";

// Colour only on a terminal, in continuous integration too.
const colors = createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);
const model = describeModel();
const seedIndexes = new Map(
  Object.entries(model.entities).flatMap(([entity, { accessPatterns }]) =>
    accessPatterns.map((pattern) => [`${entity}/${pattern.name}`, pattern.seedIndex] as const),
  ),
);

const WIDTH = 80;

const instantText = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Breaks a text into lines that fit beside a label of 12 columns. */
function hang(label: string, text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trim().split(/\s+/)) {
    if (line !== "" && 12 + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  const [first = "", ...rest] = lines.map((part) =>
    12 + part.length > WIDTH ? `${part.slice(0, WIDTH - 13)}…` : part,
  );
  return [`  ${colors.dim(label.padEnd(9))} ${first}`, ...rest.map((part) => `            ${part}`)].join("\n");
}

/** What the requests of a step replace in the seed's design. */
function seedText(events: readonly RequestEvent[]): string {
  const names = events.map(({ entity, accessPattern, index }) => {
    const seedIndex = seedIndexes.get(`${entity}/${accessPattern}`);
    if (seedIndex !== undefined) return seedIndex;
    const collection = model.collections[entity];
    if (collection !== undefined && index !== "table") return `one query a table: ${collection.members.join(", ")}`;
    const seedTable = (model.entities as Readonly<Record<string, { seedTable: string } | undefined>>)[entity]
      ?.seedTable;
    return seedTable ?? "";
  });
  return [...new Set(names.filter(Boolean))].join("; ") || "nothing: the seed has no guard for this";
}

function requestText(events: readonly RequestEvent[]): string {
  const indexes = [...new Set(events.map(({ index }) => index))].join(" + ");
  const items = events.reduce((sum, event) => sum + event.items, 0);
  const reads = events.reduce((sum, event) => sum + (event.readUnits ?? 0), 0);
  const units = reads > 0 ? `, ${reads} read units` : "";
  return `${indexes} · ${count(events.length, "request")}, ${count(items, "item")}${units}`;
}

/** Walks one day of the platform through the services and prints what each question took. */
export async function walkOneDay({ client, table, erasureSecret }: AccountsTarget, start: number): Promise<void> {
  let time = start;
  let steps = 0;
  const all: RequestEvent[] = [];
  let events: RequestEvent[] = [];
  const layer = createDataLayer({
    client,
    table,
    erasureSecret,
    clock: () => time,
    consumedCapacity: true,
    onRequest: (event) => events.push(event),
  });

  const chapter = (title: string) => console.log(`\n${colors.bold(title)}`);

  /** One question of the platform: asks it, and prints the question, the requests and the answer. */
  async function ask<T>(question: string, answer: () => Promise<T>, show: (result: T) => string): Promise<T> {
    steps++;
    time += 60;
    events = [];
    const result = await answer();
    console.log(`\n${colors.cyan(`${String(steps).padStart(2)}.`)} ${question}`);
    console.log(hang("replaces", seedText(events)));
    console.log(hang("index", requestText(events)));
    console.log(hang("gave", show(result)));
    all.push(...events);
    return result;
  }

  /** A question whose right answer is a refusal. */
  const refuse = (question: string, attempt: () => Promise<unknown>) =>
    ask(
      question,
      () =>
        attempt().then(
          () => {
            throw new Error(`"${question}" was not refused`);
          },
          (error: unknown) => {
            if (error instanceof DataLayerError) return error;
            throw error;
          },
        ),
      (error) => `refused, ${error.code}: ${error.message}`,
    );

  const { accounts, sessions, qrLogin, assessments, questions, rubrics, purchases, moderation, support, devops } =
    layer;
  const email = "lena.berg@example.com";
  const maria = "maria.silva@example.com";
  const password_hash = "$2b$12$8Jt2mQ5xWc0VbN7yRz1LkuH4sD6fG9pKaEo3iUhTlYvXwMqBnCrZe";

  chapter("MORNING: Lena joins");
  await ask(
    "Register an account: is the address free?",
    () =>
      accounts.register({
        email: " Lena.Berg@Example.com",
        username: "Lena Berg",
        password_hash,
        verification_token: "demo-verify-lena-7Kq2xLw9",
      }),
    (user) => `${user.email}, ${user.account_status}, e-mail not verified`,
  );
  await refuse("Register the same address again, with another password?", () =>
    accounts.register({ email, username: "Lena", password_hash: password_hash.replace("8Jt", "9Jt") }),
  );
  await ask(
    "Verify the address by its single-use token?",
    () => accounts.verifyEmail(email, { verification_token: "demo-verify-lena-7Kq2xLw9" }),
    (user) => `e-mail verified: ${user.email_verified}`,
  );
  await ask(
    "Log in: what is the hash, and a new session?",
    async () => {
      const credentials = await accounts.credentials(email);
      const session = await sessions.start({
        user_email: email,
        ip_address: "198.51.100.7",
        user_agent: "Firefox/145 (Windows)",
      });
      await accounts.recordLogin(credentials.email);
      return session;
    },
    (session) => `a session until ${instantText(session.expires_at)} UTC`,
  );
  const token = await ask(
    "Issue a QR token for her phone?",
    () => qrLogin.issue(email),
    (issued) => `a token until ${instantText(issued.expires_at)} UTC`,
  );
  const phone = await ask(
    "Redeem the token: which phone is first?",
    () =>
      qrLogin.redeem(token.token, {
        device_id: "lenas-phone-5b1f9c24e7d03a86",
        user_agent: "IELTS AI Prep/4.2 (Pixel 10)",
      }),
    (session) => `a session, qr_authenticated: ${session.qr_authenticated}`,
  );
  await refuse("Redeem it with a second phone?", () =>
    qrLogin.redeem(token.token, { device_id: "another-phone-0e6d21b8c94f7a35" }),
  );
  await ask(
    "What does the polling web page learn?",
    () => qrLogin.status(token.token),
    (status) => status.state,
  );
  await ask(
    "Whose session is this?",
    () => sessions.authenticate(phone.session_id),
    (session) => `${session.user_email}, since ${instantText(session.created_at)} UTC`,
  );
  await ask(
    "Which sessions does Lena have?",
    () => sessions.listByUser(email),
    ({ items }) => items.map((session) => session.user_agent ?? "unknown device").join("; "),
  );

  chapter("NOON: she buys and practises");
  const receipt = {
    user_email: email,
    product_id: "speaking",
    platform: "android",
    transaction_id: "GPA.3399-1200-4410-55021",
    receipt_data: '{"purchaseToken":"opaque"}',
    price_paid: 36.99,
  } as const;
  await ask(
    "Grant a verified purchase: once for ever?",
    () => purchases.grant(receipt),
    ({ purchase }) => `${purchase.product_id} until ${instantText(purchase.expires_at)} UTC`,
  );
  await refuse("The same receipt for another account?", () => purchases.grant({ ...receipt, user_email: maria }));
  await ask(
    "May she use the speaking product now?",
    () => purchases.hasAccess(email, "speaking"),
    (access) => (access ? "yes" : "no"),
  );
  await ask(
    "Which purchases are active?",
    () => purchases.allActive(email),
    (active) => active.map((entitlement) => entitlement.product_id).join(", "),
  );
  await ask(
    "Draw three part 1 questions at random?",
    () => questions.draw({ assessment_type: "speaking_part1", count: 3 }),
    (drawn) => drawn.map((question) => `${question.question_id} (${question.topic})`).join(", "),
  );
  await ask(
    "A question by its id alone?",
    () => questions.get("sp2-001"),
    (question) => question.question_text,
  );
  await ask(
    "Which hard essay questions are there?",
    () => questions.listByType({ assessment_type: "writing_task2", difficulty: "hard" }),
    ({ items }) => items.map((question) => `${question.question_id} (${question.topic})`).join(", "),
  );
  await ask(
    "The rubric for fluency and coherence?",
    () => rubrics.getByCriterion("speaking", "fluency_coherence"),
    (rubric) => `${rubric.rubric_id}, band 7: ${rubric.band_descriptors["7"]}`,
  );
  await ask(
    "All writing rubrics?",
    () => rubrics.allBySkill("writing"),
    (list) => list.map((rubric) => rubric.criterion).join(", "),
  );
  await ask(
    "How many assessments has she started today?",
    () => assessments.countSince(email, start - (start % 86_400)),
    (number) => `${number} of 5 allowed`,
  );
  const assessment = await ask(
    "Start a speaking assessment, within the daily limit?",
    () =>
      assessments.start({
        user_id: email,
        assessment_type: "speaking_academic",
        limit: { perDay: 5, zone: "Europe/London" },
      }),
    (started) => started.status,
  );
  await ask(
    "The AI examiner moderates an answer?",
    () =>
      moderation.recordSafetyEvent({
        assessment_id: assessment.assessment_id,
        user_email: email,
        content_type: "audio",
        moderation_action: "warn",
        confidence: 0.71,
        categories: ["profanity"],
        user_response: "[swears at the weather]",
        ai_response: "Let us keep our language polite. What is the weather like where you live?",
      }),
    (log) => `${log.moderation_action}, confidence ${log.confidence}`,
  );
  const result = {
    scores: { speaking: { fluency_coherence: 7.5, lexical_resource: 6.5, grammatical_range: 7, pronunciation: 6 } },
    ai_feedback: "You speak at length and give reasons. ".repeat(40),
    improvement_plan: "Ten minutes of word stress a day, recorded and compared.",
    duration_minutes: 14,
  } as const;
  await ask(
    "Complete it with the examiner's scores?",
    () => assessments.complete(assessment, result),
    (completed) => `band ${completed.band_score} (the mean is 6.75)`,
  );
  await refuse("Complete it again with another result?", () =>
    assessments.complete(assessment, { ...result, duration_minutes: 99 }),
  );
  await ask(
    "An assessment by its id alone?",
    () => assessments.get(assessment.assessment_id),
    (found) => `${found.status}, ${found.ai_feedback?.length} characters of feedback`,
  );
  await ask(
    "Which assessments has Maria taken?",
    () => assessments.listByUser(maria, { limit: 20 }),
    ({ items }) => items.map((row) => `${row.assessment_type} ${row.band_score ?? row.status}`).join(", "),
  );
  await ask(
    "How does Maria get on, by type?",
    () => assessments.progress(maria),
    (progress) =>
      progress
        .map((row) => `${row.assessment_type}: latest ${row.latest.band_score}, best ${row.best.band_score}`)
        .join("; "),
  );
  await ask(
    "The newest speaking_academic assessments of all?",
    () => assessments.listByType("speaking_academic", { limit: 3 }),
    ({ items }) => items.map((row) => `${row.user_id} ${row.band_score ?? row.status}`).join(", "),
  );

  chapter("AFTERNOON: moderation and support");
  const report = await ask(
    "Lena reports her score?",
    () =>
      moderation.fileReport({
        reporter_email: email,
        assessment_id: assessment.assessment_id,
        report_type: "inaccurate_score",
        description: "I think that my pronunciation is better than 6.",
      }),
    (filed) => `${filed.report_type}, ${filed.status}`,
  );
  await ask(
    "Which reports wait for a moderator?",
    () => moderation.listReportsByStatus("new"),
    ({ items }) => items.map((row) => `${row.report_type} by ${row.reporter_email}`).join("; "),
  );
  await ask(
    "All about the reported assessment, whole?",
    () => moderation.review(assessment.assessment_id),
    (review) =>
      `band ${review.assessment?.band_score}, ${count(review.safetyLogs.length, "safety log")}, ${count(review.reports.length, "report")}`,
  );
  await ask(
    "Triage the report?",
    () => moderation.triage(report, { status: "resolved", admin_notes: "A second reader agrees with 6." }),
    (triaged) => triaged.status,
  );
  await ask(
    "Which reports has Lena filed?",
    () => moderation.listReportsByReporter(email),
    ({ items }) => items.map((row) => `${row.report_type}: ${row.status}`).join("; "),
  );
  const mail = {
    ticket_id: "TKT-C0FFEE12AB34",
    user_email: email,
    subject: "The recording of part 3 is silent",
    message: "I can play parts 1 and 2, but part 3 has no sound.",
    category: "audio",
    priority: "urgent",
  } as const;
  await ask(
    "Open a ticket from an e-mail?",
    () => support.open(mail),
    (ticket) => `${ticket.ticket_id}, ${ticket.priority}, ${ticket.status}`,
  );
  await ask(
    "The mail service delivers it a second time?",
    () => support.open(mail),
    (ticket) => `the same ticket, opened at ${instantText(ticket.created_at)} UTC`,
  );
  await ask(
    "Which urgent tickets are there?",
    () => support.listByPriority("urgent"),
    ({ items }) => items.map((row) => `${row.ticket_id} (${row.status})`).join(", "),
  );
  const ticket = await ask(
    "The support agent answers, by id alone?",
    () =>
      support.answer(mail.ticket_id, {
        ai_response: "Sorry about that! I am asking our engineers.",
        ai_confidence: 0.44,
      }),
    (answered) => answered.status,
  );
  await ask(
    "Hand it to a human?",
    () => support.escalate(ticket),
    (escalated) => escalated.status,
  );
  const fix = await ask(
    "The DevOps agent diagnoses and proposes a fix?",
    async () => {
      const problem = {
        ticket,
        issue_description: "Part 3 is encoded without an audio track.",
        affected_service: "lambda",
      };
      await devops.recordDiagnosis({
        ...problem,
        ai_analysis: "The encoder starts before the last chunk has arrived.",
      });
      return devops.proposeFix({
        ...problem,
        proposed_fix: "Wait for the upload's completion event.",
        code_diff: "+  await upload.done();\n",
      });
    },
    (action) => `${action.action_type}, ${action.status}`,
  );
  await ask(
    "Which fixes wait for approval?",
    () => devops.listPendingApprovals(),
    ({ items }) => items.map((row) => `${row.affected_service} (${row.ticket_id})`).join(", "),
  );
  await ask(
    "Approve it?",
    () =>
      devops.approve(fix, {
        reviewed_by: "dana.reviewer@example.com",
        review_reason: "One line, and covered by a test.",
      }),
    (action) => `${action.status} by ${action.reviewed_by}`,
  );
  await ask(
    "Mark it applied?",
    () => devops.markApplied(fix, "https://github.com/ielts-ai-prep/platform/pull/412"),
    (action) => `${action.status}: ${action.pr_url}`,
  );
  await ask(
    "What was done on the lambda service?",
    () => devops.listByService("lambda"),
    ({ items }) => items.map((row) => row.action_type).join(", "),
  );
  await ask(
    "Which actions belong to the ticket?",
    () => devops.listByTicket(mail.ticket_id),
    ({ items }) => items.map((row) => `${row.action_type} (${row.status ?? "no review"})`).join(", "),
  );
  await ask(
    "Resolve the ticket?",
    () => support.resolve(ticket),
    (resolved) =>
      `${resolved.status}, first action ${resolved.devops_action_id === undefined ? "not linked" : "linked"}`,
  );
  await ask(
    "The ticket and its actions, as a list?",
    () => support.threadOutline(mail.ticket_id),
    (thread) => `${thread.ticket.subject}: ${count(thread.actions.length, "action")}`,
  );
  await ask(
    "The same, whole?",
    () => support.thread(mail.ticket_id),
    (thread) =>
      `${thread.ticket.message} ${thread.actions.map((action) => action.proposed_fix ?? action.ai_analysis).join(" ")}`,
  );
  await ask(
    "Which tickets are escalated?",
    () => support.listByStatus("escalated"),
    ({ items }) => items.map((row) => row.ticket_id).join(", "),
  );
  await ask(
    "How many tickets are in each state?",
    () => support.countByStatus(),
    (counts) =>
      Object.entries(counts)
        .map(([status, number]) => `${number} ${status}`)
        .join(", "),
  );
  await ask(
    "Which tickets has Maria opened?",
    () => support.listByUser(maria),
    ({ items }) => items.map((row) => `${row.subject} (${row.status})`).join("; "),
  );

  chapter("EVENING: the account as a whole");
  await ask(
    "Lena's dashboard?",
    () => accounts.overview(email),
    (overview) =>
      `${overview.user.username}: ${count(overview.assessments.length, "assessment")}, ${count(overview.entitlements.filter((row) => row.active).length, "active purchase")}, ${count(overview.openTickets.length, "open ticket")}`,
  );
  await ask(
    "Everything that is stored about her?",
    () => accounts.export(email),
    (everything) =>
      Object.entries(everything.items)
        .map(([entity, items]) => count(items.length, entity))
        .join(", "),
  );
  await ask(
    "Erase her account?",
    () => accounts.erase(email),
    ({ removed }) =>
      `${count(
        Object.values(removed).reduce((sum, number) => sum + number, 0),
        "item",
      )} removed`,
  );
  await refuse("Use her receipt again, after the erasure?", () => purchases.grant(receipt));

  await ask(
    "At night: which purchases are over?",
    () => purchases.expireAll(),
    (expired) => `${count(expired, "purchase")} marked expired`,
  );

  const answered = new Set(
    all.flatMap(({ entity, accessPattern }) => {
      const seedIndex = seedIndexes.get(`${entity}/${accessPattern}`);
      return seedIndex === undefined ? [] : [`${entity} ${seedIndex}`];
    }),
  );
  const collectionMembers = all.flatMap(({ entity }) => model.collections[entity]?.members ?? []);
  const indexes = [...seedIndexes.values()].filter((name) => name !== undefined).length;
  const units = (of: "readUnits" | "writeUnits") => all.reduce((sum, event) => sum + (event[of] ?? 0), 0);
  chapter("SUMMARY");
  console.log(`  ${steps} questions, ${count(all.length, "request")}, no scan, no error that was not wanted`);
  console.log(
    `  ${answered.size} of the seed's ${indexes} indexes answered, ${new Set(collectionMembers).size} entities joined by collections`,
  );
  console.log(`  ${units("readUnits")} read units and ${units("writeUnits")} write units of the table`);
  console.log("  (the embedded engine leaves out the write units of indexes)");
  if (answered.size !== indexes) throw new Error("not every index of the seed was answered");
}
