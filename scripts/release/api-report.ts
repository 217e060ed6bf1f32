import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, ExtractorMessageCategory } from "@microsoft/api-extractor";
import { Command } from "commander";
import { entryPoints } from "./entry-points.ts";

/**
 * `npm run api-report`: writes the built package's public declarations to docs/data-layer.api.md, by API Extractor; `-- --check` fails
 * when they changed. Either way it fails when one of them has no docstring. `npm run build` first.
 */
const { check = false } = new Command("npm run api-report --")
  .description("Record the public surface of the built package in docs/data-layer.api.md; npm run build first.")
  .option("--check", "write nothing, and fail when the surface is not the recorded one")
  .allowExcessArguments(false)
  .parse()
  .opts<{ check?: boolean }>();

const REPORT = "data-layer.api.md";
const folder = resolve("dist/report");

/** Every entry point of the package under its name, as one module: API Extractor reads one. */
const surface = resolve("dist/esm/surface.d.ts");
mkdirSync(folder, { recursive: true });
const entries = [...entryPoints()];
const nameOf = (entry: string) =>
  entry === "." ? "index" : entry.slice(2).replaceAll(/\W(\w)/g, (_, letter: string) => letter.toUpperCase());
const moduleOf = (declarations: string) => declarations.replace("./dist/esm/", "./").replace(".d.ts", ".ts");
writeFileSync(surface, entries.map(([entry, at]) => `export * as ${nameOf(entry)} from "${moduleOf(at)}";\n`).join(""));

const silent = { default: { logLevel: ExtractorLogLevel.None } };
const compilerOptions = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ["node"],
  allowImportingTsExtensions: true,
  noEmit: true,
};
const config = ExtractorConfig.prepare({
  configObject: {
    projectFolder: resolve("."),
    newlineKind: "lf",
    mainEntryPointFilePath: surface,
    compiler: { overrideTsconfig: { compilerOptions, files: [surface] } },
    apiReport: {
      enabled: true,
      includeForgottenExports: true,
      reportFileName: REPORT,
      reportFolder: folder,
      reportTempFolder: folder,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: silent,
      tsdocMessageReporting: silent,
    },
  },
  configObjectFullPath: undefined,
  packageJsonFullPath: resolve("package.json"),
});
const problems: string[] = [];
try {
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.category === ExtractorMessageCategory.Compiler) problems.push(message.text);
    },
  });
} finally {
  // Whatever is left in `dist` would be packed.
  rmSync(surface);
}
/** The report without what the models hold: docs/data-model.md shows that. */
const report = readFileSync(join(folder, REPORT), "utf8").replaceAll(
  /^const (\w+Model|MODELS|MARKERS): \{\n[\s\S]*?^\};$/gm,
  "const $1: { … };",
);
rmSync(folder, { recursive: true });

for (const problem of problems) {
  console.error(`The declarations do not compile: ${problem}`);
  process.exitCode = 1;
}
// For `name` and `code` of an error, editors show the docstring of the class that it extends.
for (const [, declaration] of report.matchAll(/\(undocumented\)\n *(?! |readonly (?:name|code)\b)(.*)$/gm)) {
  console.error(`No docstring: ${declaration}`);
  process.exitCode = 1;
}
if (!check) {
  writeFileSync(join("docs", REPORT), report);
  console.log(`Wrote docs/${REPORT}: ${entries.length} entry points, ${report.split("\n").length} lines.`);
} else if (readFileSync(join("docs", REPORT), "utf8") === report) {
  console.log(`docs/${REPORT} is current.`);
} else {
  console.error(
    `docs/${REPORT} is stale: the public surface changed. Run \`npm run api-report\`, and look at the difference.`,
  );
  process.exitCode = 1;
}
