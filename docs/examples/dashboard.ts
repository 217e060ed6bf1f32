import type { TicketStatus } from "@ielts-ai-prep/data-layer";
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import { bodyOf, pageOf, pathOf, reply, serve } from "./http.ts";

/** The reviewer; API Gateway's JWT authorizer let nobody else in. */
const reviewerOf = ({ requestContext }: APIGatewayProxyEventV2) =>
  String((requestContext as APIGatewayProxyEventV2WithJWTAuthorizer["requestContext"]).authorizer.jwt.claims.email);

/** The administrators' dashboard: queues, counts, and the review of fixes. */
export const handler = serve({
  "GET /admin/tickets": async (event, { support }) => {
    const status = (event.queryStringParameters?.status ?? "escalated") as TicketStatus;
    return reply(200, await support.listByStatus(status, pageOf(event)));
  },

  "GET /admin/tickets/urgent": async (event, { support }) =>
    reply(200, await support.listByPriority("urgent", pageOf(event))),

  "GET /admin/tickets/counts": async (_event, { support }) => reply(200, await support.countByStatus()),

  "GET /admin/tickets/{id}": async (event, { support }) => reply(200, await support.thread(pathOf(event, "id"))),

  "POST /admin/tickets/{id}/resolution": async (event, { support }) =>
    reply(200, await support.resolve(pathOf(event, "id"))),

  "GET /admin/reports": async (event, { moderation }) =>
    reply(200, await moderation.listReportsByStatus("new", pageOf(event))),

  "GET /admin/actions": async (event, { devops }) => reply(200, await devops.listPendingApprovals(pageOf(event))),

  "POST /admin/actions/{id}/approval": async (event, { devops }) => {
    const { review_reason } = bodyOf<{ review_reason: string }>(event);
    return reply(200, await devops.approve(pathOf(event, "id"), { reviewed_by: reviewerOf(event), review_reason }));
  },

  "POST /admin/actions/{id}/rejection": async (event, { devops }) => {
    const { review_reason } = bodyOf<{ review_reason: string }>(event);
    return reply(200, await devops.reject(pathOf(event, "id"), { reviewed_by: reviewerOf(event), review_reason }));
  },
});
