import { domainToUnicode } from "node:url";
import { normalizeEmail, readEmail } from "../../entities/email-address.ts";
import fc from "../generated.ts";

const ZERO_WIDTH_SPACE = "\u200b";
const NO_MAILBOX = "must be an e-mail address";
const LONG_LOCAL = "must be an e-mail address with at most 64 characters before the @";

/** Letters that come back from upper case. */
const letters = fc.constantFrom(..."abcdexyz0129", "é", "ü", "ç", "ő", "ж", "λ", "가", "が", "中");
const word = fc.array(letters, { minLength: 1, maxLength: 8 }).map((all) => all.join(""));
const atoms = fc
  .tuple(word, fc.constantFrom("", "+", "_", "-", "'", "!"), word)
  .map((parts) => parts.join(""))
  .map((atom) => atom.normalize("NFC"));
const locals = fc
  .array(atoms, { minLength: 1, maxLength: 2 })
  .map((all) => all.join("."))
  .filter((local) => Buffer.byteLength(local) <= 64);
const domains = fc.constantFrom(
  "example.com",
  "mail.example.co.uk",
  "a.b",
  "xn--mnchen-3ya.de",
  "mail.xn--e1afmkfd.xn--p1ai",
  "xn--fiqs8s.cn",
);
const mailboxes = fc.tuple(locals, domains).map((parts) => parts.join("@"));

/** ASCII as a keyboard in full width writes it. */
const fullWidth = (text: string) =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
const inDomain = (change: (domain: string) => string) => (mailbox: string) =>
  mailbox.replace(/@(.*)$/s, (_, domain: string) => `@${change(domain)}`);

/** Ways to write a mailbox. */
const SPELLINGS: Readonly<Record<string, (mailbox: string) => string>> = {
  "decomposed (NFD)": (mailbox) => mailbox.normalize("NFD"),
  "upper case": (mailbox) => mailbox.toUpperCase(),
  "full width": fullWidth,
  "the domain in full width": inDomain(fullWidth),
  "the domain in Unicode": inDomain(domainToUnicode),
  "the domain in Unicode, decomposed": inDomain((domain) => domainToUnicode(domain).normalize("NFD")),
  "ideographic full stops": inDomain((domain) => domain.replaceAll(".", "\u3002")),
  "a dot at the end": (mailbox) => `${mailbox}.`,
  "a soft hyphen in the domain": inDomain((domain) => domain.replace(".", "\u00ad.")),
};
/** What stands around one. */
const WRAPPINGS: Readonly<Record<string, (mailbox: string) => string>> = {
  none: (mailbox) => mailbox,
  "angle brackets": (mailbox) => `<${mailbox}>`,
  "a link": (mailbox) => `mailto:${mailbox}`,
  "a link in brackets": (mailbox) => `<MailTo:${mailbox}>`,
};
const EDGES = [
  "",
  " ",
  "\t\r\n",
  "\u00a0",
  "\ufeff",
  ZERO_WIDTH_SPACE,
  "\u202a",
  "\u2069",
  "\u0000",
  "\u0007",
] as const;

