import {
  accountEmailFrom,
  BrokenRule,
  band,
  bandDescriptors,
  confidence,
  email,
  flag,
  id,
  instant,
  listOf,
  minutes,
  money,
  oneOf,
  passwordHash,
  scores,
  slug,
  text,
  textList,
  timeToLive,
} from "../../entities/attributes.ts";
import { CRITERIA, CRITERION_NAMES } from "../../entities/enums.ts";
import { BCRYPT_HASH, OTHER_BCRYPT_HASH } from "../builders.ts";
import fc from "../generated.ts";

const NOTES = { description: "What a test is about" } as const;

interface Validated<T> {
  readonly validate: (value: T | undefined) => boolean;
}

/** The rule that a value breaks, or undefined. */
function ruleOf<T>(attribute: Validated<T>, value: T | undefined): string | undefined {
  try {
    expect(attribute.validate(value)).toBe(true);
    return undefined;
  } catch (error) {
    if (error instanceof BrokenRule) return error.message;
    throw error;
  }
}

const accepts = <T>(attribute: Validated<T>, value: T) => ruleOf(attribute, value) === undefined;

/** Any text without lone surrogates. */
const anyText = fc.string({ unit: "binary" });
const loneSurrogate = fc
  .tuple(anyText, fc.integer({ min: 0xd800, max: 0xdfff }), anyText)
  .map(([before, unit, after]) => `${before}${String.fromCharCode(unit)}${after}`)
  .filter((value) => !value.isWellFormed());

describe("every attribute", () => {
  const builders = {
    text,
    id,
    slug,
    email,
    instant,
    flag,
    band,
    confidence,
    minutes,
    money,
    passwordHash,
    textList,
    scores,
    bandDescriptors,
  };

  it.each(Object.entries(builders))("carries its notes: %s", (_, build) => {
    const notes = { description: "Why", required: true, readOnly: true, hidden: true, setBy: "service" } as const;

    expect(build(notes)).toMatchObject(notes);
    expect(build(NOTES)).not.toHaveProperty("required");
    expect(build(NOTES)).not.toHaveProperty("hidden");
  });

  it("may be missing as far as its rule goes", () => {
    const attributes = [text, id, slug, email, passwordHash].map((build) => build(NOTES));
    const numbers = [instant, band, confidence, minutes, money].map((build) => build(NOTES));

    expect(attributes.map((attribute) => ruleOf(attribute, undefined))).toEqual(Array(5).fill(undefined));
    expect(numbers.map((attribute) => ruleOf(attribute, undefined))).toEqual(Array(5).fill(undefined));
  });

  it("says its unit", () => {
    expect([instant, band, confidence, minutes, money].map((build) => build(NOTES).unit)).toEqual([
      "epoch seconds",
      "band",
      "0 to 1",
      "minutes",
      "USD",
    ]);
  });
});

describe("text and id", () => {
  it("take any well-formed text", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(ruleOf(text(NOTES), value)).toBeUndefined();
        expect(ruleOf(id(NOTES), value)).toBe(value === "" ? "must not be empty" : undefined);
      }),
    );
  });

  it("refuse lone surrogates, which DynamoDB would change on the way", () => {
    fc.assert(
      fc.property(loneSurrogate, (value) => {
        for (const attribute of [text(NOTES), id(NOTES)]) {
          expect(ruleOf(attribute, value)).toBe("must be well-formed Unicode, without lone surrogates");
        }
      }),
    );
  });
});

describe("slug", () => {
  it("takes 1 to 64 letters, digits, hyphens and underscores", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/), (value) => {
        expect(ruleOf(slug(NOTES), value)).toBeUndefined();
      }),
    );
  });

  it("never takes a separator of keys, a capital or a space", () => {
    const breaks = fc.constantFrom("#", "$", ":", " ", "\n", "A", "é", ".", "/");
    const word = fc.stringMatching(/^[a-z0-9_-]{0,8}$/);
    fc.assert(
      fc.property(word, breaks, word, (before, broken, after) => {
        expect(accepts(slug(NOTES), `${before}${broken}${after}`)).toBe(false);
      }),
    );
  });
});

