import { MultiBar, type SingleBar } from "cli-progress";
import type { MigrationProgress } from "./run.ts";

export interface TablesProgress {
  update(progress: MigrationProgress): void;
  stop(): void;
}

const LINE_EVERY = 10_000;

const duration = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;

/**
 * A bar for each table on a terminal, elsewhere a line every ten seconds: items, items a second, and when it will end. What
 * an earlier process had read counts as done and not for the speed.
 */
export function tablesProgress(now: () => number = () => performance.now()): TablesProgress {
  const tables = new Map<string, MigrationProgress>();
  const bars = process.stdout.isTTY
    ? new MultiBar({ format: "{name} {bar} {value}/{total} {rate}", hideCursor: true, clearOnComplete: false })
    : undefined;
  const barOf = new Map<string, SingleBar>();
  const started = now();
  let printed = started;

  function speed(): string {
    const all = [...tables.values()];
    const read = all.reduce((sum, table) => sum + table.read, 0);
    const total = all.reduce((sum, table) => sum + table.total, 0);
    const earlier = all.reduce((sum, table) => sum + table.earlier, 0);
    const rate = ((read - earlier) * 1000) / Math.max(1, now() - started);
    const left = rate > 0 ? `, ${duration((total - read) / rate)} left` : "";
    return `${Math.round(rate)} items/s${left}`;
  }

  return {
    update(progress) {
      const { name, read, total } = progress;
      tables.set(name, progress);
      if (bars !== undefined) {
        const bar = barOf.get(name) ?? bars.create(total, 0, { name: name.padEnd(32), rate: "" });
        barOf.set(name, bar);
        bar.setTotal(total);
        bar.update(read, { rate: speed() });
      } else if (now() - printed >= LINE_EVERY) {
        printed = now();
        const parts = [...tables.values()].map((table) => `${table.name} ${table.read}/${table.total}`);
        console.log(`${speed()}; ${parts.join(", ")}`);
      }
    },
    stop: () => bars?.stop(),
  };
}
