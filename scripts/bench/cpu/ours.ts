import { AssessmentModel } from "../../../entities/assessment.ts";
import { createClient } from "../../../services/client.ts";
import { createDataLayer } from "../../../services/data-layer.ts";
import { bulkWrite } from "../../../services/storage/bulk-writer.ts";
import { Repository } from "../../../services/storage/repository.ts";
import { LOCAL_ERASURE_SECRET } from "../../../testing/local-database.ts";
import { type CreateSide, TABLE } from "./side.ts";

/** Our services as a handler calls them. Only `get` goes below: no service reads an assessment by its whole key. */
export const createOurs: CreateSide = (stub) => {
  const layer = createDataLayer({
    client: createClient(stub.clientConfig()),
    table: TABLE,
    erasureSecret: LOCAL_ERASURE_SECRET,
  });
  const store = new Repository(layer.context, AssessmentModel);
  return {
    get: (key) => store.find(key),
    create: (input) => layer.assessments.start(input),
    patch: (key) => layer.assessments.abandon(key),
    complete(key, { scores, ai_feedback, improvement_plan, duration_minutes }) {
      return layer.assessments.complete(key, { scores, ai_feedback, improvement_plan, duration_minutes });
    },
    query: (user_id) => layer.assessments.listByUser(user_id, { limit: 25 }),
    outline: (ticket_id) => layer.support.threadOutline(ticket_id),
    thread: (ticket_id) => layer.support.thread(ticket_id),
    overview: (email) => layer.accounts.overview(email),
    batch: (assessments) => bulkWrite(layer.context, assessments, (assessment) => store.itemOf(assessment)),
  };
};
