import type { EntityItem } from "electrodb";
import { AssessmentModel } from "../../entities/assessment.ts";
import {
  type AccountCollection,
  type AssessmentReviewCollection,
  accountCollection,
  assessmentReviewCollection,
  type TicketThreadCollection,
  ticketThreadCollection,
} from "../../entities/collections.ts";
import { ContentReportModel } from "../../entities/content-report.ts";
import { DevopsActionModel } from "../../entities/devops-action.ts";
import { EntitlementModel } from "../../entities/entitlement.ts";
import { SafetyLogModel } from "../../entities/safety-log.ts";
import { TicketModel } from "../../entities/ticket.ts";
import { UserModel } from "../../entities/user.ts";
import type { PatternOfCollection } from "../../entities/views.ts";
import type { AnyEntity, DataContext, Model } from "./context.ts";
import { collectionQueryOf, type QueryOperation } from "./electrodb.ts";
import { eachRow, type ListOptions, MAX_LIMIT, type Page, readPage } from "./pages.ts";
import { askedOf, type PatternOf, type RowOf, type SchemaOf } from "./patterns.ts";
import { Repository, wholeItems } from "./repository.ts";
import type { StoredItem } from "./requests.ts";

// `context.once` keeps each of these: ElectroDB takes long to make one. A bundle keeps the ones that it uses.

/** The `account` collection on a context's entities. */
export const accountOn = (context: DataContext): AccountCollection =>
  accountCollection({
    user: context.entity(UserModel),
    assessment: context.entity(AssessmentModel),
    entitlement: context.entity(EntitlementModel),
    ticket: context.entity(TicketModel),
  });

/** The `ticketThread` collection on a context's entities. */
export const ticketThreadOn = (context: DataContext): TicketThreadCollection =>
  ticketThreadCollection({
    ticket: context.entity(TicketModel),
    devops_action: context.entity(DevopsActionModel),
  });

/** The `assessmentReview` collection on a context's entities. */
export const assessmentReviewOn = (context: DataContext): AssessmentReviewCollection =>
  assessmentReviewCollection({
    safety_log: context.entity(SafetyLogModel),
    content_report: context.entity(ContentReportModel),
  });

type Members = Readonly<Record<string, AnyEntity>>;

/** The rows of a collection by entity, as their index shows them, with the attributes that the question named. */
type RowsOf<M extends Members, C extends string> = {
  [N in keyof M]: RowOf<M[N], Extract<PatternOfCollection<SchemaOf<M[N]>, C>, PatternOf<M[N]>>>[];
};

/** The items of a collection by entity. */
type ItemsOf<M extends Members> = { [N in keyof M]: EntityItem<M[N]>[] };

/** A page of a collection, by entity. */
interface CollectionPage<R> {
  readonly rows: R;
  /** Null after the last page. */
  readonly cursor: string | null;
}

/** Where the reading of a collection ends before its last row. */
interface ReadingEnd {
  /** Rows of a request. */
  readonly limit: number;
  /** Called with each row's entity; true after the last row that is wanted. */
  readonly enough: (entity: string) => boolean;
}

/** Reads a collection, newest first, and gives its rows by entity. */
class CollectionReader<C extends string, M extends Members> {
  readonly #context: DataContext;
  readonly #name: C;
  readonly #on: (context: DataContext) => unknown;
  readonly #models: { readonly [N in keyof M]: Model<M[N]> };

  constructor(
    context: DataContext,
    name: C,
    on: (context: DataContext) => unknown,
    models: { readonly [N in keyof M]: Model<M[N]> },
  ) {
    this.#context = context;
    this.#name = name;
    this.#on = on;
    this.#models = models;
  }

  get #label() {
    return { entity: this.#name, accessPattern: this.#name };
  }

  /** The rows of the collection until there are enough. */
  async until(question: Readonly<Record<string, string>>, end: ReadingEnd): Promise<RowsOf<M, C>> {
    const rows: StoredItem[] = [];
    for await (const row of eachRow(this.#context, this.#label, this.#query(question), end)) {
      rows.push(row);
      if (end.enough(row.__edb_e__ as string)) break;
    }
    return this.#byEntity(rows, question) as RowsOf<M, C>;
  }

  /** A page of the collection's rows: 100 unless the options say fewer. */
  async page(question: Readonly<Record<string, string>>, options: ListOptions): Promise<CollectionPage<RowsOf<M, C>>> {
    const { items, cursor } = await this.#page(question, options);
    return { rows: this.#byEntity(items, question) as RowsOf<M, C>, cursor };
  }

  /** The same with the items of the entities named, or of all, whole and as they are now: a further request. */
  async wholePage(
    question: Readonly<Record<string, string>>,
    options: ListOptions,
    entities: readonly (keyof M)[] = Object.keys(this.#models),
  ): Promise<CollectionPage<ItemsOf<M>>> {
    const { items, cursor } = await this.#page(question, options);
    const wanted = items.filter((row) => entities.includes(row.__edb_e__ as string));
    const whole = await wholeItems(this.#context, this.#label, wanted);
    return { rows: this.#byEntity(whole, {}) as ItemsOf<M>, cursor };
  }

  #page(question: Readonly<Record<string, string>>, options: ListOptions): Promise<Page<StoredItem>> {
    return readPage(this.#context, this.#label, this.#query(question), {
      ...options,
      limit: options.limit ?? MAX_LIMIT,
    });
  }

  #query(question: Readonly<Record<string, string>>): QueryOperation {
    const collection = this.#context.once(this.#on);
    return collectionQueryOf({ name: this.#name, collection, models: Object.values(this.#models) }, question);
  }

  #byEntity(rows: readonly StoredItem[], question: object): Readonly<Record<string, object[]>> {
    const groups: Record<string, object[]> = {};
    for (const [entity, model] of Object.entries<Model<AnyEntity>>(this.#models)) {
      const repository = new Repository(this.#context, model);
      const { named } = askedOf(model, question);
      const own = rows.filter((row) => row.__edb_e__ === entity);
      groups[entity] = own.map((row) => ({ ...repository.parse(row), ...named }));
    }
    return groups;
  }
}

/** The account's own row, its assessments, purchases and tickets. */
export const accountOf = (context: DataContext) =>
  new CollectionReader(context, "account", accountOn, {
    user: UserModel,
    assessment: AssessmentModel,
    entitlement: EntitlementModel,
    ticket: TicketModel,
  });

/** A ticket with its DevOps actions. */
export const ticketThreadOf = (context: DataContext) =>
  new CollectionReader(context, "ticketThread", ticketThreadOn, {
    ticket: TicketModel,
    devops_action: DevopsActionModel,
  });

/** What was logged and reported about an assessment. */
export const assessmentReviewOf = (context: DataContext) =>
  new CollectionReader(context, "assessmentReview", assessmentReviewOn, {
    safety_log: SafetyLogModel,
    content_report: ContentReportModel,
  });
