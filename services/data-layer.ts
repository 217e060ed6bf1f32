import { MODELS } from "../entities/models.ts";
import { Accounts } from "./accounts.ts";
import { Assessments } from "./assessments.ts";
import { createClient } from "./client.ts";
import { createContext, isTableName, TABLE_NAME_RULE } from "./context.ts";
import { Devops } from "./devops.ts";
import { Moderation } from "./moderation.ts";
import { Purchases } from "./purchases.ts";
import { QrLogin } from "./qr-login.ts";
import { Questions } from "./questions.ts";
import { Rubrics } from "./rubrics.ts";
import { Sessions } from "./sessions.ts";
import { accountOn, assessmentReviewOn, ticketThreadOn } from "./storage/collections.ts";
import type { DataContext, DataLayerOptions, Model } from "./storage/context.ts";
import { ENDPOINT_RULE, isEndpoint } from "./storage/endpoint.ts";
import { ConfigurationError, ValidationError } from "./storage/errors.ts";
import { optionsIn } from "./storage/options.ts";
import { isSecret, type SecretOption, secretRule } from "./storage/secret.ts";
import { heardByMany } from "./storage/signals.ts";
import { Support } from "./support.ts";

/** The eleven entities bound to one client and table. */
export type BoundEntities = { readonly [N in keyof typeof MODELS]: ReturnType<(typeof MODELS)[N]["bind"]> };

/** The collections by name, each made on a context. */
const COLLECTIONS = {
  account: accountOn,
  ticketThread: ticketThreadOn,
  assessmentReview: assessmentReviewOn,
} as const;

/** The three collections on one client and table. */
export type BoundCollections = { readonly [N in keyof typeof COLLECTIONS]: ReturnType<(typeof COLLECTIONS)[N]> };

/** All services on one client and table. Each is built when it is first used. */
export interface DataLayer {
  /** The client, the table and the clock that the services share. */
  readonly context: DataContext;
  /** User accounts: registration, log-in data, state, overview, export and erasure. */
  readonly accounts: Accounts;
  /** Log-in sessions of 24 hours. */
  readonly sessions: Sessions;
  /** QR log-in: a token of 5 minutes that exactly one device turns into a session. */
  readonly qrLogin: QrLogin;
  /** Speaking and writing assessments. */
  readonly assessments: Assessments;
  /** The question bank. */
  readonly questions: Questions;
  /** The scoring rubrics. */
  readonly rubrics: Rubrics;
  /** Purchases and the access that they give. */
  readonly purchases: Purchases;
  /** Safety logs of the AI examiner, and what users report. */
  readonly moderation: Moderation;
  /** Support tickets. */
  readonly support: Support;
  /** What the DevOps agent finds and proposes, and what humans decide about it. */
  readonly devops: Devops;
  /**
   * The ElectroDB entities themselves, for questions that no service answers. They validate attributes, but know
   * nothing of state machines, idempotency and cursors.
   */
  readonly entities: BoundEntities;
  /**
   * ElectroDB's collections: items of several entities in one request, grouped by entity, with the attributes that the
   * index shows. `layer.collections.ticketThread({ ticket_id }).go()` gives `{ data: { ticket, devops_action } }`.
   */
  readonly collections: BoundCollections;
  /**
   * The same data layer for one invocation: every request is aborted by the signal, or when the time, in milliseconds,
   * is over; a time that is over already, such as a negative one, aborts at once. A Lambda handler passes
   * `context.getRemainingTimeInMillis()` less what it needs to answer.
   * @throws ValidationError for milliseconds that are not a number, and for a limit that there is not.
   * @example
   * const context = { getRemainingTimeInMillis: () => 6_000 }; // Lambda's
   * const { assessments } = layer.within({ milliseconds: context.getRemainingTimeInMillis() - 500 });
   * await assessments.abandon(assessment_id);
   */
  within(limits: { readonly signal?: AbortSignal; readonly milliseconds?: number }): DataLayer;
}

const SERVICES = {
  accounts: Accounts,
  sessions: Sessions,
  qrLogin: QrLogin,
  assessments: Assessments,
  questions: Questions,
  rubrics: Rubrics,
  purchases: Purchases,
  moderation: Moderation,
  support: Support,
  devops: Devops,
} as const;

/** Defines a property that is computed when it is first read. */
function lazy(target: object, name: string, compute: () => unknown): void {
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = compute();
      Object.defineProperty(target, name, { enumerable: true, value });
      return value;
    },
  });
}

