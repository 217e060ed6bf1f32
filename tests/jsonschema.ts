import { dataLayerPlugin } from "../esbuild-preset.ts";

// In the place of the library with which ElectroDB checks every model anew, as in a bundle: a tenth of the suite's time.
// The models are checked with the library itself wherever a process of its own runs: `npm start`, and the packed package.
const replacement = { exports: {} };
dataLayerPlugin.setup({
  onResolve() {},
  onLoad(_, load) {
    new Function("module", load({ path: "jsonschema" }).contents)(replacement);
  },
});
module.exports = replacement.exports;
