import { reply, serve, sessionOf } from "./http.ts";

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
    return reply(200, await layer.accounts.erase(user_email));
  },
});