/**
 * Binds the services to a client, a table and a clock.
 * @throws ValidationError for an option that there is not, an empty or undefined name of a table, and a short secret.
 * @example
 * import { createDataLayer } from "@ielts-ai-prep/data-layer";
 *
 * const { accounts, sessions } = createDataLayer({ table: "ielts-genai-prep" });
 */
export function createDataLayer(options: DataLayerOptions = {}): DataLayer {
  return layerOn(createContext(options));
}

/** The longest time that a timer takes. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function deadline(milliseconds: number): AbortSignal {
  if (typeof milliseconds !== "number" || Number.isNaN(milliseconds)) {
    throw new ValidationError("within", "milliseconds", "must be a number of milliseconds", milliseconds);
  }
  if (milliseconds <= 0) return AbortSignal.abort(new DOMException("the time is over", "TimeoutError"));
  return AbortSignal.timeout(Math.min(Math.ceil(milliseconds), MAX_TIMEOUT));
}

function layerOn(context: DataContext): DataLayer {
  const entities = {};
  for (const [name, model] of Object.entries<Model>(MODELS)) lazy(entities, name, () => context.entity(model));
  const collections = {};
  for (const [name, make] of Object.entries(COLLECTIONS)) lazy(collections, name, () => context.once<unknown>(make));
  const layer = {
    context,
    entities,
    collections,
    within(limits: Parameters<DataLayer["within"]>[0]) {
      const { signal, milliseconds } = optionsIn("within", limits, ["signal", "milliseconds"]);
      const signals = [context.options.signal, signal, milliseconds === undefined ? undefined : deadline(milliseconds)];
      const given = signals.filter((one) => one !== undefined);
      return layerOn({ ...context, options: { ...context.options, signal: heardByMany(AbortSignal.any(given)) } });
    },
  };
  for (const [name, Service] of Object.entries(SERVICES)) lazy(layer, name, () => new Service(context));
  return layer as DataLayer;
}

/** A secret that a variable holds, by the name of its option; nothing when it is not set. */
function secretIn(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
  option: SecretOption,
): Pick<DataLayerOptions, SecretOption> {
  const secret = environment[variable];
  if (secret === undefined) return {};
  if (!isSecret(option, secret)) throw new ConfigurationError(variable, secretRule(option));
  return { [option]: secret };
}

/**
 * The data layer as a Lambda function's environment describes it: `TABLE_NAME` and `AWS_REGION` (or
 * `AWS_DEFAULT_REGION`), both required, `DYNAMODB_ENDPOINT` (a URL, http on this machine alone),
 * `CURSOR_SECRET` (at least 16 characters) and `ERASURE_SECRET` (at least 32; functions that make something for accounts
 * need it).
 * @throws ConfigurationError that names a missing or malformed variable.
 * @example
 * import { dataLayerFromEnv } from "@ielts-ai-prep/data-layer";
 *
 * // In a Lambda function without arguments, outside the handler: `process.env` holds them, and connections stay open.
 * const layer = dataLayerFromEnv({ TABLE_NAME: "ielts-genai-prep", AWS_REGION: "eu-west-2" });
 */
export function dataLayerFromEnv(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  options: Omit<DataLayerOptions, "client" | "table" | "cursorSecret" | "erasureSecret"> = {},
): DataLayer {
  const table = environment.TABLE_NAME;
  if (table === undefined || table === "")
    throw new ConfigurationError("TABLE_NAME", "is missing: it names the DynamoDB table");
  if (!isTableName(table)) throw new ConfigurationError("TABLE_NAME", TABLE_NAME_RULE);
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (region === undefined || region === "")
    throw new ConfigurationError("AWS_REGION", "is missing: Lambda sets it, elsewhere name the region");
  if (!/^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(region) && region !== "local")
    throw new ConfigurationError("AWS_REGION", "must be a region such as us-east-1");
  const endpoint = environment.DYNAMODB_ENDPOINT;
  if (endpoint !== undefined && !isEndpoint(endpoint)) throw new ConfigurationError("DYNAMODB_ENDPOINT", ENDPOINT_RULE);
  const secrets = {
    ...secretIn(environment, "CURSOR_SECRET", "cursorSecret"),
    ...secretIn(environment, "ERASURE_SECRET", "erasureSecret"),
  };
  const client = createClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  return createDataLayer({ ...options, client, table, ...secrets });
}
