import { transformSync } from "@swc/core";
import type { DataLayer } from "../../services/data-layer.ts";
import * as builders from "../builders.ts";

const PACKAGE = "@ielts-ai-prep/data-layer";

/** Loads what a sample imports, as the package names it. */
const bring = (module: string): Promise<unknown> =>
  module.startsWith(PACKAGE) ? import(`../../${module.slice(PACKAGE.length + 1) || "index"}`) : import(module);

/** The services by the names that samples call them. */
export const SERVICES =
  "const { accounts, sessions, qrLogin, assessments, questions, rubrics, purchases, moderation, support, devops } = layer;";

/** What a sample's reader has. */
export interface Known {
  readonly layer: DataLayer;
  readonly email: string;
  /** An assessment in progress. */
  readonly assessment_id: string;
  /** A new ticket. */
  readonly ticket_id: string;
  /** A fix for it that waits for review. */
  readonly action_id: string;
  /** Before all of these began; epoch seconds. */
  readonly midnight: number;
}

/** Registers an account that has an assessment, a ticket with a proposed fix and a purchase, and imports a question and a rubric. */
export async function known(layer: DataLayer): Promise<Known> {
  const { accounts, assessments, support, devops, questions, rubrics, purchases } = layer;
  await accounts.register(builders.aRegistration());
  const { assessment_id } = await assessments.start(builders.anAssessment());
  const { ticket_id } = await support.open(builders.aTicket());
  const { action_id } = await devops.proposeFix(builders.aFix({ ticket: ticket_id }));
  await purchases.grant(builders.aReceipt());
  await questions.import([builders.aQuestion()]);
  await rubrics.import([builders.aRubric()]);
  return { layer, email: builders.MARIA, midnight: 0, assessment_id, ticket_id, action_id };
}

/** A sample with its imports in the form that a function's body takes; `load` is the function that imports. */
export const asBody = (sample: string, load: string): string =>
  sample.replaceAll(/^import (\{[^}]*\}) from ("[^"]+");$/gm, `const $1 = await ${load}($2);`);

/** Runs a sample where the names of `known` and the services stand. */
export async function runSample(sample: string, names: Known): Promise<void> {
  const { code } = transformSync(`async function sample() { ${SERVICES}\n{ ${asBody(sample, "bring")}\n} }`, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
  });
  await new Function("bring", ...Object.keys(names), `${code}; return sample();`)(bring, ...Object.values(names));
}
