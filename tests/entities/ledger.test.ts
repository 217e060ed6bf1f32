import {
  ACCESS_PERIOD_SECONDS,
  currentPeriod,
  type Ledger,
  ledgerDigest,
  ledgerOf,
  withGrant,
  withoutGrant,
  withRefund,
  withReversal,
} from "../../entities/ledger.ts";
import { NOW } from "../engine.ts";
import fc from "../generated.ts";

const DAY = 24 * 60 * 60;
const granted = (transaction_id: string, purchase_date: number) =>
  ({ transaction_id, purchase_date, platform: "ios" }) as const;

/** What a store may tell of one transaction. */
interface Told {
  readonly bought: number;
  readonly refunds: readonly (number | undefined)[];
  readonly reversals: readonly (number | undefined)[];
}

const instant = fc.option(fc.integer({ min: NOW, max: NOW + 5 }), { nil: undefined, freq: 3 });
const told: fc.Arbitrary<Told> = fc.record({
  bought: fc.integer({ min: 0, max: 120 }).map((days) => NOW + days * DAY),
  refunds: fc.array(instant, { maxLength: 3 }),
  reversals: fc.array(instant, { maxLength: 2 }),
});

type Event = (ledger: Ledger) => Ledger;
const eventsOf = ({ bought, refunds, reversals }: Told, place: number): Event[] => {
  const id = `transaction-${place}`;
  return [
    (ledger) => withGrant(ledger, granted(id, bought)),
    ...refunds.map(
      (at): Event =>
        (ledger) =>
          withRefund(ledger, id, at),
    ),
    ...reversals.map(
      (at): Event =>
        (ledger) =>
          withReversal(ledger, id, at),
    ),
  ];
};

/** Whether the last word about a transaction is a refund, told anew: reversals win a tie, and one without an instant for good. */
function isRefunded({ refunds, reversals }: Told): boolean {
  if (refunds.length === 0) return false;
  if (reversals.includes(undefined)) return false;
  const last = (instants: readonly (number | undefined)[]) => Math.max(-1, ...instants.map((at) => at ?? 0));
  return last(refunds) > last(reversals);
}

/** The end of access in closed form: from each purchase on, thirty days for it and for every later one. */
function endOf(transactions: readonly Told[]): number {
  const bought = transactions.filter((one) => !isRefunded(one)).map(({ bought: at }) => at);
  bought.sort((a, b) => a - b);
  return Math.max(0, ...bought.map((at, place) => at + (bought.length - place) * ACCESS_PERIOD_SECONDS));
}

it("gives the same access for any order of grants, refunds and reversals, each any number of times", () => {
  fc.assert(
    fc.property(
      fc.array(told, { minLength: 1, maxLength: 5 }).chain((transactions) => {
        const events = transactions.flatMap(eventsOf);
        const repeated = fc.array(fc.constantFrom(...events), { maxLength: 8 });
        const shuffled = repeated.chain((more) =>
          fc.shuffledSubarray([...events, ...more], { minLength: events.length + more.length }),
        );
        return fc.tuple(fc.constant(transactions), shuffled);
      }),
      ([transactions, events]) => {
        const inOrder = transactions.flatMap(eventsOf).reduce<Ledger>((ledger, event) => event(ledger), []);
        const ledger = events.reduce<Ledger>((before, event) => event(before), []);

        expect(ledger).toEqual(inOrder);
        expect(ledgerDigest(ledger)).toBe(ledgerDigest(inOrder));
        const end = endOf(transactions);
        const period = currentPeriod(ledger, end - 1);
        if (end === 0) expect(period?.status).toBe("refunded");
        else expect(period).toMatchObject({ status: "active", expires_at: end });
      },
    ),
    { numRuns: 1_000 },
  );
});

it("takes an entitlement without a ledger for the one transaction that its attributes tell", () => {
  const told = { transaction_id: "1", purchase_date: NOW, platform: "ios", price_paid: 36.99 } as const;

  for (const seconds of [ACCESS_PERIOD_SECONDS, 77 * DAY, 0]) {
    for (const status of ["active", "refunded"] as const) {
      const item = { ...told, expires_at: NOW + seconds, status };
      expect(currentPeriod(ledgerOf(item), NOW - 1)).toEqual(item);
    }
  }
});

it("puts a new period behind one that was brought over with an end of its own", () => {
  const item = {
    transaction_id: "1",
    purchase_date: NOW,
    platform: "ios",
    expires_at: NOW + 77 * DAY,
    status: "active",
  } as const;

  const ledger = withGrant(ledgerOf(item), granted("2", NOW + 70 * DAY));

  expect(currentPeriod(ledger, NOW)).toMatchObject({ transaction_id: "2", expires_at: NOW + 107 * DAY });
});

it("says by the same object that an event changes nothing", () => {
  const ledger = withReversal(withRefund(withGrant([], granted("1", NOW)), "1", NOW), "1", NOW + 1);

  expect(withGrant(ledger, granted("1", NOW + 5))).toBe(ledger);
  expect(withRefund(ledger, "1", NOW)).toBe(ledger);
  expect(withRefund(ledger, "1")).toBe(ledger);
  expect(withReversal(ledger, "1", NOW + 1)).toBe(ledger);
});

it("forgets a grant that is taken back, and keeps what was heard of its refund", () => {
  const ledger = withGrant(withGrant([], granted("1", NOW)), granted("2", NOW));

  expect(withoutGrant(ledger, "2")).toEqual(withGrant([], granted("1", NOW)));
  expect(withoutGrant(withRefund(ledger, "2", NOW), "2")).toEqual(
    withRefund(withGrant([], granted("1", NOW)), "2", NOW),
  );
});