describe("email", () => {
  const address = email(NOTES);
  const addresses = fc.emailAddress().filter((value) => value.length <= 254);
  const padding = fc.constantFrom("", " ", "\t", "\n", "  ");

  it("takes what the world writes as an address", () => {
    fc.assert(
      fc.property(addresses, padding, padding, (value, before, after) => {
        expect(ruleOf(address, `${before}${value}${after}`)).toBeUndefined();
      }),
    );
  });

  it("is brought into its one form", () => {
    expect(address.set(" Maria.Smith+IELTS@Example.COM\n")).toBe("maria.smith+ielts@example.com");
    expect(address.set("<Jose\u0301@exa\u0308mple.com>;")).toBe("jos\u00e9@xn--exmple-cua.com");
    expect(address.set(undefined)).toBeUndefined();
    fc.assert(
      fc.property(addresses, padding, padding, (value, before, after) => {
        const normal = address.set(value);
        expect(address.set(`${before}${value.toUpperCase()}${after}`)).toBe(normal);
        expect(address.set(normal)).toBe(normal);
      }),
    );
  });

  it("never takes a space within, a second at sign or a domain without a dot", () => {
    fc.assert(
      fc.property(addresses, fc.constantFrom(" ", "@", "\u00a0"), (value, broken) => {
        const at = value.indexOf("@");
        expect(accepts(address, `${value.slice(0, at)}${broken}${value.slice(at)}`)).toBe(false);
        expect(accepts(address, value.slice(0, at + 1) + value.slice(at + 1).replaceAll(".", ""))).toBe(false);
      }),
    );
  });

  it("takes 254 characters and no more, not counting what is trimmed", () => {
    const longest = `${"m".repeat(64)}@${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(57)}.com`;

    expect(longest).toHaveLength(254);
    expect(ruleOf(address, `  ${longest}  `)).toBeUndefined();
    expect(ruleOf(address, `${longest}m`)).toBe("must be an e-mail address of at most 254 characters");
  });
});

describe("instant", () => {
  const when = instant(NOTES);

  it("takes whole seconds of at most ten digits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999_999 }), (value) => {
        expect(ruleOf(when, value)).toBeUndefined();
      }),
    );
  });

  it("recognises milliseconds", () => {
    const since2001 = fc.date({
      min: new Date("2001-09-09T01:46:40Z"),
      max: new Date("2100-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(since2001, (date) => {
        expect(ruleOf(when, date.getTime())).toBe("must be epoch seconds; the value looks like milliseconds");
      }),
    );
  });

  it("takes no other number", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(accepts(when, value)).toBe(Number.isInteger(value) && value >= 0 && value < 1e10);
      }),
    );
    expect(ruleOf(when, Date.now() / 1000 + 0.5e-3)).toBe("must be whole epoch seconds");
    expect(ruleOf(when, -1)).toBe("must be epoch seconds, not negative");
    expect(ruleOf(when, 10_000_000_000)).toBe("must be epoch seconds of at most 10 digits");
  });

  it("is padded to ten digits in keys", () => {
    expect(when.padding).toEqual({ length: 10, char: "0" });
  });
});

describe("band", () => {
  it("takes the nineteen bands from 0 to 9 in halves", () => {
    const eighths = Array.from({ length: 120 }, (_, index) => -2 + index / 8);

    expect(eighths.filter((value) => accepts(band(NOTES), value))).toEqual([
      0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9,
    ]);
  });

  it("takes no other number", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        fc.pre(!Number.isInteger(value * 2));
        expect(ruleOf(band(NOTES), value)).toBe("must be a band from 0 to 9 in halves");
      }),
    );
  });
});

describe("confidence and minutes", () => {
  it("take numbers from 0 to their maximum", () => {
    for (const [attribute, maximum] of [
      [confidence(NOTES), 1],
      [minutes(NOTES), 1_000_000],
    ] as const) {
      fc.assert(
        fc.property(fc.double({ min: -maximum, max: 2 * maximum, noNaN: true }), (value) => {
          fc.pre(Math.abs(value) > 1e-100 || value === 0);
          expect(accepts(attribute, value)).toBe(value >= 0 && value <= maximum);
        }),
      );
      expect(accepts(attribute, Number.NaN)).toBe(false);
      expect(accepts(attribute, Number.POSITIVE_INFINITY)).toBe(false);
    }
  });

  it("refuse numbers nearer to zero than DynamoDB stores", () => {
    expect(ruleOf(confidence(NOTES), 1e-131)).toBe("must be a number from 0 to 1");
    expect(ruleOf(minutes(NOTES), Number.MIN_VALUE)).toBe("must be minutes from 0 to 1000000");
  });
});

