import { tableDefinition } from "../../entities/table.ts";
import { numberText } from "../shell/text-table.ts";
import { addIndex, dropIndex, type Target } from "../table/convergence.ts";
import { FEATURE_NAMES } from "../table/engine-features.ts";
import { readTable, stackOf, type TableState } from "../table/table-state.ts";
import { passOverItems } from "./item-pass.ts";
import { PassRecord } from "./pass-record.ts";
import { passNames, planOf, type Step } from "./plan.ts";
import { limitProblemOf } from "./table-limits.ts";

export interface EvolveOptions {
  /** No function of the release before runs any more. */
  readonly deployed: boolean;
  /** Told how many items a pass has read. */
  readonly onProgress?: (read: number) => void;
}

/** Why there is no next step now. */
export type Halt =
  | { readonly why: "finished" }
  /** The next step waits for the deployment. */
  | { readonly why: "deployment"; readonly steps: readonly Step[] }
  /** A stack owns the table's indexes. */
  | { readonly why: "stack"; readonly stack: string; readonly steps: readonly Step[] }
  /** A pass ended, and some items are left. */
  | { readonly why: "items"; readonly left: number; readonly examples: readonly string[] };

/** The table as it is, and the steps that are left. @throws Error when there is no such table. */
export async function stepsLeft(
  target: Target,
): Promise<{ readonly state: TableState; readonly steps: readonly Step[] }> {
  const state = await readTable(target.client, target.table);
  if (state === undefined) throw new Error(`there is no table ${target.table}`);
  const done = await new PassRecord(target).done();
  return { state, steps: planOf(state, tableDefinition(), done) };
}

/** Takes one step after another, each from the table as it then is, until there is none or the next one has to wait. */
export async function applySteps(target: Target, options: EvolveOptions): Promise<Halt> {
  for (;;) {
    const { state, steps } = await stepsLeft(target);
    const [step] = steps;
    if (step === undefined) return { why: "finished" };
    if (step.afterDeployment && !options.deployed) return { why: "deployment", steps };
    const stack = stackOf(state);
    if (step.kind !== "pass" && stack !== undefined) return { why: "stack", stack, steps };
    const halt = await take(target, state, step, options);
    if (halt !== undefined) return halt;
  }
}

async function take(target: Target, state: TableState, step: Step, options: EvolveOptions): Promise<Halt | undefined> {
  if (step.kind !== "pass" && state.lacking.has("index")) throw new Error(`the engine has ${FEATURE_NAMES.index}`);
  switch (step.kind) {
    case "index": {
      const problem = limitProblemOf(state, step.index);
      if (problem !== undefined) throw new Error(problem);
      target.say(`index ${step.index.indexName}: making it`);
      // If it is ever made anew, items may have been written without its keys meanwhile.
      await new PassRecord(target).forget(step.index.indexName);
      await addIndex(target, step.index);
      target.say(`index ${step.index.indexName} is active: this release's reads go by it`);
      return undefined;
    }
    case "drop":
      target.say(`index ${step.indexName}: removing it`);
      await dropIndex(target, step.indexName);
      target.say(`index ${step.indexName} is gone`);
      return undefined;
    case "pass":
      return takePass(target, step.names, options);
  }
}

/**
 * Passes over the items again, for all that this release needs of them: after a way back, on which the release before has written
 * items without it.
 */
export async function passAgain(target: Target, options: Pick<EvolveOptions, "onProgress">): Promise<Halt> {
  const names = ["again", ...passNames(tableDefinition().globalSecondaryIndexes)];
  return (await takePass(target, names, options)) ?? { why: "finished" };
}

async function takePass(
  target: Target,
  names: readonly string[],
  { onProgress }: Pick<EvolveOptions, "onProgress">,
): Promise<Halt | undefined> {
  target.say(`items: a pass for ${names.join(", ")}`);
  const { read, written, left, examples } = await passOverItems(target, {
    names,
    record: new PassRecord(target),
    onProgress: (place) => onProgress?.(place.read),
  });
  target.say(`items: ${numberText(read)} read, ${numberText(written)} written`);
  return left === 0 ? undefined : { why: "items", left, examples: examples.map(({ text }) => text) };
}
