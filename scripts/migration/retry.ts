import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createContext } from "../../services/context.ts";
import type { Clock } from "../../services/storage/context.ts";
import { type Counts, noCounts } from "./counts.ts";
import { JsonLinesFile, readSetAside, type SetAside, sourceDigest } from "./json-lines.ts";
import { isJoinedKey, type OperatorRules } from "./mapping.ts";
import { failureOf, type Outcome } from "./outcome.ts";
import { readOwners } from "./owners.ts";
import { Reconciler, staleOf } from "./reconciler.ts";
import { type SourceNaming, SourceReader, type SourceTable, type TableFinder, tableFinder } from "./source-tables.ts";
import { Translator } from "./translator.ts";

export interface RetryOptions extends OperatorRules {
  readonly source: DynamoDBClient;
  readonly target: DynamoDBClient;
  readonly table: string;
  readonly naming: SourceNaming;
  /** The secret of the new table's pseudonyms. */
  readonly erasureSecret: string;
  /** Quarantine files, perhaps corrected by hand. */
  readonly files: readonly string[];
  /** Where those go that cannot be brought over again. */
  readonly quarantine: string;
  readonly apply: boolean;
  readonly clock: Clock;
}

type Reason = SetAside["reason"];

/**
 * Takes quarantined items again, as the files have them now: with another mapping, or with values that an operator has
 * corrected. Of a conflict the one is brought over whose line is left alone in the files; what an operator has decided
 * stays in later runs. A line counts only while its source is what was set aside, and takes nothing's place that is newer
 * or changed. Lines of different sources that become one are none of them brought over.
 */
export async function retry(options: RetryOptions): Promise<Counts> {
  const reader = new SourceReader(options.source);
  const owners = await readOwners(reader, { entities: Object.keys(MODELS) as EntityName[], naming: options.naming });
  const run = new Retry(options, reader, new Translator(contextOf(options), { ...rulesOf(options), owners }));
  const rivals = await run.rivals();
  const again = new JsonLinesFile(options.quarantine, 0);
  try {
    for (const file of options.files) for await (const line of readSetAside(file)) await run.take(line, rivals, again);
  } finally {
    await again.close();
  }
  return run.counts;
}

const contextOf = ({ target: client, table, clock, erasureSecret }: RetryOptions) =>
  createContext({ client, table, clock, erasureSecret });

const rulesOf = ({ mapping, accessFrom, keepSessions, clock }: RetryOptions) => ({
  mapping,
  accessFrom,
  keepSessions,
  now: clock(),
  run: "retry",
});

/** The sources of lines that become the same, each with its lines' contents. */
type Rivals = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

class Retry {
  readonly counts = noCounts();
  private readonly options: RetryOptions;
  private readonly reader: SourceReader;
  private readonly translator: Translator;
  private readonly reconciler: Reconciler;
  private readonly findTable: TableFinder;

  constructor(options: RetryOptions, reader: SourceReader, translator: Translator) {
    this.options = options;
    this.reader = reader;
    this.findTable = tableFinder(options.source, options.naming);
    this.translator = translator;
    this.reconciler = new Reconciler({ context: contextOf(options), translator, reader });
  }

  private async tableOf({ entity, table }: SetAside): Promise<SourceTable> {
    const found = await this.findTable(entity, table);
    if (found === undefined) throw new Error(`a line is of ${table}, which is none of the source tables given`);
    return found;
  }

  /** What the lines become, as they are now. */
  async rivals(): Promise<Rivals> {
    const rivals = new Map<string, Map<string, Set<string>>>();
    for (const file of this.options.files) {
      for await (const line of readSetAside(file)) {
        const source = `${line.table} ${line.key}`;
        for (const unique of [...this.uniquesOf(line), source]) {
          const name = `${line.entity} ${unique}`;
          const sources = rivals.get(name) ?? new Map<string, Set<string>>();
          rivals.set(name, sources.set(source, (sources.get(source) ?? new Set()).add(sourceDigest(line.item))));
        }
      }
    }
    return rivals;
  }

  private uniquesOf({ entity, item }: SetAside): string[] {
    return this.translator.uniquesOf(entity, item).filter((unique) => !isJoinedKey(entity, unique));
  }

  async take(line: SetAside, rivals: Rivals, again: JsonLinesFile): Promise<void> {
    this.counts.read++;
    const outcome = await this.outcomeOf(line, rivals).catch(async (error: unknown) => {
      throw failureOf(await this.tableOf(line), line.key, error);
    });
    if (outcome.kind === "quarantined") {
      this.count(line, outcome.reason);
      if (this.options.apply)
        await again.append([{ ...line, reason: outcome.reason, others: outcome.others ?? line.others ?? [] }]);
    } else if (outcome.kind === "written") this.counts.written++;
    else if (outcome.kind === "skipped") {
      this.counts.skipped++;
      this.counts.reasons[outcome.code] = (this.counts.reasons[outcome.code] ?? 0) + 1;
    } else this.counts.already++;
    if (outcome.kind === "kept") this.counts.kept++;
  }

  private count({ entity }: SetAside, { code, attributes = [] }: Reason): void {
    this.counts.quarantined++;
    const name = `${code} ${attributes.map((one) => `${entity}.${one}`).join(", ")}`.trimEnd();
    this.counts.reasons[name] = (this.counts.reasons[name] ?? 0) + 1;
  }

  private async outcomeOf(
    line: SetAside,
    rivals: Rivals,
  ): Promise<Outcome | { readonly kind: "quarantined"; readonly reason: Reason; readonly others?: undefined }> {
    const { reconciler, translator } = this;
    const table = await this.tableOf(line);
    const correction = { item: line.item, digest: line.digest };
    const stale = staleOf(table, await this.reader.get(table, line.key), correction);
    if (stale !== undefined) return stale;
    const rival = this.rivalOf(line, rivals);
    if (rival !== undefined) return { kind: "quarantined", reason: rival };
    const translation = translator.translate(table, line.key, line.item, line.digest);
    if (translation.outcome === "quarantined") return { kind: "quarantined", reason: translation.reason };
    if (translation.outcome === "skipped") return { kind: "skipped", code: translation.code };
    if (!this.options.apply) return { kind: "written" };
    if (line.reason.code === "conflict")
      for (const unique of this.uniquesOf(line)) await reconciler.decideConflict(table, unique, line.key);
    return reconciler.reconcile(table, line.key, { ...reconciler.whereaboutsOf(table, line.item), correction });
  }

  /** Why a line is not the only one of what it becomes, if it is not. */
  private rivalOf(line: SetAside, rivals: Rivals): Reason | undefined {
    const { entity, table, key } = line;
    const own = rivals.get(`${entity} ${table} ${key}`)?.get(`${table} ${key}`);
    if (own !== undefined && own.size > 1)
      return { code: "conflict", attributes: [], text: `${entity}: the files have ${own.size} different lines of it` };
    const unique = this.uniquesOf(line).find((one) => (rivals.get(`${entity} ${one}`)?.size ?? 0) > 1);
    if (unique === undefined) return undefined;
    if (line.reason.code === "conflict") return line.reason;
    const others = [...(rivals.get(`${entity} ${unique}`)?.keys() ?? [])].filter((one) => one !== `${table} ${key}`);
    const text = `${entity}: ${others.join(" and ")} would be the same in the new table; leave one of the lines`;
    return { code: "conflict", attributes: [], text };
  }
}
