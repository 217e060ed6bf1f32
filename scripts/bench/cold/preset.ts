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
  },
};
