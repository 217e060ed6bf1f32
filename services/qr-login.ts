import { createHmac } from "node:crypto";
import { v4 as uuidv4 } from "uuid";
import { LEAST_CREDENTIAL } from "../entities/attributes.ts";
import { isDigest } from "../entities/credential.ts";
import type { QrTokenEntity } from "../entities/qr-token.ts";
import {
  QR_TOKEN_LIFETIME_SECONDS,
  type QrToken,
  QrTokenModel,
  REDEMPTION_REPEAT_SECONDS,
} from "../entities/qr-token.ts";
import type { SessionEntity } from "../entities/session.ts";
import { SESSION_LIFETIME_SECONDS, type Session, SessionModel } from "../entities/session.ts";
import {
  generationOf,
  isAhead,
  letsIn,
  openByToken,
  openGeneration,
  sessionAndAccount,
  sessionIdOf,
} from "./guards/letting-in.ts";
import type { StartedSession } from "./sessions.ts";
import type { DataContext } from "./storage/context.ts";
import { ExpiredError, TokenUsedError, ValidationError } from "./storage/errors.ts";
import { Repository } from "./storage/repository.ts";
import type { StoredItem } from "./storage/requests.ts";
import { attributeValue, only } from "./storage/validation.ts";

/** What the web page that shows the code may know while it polls; instants are epoch seconds. */
export interface QrTokenStatus extends Readonly<Pick<QrToken, "expires_at" | "used_at">> {
  /** `used` once a device has redeemed it, also after it expired. */
  readonly state: "waiting" | "used" | "expired";
}

/** A token that has just been issued: the only answer that holds it. */
export interface IssuedToken extends QrToken {
  /** The one-time credential, for the code; what is stored is its SHA-256. */
  readonly token: string;
}

/** Who asks for a token. */
export interface QrIssue {
  /** The session of the page that shows the code. */
  readonly session_id?: string;
}

/** The phone that redeems a token. */
export interface QrRedemption extends Readonly<Pick<Session, "ip_address" | "user_agent">> {
  /**
   * Random, made once and kept by the phone as a secret, at least 22 characters: who knows it and sees the code can ask for
   * the phone's session again.
   */
  readonly device_id: string;
}

/** @throws ValidationError for an id that could be guessed. */
function deviceOf(value: string): string {
  const device_id = attributeValue(QrTokenModel, "device_id", value);
  if (device_id.length >= LEAST_CREDENTIAL) return device_id;
  throw new ValidationError("qr_token", "device_id", `must have at least ${LEAST_CREDENTIAL} characters`, device_id);
}

/** The session's id that redeeming gives, the same at each call: who has the table or the code alone cannot make it. */
const openedBy = (token: string, { session_salt, device_id, user_email }: StoredItem): string =>
  sessionIdOf(
    createHmac("sha256", token).update(`${session_salt}#${device_id}`).digest("base64url"),
    user_email as string,
  );

/**
 * QR log-in: a token of 5 minutes that exactly one device turns into a session.
 * @example
 * import { createContext } from "@ielts-ai-prep/data-layer/services/context";
 * import { QrLogin } from "@ielts-ai-prep/data-layer/services/qr-login";
 *
 * const qrLogin = new QrLogin(createContext({ table: "ielts-genai-prep" }));
 */
export class QrLogin {
  readonly #context: DataContext;
  readonly #tokens: Repository<QrTokenEntity>;
  readonly #sessions: Repository<SessionEntity>;

  constructor(context: DataContext) {
    this.#context = context;
    this.#tokens = new Repository(context, QrTokenModel);
    this.#sessions = new Repository(context, SessionModel);
  }

