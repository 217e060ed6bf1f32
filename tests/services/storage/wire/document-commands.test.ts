import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { COMMANDS } from "../../../../services/storage/wire/document-commands.ts";
import { CASES, clientAnswering, type HttpRequest, ok, refused, send, textOf, WIRE } from "./stub-client.ts";

describe.each(Object.entries(CASES))("%s", (operation, [Document, parameters, answer]) => {
  const input = { ...("RequestItems" in parameters ? {} : { TableName: "t" }), ...parameters } as never;
  const Direct = COMMANDS[operation as keyof typeof COMMANDS];

  it("sends and gives back what the command of lib-dynamodb does", async () => {
    const direct = clientAnswering([ok(answer)]);
    const document = clientAnswering([ok(answer)]);

    const results = [await send(direct.client, new Direct(input)), await send(document.client, new Document(input))];

    const [ours, theirs] = [direct.requests[0], document.requests[0]] as [HttpRequest, HttpRequest];
    expect(JSON.parse(textOf(ours.body))).toEqual(JSON.parse(textOf(theirs.body)));
    for (const header of ["x-amz-target", "content-type", "host", "content-length"]) {
      expect([header, ours.headers[header]]).toEqual([header, theirs.headers[header]]);
    }
    const data = results.map(({ $metadata, ...rest }) => rest);
    expect(data[0]).toEqual(data[1]);
    expect(results[0]?.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 1, requestId: "R1" });
  });

  it("is a command of lib-dynamodb, of the same name", () => {
    const command = new Direct(input);

    expect(command).toBeInstanceOf(Document);
    expect(command.constructor.name).toBe(Document.name);
    expect((command as { input: object }).input).toBe(input);
  });
});

const get = (pk: string) => new COMMANDS.GetItem({ TableName: "t", Key: { pk, sk: "b" } });

it("sends each command's own input, one after another and at once", async () => {
  const { client, requests } = clientAnswering([ok({})]);

  await send(client, get("first"));
  await Promise.all([send(client, get("second")), send(client, get("third"))]);

  expect(requests.map(({ body }) => JSON.parse(textOf(body)).Key.pk.S)).toEqual(["first", "second", "third"]);
});

it("signs each request by its own body", async () => {
  const { client, requests } = clientAnswering([ok({})]);

  await send(client, get("first"));
  await send(client, get("second"));

  const signatures = requests.map(({ headers }) => headers.authorization?.split("Signature=")[1]);
  expect(signatures[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(signatures[1]).not.toBe(signatures[0]);
});

it("throws the SDK's own error, with the item of a failed condition", async () => {
  const { client } = clientAnswering([refused("ConditionalCheckFailedException", { Item: WIRE })]);

  const failure = await send(client, get("a")).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
  expect(failure).toMatchObject({ Item: WIRE, $metadata: { httpStatusCode: 400, attempts: 1 } });
});

it("takes an answer without a body for an empty one", async () => {
  const { client } = clientAnswering([{ statusCode: 200, body: undefined }]);

  expect(await send(client, get("a"))).toEqual({ $metadata: expect.objectContaining({ httpStatusCode: 200 }) });
});

it("is tried again by the SDK when DynamoDB throttles", async () => {
  const { client, requests } = clientAnswering([refused("ThrottlingException"), ok({ Item: WIRE })]);

  const output = await send(client, get("a"));

  expect(output).toMatchObject({ Item: { pk: "a", sk: "b", band: 7.5 }, $metadata: { attempts: 2 } });
  expect(requests.map(({ body }) => textOf(body))).toEqual(Array(2).fill(textOf(requests[0]?.body ?? "")));
});

it("gives each request the signal that it came with", async () => {
  const { client, options } = clientAnswering([ok({})]);
  const { signal } = new AbortController();

  await send(client, get("a"), { abortSignal: signal });
  await send(client, get("a"));

  expect(options.map(({ abortSignal }) => abortSignal)).toEqual([signal, undefined]);
});

it("keeps clients apart", async () => {
  const [here, there] = [clientAnswering([ok({})]), clientAnswering([ok({})], { region: "us-west-2" })];

  await send(here.client, get("a"));
  await send(there.client, get("a"));

  expect(here.requests.map(({ hostname }) => hostname)).toEqual(["dynamodb.eu-west-1.amazonaws.com"]);
  expect(there.requests.map(({ hostname }) => hostname)).toEqual(["dynamodb.us-west-2.amazonaws.com"]);
});

it("leaves a client alone for the commands of others", async () => {
  const { client, requests } = clientAnswering([ok({ Item: WIRE })]);

  await send(client, get("ours"));
  for (const pk of ["a", "b"]) await send(client, new GetCommand({ TableName: "t", Key: { pk, sk: "b" } }));

  expect(requests.map(({ body }) => JSON.parse(textOf(body)).Key.pk.S)).toEqual(["ours", "a", "b"]);
});
