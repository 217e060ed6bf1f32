import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** What ElectroDB asks of a JSON-schema validator. It accepts everything: this package's tests validate its models. */
const ACCEPTING_VALIDATOR = `
class Validator {
  addSchema() {}
  validate() { return { valid: true, errors: [] }; }
}
Validator.prototype.customFormats = {};
module.exports = { Validator };
`;

/** ElectroDB's own wrapper of the SDK loads lib-dynamodb at once; only `go()` on `layer.entities` needs it. */
const EAGER = 'const lib = require("@aws-sdk/lib-dynamodb");';
const LAZY = 'const lib = new Proxy({}, { get: (_, name) => require("@aws-sdk/lib-dynamodb")[name] });';

/**
 * Leaves out of a bundle what ElectroDB does at each cold start although this package's tests have done it: it validates
 * every model against a JSON schema, with the `jsonschema` package.
 */
export const dataLayerPreset: Plugin = {
  name: "data-layer",
  setup(build) {
    build.onResolve({ filter: /^jsonschema$/ }, ({ importer }) =>
      /[\\/]electrodb[\\/]/.test(importer) ? { path: "accepting-validator", namespace: "data-layer" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "data-layer" }, () => ({ contents: ACCEPTING_VALIDATOR, loader: "js" }));
    build.onLoad({ filter: /[\\/]electrodb[\\/]src[\\/]client\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(EAGER, LAZY),
      loader: "js",
    }));
  },
};
