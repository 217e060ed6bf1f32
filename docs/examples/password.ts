import { pbkdf2, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** An account that does not exist takes as long to refuse as one that does. */
const NOBODYS_HASH = `scrypt:32768:8:1$nobody$${"0".repeat(128)}`;

/** Whether a password is the one behind a Werkzeug hash (`scrypt:N:r:p$salt$hex`, `pbkdf2:sha256:rounds$salt$hex`). */
export async function isPassword(password: string, hash: string = NOBODYS_HASH): Promise<boolean> {
  const [method = "", salt = "", hex = ""] = hash.split("$");
  const [name, ...settings] = method.split(":");
  const stored = Buffer.from(hex, "hex");
  const derived =
    name === "scrypt"
      ? await byScrypt(password, salt, stored.length, settings.map(Number))
      : name === "pbkdf2"
        ? await promisify(pbkdf2)(password, salt, Number(settings[1]), stored.length, settings[0] ?? "sha256")
        : Buffer.alloc(0);
  return derived.length === stored.length && timingSafeEqual(derived, stored);
}

function byScrypt(password: string, salt: string, length: number, [N = 0, r = 0, p = 0]: number[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 132 * N * r * p }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
