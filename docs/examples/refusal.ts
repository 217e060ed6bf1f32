import { setTimeout } from "node:timers/promises";
import type { Reply } from "./http.ts";

/** Longer than the dearest password hash takes to verify on the function's memory: measure it there. */
const REFUSAL_MILLISECONDS = 1_000;

/**
 * Answers whatever is refused at one moment: a whole second after the request came, or the next one. So the time tells no more
 * than the words do: an unknown address, a wrong password and every kind of hash take as long.
 */
export const refuseInConstantTime = (route: () => Promise<Reply>): Promise<Reply> =>
  inConstantTime(route, ({ statusCode = 500 }) => statusCode >= 400);

/** The same for what is accepted: whether there was anything to do is told neither by words nor by time. */
export const answerInConstantTime = (route: () => Promise<Reply>): Promise<Reply> => inConstantTime(route, () => true);

async function inConstantTime(route: () => Promise<Reply>, waits: (reply: Reply) => boolean): Promise<Reply> {
  const began = performance.now();
  const wait = () => setTimeout(REFUSAL_MILLISECONDS - ((performance.now() - began) % REFUSAL_MILLISECONDS));
  const reply = await route().catch(async (error: unknown) => {
    await wait();
    throw error;
  });
  if (waits(reply)) await wait();
  return reply;
}
