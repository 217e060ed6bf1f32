import { type DataLayer, dataLayerFromEnv, errorResponse, ValidationError } from "@ielts-ai-prep/data-layer";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";

export type Reply = APIGatewayProxyStructuredResultV2;
export type Route = (event: APIGatewayProxyEventV2, layer: DataLayer) => Promise<Reply>;

/** What a function needs, after its last request, to answer. */
const ANSWERING_MILLISECONDS = 500;

/** Answers hold credentials and personal data: no browser and no proxy keeps them. */
const NOT_STORED = { "cache-control": "no-store" };

/** One data layer for all invocations; `TABLE_NAME` and `AWS_REGION` say which. */
const dataLayer = dataLayerFromEnv();

/**
 * A handler for an HTTP API (payload 2.0), by `routeKey`. Errors of the data layer become their status codes; an error that
 * nobody can name fails the function, so that Lambda counts it.
 */
export function serve(routes: Readonly<Record<string, Route>>) {
  return async (event: APIGatewayProxyEventV2, context: Context): Promise<Reply> => {
    const route = routes[event.routeKey];
    if (route === undefined) return reply(404);
    const layer = dataLayer.within({ milliseconds: context.getRemainingTimeInMillis() - ANSWERING_MILLISECONDS });
    try {
      return await route(event, layer);
    } catch (error) {
      const response = errorResponse(error);
      if (response.statusCode === 500) throw error;
      return { ...response, headers: { ...response.headers, ...NOT_STORED } };
    }
  };
}

export const reply = (statusCode: number, body?: object): Reply =>
  body === undefined
    ? { statusCode, headers: NOT_STORED }
    : { statusCode, headers: { "content-type": "application/json", ...NOT_STORED }, body: JSON.stringify(body) };

/** The JSON body. The services check what is in it. */
export function bodyOf<T extends object>({ body, isBase64Encoded }: APIGatewayProxyEventV2): T {
  try {
    const text = isBase64Encoded ? Buffer.from(body ?? "", "base64").toString() : (body ?? "");
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ValidationError("request", "body", "must be a JSON object", body);
}

/** Nobody has a longer one, and hashing it costs time. */
const LONGEST_PASSWORD = 1_024;

/** The password in a body. */
export function passwordOf({ password }: { readonly password?: unknown }): string {
  if (typeof password === "string" && password !== "" && password.length <= LONGEST_PASSWORD) return password;
  throw new ValidationError("request", "password", `must be a text of 1 to ${LONGEST_PASSWORD} characters`, undefined);
}

/** A parameter of the path; the route says that it is there. */
export const pathOf = ({ pathParameters }: APIGatewayProxyEventV2, name: string): string =>
  pathParameters?.[name] ?? "";

/** `?limit=20&cursor=…`, as lists take them. */
export const pageOf = ({ queryStringParameters: query }: APIGatewayProxyEventV2) => ({
  limit: query?.limit === undefined ? undefined : Number(query.limit),
  cursor: query?.cursor,
});

/** The session of `authorization: Bearer <session id>`. @throws NotFoundError, ExpiredError: 401 both. */
export const sessionOf = ({ headers }: APIGatewayProxyEventV2, { sessions }: DataLayer) =>
  sessions.authenticate(/^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1] ?? "none");
