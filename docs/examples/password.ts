import { pbkdf2, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { argon2Verify, bcryptVerify } from "hash-wasm";

/** What a password is compared with where there is no account, as dear as the platform's own hashes. */
const NOBODYS_HASH = `scrypt:32768:8:1$nobody$${"0".repeat(128)}`;

/** bcrypt takes so many bytes of a password; the libraries that made the hashes left out the rest. */
const BCRYPT_BYTES = 72;

const SCRYPT = ["32768", "8", "1"] as const;

/** The hash of a new password, as Werkzeug makes it. */
export async function hashOf(password: string): Promise<string> {
  const salt = randomBytes(16).toString("base64url");
  return `scrypt:${SCRYPT.join(":")}$${salt}$${(await byScrypt(password, salt, 64, SCRYPT)).toString("hex")}`;
}

type Verification = (password: string, hash: string) => Promise<boolean>;

/** How a hash of each kind that an account can have is verified, by what it begins with. */
const VERIFICATIONS: Readonly<Record<string, Verification>> = {
  "scrypt:": (password, hash) => isWerkzeug(byScrypt, password, hash),
  "pbkdf2:": (password, hash) => isWerkzeug(byPbkdf2, password, hash),
  $2: (password, hash) => bcryptVerify({ password: Buffer.from(password).subarray(0, BCRYPT_BYTES), hash }),
  $argon2: (password, hash) => argon2Verify({ password, hash }),
};

/** Takes the time of a verification, and lets nobody in. */
async function refuse(password: string): Promise<false> {
  await isWerkzeug(byScrypt, password, NOBODYS_HASH);
  return false;
}

/**
 * Whether a password is the one behind a hash: Werkzeug's scrypt and pbkdf2, bcrypt, argon2. One hash is verified at each call:
 * nobody's, where there is no account. A hash that cannot be read lets nobody in.
 */
export async function isPassword(password: string, hash = ""): Promise<boolean> {
  const [, verify = refuse] = Object.entries(VERIFICATIONS).find(([kind]) => hash.startsWith(kind)) ?? [];
  try {
    return await verify(password, hash);
  } catch (error) {
    console.error("a stored password hash cannot be read", (error as Error).message);
    return refuse(password);
  }
}

type Derivation = (password: string, salt: string, length: number, settings: readonly string[]) => Promise<Buffer>;

/** Verifies `method$salt$hex`, where the method is `scrypt:N:r:p` or `pbkdf2:digest:rounds`. */
async function isWerkzeug(derive: Derivation, password: string, hash: string): Promise<boolean> {
  const [method = "", salt = "", hex = ""] = hash.split("$");
  const stored = Buffer.from(hex, "hex");
  return timingSafeEqual(await derive(password, salt, stored.length, method.split(":").slice(1)), stored);
}

const byPbkdf2: Derivation = (password, salt, length, [digest = "", rounds]) =>
  promisify(pbkdf2)(password, salt, Number(rounds), length, digest);

const byScrypt: Derivation = (password, salt, length, settings) => {
  const [N = 0, r = 0, p = 0] = settings.map(Number);
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 132 * N * r * p }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
};
