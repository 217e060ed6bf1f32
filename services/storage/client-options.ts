import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { optionsIn } from "./options.ts";

/** The options that the AWS SDK knows; the compiler tells when it knows another. */
const CLIENT_OPTIONS: Readonly<Record<keyof DynamoDBClientConfig, true>> = {
  accountId: true,
  accountIdEndpointMode: true,
  apiVersion: true,
  authSchemePreference: true,
  base64Decoder: true,
  base64Encoder: true,
  bodyLengthChecker: true,
  cacheMiddleware: true,
  credentialDefaultProvider: true,
  credentials: true,
  customUserAgent: true,
  defaultUserAgentProvider: true,
  defaultsMode: true,
  disableClockSkewCorrection: true,
  disableHostPrefix: true,
  endpoint: true,
  endpointCacheSize: true,
  endpointDiscoveryEnabled: true,
  endpointDiscoveryEnabledProvider: true,
  endpointProvider: true,
  extensions: true,
  httpAuthSchemeProvider: true,
  httpAuthSchemes: true,
  ignoreConfiguredEndpointUrls: true,
  logger: true,
  maxAttempts: true,
  profile: true,
  protocol: true,
  protocolSettings: true,
  region: true,
  requestHandler: true,
  retryMode: true,
  retryStrategy: true,
  runtime: true,
  serviceConfiguredEndpoint: true,
  serviceId: true,
  sha256: true,
  signer: true,
  signerConstructor: true,
  signingEscapePath: true,
  signingRegion: true,
  streamCollector: true,
  systemClockOffset: true,
  tls: true,
  urlParser: true,
  useDualstackEndpoint: true,
  useFipsEndpoint: true,
  userAgentAppId: true,
  utf8Decoder: true,
  utf8Encoder: true,
};

/** A Node agent's options, or an agent. */
interface Agent {
  readonly maxSockets?: number;
  readonly destroy?: unknown;
}

/** The options of the AWS SDK's sender of HTTP requests. */
interface SenderOptions {
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
  readonly socketTimeout?: number;
  readonly socketAcquisitionWarningTimeout?: number;
  readonly logger?: object;
  readonly httpAgent?: Agent;
  readonly httpsAgent?: Agent;
}

const SENDER_OPTIONS: Readonly<Record<keyof SenderOptions, true>> = {
  connectionTimeout: true,
  requestTimeout: true,
  throwOnRequestTimeout: true,
  socketTimeout: true,
  socketAcquisitionWarningTimeout: true,
  logger: true,
  httpAgent: true,
  httpsAgent: true,
};

const HTTP_AGENT = { keepAlive: true, maxSockets: 64 } as const;
const HTTPS_AGENT = { ...HTTP_AGENT, minVersion: "TLSv1.2" } as const;

/** An agent of the caller's own replaces ours; its options are put over ours. */
const agentOf = (own: Agent, given: Agent | undefined): Agent =>
  typeof given?.destroy === "function" ? given : { ...own, ...given };

/** @throws ValidationError that names an option which the AWS SDK does not know. */
export const clientOptions = (config: DynamoDBClientConfig): DynamoDBClientConfig =>
  optionsIn("createClient", config, Object.keys(CLIENT_OPTIONS));

/** How many sockets an agent opens at once. */
export const socketsOf = (agent: Agent | undefined): number => agent?.maxSockets ?? Number.POSITIVE_INFINITY;

/** The options of a client's sender: what is given, and ours for the rest. */
export function senderOptions(given: object = {}) {
  const options: SenderOptions = optionsIn("createClient.requestHandler", given, Object.keys(SENDER_OPTIONS));
  return {
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    throwOnRequestTimeout: true,
    ...options,
    httpAgent: agentOf(HTTP_AGENT, options.httpAgent),
    httpsAgent: agentOf(HTTPS_AGENT, options.httpsAgent),
  };
}
