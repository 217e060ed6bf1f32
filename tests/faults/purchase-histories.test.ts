import type { Entitlement } from "../../entities/entitlement.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { ERASURE_FINAL_SECONDS } from "../../services/guards/erasure.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import { isDataLayerError } from "../../services/storage/errors.ts";
import { Interrupted } from "../../testing/interrupted-client.ts";
import { aReceipt, aRegistration } from "../builders.ts";
import type { TestTable } from "../engine.ts";
import { Histories, histories, openLateTable } from "./histories.ts";
import type { SequentialModel } from "./linearizability.ts";
import { report } from "./report.ts";

interface Call {
  readonly name: "grant" | "refund" | "reverseRefund" | "find" | "hasAccess";
  readonly transaction: string;
}

interface State {
  /** The transaction of which anything was heard first. */
  readonly first?: string;
  readonly granted: readonly string[];
  readonly refunded: readonly string[];
  readonly reversed: readonly string[];
}

const including = (values: readonly string[], value: string) =>
  values.includes(value) ? values : [...values, value].sort();

/** A purchase in the model: all transactions are bought at one instant, and stand in the order of their ids. */
const MODEL: SequentialModel<State, Call> = {
  initial: { granted: [], refunded: [], reversed: [] },
  keyOf: (state) => JSON.stringify(state),
  apply(before, { name, transaction }) {
    if (name === "find") return { state: before, text: purchaseText(before) };
    if (name === "hasAccess") return { state: before, text: String(paidIn(before).length > 0) };
    const told = { ...before, first: before.first ?? transaction };
    if (name === "refund") {
      const state = { ...told, refunded: including(before.refunded, transaction) };
      return { state, text: purchaseText(state) };
    }
    if (name === "reverseRefund") {
      const state = { ...told, reversed: including(before.reversed, transaction) };
      return { state, text: purchaseText(state) };
    }
    const state = { ...told, granted: including(before.granted, transaction) };
    const gave = !before.granted.includes(transaction) && paidIn(state).includes(transaction);
    return { state, text: `${gave} ${purchaseText(state)}` };
  },
};

const paidIn = ({ granted, refunded, reversed }: State) =>
  granted.filter((id) => !refunded.includes(id) || reversed.includes(id));

function purchaseText(state: State): string {
  if (state.first === undefined) return "none";
  const paid = paidIn(state);
  if (paid.length > 0) return `active ${paid.at(-1)} ${paid.length}`;
  const last = state.granted.at(-1);
  return last === undefined ? `refunded ${state.first} 0` : `refunded ${last} 1`;
}

/** A purchase as the service tells it, in the model's words. */
function textOf(purchase: Pick<Entitlement, "status" | "transaction_id" | "expires_at"> | undefined, bought: number) {
  if (purchase === undefined) return "none";
  const { status, transaction_id, expires_at } = purchase;
  return `${status} ${transaction_id.split(" ")[0]} ${(expires_at - bought) / ACCESS_PERIOD_SECONDS}`;
}

let db: TestTable;
let played: Histories;
const grants = { "grants that gave access": 0, "erasures between grants": 0 };
beforeAll(async () => {
  db = await openLateTable();
  played = new Histories(db);
});
afterAll(() => {
  report("histories of purchases", { ...played.counts, ...grants });
  return db.drop();
});
jest.setTimeout(1_800_000);

async function answerOf(layer: DataLayer, user_email: string, bought: number, call: Call): Promise<string> {
  const { purchases } = layer;
  // The account in the transaction's id: each history has transactions of its own.
  const transaction_id = `${call.transaction} ${user_email}`;
  if (call.name === "find") return textOf(await purchases.find(user_email, "speaking"), bought);
  if (call.name === "hasAccess") return String(await purchases.hasAccess(user_email, "speaking"));
  if (call.name !== "grant") return textOf(await purchases[call.name](user_email, "speaking", transaction_id), bought);
  const { granted, purchase } = await purchases.grant(aReceipt({ user_email, transaction_id, purchase_date: bought }));
  if (granted) grants["grants that gave access"]++;
  return `${granted} ${textOf(purchase, bought)}`;
}

it("have an order of their calls that explains every answer, with kills and retries by other processes", async () => {
  for (const number of histories(115, 4)) {
    const user_email = `history-${number}@example.com`;
    const bought = db.clock.now;
    await played.check({
      model: MODEL,
      draw: (): Call => ({
        name: played.one(["grant", "grant", "refund", "reverseRefund", "find", "hasAccess"]),
        transaction: played.one(["a", "b", "c"]),
      }),
      answer: (layer, call) => answerOf(layer, user_email, bought, call),
    });
  }
});

it("grant no transaction twice when the account is erased in between, whatever dies", async () => {
  for (const number of histories(20, 2)) {
    const user_email = `erased-history-${number}@example.com`;
    const bought = db.clock.now;
    const grantIn = async (layer: DataLayer, name: string): Promise<boolean> => {
      const receipt = aReceipt({ user_email, transaction_id: `${name} ${user_email}`, purchase_date: bought });
      const granting = layer.purchases.grant(receipt);
      return (await granting.catch(unlessRefused))?.granted === true;
    };
    const given: string[] = [];
    const mortal = () => played.mortalLayer();
    const all = ["a", "b", "a", "b", "c"].map((name) => async () => {
      if (await grantIn(mortal(), name)) given.push(name);
    });
    const refund = () => mortal().purchases.refund(user_email, "speaking", `c ${user_email}`).catch(unlessRefused);
    const erase = () => mortal().accounts.erase(user_email).catch(unlessRefused);
    await Promise.all([...all.slice(0, 3).map((grant) => grant()), refund()]);
    await Promise.all([erase(), ...all.map((grant) => grant()), erase()]);

    await db.layer.accounts.erase(user_email);
    db.clock.advance(ERASURE_FINAL_SECONDS);
    db.lag.settle();
    await db.layer.accounts.finishErasures();
    await db.layer.accounts.register(aRegistration({ email: user_email }));
    for (const name of ["a", "b", "c"]) if (await grantIn(db.layer, name)) given.push(name);
    expect(given.filter((name, place) => given.indexOf(name) !== place)).toEqual([]);
    grants["erasures between grants"]++;
  }
});

/** A process that died, or an erasure that refuses. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof Interrupted || isDataLayerError(error)) return undefined;
  throw error;
}
