import { basename } from "node:path";

/** What is mutated together, and the tests that look at it from near. */
interface Area {
  readonly files: RegExp;
  readonly near: (path: string) => readonly string[];
}

const nearOf =
  (...tests: string[]) =>
  () =>
    tests;

/** The tests of a part of the storage that has none of its own name. */
const STORED: Readonly<Record<string, string>> = { "time-range": "pages", transition: "repository" };

/** The services that show what a guard does. */
const GUARDED: Readonly<Record<string, string>> = {
  "account-tokens": "accounts",
  claims: "purchases|assessments|support|devops",
  "daily-limit": "daily-limit|assessments",
  erasure: "accounts|address-change",
  "guarded-writes": "daily-limit|assessments|moderation",
  ledgers: "purchases",
  "letting-in": "sessions|qr-login|address-change",
  moves: "address-change",
  reactions: "streams",
  receipts: "purchases",
};

export const AREAS: Readonly<Record<string, Area>> = {
  entities: { files: /^entities\/(?!items|facts|views)/, near: nearOf("tests/entities/") },
  storage: {
    files: /^services\/storage\//,
    near: (path) => [
      `tests/services/storage/${path.includes("/wire/") ? "wire/" : `${STORED[basename(path, ".ts")] ?? basename(path, ".ts")}.test`}`,
      "tests/services/(support|client|inputs).test",
    ],
  },
  guards: {
    files: /^services\/guards\//,
    near: (path) => ["tests/services/guards/", `tests/services/(${GUARDED[basename(path, ".ts")] ?? "accounts"}).test`],
  },
  account: {
    files: /^services\/account(?:\/|s\.ts)/,
    near: nearOf("tests/services/(accounts|address-change|data-layer)"),
  },
  services: {
    files: /^services\/(?!accounts)[a-z-]+\.ts$/,
    near: (path) => [`tests/services/${basename(path, ".ts").replace("context", "data-layer")}.test`],
  },
  migration: {
    files:
      /^scripts\/migration\/(?:values|mapping|item-reader|rules|joined-purchase|translator|reconciler|partners|outcome|conflicts|marks|retry|verification)\.ts$/,
    near: nearOf("tests/scripts/migration/"),
  },
  iam: { files: /^scripts\/iam\//, near: nearOf("tests/scripts/policies", "tests/services/least-privilege") },
  table: {
    files: /^scripts\/table\//,
    near: nearOf("tests/scripts/(create-table|template|doctor|restore-check)", "tests/entities/table"),
  },
};

/** The tests of faults, which look at every service. */
export const FAR_TESTS =
  "tests/services/labels|tests/faults/(lag|crash-points|races|model|purchase-histories|ticket-histories|token-histories)";

/** The name of the area that a file belongs to; undefined for one that is not mutated. */
export const areaOf = (path: string): string | undefined =>
  Object.keys(AREAS).find((name) => AREAS[name]?.files.test(path));

/** The tests that look at a file from near, as Jest takes them. */
export const nearTests = (path: string): string => (AREAS[areaOf(path) ?? ""]?.near(path) ?? []).join("|");
