import { NotFoundError } from "@ielts-ai-prep/data-layer";
import { bodyOf, reply, serve, sessionOf } from "./http.ts";
import { isPassword } from "./password.ts";

/** Logs a user in and out. */
export const handler = serve({
  "POST /sessions": async (event, { accounts, sessions }) => {
    const { email, password } = bodyOf<{ email: string; password: string }>(event);
    const credentials = await accounts.credentials(email).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    if (!(await isPassword(String(password), credentials?.password_hash)) || credentials === undefined) {
      return reply(401, { code: "wrong_credentials", message: "no account has that address and password" });
    }
    const { sourceIp, userAgent } = event.requestContext.http;
    const { password_hash } = credentials;
    const from = { ip_address: sourceIp, user_agent: userAgent };
    const session = await sessions.start({ user_email: email, password_hash, ...from });
    await accounts.recordLogin(email);
    return reply(201, session);
  },

  "DELETE /sessions": async (event, layer) => {
    const { session_id } = await sessionOf(event, layer);
    await layer.sessions.end(session_id);
    return reply(204);
  },
});