describe("money", () => {
  const price = money(NOTES);

  it("takes every amount of whole cents", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000 }), (cents) => {
        expect(ruleOf(price, cents / 100)).toBeUndefined();
        expect(ruleOf(price, Number((cents / 100).toFixed(2)))).toBeUndefined();
      }),
    );
  });

  it("refuses parts of a cent, and sums that a float has spoilt", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 1, max: 9 }), (cents, tenths) => {
        expect(
          ruleOf(price, Number(`${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}${tenths}`)),
        ).toBe("must have at most two decimals");
      }),
    );
    expect(ruleOf(price, 0.1 + 0.2)).toBe("must have at most two decimals");
  });

  it("refuses what is negative, over a million or no number", () => {
    fc.assert(
      fc.property(fc.double({ max: -Number.MIN_VALUE, noNaN: true }), (value) => {
        expect(ruleOf(price, value)).toBe("must be an amount in USD from 0 to 1000000");
      }),
    );
    for (const value of [1_000_000.01, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(ruleOf(price, value)).toBe("must be an amount in USD from 0 to 1000000");
    }
  });
});

describe("password hash", () => {
  const hash = passwordHash(NOTES);
  const WERKZEUG_SCRYPT =
    "scrypt:32768:8:1$mT7uQ2xWb9KcLr4V$fdb1b74c9080c9c952e4f72941c948a7116f37705aec42d2afec89bd36504dfd39d0164d6bee792475c8937453da3ef87c95da450e8d447e851f4c6ffc3088af";
  const WERKZEUG_SHA1 = "pbkdf2:sha1:1000$mT7uQ2xWb9KcLr4V$55e63334077d9b758173263aee7e0a0b09d60993";
  const SHAPE = "must be an encoded password hash (bcrypt, Werkzeug scrypt or pbkdf2, argon2)";

  it.each([
    ["bcrypt 2a", "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"],
    ["bcrypt 2b", BCRYPT_HASH],
    ["bcrypt 2b", OTHER_BCRYPT_HASH],
    ["bcrypt 2y", "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a"],
    ["Werkzeug scrypt", WERKZEUG_SCRYPT],
    [
      "Werkzeug pbkdf2 of SHA-256",
      "pbkdf2:sha256:600000$mT7uQ2xWb9KcLr4V$7f0a8b1abcfc80057690815f909907cc377276582c2129316bac082dcf237d13",
    ],
    ["Werkzeug pbkdf2 of SHA-1", WERKZEUG_SHA1],
    [
      "Werkzeug pbkdf2 of SHA-512",
      "pbkdf2:sha512:1000$mT7uQ2xWb9KcLr4V$13b7bfbbf580039e82d498d3330e37afebfe335ab03c401cdfe92a542d54a6fd5f040f22bb8b1c4e338068f968ec475be14df376000b76840ec6eac2d2b2a8c1",
    ],
    ["argon2id", "$argon2id$v=19$m=65536,t=3,p=4$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno"],
    ["argon2i", "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b5dWRWJTmaaJObG"],
  ])("takes %s", (_, encoded) => {
    expect(ruleOf(hash, encoded)).toBeUndefined();
  });

  it.each([
    ["an empty string", ""],
    ["a password", "correct horse battery staple"],
    ["a password that looks like a hash's beginning", "$2b$12$"],
    ["a truncated bcrypt hash", BCRYPT_HASH.slice(0, 59)],
    ["a bcrypt hash with a password after it", `${BCRYPT_HASH}hunter2`],
    ["a bcrypt hash on a line of its own", `${BCRYPT_HASH}\n`],
    ["a bcrypt hash after a space", ` ${BCRYPT_HASH}`],
    ["an unknown bcrypt version", BCRYPT_HASH.replace("$2b$", "$2z$")],
    ["Werkzeug's plain method", "plain$mT7uQ2xWb9KcLr4V$correct horse"],
    ["Werkzeug without a hash", "scrypt:32768:8:1$mT7uQ2xWb9KcLr4V$"],
    ["Werkzeug without a salt", WERKZEUG_SCRYPT.replace("mT7uQ2xWb9KcLr4V", "")],
    ["Werkzeug with a word for a hash", "pbkdf2:sha256:600000$mT7uQ2xWb9KcLr4V$hunter2"],
    ["Werkzeug with an md5 digest", WERKZEUG_SHA1.replace("sha1", "md5")],
    ["a bare SHA-256 digest", "7f0a8b1abcfc80057690815f909907cc377276582c2129316bac082dcf237d13"],
    ["a Base64 digest", "fwqLGrz8gAV2kIFfkJkHzDdydlgsISkxa6wILc8jfRM="],
    ["argon2 without parameters", "$argon2id$v=19$gZiV/M1gPc22ElAH$CWOrkoo7oJBQ"],
    ["argon2 without a hash", "$argon2id$v=19$m=65536,t=3,p=4$gZiV/M1gPc22ElAH"],
  ])("refuses %s", (_, value) => {
    expect(ruleOf(hash, value)).toBe(SHAPE);
  });

  it("takes 512 characters and no more", () => {
    const filled = WERKZEUG_SHA1 + "0".repeat(512 - WERKZEUG_SHA1.length);

    expect(ruleOf(hash, filled)).toBeUndefined();
    expect(ruleOf(hash, `${filled}0`)).toBe("must be an encoded password hash of at most 512 characters");
  });

  it("never takes what a person types", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (password) => {
        expect(accepts(hash, password)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never shows the value in its rule", () => {
    expect(ruleOf(hash, "correct horse battery staple")).not.toContain("horse");
  });
});

describe("closed sets", () => {
  it("are the attribute's type", () => {
    expect(oneOf(["a", "b"], NOTES)).toMatchObject({ type: ["a", "b"], description: NOTES.description });
  });

  it("hold for each element of a list", () => {
    const categories = listOf(["spam", "violence"], NOTES);

    expect(categories).toMatchObject({ type: "list", enum: ["spam", "violence"] });
    expect(ruleOf(categories.items, "spam")).toBeUndefined();
    expect(ruleOf(categories.items, "Spam")).toBe("must be one of spam, violence");
  });

  it("have the six criteria once, four to a skill", () => {
    expect(Object.values(CRITERIA).map((criteria) => criteria.length)).toEqual([4, 4]);
    expect([...new Set(Object.values(CRITERIA).flat())].sort()).toEqual([...CRITERION_NAMES].sort());
  });
});

describe("lists and maps", () => {
  it("hold texts that are not empty", () => {
    const { items } = textList(NOTES);

    expect(ruleOf(items, "role model")).toBeUndefined();
    expect(ruleOf(items, "")).toBe("must not be empty");
  });

  it("have one descriptor for each band, and none of them empty", () => {
    const { properties } = bandDescriptors(NOTES);

    expect(Object.keys(properties)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(ruleOf(properties["7"], "Speaks at length")).toBeUndefined();
    expect(ruleOf(properties["7"], "")).toBe("must not be empty");
  });

  it("have one band for each criterion of a skill", () => {
    const { speaking, writing } = scores(NOTES).properties;

    expect(Object.keys(speaking.properties)).toEqual([
      "fluency_coherence",
      "lexical_resource",
      "grammatical_range",
      "pronunciation",
    ]);
    expect(Object.keys(writing.properties)).toEqual([
      "task_achievement",
      "coherence_cohesion",
      "lexical_resource",
      "grammatical_range",
    ]);
    expect(ruleOf(speaking.properties.pronunciation, 6)).toBeUndefined();
    expect(ruleOf(writing.properties.task_achievement, 6.1)).toBe("must be a band from 0 to 9 in halves");
  });
});

describe("derived attributes", () => {
  it("take the account from their source, in its one form", () => {
    const account = accountEmailFrom("reporter_email");

    expect(account).toMatchObject({ type: "string", hidden: true, watch: ["reporter_email"], setBy: "derived" });
    expect(account.set(undefined, { reporter_email: " Maria@Example.com" })).toBe("maria@example.com");
    expect(account.set("chen@example.com", { reporter_email: "maria@example.com" })).toBe("maria@example.com");
    expect(account.set(undefined, {})).toBeUndefined();
  });

  it("take the time to live from expires_at", () => {
    const ttl = timeToLive();

    expect(ttl).toMatchObject({ type: "number", hidden: true, watch: ["expires_at"], unit: "epoch seconds" });
    expect(ttl.set(5, { expires_at: 1_760_000_300 })).toBe(1_760_000_300);
    expect(ttl.set(undefined, {})).toBeUndefined();
  });
});
