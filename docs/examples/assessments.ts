import { type AssessmentType, type DataLayer, isDataLayerError, NotFoundError } from "@ielts-ai-prep/data-layer";
import { bodyOf, pageOf, pathOf, reply, serve, sessionOf } from "./http.ts";
import { examiner } from "./outside.ts";

const limit = { perDay: 5, zone: "UTC" };

async function mayUse({ purchases }: DataLayer, user_email: string, type: AssessmentType): Promise<boolean> {
  const skill = type.startsWith("speaking") ? "speaking" : "writing";
  return (await purchases.hasAccess(user_email, skill)) || (await purchases.hasAccess(user_email, "full_mock_test"));
}

/** Assessments: start within the daily limit, complete, and the history of scores. */
export const handler = serve({
  // The client brings the id, so that a retry starts no second assessment, and takes no second place in the day.
  "PUT /assessments/{id}": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    const { assessment_type } = bodyOf<{ assessment_type: AssessmentType }>(event);
    const assessment_id = pathOf(event, "id");
    const known = await layer.assessments.find(assessment_id);
    if (known?.user_id !== user_email) {
      if (!(await mayUse(layer, user_email, String(assessment_type) as AssessmentType))) {
        return reply(402, { code: "not_bought", message: "the product has not been bought, or its access is over" });
      }
    }
    try {
      return reply(201, await layer.assessments.start({ assessment_id, user_id: user_email, assessment_type, limit }));
    } catch (error) {
      if (!isDataLayerError(error) || error.code !== "conflict" || error.reason !== "limit_reached") throw error;
      return reply(429, { code: "daily_limit", message: `${limit.perDay} a day are allowed` });
    }
  },

  "POST /assessments/{id}/answers": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    const assessment = await layer.assessments.get(pathOf(event, "id"));
    if (assessment.user_id !== user_email) throw new NotFoundError("assessment", assessment.assessment_id);
    // A retry keeps the result of the first call: the examiner would judge in other words.
    if (assessment.status === "completed") return reply(200, assessment);
    const { answers } = bodyOf<{ answers: string }>(event);
    const result = await examiner.examine({ assessment_type: assessment.assessment_type, answers });
    return reply(200, await layer.assessments.complete(assessment, result));
  },

  "GET /assessments": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    return reply(200, await layer.assessments.listByUser(user_email, pageOf(event)));
  },

  "GET /progress": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    return reply(200, { items: await layer.assessments.progress(user_email) });
  },
});
