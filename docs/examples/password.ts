import { pbkdf2, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** An account that does not exist takes as long to refuse as one that does. */
const NOBODYS_HASH = `scrypt:32768:8:1$nobody$${"0".repeat(128)}`;

/**
 * Whether a password is the one behind a Werkzeug hash (`scrypt:N:r:p$salt$hex`, `pbkdf2:sha256:rounds$salt$hex`).
 * @throws Error for a hash of another method, which Node alone cannot check: bring a library for bcrypt or argon2.
 */
export async function isPassword(password: string, hash: string = NOBODYS_HASH): Promise<boolean> {
  const [, method = "", salt = "", hex = ""] = /^([^$]+)\$([^$]+)\$([0-9a-f]{40,})$/.exec(hash) ?? [];
  const [name, ...settings] = method.split(":");
  const stored = Buffer.from(hex, "hex");
  const derive = DERIVATIONS[name ?? ""];
  if (derive === undefined) throw new Error("the password's hash is of a method that this function cannot check");
  return timingSafeEqual(await derive(password, salt, stored.length, settings), stored);
}

type Derivation = (password: string, salt: string, length: number, settings: readonly string[]) => Promise<Buffer>;

const DERIVATIONS: Readonly<Record<string, Derivation>> = {
  scrypt: (password, salt, length, settings) => byScrypt(password, salt, length, settings.map(Number)),
  pbkdf2: (password, salt, length, [digest = "sha256", rounds]) =>
    promisify(pbkdf2)(password, salt, Number(rounds), length, digest),
};

function byScrypt(password: string, salt: string, length: number, [N = 0, r = 0, p = 0]: number[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 132 * N * r * p }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
