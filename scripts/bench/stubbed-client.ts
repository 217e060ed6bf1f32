import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

/** The body of DynamoDB's answer to each operation, as JSON; of more than one, each in its turn, again and again. */
export type Answers = Readonly<Record<string, string | readonly string[]>>;

export interface SentRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const textOf = (body: string | Uint8Array) => (typeof body === "string" ? body : new TextDecoder().decode(body));

/** A DynamoDB that answers at once: what is left is the work of the code that calls it and of the SDK. */
export class Stub {
  /** What was asked, while `recording`. */
  readonly requests: SentRequest[] = [];
  recording = false;
  private bodies = new Map<string, { readonly each: readonly Uint8Array[]; next: number }>();

  answer(answers: Answers): void {
    const encoder = new TextEncoder();
    const encoded = (bodies: string | readonly string[]) => [bodies].flat().map((body) => encoder.encode(body));
    this.bodies = new Map(
      Object.entries(answers).map(([operation, bodies]) => [operation, { each: encoded(bodies), next: 0 }]),
    );
  }

  /** Settings of an SDK client whose HTTP ends here. */
  clientConfig(): DynamoDBClientConfig {
    const handle = async ({ headers, body }: HttpRequest) => {
      const operation = (headers["x-amz-target"] ?? "").slice("DynamoDB_20120810.".length);
      if (this.recording) this.requests.push({ operation, body: JSON.parse(textOf(body)) });
      const bodies = this.bodies.get(operation);
      const answer = bodies?.each[bodies.next++ % bodies.each.length];
      if (answer === undefined) throw new Error(`no answer is prepared for ${operation}`);
      return {
        response: {
          statusCode: 200,
          headers: { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "STUB" },
          body: answer,
        },
      };
    };
    const requestHandler: DynamoDBClientConfig["requestHandler"] = {
      handle,
      destroy() {},
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
    };
    return {
      region: "us-east-1",
      credentials: { accessKeyId: "stub", secretAccessKey: "stub" },
      requestHandler,
    };
  }
}
