import { setImmediate as turn } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DataLayer } from "../../services/data-layer.ts";
import { ACCESS_PERIOD_SECONDS } from "../../services/purchases.ts";
import { isDataLayerError } from "../../services/storage/errors.ts";
import { Interrupted } from "../../testing/interrupted-client.ts";
import { aReceipt } from "../builders.ts";
import { NOW, openTestTable, type TestTable } from "../engine.ts";
import { interceptedClient } from "../instruments.ts";
import { type HistoricCall, isLinearizable, type SequentialModel } from "./linearizability.ts";
import { times } from "./outcomes.ts";
import { report } from "./report.ts";
import { LONG, SEED, seededRandom } from "./seeded-random.ts";

const random = seededRandom(SEED);
const HISTORIES = LONG ? 200 : 20;
const PROCESSES = 3;
const CALLS_OF_A_PROCESS = 5;
/** How often a process dies at a request: before it or after it. */
const SHARE_OF_KILLS = 0.08;

const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

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
function textOf(purchase: { status: string; transaction_id: string; expires_at: number } | undefined): string {
  if (purchase === undefined) return "none";
  const { status, transaction_id, expires_at } = purchase;
  return `${status} ${transaction_id.split(" ")[0]} ${(expires_at - NOW) / ACCESS_PERIOD_SECONDS}`;
}

let db: TestTable;
beforeAll(async () => {
  db = await openTestTable();
});
afterAll(() => db.drop());

/** A client of a process: its requests take turns with others', and it dies at some of them. */
function mortalClient(client: DynamoDBClient): DynamoDBClient {
  let dead = false;
  return interceptedClient(client, async (_, next) => {
    for (const _ of times(Math.floor(random() * 4), () => 0)) await turn();
    const fate = random();
    if (dead || fate < SHARE_OF_KILLS / 2) {
      dead = true;
      throw new Interrupted();
    }
    const output = next();
    if (fate > SHARE_OF_KILLS) return output;
    await output.catch(() => undefined);
    dead = true;
    throw new Interrupted();
  });
}

const counts = { histories: 0, calls: 0, kills: 0, "grants that gave access": 0 };
afterAll(() => report("histories of purchases", counts));
jest.setTimeout(900_000);

async function answerOf(layer: DataLayer, user_email: string, { name, transaction }: Call): Promise<string> {
  const { purchases } = layer;
  // The account in the transaction's id: each history has transactions of its own.
  const transaction_id = `${transaction} ${user_email}`;
  if (name === "find") return textOf(await purchases.find(user_email, "speaking"));
  if (name === "hasAccess") return String(await purchases.hasAccess(user_email, "speaking"));
  if (name !== "grant") return textOf(await purchases[name](user_email, "speaking", transaction_id));
  const { granted, purchase } = await purchases.grant(aReceipt({ user_email, transaction_id, purchase_date: NOW }));
  if (granted) counts["grants that gave access"]++;
  return `${granted} ${textOf(purchase)}`;
}

/** Calls one after the other in a process; a call at which it dies is made again, by another process. */
async function run(user_email: string, calls: readonly Call[], history: HistoricCall<Call>[], clock: () => number) {
  const left = [...calls];
  for (let call = left.shift(); call !== undefined; call = left.shift()) {
    counts.calls++;
    const began = clock();
    try {
      const text = await answerOf(db.layerWith({ client: mortalClient(db.client) }), user_email, call);
      history.push({ call, began, answer: { at: clock(), text } });
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      counts.kills++;
      history.push({ call, began });
      left.splice(Math.floor(random() * (left.length + 1)), 0, call);
    }
  }
}

it("have an order of their calls that explains every answer, with kills and retries by other processes", async () => {
  const transactions = ["a", "b", "c"];
  for (let number = 0; number < HISTORIES; number++) {
    const user_email = `history-${number}@example.com`;
    const history: HistoricCall<Call>[] = [];
    let time = 0;
    const calls = () =>
      times(CALLS_OF_A_PROCESS, (): Call => {
        const name = one(["grant", "grant", "refund", "reverseRefund", "find", "hasAccess"] as const);
        return { name, transaction: one(transactions) };
      });
    await Promise.all(times(PROCESSES, () => run(user_email, calls(), history, () => time++)));

    if (!isLinearizable(MODEL, history.slice(0, 31))) expect(history).toBe("explained by an order of its calls");
    counts.histories++;
  }
});

it("grant no transaction twice when the account is erased in between, whatever dies", async () => {
  for (let number = 0; number < HISTORIES; number++) {
    const user_email = `erased-history-${number}@example.com`;
    db.clock.now = NOW + number * 3 * 60 * 60;
    const grantIn = async (layer: DataLayer, name: string): Promise<boolean> => {
      const receipt = aReceipt({ user_email, transaction_id: `${name} ${user_email}`, purchase_date: NOW });
      const granting = layer.purchases.grant(receipt);
      return (await granting.catch(unlessRefused))?.granted === true;
    };
    const given: string[] = [];
    const mortal = () => db.layerWith({ client: mortalClient(db.client) });
    const grants = ["a", "b", "a", "b", "c"].map((name) => async () => {
      if (await grantIn(mortal(), name)) given.push(name);
    });
    const refund = () => mortal().purchases.refund(user_email, "speaking", `c ${user_email}`).catch(unlessRefused);
    const erase = () => mortal().accounts.erase(user_email).catch(unlessRefused);
    await Promise.all([...grants.slice(0, 3).map((grant) => grant()), refund()]);
    await Promise.all([erase(), ...grants.map((grant) => grant()), erase()]);

    await db.layer.accounts.erase(user_email);
    db.clock.now += 2 * 60 * 60;
    for (const name of ["a", "b", "c"]) if (await grantIn(db.layer, name)) given.push(name);
    expect(given.filter((name, place) => given.indexOf(name) !== place)).toEqual([]);
    counts.calls += 12;
  }
});

/** A process that died, or an erasure that refuses. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof Interrupted || isDataLayerError(error)) return undefined;
  throw error;
}
