import type { StoredItem } from "../../services/storage/requests.ts";
import { addCounts, type Counts, noCounts } from "./counts.ts";
import { type SetAside, sourceDigest } from "./json-lines.ts";
import type { Outcome } from "./outcome.ts";
import type { Reason, SkipCode } from "./reasons.ts";
import { countShape, shapeOf } from "./shape.ts";
import type { SourceTable } from "./source-tables.ts";
import type { SourceItem } from "./values.ts";

/** A source item as a page gives it. */
export interface Arrival {
  readonly item: SourceItem;
  readonly source: string;
}

/** What became of a page of source items. */
export interface PageReport {
  readonly counts: Counts;
  readonly quarantine: readonly SetAside[];
  readonly archive: readonly SetAside[];
}

const SKIPPED: Readonly<Record<SkipCode, string>> = {
  expired: "its time is over",
  ended: "the session was logged out",
  gone: "it was deleted from the source while it was read",
  guessable: "the session's id can be guessed",
  erased: "its account was erased in the new table",
  superseded: "a newer table has the item",
};

const JOINED = "parts of one item with others of its key: a purchase of two products that are one now";
const NO_ACCESS = "active, and their access is over: --access-from tells from when its days count";

const INSIDE = "with purchases inside the account, which are kept in legacy and are no entitlements";

/** What an operator must know of items that come over. */
export function noticesOf(item: StoredItem, now: number): string[] {
  const notices: string[] = [];
  if (givesNoAccess(item, now)) notices.push(NO_ACCESS);
  if (item.__edb_e__ === "user" && "purchases" in ((item.legacy ?? {}) as object)) notices.push(INSIDE);
  return notices;
}

/** Whether an item is a purchase that its source calls active, and that lets nobody use anything any more. */
const givesNoAccess = ({ __edb_e__, status, expires_at }: StoredItem, now: number): boolean =>
  __edb_e__ === "entitlement" && status === "active" && (expires_at as number) <= now;

/** Gathers what becomes of the items of a page. */
export class PageOutcomes {
  private readonly table: SourceTable;
  private readonly counts = noCounts();
  private readonly setAside: { quarantine: SetAside[]; archive: SetAside[] } = { quarantine: [], archive: [] };

  constructor(table: SourceTable, read: number) {
    this.table = table;
    this.counts.read = read;
  }

  settle(arrival: Arrival, outcome: Outcome): void {
    switch (outcome.kind) {
      case "written":
      case "unchanged":
        this.counts[outcome.kind === "written" ? "written" : "already"]++;
        if (outcome.joined === true) this.join(arrival);
        break;
      case "kept":
        this.counts.already++;
        this.counts.kept++;
        this.archive(arrival, "kept", outcome.text);
        break;
      case "skipped":
        this.skip(arrival, outcome.code);
        break;
      case "quarantined":
        this.quarantine(arrival, outcome.reason, outcome.others);
        break;
      case "removed":
        this.skip(arrival, "gone");
    }
  }

  private join(arrival: Arrival): void {
    this.count(JOINED);
    this.archive(arrival, "joined", "it is a part of one item with others of its key");
  }

  skip(arrival: Arrival, code: SkipCode): void {
    this.counts.skipped++;
    this.count(code);
    // Of an account that was erased nothing is kept anew.
    if (code !== "erased") this.archive(arrival, code, SKIPPED[code]);
  }

  quarantine(arrival: Arrival, reason: Reason, others: readonly SourceItem[] = []): void {
    this.counts.quarantined++;
    this.count(`${reason.code} ${reason.attributes.map((name) => `${this.table.entity}.${name}`).join(", ")}`);
    this.setAside.quarantine.push({ ...this.lineOf(arrival), reason, others });
  }

  report(): PageReport {
    return { counts: addCounts([this.counts]), ...this.setAside };
  }

  shape(item: SourceItem): void {
    countShape(this.counts.shapes, shapeOf(item));
  }

  private archive(arrival: Arrival, code: string, text: string): void {
    this.setAside.archive.push({ ...this.lineOf(arrival), reason: { code, text } });
  }

  private lineOf({ source, item }: Arrival) {
    const { name, entity } = this.table;
    return { table: name, entity, key: source, item, digest: sourceDigest(item) };
  }

  /** Counts a reason, or what an operator must know of items that come over. */
  count(reason: string): void {
    this.counts.reasons[reason] = (this.counts.reasons[reason] ?? 0) + 1;
  }
}
