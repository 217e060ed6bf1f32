import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Hosts that serve packages, of npm or of another ecosystem, and whatever is called a registry, an index or a mirror of one. */
const REGISTRY_HOST =
  /\b(?:registry|registries|npm|pypi|artifactory|nexus|mirrors?|proxy)(?:[.-][a-z0-9-]+)*\.(?:org|com|net|io|dev|pm|cn|internal|local)\b|\bnpm(?:js|mirror)\.\w+|\bunpkg\.\w+|\bjsdelivr\.\w+/i;

const filesOf = () =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "" && file !== "tests/packaging.test.ts");

/** The lines of a file that name a host of a package registry. */
const namingLines = (text: string) => text.split("\n").filter((line) => REGISTRY_HOST.test(line));

describe("the repository", () => {
  it("names no host of a package registry", () => {
    const naming = filesOf().flatMap((file) =>
      namingLines(readFileSync(file, "utf8")).map((line) => `${file}: ${line}`),
    );

    expect(naming).toEqual([]);
  });

  it.each([
    '"resolved": "https://registry.npmjs.org/uuid/-/uuid-11.0.0.tgz"',
    "npm ci --registry=https://npm.pkg.github.com",
    "registry=https://artifactory.example.com/api/npm/",
    "https://mirror.corp.internal/npm",
  ])("would be found naming one by %s", (line) => {
    expect(namingLines(line)).toEqual([line]);
  });

  it("keeps where packages came from out of its lock file", () => {
    expect(readFileSync(".npmrc", "utf8").split("\n")).toContain("omit-lockfile-registry-resolved=true");
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      packages: Record<string, { readonly resolved?: string }>;
    };
    const installed = Object.entries(packages).filter(([path]) => path !== "");

    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});

it("a release is published with provenance", () => {
  const { publishConfig, repository } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, unknown>;

  expect(publishConfig).toMatchObject({ access: "public", provenance: true });
  // The registry compares it with the repository that the build ran in.
  expect(repository).toMatchObject({ type: "git", url: expect.stringMatching(/^git\+https:\/\/github\.com\//) });
});