  /**
   * Issues a token for a user. `expires_at`, in epoch seconds, is 5 minutes from now. With the `session_id` of the session
   * that asks, the token lets nobody in once all sessions of that time were ended.
   * @throws ConflictError when the account is not active; NotFoundError when there is none, or when the session has
   * ended or is another user's.
   * @example
   * const { session_id } = await sessions.start({ user_email: email });
   * const { token, expires_at } = await qrLogin.issue(email, { session_id }); // show it as a QR code until then
   */
  async issue(user_email: string, by: QrIssue = {}): Promise<IssuedToken> {
    only("qr_token", by, ["session_id"]);
    const account = attributeValue(QrTokenModel, "user_email", user_email);
    const created_at = this.#context.clock();
    const token = uuidv4();
    const issued = await this.#tokens.insertOnce({
      token,
      user_email: account,
      created_at,
      expires_at: created_at + QR_TOKEN_LIFETIME_SECONDS,
      used: false,
      generation: await this.#generation(account, by.session_id),
    });
    return { ...issued, token };
  }

  /** The stored key of a token that somebody presents; a digest is none. */
  #keyOf(token: string): { readonly token: string } {
    const digest = attributeValue(QrTokenModel, "token", token);
    if (isDigest(token)) throw this.#tokens.notFound();
    return { token: digest };
  }

  async #generation(user_email: string, session_id: string | undefined): Promise<number> {
    if (session_id === undefined) return openGeneration(this.#context, user_email, undefined);
    const { session, account } = await sessionAndAccount(this.#context, session_id);
    const lives = session !== undefined && isAhead(session.expires_at, this.#context.clock());
    if (lives && session.user_email === user_email && letsIn(account, session)) return generationOf(account ?? {});
    throw this.#sessions.notFound();
  }

  /**
   * Redeems a token: one device wins and gets a session of 24 hours. The write that marks the token used also fixes
   * what, with the token, gives the session's id, so the same device may call again after a crash, for 30 seconds, and gets
   * the same session.
   * @throws NotFoundError for an unknown token, or when the account is gone; ExpiredError; TokenUsedError when
   * another device was first, or the same one comes again later; ConflictError when the account is not active, or the token was withdrawn meanwhile
   * (`shut`); UnprocessedError when DynamoDB is too busy: call again.
   * @example
   * const { token } = await qrLogin.issue(email); // the phone scans it
   * const device_id = crypto.randomUUID(); // the phone makes it once, and keeps it
   * const { session_id, user_email } = await qrLogin.redeem(token, { device_id });
   */
  async redeem(token: string, input: QrRedemption): Promise<StartedSession> {
    only("qr_token", input, ["device_id", "ip_address", "user_agent"]);
    const device_id = deviceOf(input.device_id);
    const { ip_address, user_agent } = input;
    if (ip_address !== undefined) attributeValue(SessionModel, "ip_address", ip_address);
    if (user_agent !== undefined) attributeValue(SessionModel, "user_agent", user_agent);
    const key = this.#keyOf(token);
    const now = this.#context.clock();
    const redeemed = await this.#tokens.changeStored(
      "redeem",
      { device_id },
      (entity) =>
        entity
          .patch(key)
          .set({ used: true, used_at: now, device_id, session_salt: uuidv4() })
          .where(({ used, expires_at }, { eq, gt }) => `${eq(used, false)} AND ${gt(expires_at, now)}`),
      (current) => {
        if (current === undefined) throw this.#tokens.notFound();
        if (current.used === true && current.device_id !== device_id) throw new TokenUsedError();
        if (!isAhead(current.expires_at, now)) throw new ExpiredError("qr_token");
        if (!isAhead((current.used_at as number) + REDEMPTION_REPEAT_SECONDS, now)) throw new TokenUsedError();
        return current;
      },
    );
    const created_at = redeemed.used_at as number;
    const session_id = openedBy(token, redeemed);
    const session = {
      session_id,
      user_email: redeemed.user_email as string,
      created_at,
      expires_at: created_at + SESSION_LIFETIME_SECONDS,
      qr_authenticated: true,
      qr_token: key.token,
      generation: generationOf(redeemed),
      ...(ip_address === undefined ? {} : { ip_address }),
      ...(user_agent === undefined ? {} : { user_agent }),
    };
    const opened = await openByToken(
      this.#context,
      { key: this.#tokens.keyOf(key), stored: redeemed },
      () => this.#sessions.insert(session, (current) => this.#sessions.parse(current)),
      ({ session_id }) => this.#sessions.remove("undo", { session_id }),
    );
    return { ...opened, session_id };
  }

  /**
   * The state of a token, for the page that shows its code.
   * @throws NotFoundError for an unknown token.
   * @example
   * const { token } = await qrLogin.issue(email);
   * const { state, expires_at } = await qrLogin.status(token); // "waiting" until a phone redeems it
   */
  async status(token: string): Promise<QrTokenStatus> {
    const key = this.#keyOf(token);
    const { used, used_at, expires_at } = await this.#tokens.get(key.token, { consistent: true });
    if (used) return { state: "used", expires_at, ...(used_at === undefined ? {} : { used_at }) };
    return { state: expires_at <= this.#context.clock() ? "expired" : "waiting", expires_at };
  }
}
