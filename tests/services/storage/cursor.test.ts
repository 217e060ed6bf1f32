import { type CursorCodec, createCursorCodec } from "../../../services/storage/cursor.ts";
import { InvalidCursorError } from "../../../services/storage/errors.ts";
import fc from "../../generated.ts";

const SECRET = "a secret of these tests";
const LIST = JSON.stringify(["table", "ticket", "byUser", "entitlement#maria@example.com"]);
const KEY = {
  pk: "session#0f8fad5b-d9cb-469f-a165-70867728950e",
  sk: "session",
  gsi1pk: "account#maria@example.com",
  gsi1sk: "1760000000",
};

const codec = createCursorCodec(SECRET);
const sealed = codec.seal(KEY, LIST);

/** A last evaluated key: a few attributes, whatever text their values are. */
const someKey = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string({ unit: "binary" }), { maxKeys: 6 });
const someText = fc.string({ unit: "binary" });

function expectRefused(cursor: string, list = LIST, by: CursorCodec = codec): void {
  expect(() => by.open(cursor, list)).toThrow(InvalidCursorError);
}

describe("seal and open", () => {
  it("give back the key, for the same list", () => {
    expect(codec.open(sealed, LIST)).toEqual(KEY);
  });

  it("give back any key, for any list and any secret", () => {
    fc.assert(
      fc.property(someKey, someText, someText, (key, list, secret) => {
        const cursor = createCursorCodec(secret).seal(key, list);

        // Another function has a codec of its own, from the same secret.
        expect(createCursorCodec(secret).open(cursor, list)).toEqual(key);
      }),
    );
  });

  it("give back keys whose values are numbers and nested", () => {
    const key = { at: [2, sealed], count: 7, none: null };

    expect(codec.open(codec.seal(key, LIST), LIST)).toEqual(key);
  });

  it("make cursors that a URL carries as they are", () => {
    fc.assert(
      fc.property(someKey, someText, (key, list) => {
        expect(codec.seal(key, list)).toMatch(/^[\w-]+$/);
      }),
    );
  });

  it("make a different cursor each time, so that equal keys cannot be told from it", () => {
    expect(codec.seal(KEY, LIST)).not.toBe(sealed);
  });

  it("show nothing of the key", () => {
    const bytes = Buffer.from(sealed, "base64url").toString("latin1");

    for (const part of ["0f8fad5b", "maria", "session", "gsi1pk", "created_at"]) {
      expect(bytes).not.toContain(part);
      expect(sealed).not.toContain(part);
    }
  });
});

describe("open", () => {
  it("refuses a cursor of any other list", () => {
    fc.assert(
      fc.property(someKey, someText, someText, (key, list, other) => {
        fc.pre(list !== other);

        expectRefused(codec.seal(key, list), other);
      }),
    );
  });

  it("refuses a cursor that any other secret made", () => {
    fc.assert(
      fc.property(someKey, someText, (key, secret) => {
        fc.pre(secret !== SECRET);

        expectRefused(createCursorCodec(secret).seal(key, LIST));
        expectRefused(sealed, LIST, createCursorCodec(secret));
      }),
    );
  });

  it("refuses a cursor with any one bit flipped", () => {
    const bytes = Buffer.from(sealed, "base64url");

    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expectRefused(flipped.toString("base64url"));
    }
  });

  it("refuses a cursor with any one character replaced, removed or put in", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n";

    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...alphabet), (place, character) => {
        const [before, after] = [sealed.slice(0, place), sealed.slice(place + 1)];
        if (character !== sealed[place]) expectRefused(before + character + after);
        expectRefused(before + after);
        expectRefused(before + character + sealed[place] + after);
      }),
    );
  });

  it("refuses a cursor that is cut, at whatever end and place", () => {
    for (let place = 1; place < sealed.length; place++) {
      expectRefused(sealed.slice(0, place));
      expectRefused(sealed.slice(place));
    }
  });

  it("refuses two cursors put together", () => {
    expectRefused(sealed + sealed);
    expectRefused(`${sealed}.${sealed}`);
  });

  it("refuses one cursor's head with another one's body", () => {
    const [one, other] = [Buffer.from(sealed, "base64url"), Buffer.from(codec.seal(KEY, LIST), "base64url")];

    for (const place of [12, 28, 40]) {
      expectRefused(Buffer.concat([one.subarray(0, place), other.subarray(place)]).toString("base64url"));
    }
  });

  it.each([
    ["standard base64", (bytes: Buffer) => `${bytes.toString("base64")}=`],
    ["hexadecimal", (bytes: Buffer) => bytes.toString("hex")],
    ["base64url with padding", (bytes: Buffer) => `${bytes.toString("base64url")}=`],
    ["base64url in a URL's escapes", (bytes: Buffer) => `%${bytes.toString("base64url")}`],
    ["base64url with a line break", (bytes: Buffer) => `${bytes.toString("base64url")}\n`],
    ["base64url of base64url", (bytes: Buffer) => Buffer.from(bytes.toString("base64url")).toString("base64url")],
    ["lower case", (bytes: Buffer) => bytes.toString("base64url").toLowerCase()],
  ])("refuses a cursor that was encoded again as %s", (_, encode) => {
    expectRefused(encode(Buffer.from(sealed, "base64url")));
  });

  it("refuses what was never a cursor", () => {
    // ElectroDB's and many other layers' cursors are keys in base64.
    expectRefused(Buffer.from(JSON.stringify(KEY)).toString("base64url"));
    expectRefused(JSON.stringify(KEY));
    expectRefused("");
    fc.assert(fc.property(someText, (text) => expectRefused(text)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        expectRefused(Buffer.from(bytes).toString("base64url")),
      ),
    );
  });

  it("does not say in its error what it was given", () => {
    const failure = (() => {
      try {
        return codec.open("c2VjcmV0LWN1cnNvcg", LIST);
      } catch (error) {
        return error;
      }
    })();

    expect(failure).toMatchObject({ code: "invalid_cursor" });
    expect(String(failure)).not.toContain("c2VjcmV0");
    expect(String(failure)).not.toContain("maria");
  });
});
