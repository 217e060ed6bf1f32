/** The part of esbuild's plugin interface that is used here, so that the package does not depend on esbuild. */
interface PluginBuild {
  /** Says where a module is. */
  onResolve(
    options: { filter: RegExp },
    callback: (args: { path: string; importer: string }) => { path: string; namespace: string } | undefined,
  ): void;
  /** Says what a module holds. */
  onLoad(
    options: { filter: RegExp; namespace: string },
    callback: (args: { path: string }) => { contents: string; loader: "js" },
  ): void;
}

const NAMESPACE = "data-layer";

/** What ElectroDB gets in place of two libraries, as CommonJS. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  // Validates every model against a JSON schema at each start; this package's tests have done that. ElectroDB also asks it
  // to tell models from entities.
  jsonschema: `
    class Validator {
      addSchema() {}
      validate(value) {
        const isModel = Boolean(value && value.attributes && value.indexes && !value._instance);
        return { errors: isModel ? [] : [{ property: "instance", message: "is not a model" }] };
      }
    }
    Validator.prototype.customFormats = {};
    module.exports = { Validator };`,
  // The data layer hands ElectroDB the commands that it sends. A bundler would keep all of the SDK for this one require.
  "@aws-sdk/lib-dynamodb": "module.exports = {};",
};

/**
 * An esbuild plugin that leaves out of a bundle what ElectroDB does not need there: the JSON-schema validation of models,
 * and all of lib-dynamodb beside the commands that the data layer has. Do not use it when the function has ElectroDB
 * entities of its own: their models are not validated by this package's tests, and their `go()` finds no commands.
 */
export const dataLayerPlugin = {
  name: NAMESPACE,
  /** What esbuild calls. */
  setup(build: PluginBuild): void {
    build.onResolve({ filter: /^(?:jsonschema|@aws-sdk\/lib-dynamodb)$/ }, ({ path, importer }) =>
      /[\\/]node_modules[\\/]electrodb[\\/]/.test(importer) ? { path, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: REPLACEMENTS[path] as string,
      loader: "js",
    }));
  },
};

/**
 * Settings of esbuild for Lambda functions that use this package: one minified CommonJS file for Node 20 and later.
 * `mainFields` picks the SDK's ES modules, of which esbuild keeps only what is used; an AWS SDK left external, or ES
 * modules as output, start slower.
 *
 *     import { build } from "esbuild";
 *     import { esbuildPreset } from "@ielts-ai-prep/data-layer/esbuild-preset";
 *
 *     await build({ ...esbuildPreset, entryPoints: ["handler.ts"], outfile: "dist/handler.cjs" });
 */
export const esbuildPreset = {
  bundle: true,
  minify: true,
  platform: "node" as const,
  target: "node20",
  format: "cjs" as const,
  mainFields: ["module", "main"],
  plugins: [dataLayerPlugin],
};
