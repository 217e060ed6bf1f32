import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** One CommonJS file for Node 20, as a Lambda function is deployed; `main-fields` lets esbuild shake the SDK's tree. */
const LAMBDA: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  mainFields: ["module", "main"],
  logLevel: "error",
};

/**
 * Bundles a module of this folder. The benchmarks measure bundles in a plain Node and not sources under tsx, which wraps
 * each function that it loads.
 */
export async function bundle(entry: string, outfile: string, options: BuildOptions = {}): Promise<void> {
  await build({
    ...LAMBDA,
    ...options,
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile,
  });
}

export const bytesOf = (file: string): number => statSync(file).size;
