import type { SESMail, SESReceipt } from "aws-lambda";

const domainOf = (address: string) => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

/** The one address in the From header. What the envelope says is chosen by the sending server. */
function headerSender({ commonHeaders }: SESMail): string | undefined {
  const [from, ...others] = commonHeaders.from ?? [];
  if (from === undefined || others.length > 0) return undefined;
  // A quoted name may hold anything, an address too.
  const unquoted = from.replace(/"(?:[^"\\]|\\.)*"/g, "").trim();
  return /^(?:[^<>@]*<)?([^\s<>,;"]+@[^\s<>,;"]+?)>?$/.exec(unquoted)?.[1];
}

/** Bounces, out-of-office notes and mailing lists: an answer to one of them may come back, and so on for ever. */
function isAutomatic({ source, headers }: SESMail): boolean {
  const header = (name: string) => headers.find((one) => one.name.toLowerCase() === name)?.value.toLowerCase() ?? "";
  return (
    !source.includes("@") ||
    /^(?:mailer-daemon|postmaster)@/i.test(source) ||
    !/^(?:no)?$/.test(header("auto-submitted").trim()) ||
    /^(?:bulk|junk|list)$/.test(header("precedence").trim()) ||
    header("content-type").startsWith("multipart/report")
  );
}

/**
 * Who wrote a mail, or undefined when nobody can be held to have written it. SPF and DKIM must have passed, and for the domain
 * of the From header: by DMARC, or because the envelope, which SPF checked, is of that domain too.
 */
export function senderOf(mail: SESMail, receipt: SESReceipt): string | undefined {
  const sender = headerSender(mail);
  if (sender === undefined || isAutomatic(mail)) return undefined;
  const { spfVerdict, dkimVerdict, dmarcVerdict, spamVerdict, virusVerdict } = receipt;
  if (spamVerdict.status === "FAIL" || virusVerdict.status === "FAIL") return undefined;
  if (spfVerdict.status !== "PASS" || dkimVerdict.status !== "PASS") return undefined;
  const { status: dmarc } = dmarcVerdict;
  const aligned = dmarc === "PASS" || (dmarc !== "FAIL" && domainOf(mail.source) === domainOf(sender));
  return aligned ? sender : undefined;
}
