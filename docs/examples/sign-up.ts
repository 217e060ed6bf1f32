import { randomUUID } from "node:crypto";
import { ConflictError, type DataLayer, NotFoundError, ValidationError } from "@ielts-ai-prep/data-layer";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { bodyOf, passwordOf, type Reply, reply, serve } from "./http.ts";
import { mailer } from "./outside.ts";
import { hashOf } from "./password.ts";
import { answerInConstantTime, refuseInConstantTime } from "./refusal.ts";

const SHORTEST_PASSWORD = 12;

/** A new password. Log-in takes shorter ones, which the platform allowed before. */
function newPasswordOf(body: { readonly password?: unknown }): string {
  const password = passwordOf(body);
  if (password.length >= SHORTEST_PASSWORD) return password;
  throw new ValidationError("request", "password", `must have at least ${SHORTEST_PASSWORD} characters`, undefined);
}

/** What is asked for an address is answered alike, whether it has an account or not: its owner reads the mail. */
const ACCEPTED = { message: "if the address can be used, a mail is on its way to it" };

/** Mails a token that was just set; nothing where the account or its state allows none. */
async function mailToken(to: string, kind: "verify" | "reset", set: (token: string) => Promise<unknown>) {
  const token = randomUUID();
  try {
    await set(token);
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof ConflictError) return;
    throw error;
  }
  await mailer.send({ to, kind, token });
}

async function signUp(event: APIGatewayProxyEventV2, { accounts }: DataLayer): Promise<Reply> {
  const body = bodyOf<{ email: string; username: string; password: string }>(event);
  const { email, username } = body;
  const password_hash = await hashOf(newPasswordOf(body));
  const verification_token = randomUUID();
  try {
    await accounts.register({ email, username, password_hash, verification_token });
    await mailer.send({ to: email, kind: "verify", token: verification_token });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    // Of an address whose erasure is not final there is no account to tell of.
    if (error.reason === "registered") await mailer.send({ to: email, kind: "known" });
  }
  return reply(202, ACCEPTED);
}

async function resetPassword(event: APIGatewayProxyEventV2, { accounts }: DataLayer): Promise<Reply> {
  const body = bodyOf<{ email: string; token: string; password: string }>(event);
  const password_hash = await hashOf(newPasswordOf(body));
  await accounts.resetPassword(body.email, { reset_token: body.token, password_hash });
  return reply(204);
}

/** Registers users, verifies their addresses, and resets passwords. Tokens travel in bodies: a link has them in its fragment. */
export const handler = serve({
  "POST /accounts": (event, layer) => answerInConstantTime(() => signUp(event, layer)),

  "POST /accounts/verification": (event, { accounts }) =>
    refuseInConstantTime(async () => {
      const { email, token } = bodyOf<{ email: string; token: string }>(event);
      await accounts.verifyEmail(email, { verification_token: token });
      return reply(204);
    }),

  "POST /accounts/verification/mail": (event, { accounts }) =>
    answerInConstantTime(async () => {
      const { email } = bodyOf<{ email: string }>(event);
      await mailToken(email, "verify", (token) => accounts.setVerificationToken(email, { verification_token: token }));
      return reply(202, ACCEPTED);
    }),

  "POST /accounts/password/mail": (event, { accounts }) =>
    answerInConstantTime(async () => {
      const { email } = bodyOf<{ email: string }>(event);
      await mailToken(email, "reset", (token) => accounts.setResetToken(email, { reset_token: token }));
      return reply(202, ACCEPTED);
    }),

  "POST /accounts/password": (event, layer) => refuseInConstantTime(() => resetPassword(event, layer)),
});
