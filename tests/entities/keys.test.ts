import { readEmail } from "../../entities/email-address.ts";
import type { AttributeSchema, IndexSchema } from "../../entities/schema.ts";
import fc from "../generated.ts";
import { itemOf, queryOf } from "./parameters.ts";
import {
  aBankQuestion,
  anAssessment,
  assessments,
  attributesOf,
  indexesOf,
  questions,
  SUBJECTS,
  type Subject,
} from "./samples.ts";

/** One index of one entity. */
interface Pattern {
  readonly name: string;
  readonly subject: Subject;
  readonly index: IndexSchema;
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
}

const PATTERNS: readonly Pattern[] = Object.entries<Subject>(SUBJECTS).flatMap(([entity, subject]) =>
  indexesOf(subject).map(([name, index]) => ({
    name: `${entity}.${name}`,
    subject,
    index,
    attributes: Object.fromEntries(attributesOf(subject)),
  })),
);

const RUNS = { numRuns: 250 };

// What keys are made of, so that values look like parts of other keys.
const PIECES = ["a", "b", "B", "0", "9", "#", "_", "$", ":", "-", "é", "🎈", "\u{10ffff}", "_1", "$ielts", "user#"];
const LABELS = ["#created_at_0000000001", "#timestamp_", "#ticket_id_", "#assessment_id_", "#user_email_", "email_"];

const pieces = (...known: readonly string[]) =>
  fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));

const freeForm = fc.oneof(
  { weight: 4, arbitrary: pieces(...PIECES, ...LABELS, " ") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 8 }) },
);
const address = fc
  .tuple(pieces(...PIECES, ...LABELS), pieces("a", "b", "0", "é"), fc.constantFrom("co", "com", "co.uk"))
  .map(([local, domain, top]) => `${local}@${domain}.${top}`)
  .filter((text) => readEmail(text).address !== undefined);
const slug = fc
  .tuple(
    fc.constantFrom("a", "ab", "0"),
    fc.array(fc.constantFrom("a", "b", "_", "-", "topic_", "_1"), { maxLength: 3 }),
  )
  .map(([first, rest]) => first + rest.join(""));
const instant = fc.oneof(fc.nat(12), fc.integer({ min: 0, max: 9_999_999_999 }));

const ADDRESSES = ["email", "user_email", "user_id", "reporter_email"];
const SLUGS = ["topic", "affected_service"];

function arbitraryOf(attribute: string, { type, unit }: AttributeSchema): fc.Arbitrary<unknown> {
  if (Array.isArray(type)) return fc.constantFrom(...type);
  if (unit === "epoch seconds") return instant;
  if (ADDRESSES.includes(attribute)) return address;
  return SLUGS.includes(attribute) ? slug : freeForm;
}

const compositesOf = ({ pk, sk }: IndexSchema) => [...pk.composite, ...sk.composite];

/** Values for all that an index's key is made of; what is derived stands for its source. */
function logicalKeys({ index, attributes }: Pattern): fc.Arbitrary<Record<string, unknown>> {
  const sources = compositesOf(index).map((name) => attributes[name]?.watch?.[0] ?? name);
  return fc.record(
    Object.fromEntries(sources.map((name) => [name, arbitraryOf(name, attributes[name] as AttributeSchema)])),
  );
}

/** Two logical keys, the second of which often differs from the first in one part only. */
const pairsOf = (pattern: Pattern) =>
  fc.tuple(logicalKeys(pattern), logicalKeys(pattern), fc.infiniteStream(fc.boolean())).map(([one, other, keep]) => {
    const mixed = Object.entries(other).map(([name, value]) => [name, keep.next().value ? one[name] : value]);
    return [one, Object.fromEntries(mixed) as Record<string, unknown>] as const;
  });

interface PhysicalKey {
  readonly pk: string;
  readonly sk: string;
  /** The attributes that the key is made of, as they are stored. */
  readonly parts: readonly unknown[];
}

function physicalKey({ subject, index }: Pattern, values: Readonly<Record<string, unknown>>): PhysicalKey {
  const item = itemOf(subject.entity.put({ ...subject.item, ...values }));
  return {
    pk: item[index.pk.field] as string,
    sk: item[index.sk.field] as string,
    parts: compositesOf(index).map((name) => item[name]),
  };
}

const bytesCompared = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

describe("every index", () => {
  it.each(PATTERNS)("gives different items different keys: $name", (pattern) => {
    fc.assert(
      fc.property(pairsOf(pattern), ([one, other]) => {
        const [a, b] = [physicalKey(pattern, one), physicalKey(pattern, other)];
        expect(same([a.pk, a.sk], [b.pk, b.sk])).toBe(same(a.parts, b.parts));
      }),
      RUNS,
    );
  });

  it.each(PATTERNS)("lets a free-form value stand only at the end of a key: $name", ({ index, attributes }) => {
    for (const { composite } of [index.pk, index.sk]) {
      const before = composite.slice(0, -1).filter((name) => {
        const { type, unit } = attributes[name] as AttributeSchema;
        return typeof type === "string" && unit !== "epoch seconds" && !SLUGS.includes(name) && name !== "draw_key";
      });
      expect(before).toEqual([]);
    }
  });

  it.each(PATTERNS)("finds by a part of its key what has that part, and nothing else: $name", (pattern) => {
    const { subject, index, name } = pattern;
    const query = subject.entity.query[name.slice(name.indexOf(".") + 1)] as (key: object) => {
      params<P>(): P;
    };
    fc.assert(
      fc.property(pairsOf(pattern), fc.nat(Math.max(0, index.sk.composite.length - 1)), ([one, other], known) => {
        const asked = itemOf(subject.entity.put({ ...subject.item, ...one }));
        const composites = [...index.pk.composite, ...index.sk.composite.slice(0, known)];
        const { ExpressionAttributeValues: sent } = query(
          Object.fromEntries(composites.map((composite) => [composite, asked[composite]])),
        ).params<{ ExpressionAttributeValues: { ":pk": string; ":sk1"?: string } }>();

        const row = physicalKey(pattern, other);
        const found = row.pk === sent[":pk"] && row.sk.startsWith(sent[":sk1"] ?? "");
        const has = composites.every((composite, position) => same(asked[composite], row.parts[position]));
        expect(found).toBe(has);
      }),
      RUNS,
    );
  });
});

