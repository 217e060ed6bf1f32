import { AssessmentModel } from "../../../entities/assessment.ts";
import { createClient } from "../../../services/client.ts";
import { createContext } from "../../../services/context.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import { Repository } from "../../../services/storage/repository.ts";
import type { Load } from "./loading.ts";

/** As seed and import do it: validated, keyed by the entity, and reported input by input. */
export const loadOurs: Load = async (config, table, assessments, concurrency) => {
  const context = createContext({ client: createClient(config), table });
  const store = new Repository(context, AssessmentModel);
  const { failed } = await bulkWrite(context, assessments, (assessment) => store.itemOf(assessment), { concurrency });
  if (failed.length > 0) throw new Error("items were not written", { cause: failed[0]?.cause });
};
