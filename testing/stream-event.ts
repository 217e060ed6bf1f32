import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { StreamEvent, StreamRecord } from "../services/streams.ts";

type Item = Readonly<Record<string, unknown>>;

const textOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);

/** The records of a stream between two states of a table, in the order of the keys. */
export function streamEventOf(
  before: readonly Item[],
  after: readonly Item[],
  { at, expire }: { readonly at: number; readonly expire: boolean },
): StreamEvent {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [textOf(item), item]))) as [
    Map<string, Item>,
    Map<string, Item>,
  ];
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
    (key) => !isDeepStrictEqual(old.get(key), now.get(key)),
  );
  const records = changed.map((key, place): StreamRecord => {
    const [was, is] = [old.get(key), now.get(key)];
    const { pk, sk } = (is ?? was) as Item;
    return {
      eventID: randomUUID(),
      eventName: was === undefined ? "INSERT" : is === undefined ? "REMOVE" : "MODIFY",
      ...(is === undefined && expire
        ? { userIdentity: { principalId: "dynamodb.amazonaws.com", type: "Service" } }
        : {}),
      dynamodb: {
        SequenceNumber: `${place + 1}`.padStart(21, "0"),
        ApproximateCreationDateTime: at,
        Keys: marshall({ pk, sk }),
        ...(is === undefined ? {} : { NewImage: marshall(is) }),
        ...(was === undefined ? {} : { OldImage: marshall(was) }),
      },
    };
  });
  return { Records: records };
}
