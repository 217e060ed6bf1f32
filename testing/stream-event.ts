import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { marshall } from "@aws-sdk/util-dynamodb";

type Item = Readonly<Record<string, unknown>>;

/** A record of the table's stream, as Lambda gives it. */
export interface TableStreamRecord {
  /** The same at each delivery. */
  readonly eventID: string;
  /** What happened to the item. */
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  /** DynamoDB itself, where it removed the item. */
  readonly userIdentity?: { readonly principalId: string; readonly type: string };
  /** The item before and after. */
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime: number;
    readonly Keys: object;
    readonly NewImage?: object;
    readonly OldImage?: object;
  };
}

/** What Lambda hands over of the table's stream. */
export interface TableStreamEvent {
  /** In the order of the items' keys. */
  readonly Records: readonly TableStreamRecord[];
}

const textOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);

/** The records of a stream between two states of a table, in the order of the keys. */
export function streamEventOf(
  before: readonly Item[],
  after: readonly Item[],
  { at, expire }: { readonly at: number; readonly expire: boolean },
): TableStreamEvent {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [textOf(item), item]))) as [
    Map<string, Item>,
    Map<string, Item>,
  ];
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
    (key) => !isDeepStrictEqual(old.get(key), now.get(key)),
  );
  const records = changed.map((key, place): TableStreamRecord => {
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
