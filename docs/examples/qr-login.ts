import { bodyOf, reply, serve, sessionOf } from "./http.ts";

/** QR log-in: a page shows a code and polls, and one phone redeems it. Paths are logged, so a token comes in a body. */
export const handler = serve({
  "POST /qr-tokens": async (event, layer) => {
    const { user_email, session_id } = await sessionOf(event, layer);
    const { token, expires_at } = await layer.qrLogin.issue(user_email, { session_id });
    return reply(201, { token, expires_at });
  },

  "POST /qr-tokens/status": async (event, { qrLogin }) =>
    reply(200, await qrLogin.status(bodyOf<{ token: string }>(event).token)),

  // The app makes the device's id once, by crypto.randomUUID(), and keeps it in the phone's keychain.
  "POST /qr-tokens/redemption": async (event, { qrLogin }) => {
    const { token, device_id } = bodyOf<{ token: string; device_id: string }>(event);
    const { sourceIp, userAgent } = event.requestContext.http;
    return reply(201, await qrLogin.redeem(token, { device_id, ip_address: sourceIp, user_agent: userAgent }));
  },
});
