import { bodyOf, pathOf, reply, serve, sessionOf } from "./http.ts";

/** QR log-in: a page shows a code and polls, and one phone redeems it. */
export const handler = serve({
  "POST /qr-tokens": async (event, layer) => {
    const { user_email, session_id } = await sessionOf(event, layer);
    const { token, expires_at } = await layer.qrLogin.issue(user_email, { session_id });
    return reply(201, { token, expires_at });
  },

  "GET /qr-tokens/{token}": async (event, { qrLogin }) => reply(200, await qrLogin.status(pathOf(event, "token"))),

  "POST /qr-tokens/{token}/redemption": async (event, { qrLogin }) => {
    const { device_id } = bodyOf<{ device_id: string }>(event);
    const { sourceIp, userAgent } = event.requestContext.http;
    const phone = { device_id, ip_address: sourceIp, user_agent: userAgent };
    return reply(201, await qrLogin.redeem(pathOf(event, "token"), phone));
  },
});
