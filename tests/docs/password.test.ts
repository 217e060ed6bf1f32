import crypto, { pbkdf2Sync, scryptSync } from "node:crypto";
import { isPassword } from "../../docs/examples/password.ts";

/** The module as the example has it. */
const hashWasm = jest.requireActual<typeof import("hash-wasm")>("hash-wasm");

/** Hashes of the kinds that an account can have; those of bcrypt and argon2 are of their authors' own test vectors. */
const HASHES: readonly (readonly [kind: string, password: string, hash: string])[] = [
  ["scrypt", "pässword", `scrypt:1024:8:1$salt$${scryptSync("pässword", "salt", 64, { N: 1024 }).toString("hex")}`],
  [
    "pbkdf2",
    "pässword",
    `pbkdf2:sha256:1000$salt$${pbkdf2Sync("pässword", "salt", 1000, 32, "sha256").toString("hex")}`,
  ],
  ["bcrypt", "abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"],
  ["argon2id", "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
  ["argon2i", "password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"],
];
/** What an account may hold that no library reads: without its rounds, and of a later version. */
const UNREADABLE = [`pbkdf2:sha256$salt$${"0".repeat(64)}`, "$argon2id$v=99$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR"];

let verifications: string[];
let logged: jest.SpiedFunction<typeof console.error>;

beforeEach(() => {
  verifications = [];
  const noted = (name: string, target: object, method: string) => {
    const original = target[method as never] as (...given: unknown[]) => unknown;
    jest.spyOn(target as Record<string, () => unknown>, method).mockImplementation((...given: unknown[]) => {
      verifications.push(name);
      return original(...given);
    });
  };
  noted("scrypt", crypto, "scrypt");
  noted("pbkdf2", crypto, "pbkdf2");
  noted("bcrypt", hashWasm, "bcryptVerify");
  noted("argon2", hashWasm, "argon2Verify");
  logged = jest.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  jest.restoreAllMocks();
});

it.each(HASHES)(
  "knows the password behind a hash of %s, and no other, by one verification",
  async (kind, password, hash) => {
    expect(await isPassword(password, hash)).toBe(true);
    expect(await isPassword(`${password}.`, hash)).toBe(false);

    expect(verifications).toEqual(Array(2).fill(kind.replace(/2id?$/, "2")));
    expect(logged).not.toHaveBeenCalled();
  },
);

it("verifies one hash where there is no account", async () => {
  expect(await isPassword("password", undefined)).toBe(false);

  expect(verifications).toEqual(["scrypt"]);
});

it.each(UNREADABLE)("lets nobody in by a hash that it cannot read, and says so without the hash: %s", async (hash) => {
  expect(await isPassword("password", hash)).toBe(false);

  expect(verifications.at(-1)).toBe("scrypt");
  expect(JSON.stringify(logged.mock.calls)).not.toContain("salt$");
});

it("takes what bcrypt takes of a long password, as the libraries did that made the hash", async () => {
  const long = "ö".repeat(50);
  const password = Buffer.from(long).subarray(0, 72);
  const hash = await hashWasm.bcrypt({ password, salt: Buffer.alloc(16, 1), costFactor: 4 });

  expect(await isPassword(long, hash)).toBe(true);
  expect(await isPassword("ö".repeat(35), hash)).toBe(false);
});
