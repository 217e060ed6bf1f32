import * as dynamodb from "@aws-sdk/client-dynamodb";
import { transformSync } from "@swc/core";
import * as modelModule from "../../entities/model.ts";
import * as tableModule from "../../entities/table.ts";
import * as esbuildPreset from "../../esbuild-preset.ts";
import * as dataLayer from "../../index.ts";
import * as clientModule from "../../services/client.ts";
import * as contextModule from "../../services/context.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import * as devopsModule from "../../services/devops.ts";
import * as moderationModule from "../../services/moderation.ts";
import * as questionsModule from "../../services/questions.ts";
import * as rubricsModule from "../../services/rubrics.ts";
import * as supportModule from "../../services/support.ts";
import * as testing from "../../testing.ts";
import * as builders from "../builders.ts";

/** What samples import, as the package names it. */
const MODULES: Readonly<Record<string, unknown>> = {
  "@aws-sdk/client-dynamodb": dynamodb,
  "@ielts-ai-prep/data-layer": dataLayer,
  "@ielts-ai-prep/data-layer/services/client": clientModule,
  "@ielts-ai-prep/data-layer/services/context": contextModule,
  "@ielts-ai-prep/data-layer/services/devops": devopsModule,
  "@ielts-ai-prep/data-layer/services/moderation": moderationModule,
  "@ielts-ai-prep/data-layer/services/questions": questionsModule,
  "@ielts-ai-prep/data-layer/services/rubrics": rubricsModule,
  "@ielts-ai-prep/data-layer/services/support": supportModule,
  "@ielts-ai-prep/data-layer/entities/model": modelModule,
  "@ielts-ai-prep/data-layer/entities/table": tableModule,
  "@ielts-ai-prep/data-layer/testing": testing,
  "@ielts-ai-prep/data-layer/esbuild-preset": esbuildPreset,
};

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

/** A sample with its imports in the form that a function's body takes; `bring` writes the expression for a module. */
export const asBody = (sample: string, bring: (module: string) => string): string =>
  sample.replaceAll(
    /^import (\{[^}]*\}) from ("[^"]+");$/gm,
    (_, names, module) => `const ${names} = ${bring(module)};`,
  );

/** Runs a sample where the names of `known` and the services stand. */
export async function runSample(sample: string, names: Known): Promise<void> {
  const body = asBody(sample, (module) => `bring(${module})`);
  const { code } = transformSync(`async function sample() { ${SERVICES}\n{ ${body}\n} }`, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
  });
  const bring = (module: string) => {
    if (!(module in MODULES)) throw new Error(`samples do not know ${module}`);
    return MODULES[module];
  };
  await new Function("bring", ...Object.keys(names), `${code}; return sample();`)(bring, ...Object.values(names));
}
