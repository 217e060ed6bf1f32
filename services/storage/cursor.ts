import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { InvalidCursorError, isDataLayerError } from "./errors.ts";

/** DynamoDB's last evaluated key. */
type Key = Record<string, unknown>;

/** Turns DynamoDB's last evaluated key into an opaque cursor that fits one list of one partition only, and back. */
export interface CursorCodec {
  /** Makes a cursor that only `open` with the same list reads. */
  seal(key: Key, list: string): string;
  /** The key that a cursor holds. @throws InvalidCursorError for anything that `seal` did not make for the same list. */
  open(cursor: string, list: string): Key;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A cursor is encrypted, because keys hold addresses and ids, and authenticated together with the list it belongs to.
 * Without a secret of your own the key comes from the table's name: that still keeps cursors to their list, since the
 * partition comes from the query and never from the cursor, but a reader of this code could open them.
 */
export function createCursorCodec(secret: string): CursorCodec {
  const cipherKey = createHash("sha256").update(`cursor\0${secret}`).digest();
  return {
    seal(key, list) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", cipherKey, iv).setAAD(Buffer.from(list));
      const body = Buffer.concat([cipher.update(JSON.stringify(key)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
    },
    open(cursor, list) {
      try {
        const bytes = Buffer.from(cursor, "base64url");
        // Node's decoder skips what is not base64url, so several strings would give the same bytes.
        if (bytes.toString("base64url") !== cursor || bytes.length <= IV_BYTES + TAG_BYTES)
          throw new InvalidCursorError();
        const decipher = createDecipheriv("aes-256-gcm", cipherKey, bytes.subarray(0, IV_BYTES))
          .setAAD(Buffer.from(list))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        const body = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
        return JSON.parse(body.toString()) as Key;
      } catch (error) {
        throw isDataLayerError(error) ? error : new InvalidCursorError(error);
      }
    },
  };
}

/**
 * A codec with a random key, which nobody else has, made when it is first used, with a warning of the process: its cursors
 * end with it.
 */
export function createPassingCodec(): CursorCodec {
  let made: CursorCodec | undefined;
  const codec = () => {
    if (made !== undefined) return made;
    process.emitWarning("Without a cursorSecret the cursors of sessions fit this process alone; set CURSOR_SECRET.", {
      code: "DATA_LAYER_CURSOR_SECRET",
    });
    made = createCursorCodec(randomBytes(32).toString("hex"));
    return made;
  };
  return {
    seal: (key, list) => codec().seal(key, list),
    open: (cursor, list) => codec().open(cursor, list),
  };
}
