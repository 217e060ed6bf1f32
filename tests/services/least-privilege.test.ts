import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { seedCatalogue } from "../../scripts/content/seeding.ts";
import { decide, matches, type PolicyDocument } from "../../scripts/iam/evaluator.ts";
import { allows } from "../../scripts/iam/policies-page.ts";
import {
  arnsOf,
  type DataOperation,
  type FunctionName,
  functionsOfPolicy,
  type Grant,
  grantsOf,
  grantText,
  POLICY_NAMES,
  type PolicyName,
  policyNameOf,
  policyOf,
  type ServiceName,
  TABLE,
} from "../../scripts/iam/service-policies.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { DataLayerError } from "../../services/storage/errors.ts";
import { once } from "../../services/streams.ts";
import { type Beginning, goBackTo } from "../beginnings.ts";
import {
  aDiagnosis,
  aReceipt,
  aRegistration,
  aSafetyEvent,
  aTicket,
  CHEN,
  MARIA,
  startAssessment,
} from "../builders.ts";
import { NOW, ON_DYNAMODB_LOCAL, openTestTable, type TestTable } from "../engine.ts";
import { report } from "../faults/report.ts";
import { SCENARIOS, type Scenario } from "../faults/scenarios.ts";
import { functionsOf } from "../instruments.ts";
import { accessOf, PLACE, type SentRequest, sentRequest } from "../sent-requests.ts";

/** Records what a client sends from now on, as it stands on the wire. */
function recordRequests(client: DynamoDBClient): SentRequest[] {
  const requests: SentRequest[] = [];
  client.middlewareStack.add(
    (next) => async (input) => {
      const { headers, body } = input.request as { headers: Record<string, string>; body: Uint8Array | string };
      const text = typeof body === "string" ? body : new TextDecoder().decode(body);
      requests.push(sentRequest(headers["x-amz-target"] ?? "", text));
      return next(input);
    },
    { step: "build", name: "recordRequests" },
  );
  return requests;
}

const isService = (name: string) => !["context", "entities", "collections", "within"].includes(name);

/** A data layer that notes which of its functions are called. */
function watchedLayer(layer: DataLayer, called: Set<string>): DataLayer {
  return new Proxy(layer, {
    get(target, service: keyof DataLayer & string) {
      const api = target[service];
      if (!isService(service)) return api;
      return new Proxy(api, {
        get(functions, name: string) {
          called.add(`${service}.${name}`);
          return (functions[name as never] as () => unknown).bind(functions);
        },
      });
    },
  });
}

let db: TestTable;
let sent: SentRequest[];
const called = new Set<string>();
/** Every request of the services, under the policy that they run with. */
const recorded: { readonly policy: PolicyName; readonly by: string; readonly request: SentRequest }[] = [];

/** Where calls begin: after a scenario's preparation and what has happened since. Scenarios share preparations. */
const beginnings = new Map<unknown, Map<unknown, Beginning & { readonly prepared: unknown }>>();

/** Brings the table to where a scenario begins. */
async function begin({ prepare }: Scenario, happen?: () => Promise<unknown>): Promise<never> {
  const known = beginnings.get(prepare) ?? new Map();
  beginnings.set(prepare, known);
  const beginning = known.get(happen);
  if (beginning !== undefined) {
    await goBackTo(db, beginning);
    return beginning.prepared as never;
  }
  await remove(await db.contents());
  const prepared = await prepare?.(db.layer);
  await happen?.();
  known.set(happen, { prepared, items: await db.contents(), now: db.clock.now });
  return prepared as never;
}

async function remove(items: readonly Record<string, unknown>[]): Promise<void> {
  for (let start = 0; start < items.length; start += 25) {
    const writes = items.slice(start, start + 25).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
    await db.client.send(new BatchWriteCommand({ RequestItems: { [db.table]: writes } }));
  }
}

/** Records what a function does; a refusal of the data layer's own is one of the things it may do. */
async function record(policy: PolicyName, by: string, act: () => Promise<unknown>): Promise<SentRequest[]> {
  const before = sent.length;
  await act().catch((error: unknown) => {
    if (!(error instanceof DataLayerError)) throw error;
  });
  const requests = sent.slice(before);
  for (const request of requests) recorded.push({ policy, by, request });
  return requests;
}

const READS: ReadonlySet<string> = new Set(["GetItem", "Query", "BatchGetItem"]);

/** What may have happened between a writing scenario's preparation and its act; each leads to other requests. */
const CIRCUMSTANCES: readonly (() => Promise<unknown>)[] = [
  async () => remove(await db.contents()),
  async () => remove((await db.contents()).filter(({ __edb_e__: entity }) => entity === "claim")),
  // An account whose address is being changed is not erased.
  () => db.layer.accounts.erase(MARIA).catch(() => undefined),
  async () => {
    await db.layer.accounts.erase(MARIA).catch(() => undefined);
    db.clock.now += ERASURE_FINAL_SECONDS;
    await db.layer.accounts.finishErasures();
  },
  () => db.layer.accounts.suspend(MARIA).catch(() => undefined),
  async () => {
    await db.layer.accounts.register(aRegistration()).catch(() => undefined);
    await db.layer.accounts.changeAddress({ from: MARIA, to: CHEN }).catch(() => undefined);
  },
];