describe.each(["table", "gsi1", "gsi2", "gsi3", "gsi4", "gsi5"])("%s", (physical) => {
  const patterns = PATTERNS.filter(({ index }) => (index.index ?? "table") === physical);
  const rows = fc
    .constantFrom(...patterns)
    .chain((pattern) => logicalKeys(pattern).map((values) => ({ pattern, values })));

  it("never holds two entities under one key", () => {
    fc.assert(
      fc.property(rows, rows, (one, other) => {
        fc.pre(one.pattern.subject !== other.pattern.subject);
        const [a, b] = [physicalKey(one.pattern, one.values), physicalKey(other.pattern, other.values)];
        expect([a.pk, a.sk]).not.toEqual([b.pk, b.sk]);
      }),
      RUNS,
    );
  });

  it("keeps entities in partitions of their own, unless they share a collection", () => {
    fc.assert(
      fc.property(rows, rows, (one, other) => {
        fc.pre(one.pattern.subject !== other.pattern.subject);
        fc.pre(
          one.pattern.index.collection === undefined || one.pattern.index.collection !== other.pattern.index.collection,
        );
        expect(physicalKey(one.pattern, one.values).pk).not.toBe(physicalKey(other.pattern, other.values).pk);
      }),
      RUNS,
    );
  });
});

const BY_TIME = PATTERNS.filter(
  ({ index, attributes }) => attributes[index.sk.composite[0] ?? ""]?.unit === "epoch seconds",
);

describe("an index by time", () => {
  it("is every one of these", () => {
    expect(BY_TIME.map(({ name }) => name)).toEqual([
      "user.account",
      "session.byUser",
      "qr_token.byUser",
      "assessment.byUser",
      "assessment.byType",
      "entitlement.byUser",
      "entitlement.byStatus",
      "safety_log.byId",
      "safety_log.byUser",
      "safety_log.byAssessment",
      "content_report.byId",
      "content_report.byStatus",
      "content_report.byReporter",
      "content_report.byAssessment",
      "ticket.byId",
      "ticket.byUser",
      "ticket.byStatus",
      "ticket.byPriority",
      "ticket.thread",
      "devops_action.byId",
      "devops_action.byStatus",
      "devops_action.byService",
      "devops_action.byTicket",
      "erasure.byState",
    ]);
  });

  it.each(BY_TIME)("is in the order of the instant, then of the id: $name", (pattern) => {
    const first = pattern.index.pk.composite.length;
    fc.assert(
      fc.property(pairsOf(pattern), ([one, other]) => {
        const [a, b] = [physicalKey(pattern, one), physicalKey(pattern, other)];
        const [since, until] = [a.parts[first] as number, b.parts[first] as number];
        const [id, otherId] = [a.parts.slice(first + 1).join("#"), b.parts.slice(first + 1).join("#")];
        const expected = since === until ? bytesCompared(id, otherId) : Math.sign(since - until);
        expect(bytesCompared(a.sk, b.sk)).toBe(expected);
      }),
      RUNS,
    );
  });

  it("answers a range that holds its beginning and not its end", () => {
    fc.assert(
      fc.property(instant, instant, instant, freeForm, (from, to, created_at, assessment_id) => {
        fc.pre(from <= to);
        const { where } = queryOf(
          assessments.query
            .byUser({ user_email: "maria@example.com" })
            .between({ created_at: from }, { created_at: to }),
        );
        const [, lowest = "", highest = ""] = / BETWEEN "(.*)" AND "(.*)"$/.exec(where) ?? [];

        const sk = itemOf(assessments.put(anAssessment({ created_at, assessment_id }))).gsi1sk as string;
        const found = bytesCompared(lowest, sk) <= 0 && bytesCompared(sk, highest) <= 0;
        expect(found).toBe(from <= created_at && created_at < to);
      }),
      RUNS,
    );
  });
});

describe("an index by topic", () => {
  it("keeps a topic apart from those that begin with it", () => {
    const { where } = queryOf(
      questions.query.byType({ assessment_type: "speaking_part2", difficulty: "medium", topic: "work" }),
    );
    const [, prefix = ""] = /begins_with\(gsi5sk, "(.*)"\)$/.exec(where) ?? [];

    const found = ["work", "work_life", "work-place", "workshop"].filter((topic) =>
      (itemOf(questions.put(aBankQuestion({ topic }))).gsi5sk as string).startsWith(prefix),
    );
    expect(found).toEqual(["work"]);
  });
});
