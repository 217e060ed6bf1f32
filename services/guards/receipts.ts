import { EntitlementModel } from "../../entities/entitlement.ts";
import { STORE_ENVIRONMENTS, type StoreEnvironment } from "../../entities/enums.ts";
import type { LedgerEntry } from "../../entities/ledger.ts";
import { saysSandbox } from "../../entities/receipt.ts";
import { ValidationError } from "../storage/errors.ts";
import { attributeValue } from "../storage/validation.ts";

/** What is checked of a receipt before its transaction is granted. */
interface Receipt {
  readonly price_paid?: number | undefined;
  readonly purchase_date?: number | undefined;
  readonly environment?: StoreEnvironment | undefined;
  readonly receipt_data: string;
}

/** How far a store's clock may be ahead. */
const CLOCK_TOLERANCE_SECONDS = 5 * 60;
/** Two messages about one purchase tell instants that are nearer than this; a renewal is weeks later. */
const ONE_PURCHASE_SECONDS = 24 * 60 * 60;
/** More than any product costs, and less than one does in thousandths or millionths. */
const MAX_PRICE_USD = 500;

const refusal = (attribute: string, rule: string, value: unknown) =>
  new ValidationError("entitlement", attribute, rule, value);

/** Refuses a price in other units, an instant that is none, and what a tester made. */
export function checkReceipt(receipt: Receipt, now: number, allowSandbox: boolean): void {
  const { price_paid, purchase_date, environment, receipt_data } = receipt;
  if (typeof price_paid === "number" && price_paid > MAX_PRICE_USD) {
    const rule = `must be in USD, at most ${MAX_PRICE_USD}; the value looks like thousandths or millionths`;
    throw refusal("price_paid", rule, price_paid);
  }
  if (purchase_date !== undefined) {
    attributeValue(EntitlementModel, "purchase_date", purchase_date);
    if (purchase_date > now + CLOCK_TOLERANCE_SECONDS)
      throw refusal("purchase_date", "must not lie in the future", purchase_date);
  }
  if (environment !== undefined && !STORE_ENVIRONMENTS.includes(environment))
    throw refusal("environment", `must be one of ${STORE_ENVIRONMENTS.join(", ")}`, environment);
  const sandbox = environment === "sandbox" || (typeof receipt_data === "string" && saysSandbox(receipt_data));
  if (sandbox && !allowSandbox)
    throw refusal("environment", "must be production: nobody paid for a sandbox's purchase", environment);
}

/** Refuses a renewal that comes under the id of the transaction that it renews. */
export function refuseRenewal(known: LedgerEntry | undefined, purchase_date: number | undefined): void {
  if (known?.purchase_date === undefined || purchase_date === undefined) return;
  if (purchase_date - known.purchase_date <= ONE_PURCHASE_SECONDS) return;
  const rule = "must be the renewal's own: the transaction of that id was bought more than a day before";
  throw refusal("transaction_id", rule, known.transaction_id);
}
