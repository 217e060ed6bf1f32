import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Argument, Command } from "commander";

/** `npm run release -- minor`: the version, the changelog, the commit with its tag, and the packed package. */
const command = new Command("npm run release --")
  .description("Raise the version, date the changelog, check and pack the package, commit and tag. Publishes nothing.")
  .addArgument(new Argument("<change>", "what the release changes").choices(["patch", "minor", "major"]))
  .option("--dry-run", "say what would be done, and pack into a temporary folder")
  .allowExcessArguments(false)
  .parse();
const change = command.args[0] as "patch" | "minor" | "major";
const { dryRun = false } = command.opts<{ dryRun?: boolean }>();

const MANIFESTS = ["package.json", "package-lock.json"];
const MODEL = "docs/released-model.json";
const CHANGELOG = "CHANGELOG.md";
const UNRELEASED = "## Unreleased\n";

const git = (...words: string[]) => execFileSync("git", words, { encoding: "utf8" }).trim();

function raised(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (change === "major") return `${major + 1}.0.0`;
  return change === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

const { version: current } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const version = raised(current);
const changelog = readFileSync(CHANGELOG, "utf8");
const notes = changelog.split(UNRELEASED)[1]?.split("\n## ")[0]?.trim() ?? "";
if (notes === "" && !dryRun)
  command.error(`${CHANGELOG} says nothing under "${UNRELEASED.trim()}": there is nothing to release`);
if (!dryRun && git("status", "--porcelain") !== "") command.error("the working tree is not clean");
if (git("tag", "--list", `v${version}`) !== "") command.error(`the tag v${version} exists`);
console.log(`${current} → ${version}\n\n${notes}\n`);

/** Packs what `dist` holds, and tells what is in it. */
function pack(folder: string): string {
  const told = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    encoding: "utf8",
  });
  const [packed] = JSON.parse(told) as { filename: string; size: number; entryCount: number }[];
  if (packed === undefined) throw new Error("npm pack said nothing");
  const { filename, entryCount, size } = packed;
  return `${filename}: ${entryCount} files, ${Math.round(size / 1000)} kB`;
}

if (dryRun) {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  console.log(`What would be packed, under its present version: ${pack(folder)}.`);
  rmSync(folder, { recursive: true });
  console.log(
    `Dry run: nothing was changed. A release would commit ${[CHANGELOG, ...MANIFESTS, MODEL].join(", ")}, and tag v${version}.`,
  );
} else {
  const date = new Date().toISOString().slice(0, 10);
  execFileSync("npm", ["version", version, "--no-git-tag-version"], { stdio: "inherit" });
  writeFileSync(CHANGELOG, changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${date})\n`));
  execFileSync("npm", ["run", "check"], { stdio: "inherit" });
  execFileSync("npm", ["run", "released-model"], { stdio: "inherit" });
  console.log(`Packed ${pack(".")}.`);
  git("commit", "--quiet", "--message", `Release ${version}`, "--", CHANGELOG, ...MANIFESTS, MODEL);
  git("tag", "--annotate", `v${version}`, "--message", `${version}\n\n${notes}`);
  console.log(
    `Committed and tagged v${version}. To publish: git push --follow-tags, then npm publish of the tag in CI.`,
  );
  console.log("package.json asks for provenance, which only a job with an OpenID Connect token can give.");
}