async function exercise(service: string, name: string): Promise<void> {
  const scenario = SCENARIOS[service as ServiceName][name as never] as Scenario | undefined;
  if (scenario === undefined) throw new Error(`no scenario exercises ${service}.${name}`);
  const layer = watchedLayer(db.layer, called);
  const act = (prepared: never) =>
    record(policyNameOf(`${service}.${name}` as FunctionName), `${service}.${name}`, () =>
      scenario.act(layer, prepared),
    );
  const prepared = await begin(scenario);
  const requests = await act(prepared);
  if (requests.every(({ operation }) => READS.has(operation))) return;
  await act(prepared);
  for (const happen of CIRCUMSTANCES) await act(await begin(scenario, happen));
}

/** What scenarios do not come upon. */
async function exerciseTheRest(): Promise<void> {
  const gone = { ticket_id: "TKT-GONE", created_at: NOW };
  // A whole ticket is taken at its word, so that it shows only after the action is written that the ticket is gone.
  for (const ticket of [gone, { ...aTicket(), ...gone, status: "new" as const }]) {
    const diagnosis = aDiagnosis({ ticket, action_id: "ACT-GONE" });
    await record("devops", "devops.recordDiagnosis", () => db.layer.devops.recordDiagnosis(diagnosis));
  }
  // A grant for an erased account that died before it was taken back, made again.
  const { purchase } = await db.layer.purchases.grant(aReceipt());
  await db.layer.accounts.erase(MARIA);
  await db.layer.entities.entitlement.put({ ...aReceipt(), ...purchase }).go();
  await record("purchases", "purchases.grant", () => db.layer.purchases.grant(aReceipt()));
  db.clock.now += ERASURE_FINAL_SECONDS;
  await db.layer.accounts.finishErasures();
  await db.layer.accounts.register(aRegistration());
  await startAssessment(db.layer);
  await db.layer.moderation.recordSafetyEvent(aSafetyEvent());
  await record("moderation", "moderation.review", () => db.layer.moderation.review(aSafetyEvent().assessment_id));
  await record("assessments", "questions.draw", () =>
    db.layer.questions.draw({ assessment_type: "speaking_part1", topic: "work", count: 1 }),
  );
  await startBeyondLimit();
  await letInByToken();
  await moveBesideOthers();
  for (const delivery of ["first", "second"])
    await record("reactions", "once", () => once(db.layer, { id: "c1f2" }, "mail", async () => delivery));
  await record("catalogue", "seedCatalogue", () => seedCatalogue(db.layer));
}

/** A page's token, withdrawn with its session; and one that is redeemed while the account is shut. */
async function letInByToken(): Promise<void> {
  const { sessions, qrLogin, entities } = db.layer;
  const { session_id } = await sessions.start({ user_email: MARIA });
  const issue = () => qrLogin.issue(MARIA, { session_id });
  await record("qrLogin", "qrLogin.issue", issue);
  await record("logIn", "sessions.endAll", () => sessions.endAll(MARIA));
  const { token } = await qrLogin.issue(MARIA);
  await entities.user.patch({ email: MARIA }).set({ account_status: "suspended" }).go();
  await record("qrLogin", "qrLogin.redeem", () => qrLogin.redeem(token, { device_id: "a-phone-of-28-letters-at-all" }));
}

/** A change of an address at which there are items already: of a call that died, and of what was bought without an account. */
async function moveBesideOthers(): Promise<void> {
  const { accounts, assessments, entities, purchases } = db.layer;
  const { assessment_id } = await startAssessment(db.layer);
  const assessment = await assessments.get(assessment_id);
  await entities.assessment.put({ ...assessment, user_id: CHEN }).go();
  await assessments.abandon(assessment);
  for (const user_email of [MARIA, CHEN]) {
    await purchases.grant(aReceipt({ user_email, product_id: "writing", transaction_id: `beside-${user_email}` }));
  }
  await record("accountData", "accounts.changeAddress", () => accounts.changeAddress({ from: MARIA, to: CHEN }));
}

/** A start that finds its day full, then a place that was given back, and then another day. */
async function startBeyondLimit(): Promise<void> {
  const { assessments } = db.layer;
  const limit = { perDay: 1, zone: "UTC", countAbandoned: false };
  const start = (assessment_id: string) => () =>
    assessments.start({ assessment_id, user_id: MARIA, assessment_type: "speaking_academic", limit });
  const first = await start("limited-1")();
  await record("assessments", "assessments.start", start("limited-2"));
  await assessments.abandon(first);
  await record("assessments", "assessments.start", start("limited-2"));
  await record("assessments", "assessments.start", start("limited-3"));
  db.clock.now += 24 * 60 * 60;
  await record("assessments", "assessments.start", start("limited-3"));
}

