import { type DataLayer, NotFoundError } from "@ielts-ai-prep/data-layer";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { bodyOf, passwordOf, type Reply, reply, serve, sessionOf } from "./http.ts";
import { isPassword } from "./password.ts";
import { refuseInConstantTime } from "./refusal.ts";

async function logIn(event: APIGatewayProxyEventV2, { accounts, sessions }: DataLayer): Promise<Reply> {
  const body = bodyOf<{ email: string; password: string }>(event);
  const { email } = body;
  const password = passwordOf(body);
  const credentials = await accounts.credentials(email).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (!(await isPassword(password, credentials?.password_hash)) || credentials === undefined) {
    return reply(401, { code: "wrong_credentials", message: "no account has that address and password" });
  }
  // Only who knows the password hears more of the account.
  if (!credentials.email_verified) {
    return reply(403, { code: "not_verified", message: "the e-mail address is not verified yet" });
  }
  const { sourceIp, userAgent } = event.requestContext.http;
  const { password_hash } = credentials;
  const from = { ip_address: sourceIp, user_agent: userAgent };
  const session = await sessions.start({ user_email: email, password_hash, ...from });
  await accounts.recordLogin(email);
  return reply(201, session);
}

/** Logs a user in and out. */
export const handler = serve({
  "POST /sessions": (event, layer) => refuseInConstantTime(() => logIn(event, layer)),

  "DELETE /sessions": async (event, layer) => {
    const { session_id } = await sessionOf(event, layer);
    await layer.sessions.end(session_id);
    return reply(204);
  },
});
