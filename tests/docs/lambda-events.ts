import type {
  APIGatewayProxyEventV2,
  Context,
  ScheduledEvent,
  SESEvent,
  SESMail,
  SESReceiptStatus,
  SNSEvent,
  SQSEvent,
} from "aws-lambda";

/** Events in the shapes that AWS documents and sends. */
const ACCOUNT = "123456789012";
const REGION = "us-east-1";

export const lambdaContext = (milliseconds = 10_000): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: "ielts",
  functionVersion: "$LATEST",
  invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:ielts`,
  memoryLimitInMB: "256",
  awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
  logGroupName: "/aws/lambda/ielts",
  logStreamName: "2025/10/09/[$LATEST]58419525dade4d17a495dceeeed44708",
  getRemainingTimeInMillis: () => milliseconds,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});

export interface HttpRequest {
  readonly session?: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The claims of an administrator's token. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** An HTTP API's event, payload format 2.0. */
export function httpEvent(routeKey: string, request: HttpRequest = {}): APIGatewayProxyEventV2 {
  const [method = "", route = ""] = routeKey.split(" ");
  const rawPath = route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(request.path?.[name] ?? ""));
  const rawQueryString = new URLSearchParams(request.query).toString();
  const authorizer = request.claims && { jwt: { claims: request.claims, scopes: [] } };
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      host: "api.ielts.example.com",
      "x-forwarded-for": "198.51.100.7",
      ...(request.session === undefined ? {} : { authorization: `Bearer ${request.session}` }),
    },
    ...(request.query === undefined ? {} : { queryStringParameters: { ...request.query } }),
    ...(request.path === undefined ? {} : { pathParameters: { ...request.path } }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: "r3pmxmplak",
      domainName: "api.ielts.example.com",
      domainPrefix: "api",
      http: {
        method,
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp: "198.51.100.7",
        userAgent: "Mozilla/5.0 (Macintosh) Safari/605.1",
      },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey,
      stage: "$default",
      time: "09/Oct/2025:08:53:20 +0000",
      timeEpoch: 1_760_000_000_000,
      ...(authorizer === undefined ? {} : { authorizer }),
    },
    ...(request.body === undefined
      ? {}
      : { body: typeof request.body === "string" ? request.body : JSON.stringify(request.body) }),
    isBase64Encoded: false,
  };
}

export const sqsEvent = (bodies: readonly unknown[]): SQSEvent => ({
  Records: bodies.map((body, index) => ({
    messageId: `059f36b4-87a3-44ab-83d2-66197584780${index}`,
    receiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "1760000000000",
      SenderId: "AIDAIENQZJOLO23YVJ4VO",
      ApproximateFirstReceiveTimestamp: "1760000000001",
    },
    messageAttributes: {},
    md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:moderation-events`,
    awsRegion: REGION,
  })),
});

export const snsEvent = (MessageId: string, message: unknown): SNSEvent => ({
  Records: [
    {
      EventVersion: "1.0",
      EventSubscriptionArn: `arn:aws:sns:${REGION}:${ACCOUNT}:problems:21be56ed-a058-49f5-8c98-aedd2564c486`,
      EventSource: "aws:sns",
      Sns: {
        SignatureVersion: "1",
        Timestamp: "2025-10-09T08:53:20.000Z",
        Signature: "tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j",
        SigningCertUrl: `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem`,
        MessageId,
        Message: JSON.stringify(message),
        MessageAttributes: {},
        Type: "Notification",
        UnsubscribeUrl: `https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe`,
        TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:problems`,
        Subject: "problem",
      },
    },
  ],
});

const verdict = (status: SESReceiptStatus["status"]) => ({ status });

/** What is unlike in a mail: what was found of it, its envelope's sender, its From header, and further headers. */
export interface SesChanges {
  readonly spam?: SESReceiptStatus["status"];
  readonly spf?: SESReceiptStatus["status"];
  readonly dkim?: SESReceiptStatus["status"];
  readonly dmarc?: SESReceiptStatus["status"];
  readonly source?: string;
  readonly from?: string[];
  readonly headers?: readonly SESMail["headers"][number][];
}

export function sesEvent(messageId: string, subject: string, sender: string, changes: SesChanges = {}): SESEvent {
  const { source = sender, from = [`Maria <${sender}>`], headers = [] } = changes;
  const to = "support@ielts.example.com";
  return {
    Records: [
      {
        eventSource: "aws:ses",
        eventVersion: "1.0",
        ses: {
          mail: {
            timestamp: "2025-10-09T08:53:20.000Z",
            source,
            messageId,
            destination: [to],
            headersTruncated: false,
            headers: [
              { name: "From", value: from.join(", ") },
              { name: "To", value: to },
              { name: "Subject", value: subject },
              ...headers,
            ],
            commonHeaders: {
              returnPath: source,
              from,
              date: "Thu, 9 Oct 2025 08:53:20 +0000",
              to: [to],
              messageId: `<${messageId}@mail.example.com>`,
              subject,
            },
          },
          receipt: {
            timestamp: "2025-10-09T08:53:20.000Z",
            processingTimeMillis: 574,
            recipients: [to],
            spamVerdict: verdict(changes.spam ?? "PASS"),
            virusVerdict: verdict("PASS"),
            spfVerdict: verdict(changes.spf ?? "PASS"),
            dkimVerdict: verdict(changes.dkim ?? "PASS"),
            dmarcVerdict: verdict(changes.dmarc ?? "PASS"),
            action: {
              type: "Lambda",
              functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:support-mail`,
              invocationType: "Event",
            },
          },
        },
      },
    ],
  };
}

/** What EventBridge's schedules send. */
export const scheduledEvent = (): ScheduledEvent => ({
  id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
  version: "0",
  account: ACCOUNT,
  time: "2025-10-09T01:00:00Z",
  region: REGION,
  resources: [`arn:aws:events:${REGION}:${ACCOUNT}:rule/nightly`],
  source: "aws.events",
  "detail-type": "Scheduled Event",
  detail: {},
});
