const parsed = (endpoint: string): URL | undefined => (URL.canParse(endpoint) ? new URL(endpoint) : undefined);

/** Whether an endpoint is on this machine. */
export const isLoopback = (endpoint: string): boolean =>
  /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(parsed(endpoint)?.hostname ?? "");

/** What `isEndpoint` takes. */
export const ENDPOINT_RULE = "must be an https URL, or on this machine an http one such as http://127.0.0.1:8000";

/** Whether a text is the URL of a DynamoDB to which nothing goes in clear over a network. */
export function isEndpoint(endpoint: string): boolean {
  // Without its scheme, localhost:8000 is a URL too: of the scheme "localhost".
  const { protocol } = parsed(endpoint) ?? {};
  return protocol === "https:" || (protocol === "http:" && isLoopback(endpoint));
}
