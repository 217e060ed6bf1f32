import { anAssessment } from "../scripts/testing/builders.ts";
import type { DataLayer } from "../services/data-layer.ts";

export * from "../scripts/testing/builders.ts";

/** Starts the assessment that `aSafetyEvent` is about, or another one of that id or user. */
export const startAssessment = (
  { assessments }: Pick<DataLayer, "assessments">,
  overrides: Parameters<typeof anAssessment>[0] = {},
) => assessments.start(anAssessment(overrides));