describe("one address", () => {
  it.each(Object.entries(SPELLINGS))("has one form: %s is the same", (_, spelled) => {
    fc.assert(
      fc.property(mailboxes, (mailbox) => {
        expect(readEmail(spelled(mailbox))).toEqual({ address: mailbox });
      }),
    );
  });

  it("has one form in any mixture of spellings, and of what stands around it", () => {
    const mixture = fc.uniqueArray(fc.constantFrom(...Object.values(SPELLINGS)), { maxLength: 3 });
    const edge = fc.constantFrom(...EDGES);
    fc.assert(
      fc.property(
        mailboxes,
        mixture,
        fc.constantFrom(...Object.values(WRAPPINGS)),
        edge,
        edge,
        fc.constantFrom("", ";", ",", "; "),
        (mailbox, spellings, wrap, before, after, separator) => {
          const spelled = spellings.reduce((text, spelling) => spelling(text), mailbox);
          // Two spellings may both add the dot at the end: then it is no domain.
          fc.pre(!spelled.endsWith("..") && !spelled.endsWith("．."));

          const text = `${before}${wrap(spelled)}${after}${separator}`;

          expect(readEmail(text)).toEqual({ address: mailbox });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps its form when it is read again, whatever the text", () => {
    const near = fc
      .array(fc.oneof(fc.constantFrom(..."aéİΣßſ.@;<>", "\u0301", "xn--", "．"), fc.string({ unit: "binary" })))
      .map((parts) => parts.join(""));
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.emailAddress(),
      near,
      near.map((text) => `${text}@b.c`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { address } = readEmail(text);
        if (address !== undefined) expect(readEmail(address)).toEqual({ address });
        expect(normalizeEmail(text)).toBe(address ?? text);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is whatever RFC 5322 writes without quotes and comments", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        fc.pre(text.length <= 254);

        expect(readEmail(text)).toEqual({ address: text.toLowerCase() });
      }),
    );
  });
});

describe("no mailbox", () => {
  it.each([
    "",
    "maria",
    "@example.com",
    "maria@",
    "maria@example",
    "maria@.com",
    "maria@example..com",
    "maria@example.com..",
    "maria@@example.com",
    "maria@home@example.com",
    "maria smith@example.com",
    "maria@exam ple.com",
    ".maria@example.com",
    "maria.@example.com",
    "maria..smith@example.com",
    '"maria"@example.com',
    '"maria smith"@example.com',
    "maria(work)@example.com",
    "Maria Smith <maria@example.com>",
    "maria@example.com, eve@example.com",
    "maria@example.com;eve@example.com",
    "<maria@example.com",
    "maria@example.com>",
    "<<maria@example.com>>",
    "mailto:maria@example.com?subject=Help",
    "mailto:m%61ria@example.com",
    "mailto:maria%40example.com",
    "maria@[192.0.2.1]",
    "maria@192.0.2.1",
    "maria@0x7f.1",
    "maria@example.com:25",
    "maria@example.com/inbox",
    "maria@%65xample.com",
    "maria@exam_ple.com",
    "maria@-example.com",
    "maria@example-.com",
    "maria@xn--example-.com",
    "maria@xn--a.com",
    "maria@\u2100.com",
    `maria@${"a".repeat(64)}.com`,
    "mar\u200bia@example.com",
    "mar\u00adia@example.com",
    "mar\ufe0fia@example.com",
    "mar\u202eia@example.com",
    "mar\u0000ia@example.com",
    "mar\u0085ia@example.com",
    "mar\nia@example.com",
    "mar\u00a0ia@example.com",
    "mar\u3164ia@example.com",
    "maria@exam\tple.com",
    "maria@exam\u0085ple.com",
    "maria@exam\u200cple.com",
    "maria@exam\u202eple.com",
    "\u0301maria@example.com",
    "m.\u0301aria@example.com",
    "maria@\u0301example.com",
    "\ufb01ona@example.com",
    "mar\u2071a@example.com",
    "maria\ufe6bexample.com",
    "mar\ue000ia@example.com",
  ])("is %j", (text) => {
    expect(readEmail(text)).toEqual({ broken: NO_MAILBOX });
    expect(normalizeEmail(text)).toBe(text);
  });

  it("is what is longer than a mailbox, in bytes", () => {
    expect(readEmail(`${"m".repeat(64)}@example.com`).address).toHaveLength(76);
    expect(readEmail(`${"m".repeat(65)}@example.com`)).toEqual({ broken: LONG_LOCAL });
    expect(readEmail(`${"é".repeat(32)}@example.com`).address).toHaveLength(44);
    expect(readEmail(`${"é".repeat(33)}@example.com`)).toEqual({ broken: LONG_LOCAL });

    const domain = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(57)}.com`;
    expect(readEmail(`${"m".repeat(64)}@${domain}`).address).toHaveLength(254);
    expect(readEmail(`${"m".repeat(64)}@a${domain.slice(1)}m`)).toMatchObject({
      broken: expect.stringContaining("254"),
    });
    expect(readEmail(" ".repeat(100_000)).broken).toBe(NO_MAILBOX);
    expect(readEmail(`${"x".repeat(100_000)}@example.com`)).toMatchObject({ broken: expect.stringContaining("254") });
  });

  it("takes no time to tell, however long the text", () => {
    const began = performance.now();

    for (const unit of ["a", "a.", "\u200b", "; ", "<", "\u0301", "\uff41"]) {
      readEmail(`x${unit.repeat(200_000)}x`);
      readEmail(`x@${unit.repeat(500)}`);
    }

    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
