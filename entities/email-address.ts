import { domainToASCII, domainToUnicode } from "node:url";

/**
 * One address, one form. However a person, a mail program or an old table writes a mailbox, keys and attributes hold it
 * in one way, so that one mailbox is one account. What is no mailbox of RFC 5321 and 6531 is refused.
 */

/** What a text says: the mailbox in its normal form, or the rule that the text breaks. */
export type EmailReading =
  | { readonly address: string; readonly broken?: undefined }
  | { readonly address?: undefined; readonly broken: string };

const MAX_ADDRESS_BYTES = 254;
const MAX_LOCAL_BYTES = 64;
/** Longer than any mailbox and what people put around it. */
const MAX_GIVEN_CHARACTERS = 1_024;

const NO_MAILBOX = { broken: "must be an e-mail address" } as const;
const TOO_LONG = { broken: "must be an e-mail address of at most 254 characters" } as const;
const LONG_LOCAL = { broken: "must be an e-mail address with at most 64 characters before the @" } as const;

const ASCII_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]";
const ASCII_LOCAL = `${ASCII_ATOM}+(?:\\.${ASCII_ATOM}+)*`;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
// The last label is no number, so the whole is no IPv4 address.
const DOMAIN = `(?:${LABEL}\\.)+(?=[a-z])${LABEL}`;
const ASCII_MAILBOX = new RegExp(`^${ASCII_LOCAL}@${DOMAIN}$`);
const ASCII_DOMAIN = new RegExp(`^${DOMAIN}$`);

// Beyond ASCII: letters, numbers, symbols and marks, but no mark in the first place, where it would join the dot or the @.
const BASE = `(?:${ASCII_ATOM}|(?!\\p{ASCII})[\\p{L}\\p{N}\\p{S}\\p{P}])`;
const ATOM = `${BASE}(?:${BASE}|\\p{M})*`;
const LOCAL = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "u");

/** What nobody sees: control and format characters, fillers, variation selectors. */
const UNSEEN = "\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}";
const HIDES = new RegExp(`[${UNSEEN}]`, "u");
const EDGES = new RegExp(`^[\\s${UNSEEN}]+|[\\s${UNSEEN}]+$`, "gu");
/** Full-width and half-width forms, which a keyboard for Chinese, Japanese or Korean leaves on. */
const WIDTHS = /[\uff01-\uffee]+/g;

const bytes = (value: string) => Buffer.byteLength(value);

/**
 * Reads a mailbox. The normal form is Unicode NFC in lower case and in common width, with the domain in ASCII as the URL
 * standard has it. Around the mailbox may stand spaces and unseen characters, angle brackets, `mailto:`, a dot at the
 * domain's end, and the semicolon or comma of a list. The part before the @ is a dot-atom: no quotes, no comments, no
 * unseen and no compatibility characters.
 */
export function readEmail(given: string): EmailReading {
  if (given.length <= MAX_LOCAL_BYTES && isPlain(given)) return { address: given };
  const trimmed = given.trim();
  if (trimmed.length > MAX_GIVEN_CHARACTERS) return TOO_LONG;
  const written = unwrapped(trimmed.replace(WIDTHS, (run) => run.normalize("NFKC")));
  const at = written.indexOf("@");
  if (at < 1) return NO_MAILBOX;
  const local = written.slice(0, at).normalize("NFC").toLowerCase().normalize("NFC");
  const domain = asciiDomain(written.slice(at + 1));
  if (domain === undefined || !isLocalPart(local)) return NO_MAILBOX;
  const address = `${local}@${domain}`;
  if (bytes(address) > MAX_ADDRESS_BYTES) return TOO_LONG;
  return bytes(local) > MAX_LOCAL_BYTES ? LONG_LOCAL : { address };
}

/** A mailbox in its normal form; what is no mailbox stays as it is, for the attribute's rule to refuse. */
export const normalizeEmail = (given: string): string => readEmail(given).address ?? given;

/** Whether it is in its normal form already, as most are; a label in punycode must be looked at. */
const isPlain = (given: string) => ASCII_MAILBOX.test(given) && !given.includes("xn--");

/** Without what stands around a mailbox. */
function unwrapped(given: string): string {
  const listed = given
    .replace(EDGES, "")
    .replace(/[;,]+$/, "")
    .replace(EDGES, "");
  const bracketed = /^<(.*)>$/su.exec(listed)?.[1];
  const bare = (bracketed ?? listed).replace(EDGES, "");
  const link = /^mailto:/i.exec(bare);
  if (link === null) return bare;
  // A link's escapes are not the mailbox's characters.
  return bare.includes("%") ? "" : bare.slice(link[0].length);
}

const isLocalPart = (local: string) => LOCAL.test(local) && !HIDES.test(local) && local.normalize("NFKC") === local;

/** A domain in ASCII and lower case, or undefined when it is none that mail goes to. */
function asciiDomain(given: string): string | undefined {
  // Node parses a URL: what is no part of a host's name must not be cut off or decoded.
  if (!/^[a-z0-9.-]*$/i.test(given.replace(/\P{ASCII}+/gu, ""))) return undefined;
  const domain = domainToASCII(given).replace(/\.$/, "");
  if (!ASCII_DOMAIN.test(domain)) return undefined;
  // Punycode that stands for another domain would be a second form of that one.
  return domain.includes("xn--") && domainToASCII(domainToUnicode(domain)) !== domain ? undefined : domain;
}
