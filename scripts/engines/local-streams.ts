/** Calls DynamoDB Streams of DynamoDB Local, which asks for a signature and checks none. The SDK has a client of its own for it. */
export async function callStreams<T>(endpoint: string, operation: string, input: object): Promise<T> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDBStreams_20120810.${operation}`,
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Names of a stream's shards. */
export async function shardsOf(endpoint: string, StreamArn: string): Promise<string[]> {
  const { StreamDescription } = await callStreams<{ StreamDescription: { Shards: { ShardId: string }[] } }>(
    endpoint,
    "DescribeStream",
    { StreamArn },
  );
  return StreamDescription.Shards.map(({ ShardId }) => ShardId);
}

/** Where a shard begins. */
export async function beginningOf(endpoint: string, StreamArn: string, ShardId: string): Promise<string> {
  const from = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" };
  return (await callStreams<{ ShardIterator: string }>(endpoint, "GetShardIterator", from)).ShardIterator;
}

/** Records, and the next place; none where the shard is over. */
export interface StreamPage<R> {
  readonly Records: R[];
  readonly NextShardIterator?: string;
}

/** Up to 100 records from a place on. */
export const recordsFrom = <R>(endpoint: string, ShardIterator: string): Promise<StreamPage<R>> =>
  callStreams(endpoint, "GetRecords", { ShardIterator, Limit: 100 });
