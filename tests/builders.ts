import type { DataLayer } from "../services/data-layer.ts";
import { anAssessment } from "../testing/builders.ts";

export * from "../testing/builders.ts";

/** Starts the assessment that `aSafetyEvent` is about, or another one of that id or user. */
export const startAssessment = (
  { assessments }: Pick<DataLayer, "assessments">,
  overrides: Parameters<typeof anAssessment>[0] = {},
) => assessments.start(anAssessment(overrides));
