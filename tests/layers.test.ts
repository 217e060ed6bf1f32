import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const BIOME = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

/** Imports of a file: those that its layer may have, and those that it may not. */
const FILES: Readonly<Record<string, { readonly allowed: readonly string[]; readonly refused: readonly string[] }>> = {
  "entities/ticket.ts": {
    allowed: ["./keys.ts", "electrodb", "uuid", "node:crypto"],
    refused: ["../services/storage/errors.ts", "@aws-sdk/client-dynamodb"],
  },
  "services/storage/requests.ts": {
    allowed: ["./errors.ts", "../../entities/keys.ts", "@aws-sdk/client-dynamodb"],
    refused: ["../context.ts", "../guards/claims.ts", "../support.ts"],
  },
  "services/storage/wire/direct-path.ts": {
    allowed: ["../errors.ts", "../../../entities/keys.ts"],
    refused: ["../../context.ts"],
  },
  "services/guards/claims.ts": {
    allowed: ["./erasure.ts", "../storage/errors.ts", "../../entities/claim.ts"],
    refused: ["../support.ts"],
  },
  "services/support.ts": {
    allowed: ["./sessions.ts", "./storage/errors.ts", "./guards/claims.ts", "../entities/ticket.ts"],
    refused: ["./devops.ts", "./account/export.ts", "../testing/faults.ts"],
  },
  "services/accounts.ts": {
    allowed: ["./sessions.ts", "./account/export.ts"],
    refused: ["./devops.ts"],
  },
  "services/account/export.ts": {
    allowed: ["./items.ts", "../storage/errors.ts", "../guards/claims.ts", "../../entities/ticket.ts"],
    refused: ["../sessions.ts", "../../testing/faults.ts"],
  },
  "testing/faults.ts": {
    allowed: ["../services/context.ts", "./clock.ts"],
    refused: ["../scripts/table/difference.ts", "../tests/engine.ts"],
  },
  "testing/lag/delays.ts": {
    allowed: ["../../services/storage/errors.ts", "./random.ts"],
    refused: ["../clock.ts", "../../tests/engine.ts"],
  },
  "scripts/doctor.ts": { allowed: ["./table/difference.ts"], refused: ["./migration/marks.ts"] },
  "scripts/doctor/repair.ts": { allowed: ["../../testing/faults.ts"], refused: ["../migration/marks.ts"] },
  "scripts/migration/migrate.ts": { allowed: ["./trials/killed-run.ts"], refused: ["../bench/load.ts"] },
  "scripts/bench/load.ts": { allowed: ["./load/ours.ts"], refused: ["../release/entry-points.ts"] },
  "scripts/release/release.ts": { allowed: ["./entry-points.ts"], refused: ["../bench/load.ts"] },
  "tests/scripts/doctor.test.ts": {
    allowed: ["../../scripts/doctor/repair.ts"],
    refused: ["../../scripts/migration/marks.ts"],
  },
  "tests/scripts/migration/run.test.ts": { allowed: ["../../../scripts/migration/run.ts"], refused: [] },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "layers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("refuses what a layer may not import, and nothing else", () => {
  cpSync("biome.layers.json", join(folder, "biome.json"));
  for (const [file, { allowed, refused }] of Object.entries(FILES)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), [...allowed, ...refused].map((module) => `import "${module}";\n`).join(""));
  }

  const words = ["lint", "--only=style/noRestrictedImports", "--reporter=github", "--max-diagnostics=none"];
  const { stdout } = spawnSync(process.execPath, [BIOME, ...words], { cwd: folder, encoding: "utf8" });

  const found = Array.from(stdout.matchAll(/file=([^,]+),line=(\d+)/g), ([, file, line]) => `${file}:${line}`);
  const expected = Object.entries(FILES).flatMap(([file, { allowed, refused }]) =>
    refused.map((_, index) => `${file}:${allowed.length + index + 1}`),
  );
  expect(found.map((place) => place.replace(`${folder}/`, "")).sort()).toEqual(expected.sort());
});

it("a service tells errors and values apart by what they say, not by their class, which another copy has too", () => {
  const files = ["services", "entities"].flatMap((layer) =>
    readdirSync(layer, { recursive: true, encoding: "utf8" }).map((file) => join(layer, file)),
  );
  const sources = files.filter((file) => file.endsWith(".ts"));
  const found = sources.filter((file) => /\binstanceof [A-Z]/.test(readFileSync(file, "utf8")));

  expect(sources.length).toBeGreaterThan(40);
  expect(found).toEqual([]);
});

it("a cast past the compiler stands only where ElectroDB and the SDK are reached", () => {
  const cast = /\bas (?:never|StoredItem)\b|\bas unknown as\b/;
  const files = ["entities", "services", "testing", "scripts"].flatMap((layer) =>
    readdirSync(layer, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(layer, file)),
  );
  const code = (file: string) => readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const casting = files.filter((file) => cast.test(code(file)));

  expect(casting.sort()).toEqual([
    "services/storage/electrodb.ts",
    "services/storage/wire/document-commands.ts",
    "services/storage/wire/wire-format.ts",
  ]);
});
