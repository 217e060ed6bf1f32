import type { Platform } from "./enums.ts";

const TEST_ENVIRONMENTS: readonly unknown[] = ["Sandbox", "Xcode", "LocalTesting"];

/**
 * Whether a receipt says itself that a tester made it: a signed transaction of the App Store, its answer about a receipt, or
 * Google Play's purchase. A receipt that cannot be read says nothing.
 */
export function saysSandbox(receipt_data: string): boolean {
  const receipt = readable(receipt_data);
  if (receipt === undefined) return false;
  const { environment, purchaseType, testPurchase, receipt: inner } = receipt as Readonly<Record<string, unknown>>;
  const type = (inner as { readonly receipt_type?: unknown } | null | undefined)?.receipt_type;
  return (
    TEST_ENVIRONMENTS.includes(environment) ||
    (typeof type === "string" && type.endsWith("Sandbox")) ||
    purchaseType === 0 ||
    (typeof testPurchase === "object" && testPurchase !== null)
  );
}

/** The object that a receipt is, as JSON or as the payload of a JSON Web Signature. */
function readable(receipt_data: string): object | undefined {
  const [, payload, signature] = receipt_data.split(".", 4);
  const signed = receipt_data.startsWith("eyJ") && payload !== undefined && signature !== undefined;
  try {
    const value: unknown = JSON.parse(signed ? Buffer.from(payload, "base64url").toString() : receipt_data);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The store of a transaction, by the form of its id: those of Google Play begin with GPA. */
export const platformOf = (transaction_id: string): Platform => (/^GPA\./i.test(transaction_id) ? "android" : "ios");
