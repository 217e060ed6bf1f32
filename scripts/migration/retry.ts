import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type EntityName, MODELS } from "../../entities/models.ts";
import { createContext } from "../../services/context.ts";
import type { Clock } from "../../services/storage/context.ts";
import { type Counts, noCounts } from "./counts.ts";
import { JsonLinesFile, readSetAside, type SetAside } from "./json-lines.ts";
import type { OperatorRules } from "./mapping.ts";
import { readOwners } from "./owners.ts";
import { Reconciler } from "./reconciler.ts";
import { describeSources, type SourceNaming, SourceReader, type SourceTable } from "./source-tables.ts";
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

/**
 * Takes quarantined items again, as the files have them now: with another mapping, or with values that an operator has
 * corrected. Of a conflict the one is brought over whose line is left alone in the files; what an operator has decided
 * stays in later runs.
 */
export async function retry(options: RetryOptions): Promise<Counts> {
  const { source, target, table, naming, mapping, accessFrom, keepSessions, erasureSecret, files, apply, clock } =
    options;
  const context = createContext({ client: target, table, clock, erasureSecret });
  const reader = new SourceReader(source);
  const entities = Object.keys(MODELS) as EntityName[];
  const owners = await readOwners(reader, { entities, naming });
  const translator = new Translator(context, {
    mapping,
    owners,
    accessFrom,
    keepSessions,
    now: clock(),
    run: "retry",
    mended: true,
  });
  const reconciler = new Reconciler({ context, translator, reader });
  const tables = new Map<string, SourceTable>();
  const tableOf = async ({ entity }: SetAside): Promise<SourceTable> => {
    const known = tables.get(entity);
    if (known !== undefined) return known;
    const [described] = await describeSources(source, [entity], naming);
    if (described === undefined) throw new Error(`there is no entity ${entity}`);
    tables.set(entity, described);
    return described;
  };

  /** How many lines of the files become the same. */
  const rivals = new Map<string, number>();
  for (const file of files) {
    for await (const line of readSetAside(file)) {
      for (const unique of translator.uniquesOf(line.entity, line.item)) {
        const name = `${line.entity} ${unique}`;
        rivals.set(name, (rivals.get(name) ?? 0) + 1);
      }
    }
  }

  const counts = noCounts();
  const again = new JsonLinesFile(options.quarantine, 0);
  try {
    for (const file of files) for await (const line of readSetAside(file)) await take(line);
  } finally {
    await again.close();
  }
  return counts;

  async function take(line: SetAside): Promise<void> {
    counts.read++;
    const described = await tableOf(line);
    const uniques = translator.uniquesOf(line.entity, line.item);
    const alone = uniques.filter((unique) => rivals.get(`${line.entity} ${unique}`) === 1);
    if (line.reason.code === "conflict" && alone.length < uniques.length) return quarantine(line, line.reason);
    const translation = translator.translate(line.entity, line.key, line.item);
    if (translation.outcome === "quarantined") return quarantine(line, translation.reason);
    if (translation.outcome === "skipped") {
      counts.skipped++;
      return;
    }
    if (!apply) {
      counts.written++;
      return;
    }
    if (line.reason.code === "conflict") {
      for (const unique of uniques) await reconciler.decideConflict(described, unique, line.key);
    }
    const outcome = await reconciler.reconcile(
      described,
      line.key,
      reconciler.whereaboutsOf(described, line.item),
      async () => line.item,
    );
    if (outcome.kind === "quarantined") return quarantine({ ...line, others: outcome.others }, outcome.reason);
    if (outcome.kind === "written") counts.written++;
    else if (outcome.kind === "skipped") counts.skipped++;
    else counts.already++;
    if (outcome.kind === "kept") counts.kept++;
  }

  async function quarantine(line: SetAside, reason: SetAside["reason"]): Promise<void> {
    counts.quarantined++;
    const name = `${reason.code} ${(reason.attributes ?? []).map((one) => `${line.entity}.${one}`).join(", ")}`;
    counts.reasons[name] = (counts.reasons[name] ?? 0) + 1;
    if (apply) await again.append([{ ...line, reason }]);
  }
}
