import { Stub } from "../stubbed-client.ts";

/** Milliseconds since the process began, and processor time in milliseconds: V8's own threads included. */
export interface Moment {
  readonly wall: number;
  readonly processor: number;
}

export interface Start {
  readonly ready: Moment;
  readonly called?: Moment;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1000 };
}

const USER = "maria.fernandez@example.com";
const EXPIRES = 9_000_000_000;

/** The session that DynamoDB answers with, as our services store it. */
const SESSION = {
  session_id: { S: "0b9d9f6e-3f4a-4c53-9d2e-6f1f4b0a7c11" },
  user_email: { S: USER },
  created_at: { N: String(EXPIRES - 86_400) },
  expires_at: { N: String(EXPIRES) },
  qr_authenticated: { BOOL: false },
  ttl: { N: String(EXPIRES) },
  __edb_e__: { S: "session" },
  __edb_v__: { S: "1" },
};

export const SESSION_ID = SESSION.session_id.S;

/** Settings of a client whose HTTP is answered here. */
export function stubbedConfig() {
  const stub = new Stub();
  stub.answer({ GetItem: JSON.stringify({ Item: SESSION }) });
  return stub.clientConfig();
}

/** Tells the parent when the function was ready, and when its first call had been answered. */
export async function report(authenticate: () => Promise<{ readonly user_email: unknown }>): Promise<void> {
  const ready = now();
  const { user_email } = await authenticate();
  const called = now();
  if (user_email !== USER) throw new Error("the call gave another session");
  console.log(JSON.stringify({ ready, called } satisfies Start));
}
