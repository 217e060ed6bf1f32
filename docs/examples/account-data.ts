import { reply, serve, sessionOf } from "./http.ts";

/** An HTTP API answers within 30 seconds. */
const SECONDS_FOR_ERASURE = 20;

/** A user's own data: everything that is stored, and its erasure. */
export const handler = serve({
  "GET /account": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    return reply(200, await layer.accounts.overview(user_email));
  },

  "GET /account/export": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    return reply(200, await layer.accounts.export(user_email));
  },

  "DELETE /account": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    // What does not fit into the request's time, the nightly job of erasures.ts does.
    const deadline = layer.context.clock() + SECONDS_FOR_ERASURE;
    const { swept, final_at } = await layer.accounts.erase(user_email, { deadline });
    return reply(swept ? 200 : 202, { final_at });
  },
});