const servicesOfLayer = () => Object.entries(db.layer).filter(([name]) => isService(name));

beforeAll(async () => {
  db = await openTestTable();
  sent = recordRequests(db.client);
  for (const [service, functions] of servicesOfLayer()) {
    for (const name of functionsOf(functions)) await exercise(service, name);
  }
  await exerciseTheRest();
}, 240_000);
afterAll(() => db.drop());

const GRANTS = new Map(POLICY_NAMES.map((policy) => [policy, grantsOf(policy)]));

/** The kinds of requests that one request is of: one for each pattern among its keys. */
function grantsOfRequest(policy: PolicyName, { operation, index, keys }: SentRequest): Grant[] {
  return keys.map((key) => {
    const grant = GRANTS.get(policy)?.find(
      (one) => one.operation === operation && one.index === index && matches(one.pattern, key),
    );
    return grant ?? { operation: operation as DataOperation, index, pattern: key };
  });
}

/** A request and what is wrong with it, for messages; keys are cut to their kind. */
const told = (by: string, { operation, index, keys }: SentRequest) =>
  `${by}: ${operation} on ${index}, keys ${keys.map((key) => key.replace(/#.*$/, "#*")).join(" ")}`;

describe("under its own policy", () => {
  it("every function of every service was exercised, and sent requests", () => {
    const functions = servicesOfLayer().flatMap(([service, api]) =>
      functionsOf(api).map((name) => `${service}.${name}`),
    );

    expect([...called].sort()).toEqual(functions.sort());
    const senders = new Set(recorded.map(({ by }) => by));
    expect(functions.filter((name) => !senders.has(name))).toEqual([]);
  });

  it("every function is under exactly one policy", () => {
    const covered = POLICY_NAMES.flatMap((policy) => functionsOfPolicy(policy));

    expect([...covered].sort()).toEqual([...called].sort());
    expect(() => policyNameOf("support.gett" as FunctionName)).toThrow("no service has a function support.gett");
  });

  it("every request that a service makes is allowed", () => {
    const policies = documents();
    const refused = recorded.filter(
      ({ policy, request }) => decide([policies[policy]], accessOf(request)) !== "allowed",
    );

    expect(refused.map(({ by, request }) => told(by, request))).toEqual([]);
  });

  it.each(POLICY_NAMES)("nothing is allowed to %s that is not needed", (policy) => {
    const used = new Set(
      recorded
        .filter((one) => one.policy === policy)
        .flatMap(({ request }) => grantsOfRequest(policy, request).map(grantText)),
    );
    // This engine tells the item that refused a write, so a service that only creates need not read it afterwards.
    const unused = grantsOf(policy).filter((grant) => !(ON_DYNAMODB_LOCAL && grant.operation === "GetItem"));

    expect(unused.map(grantText).filter((grant) => !used.has(grant))).toEqual([]);
  });
});

/** The policies that reach accounts' own rows. */
const OF_ACCOUNTS: ReadonlySet<PolicyName> = new Set(["authentication", "logIn", "qrLogin", "profile", "accountData"]);

describe("under the policy of another service", () => {
  it("every request is decided as docs/policies.md says", () => {
    const policies = documents();
    const decisions = recorded.flatMap(({ policy, by, request }) =>
      POLICY_NAMES.map((other) => {
        const asked = request.attributes.length === 0 ? undefined : request.attributes;
        // A batch is allowed only with all of its keys.
        const documented = grantsOfRequest(policy, request).every((grant) => allows(other, grant, asked));
        const decided = decide([policies[other]], accessOf(request)) === "allowed";
        return { request: `${told(by, request)} under ${other}`, documented, decided };
      }),
    );

    expect(decisions.filter(({ documented, decided }) => documented !== decided)).toEqual([]);
    const denied = decisions.filter(({ decided }) => !decided).length;
    report("least privilege", {
      "requests checked against policies": recorded.length,
      functions: called.size,
      decisions: decisions.length,
      denied,
    });
  });

  it.each(POLICY_NAMES.filter((policy) => !OF_ACCOUNTS.has(policy)))(
    "%s is denied every request that touches a user",
    (policy) => {
      const policies = documents();
      const touching = recorded.filter(({ request: { index, keys } }) =>
        keys.some((key) => index === TABLE && key.startsWith("user#")),
      );

      expect(touching.length).toBeGreaterThan(50);
      expect(touching.filter(({ policy: own }) => !OF_ACCOUNTS.has(own))).toEqual([]);
      const decisions = new Set(touching.map(({ request }) => decide([policies[policy]], accessOf(request))));
      expect([...decisions]).toEqual(["implicitly denied"]);
    },
  );
});

/** The policies for the table under test. */
function documents(): Record<PolicyName, PolicyDocument> {
  return Object.fromEntries(
    POLICY_NAMES.map((policy) => [policy, policyOf(policy, arnsOf(db.table, PLACE))]),
  ) as Record<PolicyName, PolicyDocument>;
}
