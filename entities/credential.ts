import { createHash } from "node:crypto";

/** What stands before a digest, so that it is told from every credential. */
const PREFIX = "sha256-";

const DIGEST = /^sha256-[A-Za-z0-9_-]{43}$/;

/** Whether a text is the digest of a credential, which lets nobody in. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/**
 * What is stored of a credential: its SHA-256, as `sha256-` and base64url; a digest stays as it is. Credentials are
 * unguessable, so the digest needs no salt and names the same item at every call.
 */
export const digestOf = (credential: string): string =>
  isDigest(credential) ? credential : PREFIX + createHash("sha256").update(credential).digest("base64url");
