import type { DataLayer } from "../../services/data-layer.ts";
import { aRegistration } from "../builders.ts";
import type { TestTable } from "../engine.ts";
import { Histories, histories, openLateTable, type Play, told } from "./histories.ts";
import { report } from "./report.ts";

type Call =
  | { readonly name: "redeem"; readonly device: string }
  | { readonly name: "status" | "authenticate" | "endAll" | "pass" };

interface State {
  readonly device?: string;
  readonly expired?: true;
  readonly shut?: true;
}

/** A token, which expires between the halves of a history. What lets nobody in has one word, whatever the reason. */
const MODEL: Play<State, Call>["model"] = {
  initial: {},
  keyOf: (state) => JSON.stringify([state.device, state.expired, state.shut]),
  apply(before, call) {
    const { device, expired, shut } = before;
    if (call.name === "pass") return { state: { ...before, expired: true }, text: "" };
    if (call.name === "endAll") return { state: { ...before, shut: true }, text: "ended" };
    if (call.name === "authenticate") return { state: before, text: shut || device === undefined ? "out" : "in" };
    if (call.name !== "redeem")
      return { state: before, text: device === undefined ? (expired ? "expired" : "waiting") : "used" };
    if (expired || (device ?? call.device) !== call.device) return { state: before, text: "out" };
    return { state: { ...before, device: call.device }, text: shut ? "out" : "in" };
  },
};

const CALLS: readonly Call[] = [
  { name: "redeem", device: "the-phone-of-the-customer" },
  { name: "redeem", device: "the-phone-of-the-customer" },
  { name: "authenticate" },
];
/**
 * A token whose sessions are ended has one device: it is used before the account is looked at, so that one that is shut out
 * in between keeps others out. That may remove the token, so its ends are told apart for others.
 */
const ENDED: readonly Call[] = [...CALLS, { name: "endAll" }];
const WATCHED: readonly Call[] = [
  ...CALLS,
  { name: "redeem", device: "the-tablet-of-the-customer" },
  { name: "status" },
];

/** What tells that nobody is let in. */
const REFUSALS: readonly string[] = ["not_found", "expired", "token_used", "conflict"];

async function inOrOut<T>(call: Promise<T>, whenIn: (answer: T) => void = () => undefined): Promise<string> {
  const text = await told(call, (answer) => {
    whenIn(answer);
    return "in";
  });
  return REFUSALS.includes(text) ? "out" : text;
}

let db: TestTable;
let played: Histories;
beforeAll(async () => {
  db = await openLateTable();
  played = new Histories(db);
});
afterAll(() => {
  report("histories of QR tokens", played.counts);
  return db.drop();
});
jest.setTimeout(1_800_000);

function answerOf(layer: DataLayer, held: Held, call: Call): Promise<string> | undefined {
  const { qrLogin, sessions } = layer;
  if (call.name === "redeem")
    return inOrOut(qrLogin.redeem(held.token, { device_id: call.device }), ({ session_id }) => {
      held.sessions.add(session_id);
    });
  if (call.name === "status") return told(qrLogin.status(held.token), ({ state }) => state);
  if (call.name === "endAll") return told(sessions.endAll(held.email), () => "ended");
  const [session_id] = held.sessions;
  return session_id === undefined ? undefined : inOrOut(sessions.authenticate(session_id));
}

/** What the phones of a history hold. */
interface Held {
  readonly email: string;
  readonly token: string;
  readonly sessions: Set<string>;
}

it("have an order of their calls that explains every answer, late, with kills and retries hours later", async () => {
  for (const number of histories(115, 4)) {
    const email = `history-${number}@example.com`;
    await db.layer.accounts.register(aRegistration({ email }));
    const { token } = await db.layer.qrLogin.issue(email);
    const held: Held = { email, token, sessions: new Set() };
    const calls = number % 2 === 0 ? ENDED : WATCHED;
    await played.check({
      model: MODEL,
      passing: { name: "pass" },
      draw: () => played.one(calls),
      answer: async (layer, call) => answerOf(layer, held, call),
    });
    expect(held.sessions.size).toBeLessThanOrEqual(1);
  }
});
