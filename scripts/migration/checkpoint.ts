import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Counts, noCounts } from "./counts.ts";
import { itemFromJson, itemToJson } from "./json-lines.ts";
import type { SourceItem } from "./values.ts";

/** How far a segment has come: everything before it is in the new table or in the files. */
export interface Checkpoint {
  /** The last key that is dealt with. */
  readonly after: SourceItem | undefined;
  readonly done: boolean;
  readonly counts: Counts;
  /** Bytes of the segment's files that count. */
  readonly quarantineBytes: number;
  readonly archiveBytes: number;
}

export interface Run {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** What must be the same for a run to go on. */
  readonly settings: string;
  /** The tables that it reads and writes, each as no other one is called. */
  readonly places: readonly string[];
  /** Whether the new table was empty when it began. */
  readonly fresh: boolean;
  readonly finished: boolean;
}

const START: Checkpoint = {
  after: undefined,
  done: false,
  counts: noCounts(),
  quarantineBytes: 0,
  archiveBytes: 0,
};

/** Replaces a file in one step: a reader, or a run after a crash, sees the old one or the new one. */
function writeWhole(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const readJson = <T>(path: string): T | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const isHeld = ({ pid, host }: { readonly pid: number; readonly host: string }): boolean =>
  host !== hostname() || (pid !== process.pid && isAlive(pid));

/** The directory in which runs against one table keep their checkpoints, quarantine and archive. */
export class StateDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /**
   * Keeps a second run out until `unlock`. A run that was killed on this machine leaves nothing to clear away; of another
   * machine's only the operator knows, and says `takeOver`.
   * @throws Error
   */
  lock(takeOver = false): void {
    const path = join(this.path, "lock");
    const holder = readJson<{ pid: number; host: string }>(path);
    if (holder !== undefined && !takeOver && isHeld(holder))
      throw new Error(
        `another migration (process ${holder.pid} on ${holder.host}) runs in ${this.path}; if it is not there any more, say --take-over`,
      );
    writeWhole(path, { pid: process.pid, host: hostname() });
  }

  unlock(): void {
    rmSync(join(this.path, "lock"), { force: true });
  }

  /** The unfinished run, or a new one. @throws Error when the unfinished one has other tables or settings. */
  openRun(
    begin: Pick<Run, "settings" | "places" | "startedAt" | "fresh">,
    restart: boolean,
  ): { readonly run: Run; readonly resumed: boolean } {
    const path = join(this.path, "run.json");
    const last = readJson<Run>(path);
    if (last !== undefined && !last.finished && !restart) {
      const moved = begin.places.filter((place) => !last.places.includes(place));
      if (moved.length > 0 && last.settings === begin.settings)
        throw new Error(
          `the run in ${this.path} is not finished and was against other tables: it knows no ${moved.join(", no ")}; give another --state, or --restart to begin anew`,
        );
      if (last.settings === begin.settings) return { run: last, resumed: true };
      throw new Error(
        `the run in ${this.path} is not finished and had other settings; give the same options again, or --restart to begin anew`,
      );
    }
    const run: Run = { id: randomBytes(4).toString("hex"), ...begin, finished: false };
    mkdirSync(this.runPath(run), { recursive: true, mode: 0o700 });
    writeWhole(path, run);
    return { run, resumed: false };
  }

  finish(run: Run): void {
    writeWhole(join(this.path, "run.json"), { ...run, finished: true });
  }

  runPath(run: Run): string {
    return join(this.path, run.id);
  }
}

/** The checkpoints of one run. */
export class Checkpoints {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  read(table: string, segment: number): Checkpoint {
    const stored = readJson<Checkpoint & { after?: Record<string, unknown> }>(this.path(table, segment));
    if (stored === undefined) return { ...START, counts: noCounts() };
    return { ...stored, after: stored.after === undefined ? undefined : itemFromJson(stored.after) };
  }

  write(table: string, segment: number, checkpoint: Checkpoint): void {
    const { after } = checkpoint;
    writeWhole(this.path(table, segment), {
      ...checkpoint,
      after: after === undefined ? undefined : itemToJson(after),
    });
  }

  /** What a run has found out once and must not find out again. */
  remember(name: string, value: unknown): void {
    writeWhole(join(this.directory, `${name}.json`), value);
  }

  recall<T>(name: string): T | undefined {
    return readJson<T>(join(this.directory, `${name}.json`));
  }

  private path(table: string, segment: number): string {
    return join(this.directory, `${table}-${segment}.json`);
  }
}
