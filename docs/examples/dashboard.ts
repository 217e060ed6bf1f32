import type { TicketStatus } from "@ielts-ai-prep/data-layer";
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import { bodyOf, pageOf, pathOf, type Route, reply, serve } from "./http.ts";

/** What a token must grant to look at queues, and to decide. */
type Scope = "dashboard/read" | "dashboard/review";

/** The claims of the token that API Gateway's JWT authorizer checked; none where a route has no authorizer. */
function claimsOf({ requestContext }: APIGatewayProxyEventV2): Readonly<Record<string, unknown>> {
  const { authorizer } = requestContext as Partial<APIGatewayProxyEventV2WithJWTAuthorizer["requestContext"]>;
  return authorizer?.jwt?.claims ?? {};
}

/** A route for those whose token has the scope: everybody who can log in has a valid token. */
const only =
  (scope: Scope, route: Route): Route =>
  async (event, layer) => {
    const { scope: granted } = claimsOf(event);
    if (typeof granted === "string" && granted.split(" ").includes(scope)) return route(event, layer);
    return reply(403, { code: "forbidden", message: `the token lacks the scope ${scope}` });
  };

/** A decision, which keeps whose it is: a token that names no reviewer decides nothing. */
const decision = (decide: (id: string, review: Review, layer: Parameters<Route>[1]) => Promise<object>): Route =>
  only("dashboard/review", async (event, layer) => {
    const { email: reviewed_by } = claimsOf(event);
    if (typeof reviewed_by !== "string") {
      return reply(403, { code: "forbidden", message: "the token names no reviewer" });
    }
    const { review_reason } = bodyOf<{ review_reason: string }>(event);
    return reply(200, await decide(pathOf(event, "id"), { reviewed_by, review_reason }, layer));
  });

interface Review {
  readonly reviewed_by: string;
  readonly review_reason: string;
}

/** The administrators' dashboard: queues, counts, and the review of fixes. */
export const handler = serve({
  "GET /admin/tickets": only("dashboard/read", async (event, { support }) => {
    const status = (event.queryStringParameters?.status ?? "escalated") as TicketStatus;
    return reply(200, await support.listByStatus(status, pageOf(event)));
  }),

  "GET /admin/tickets/urgent": only("dashboard/read", async (event, { support }) =>
    reply(200, await support.listByPriority("urgent", pageOf(event))),
  ),

  "GET /admin/tickets/counts": only("dashboard/read", async (_event, { support }) =>
    reply(200, await support.countByStatus()),
  ),

  "GET /admin/tickets/{id}": only("dashboard/read", async (event, { support }) =>
    reply(200, await support.thread(pathOf(event, "id"))),
  ),

  "POST /admin/tickets/{id}/resolution": only("dashboard/review", async (event, { support }) =>
    reply(200, await support.resolve(pathOf(event, "id"))),
  ),

  "GET /admin/reports": only("dashboard/read", async (event, { moderation }) =>
    reply(200, await moderation.listReportsByStatus("new", pageOf(event))),
  ),

  "GET /admin/actions": only("dashboard/read", async (event, { devops }) =>
    reply(200, await devops.listPendingApprovals(pageOf(event))),
  ),

  "POST /admin/actions/{id}/approval": decision((id, review, { devops }) => devops.approve(id, review)),

  "POST /admin/actions/{id}/rejection": decision((id, review, { devops }) => devops.reject(id, review)),
});
