import type {
  AssessmentResult,
  AssessmentType,
  Platform,
  Product,
  TicketCategory,
  TicketPriority,
} from "@ielts-ai-prep/data-layer";

/** Asks the App Store or Google Play whether a receipt is true. */
export interface ReceiptVerifier {
  /** Undefined when the store does not know the receipt. */
  verify(receipt: {
    readonly platform: Platform;
    readonly product_id: Product;
    readonly receipt_data: string;
  }): Promise<VerifiedTransaction | undefined>;
}

/** What a store says of a purchase. */
export interface VerifiedTransaction {
  /** The purchase's own, a renewal's too: not that of the subscription's first purchase. */
  readonly transaction_id: string;
  /** Epoch seconds; the stores say milliseconds. */
  readonly purchase_date: number;
  /** USD; the App Store says thousandths, Google Play millionths. */
  readonly price_paid?: number;
  readonly environment?: "production" | "sandbox";
}

/** A store's message about a purchase, its signature checked and its user looked up. */
export interface PurchaseMessage {
  readonly type: "purchase";
  readonly user_email: string;
  readonly product_id: Product;
  readonly platform: Platform;
  readonly receipt_data: string;
  readonly transaction: VerifiedTransaction;
  /** When the store told it; epoch seconds. */
  readonly at: number;
}

/** A store's message about a refund, its signature checked. Most stores name the transaction alone. */
export interface RefundMessage {
  readonly type: "refund" | "refund_reversed";
  readonly user_email?: string;
  readonly product_id?: Product;
  readonly transaction: Pick<VerifiedTransaction, "transaction_id">;
  /** When the store refunded, or reversed the refund; epoch seconds. */
  readonly at: number;
}

/** The AI examiner, which judges what a candidate said or wrote. */
export interface Examiner {
  examine(work: { readonly assessment_type: AssessmentType; readonly answers: string }): Promise<AssessmentResult>;
}

/** Holds the mails that SES received; the event has their headers alone. */
export interface MailStore {
  text(messageId: string): Promise<string>;
}

/** The agent that reads support mail. */
export interface SupportAgent {
  read(mail: { readonly subject: string; readonly message: string }): Promise<{
    readonly category: TicketCategory;
    readonly priority: TicketPriority;
    readonly ai_response?: string;
    readonly ai_confidence?: number;
  }>;
}

/** The agent that diagnoses technical problems. */
export interface DevopsAgent {
  diagnose(problem: { readonly issue_description: string; readonly affected_service: string }): Promise<{
    readonly ai_analysis: string;
    readonly fix?: { readonly proposed_fix: string; readonly code_diff?: string };
  }>;
}

/** A mail to a user. `known` tells the owner of an address that somebody wanted to register it anew. */
export type Mail =
  | { readonly to: string; readonly kind: "verify" | "reset"; readonly token: string }
  | { readonly to: string; readonly kind: "known" }
  | { readonly to: string; readonly kind: "resolved"; readonly subject: string };

/** Sends mails: the token of a link stands in its fragment, which no server logs. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** Hands technical tickets to the DevOps agent. */
export interface DevopsQueue {
  send(ticket: { readonly ticket_id: string; readonly subject: string }): Promise<void>;
}

/** Posts JSON to the service whose address an environment variable has; undefined for 404. */
async function ask<T>(variable: string, question: object): Promise<T | undefined> {
  const response = await fetch(process.env[variable] ?? "", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question),
    signal: AbortSignal.timeout(5_000),
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${variable} answered ${response.status}`);
  return (await response.json()) as T;
}

async function answerTo<T>(variable: string, question: object): Promise<T> {
  const answer = await ask<T>(variable, question);
  if (answer === undefined) throw new Error(`${variable} answered 404`);
  return answer;
}

export const receiptVerifier: ReceiptVerifier = { verify: (receipt) => ask("RECEIPT_VERIFIER_URL", receipt) };
export const examiner: Examiner = { examine: (work) => answerTo("EXAMINER_URL", work) };
export const mailStore: MailStore = {
  text: async (messageId) => (await answerTo<{ text: string }>("MAIL_STORE_URL", { messageId })).text,
};
export const mailer: Mailer = {
  send: async (mail) => {
    await answerTo("MAILER_URL", mail);
  },
};
export const devopsQueue: DevopsQueue = {
  send: async (ticket) => {
    await answerTo("DEVOPS_QUEUE_URL", ticket);
  },
};
export const supportAgent: SupportAgent = { read: (mail) => answerTo("SUPPORT_AGENT_URL", mail) };
export const devopsAgent: DevopsAgent = { diagnose: (problem) => answerTo("DEVOPS_AGENT_URL", problem) };
