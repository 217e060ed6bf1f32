import { setMaxListeners } from "node:events";

/**
 * A signal that any number of requests may listen to at once. Each listens until it is answered; from the eleventh on
 * Node would warn of a leak.
 */
export function heardByMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
  return signal;
}
