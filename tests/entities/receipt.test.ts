import { platformOf, saysSandbox } from "../../entities/receipt.ts";

const jws = (payload: object) =>
  ["eyJhbGciOiJFUzI1NiJ9", Buffer.from(JSON.stringify(payload)).toString("base64url"), "c2lnbmF0dXJl"].join(".");

it.each([
  ["a signed transaction of the App Store's sandbox", jws({ environment: "Sandbox", transactionId: "1" })],
  ["one that Xcode signed", jws({ environment: "Xcode" })],
  ["the App Store's answer about a receipt", JSON.stringify({ status: 0, environment: "Sandbox" })],
  ["a receipt of the App Store's sandbox", JSON.stringify({ receipt: { receipt_type: "ProductionSandbox" } })],
  ["a test purchase of Google Play", JSON.stringify({ purchaseState: 0, purchaseType: 0 })],
  ["a test subscription of Google Play", JSON.stringify({ testPurchase: {} })],
])("knows a tester's receipt: %s", (_, receipt) => {
  expect(saysSandbox(receipt)).toBe(true);
});

it.each([
  ["a signed transaction", jws({ environment: "Production" })],
  ["the App Store's answer", JSON.stringify({ environment: "Production", receipt: { receipt_type: "Production" } })],
  ["a purchase of Google Play", JSON.stringify({ purchaseState: 0, orderId: "GPA.1" })],
  ["a promotion of Google Play", JSON.stringify({ purchaseType: 1 })],
  ["an opaque receipt", "MIIUVgYJKoZIhvcNAQcC"],
  ["a token", "opaque.token.of.google"],
  ["broken JSON", '{"environment":"Sandbox"'],
  ["a broken signed transaction", "eyJhbGciOiJFUzI1NiJ9.%%%.c2ln"],
  ["a text in JSON", '"Sandbox"'],
  ["nothing", ""],
])("takes for real what does not say otherwise: %s", (_, receipt) => {
  expect(saysSandbox(receipt)).toBe(false);
});

it("tells the store by the form of a transaction's id", () => {
  expect(platformOf("GPA.3345-1234-5678-90123..0")).toBe("android");
  expect(platformOf("2000000817")).toBe("ios");
});
