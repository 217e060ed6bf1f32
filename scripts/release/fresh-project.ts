import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What npm is told to install the dependencies of a project that lives for one command. */
export const INSTALL = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"] as const;

/** Installs dependencies into a folder of their own, and removes it after `act`. */
export function inFreshProject(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  act: (folder: string) => void,
): void {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
    execFileSync("npm", [...INSTALL, "--silent"], { cwd: folder, stdio: "inherit" });
    act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
