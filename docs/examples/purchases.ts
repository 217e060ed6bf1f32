import type { Platform, Product } from "@ielts-ai-prep/data-layer";
import { bodyOf, reply, serve, sessionOf } from "./http.ts";
import { receiptVerifier } from "./outside.ts";

interface Purchase {
  readonly platform: Platform;
  readonly product_id: Product;
  readonly receipt_data: string;
}

/** Verifies a store's receipt and grants what it paid for, once: also when the app restores its purchases. */
export const handler = serve({
  "POST /purchases": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    const { platform, product_id, receipt_data } = bodyOf<Purchase>(event);
    const verified = await receiptVerifier.verify({ platform, product_id, receipt_data });
    if (verified === undefined) return reply(402, { code: "receipt_refused", message: "the store does not know it" });
    const receipt = { user_email, platform, product_id, receipt_data, ...verified };
    const { purchase, granted } = await layer.purchases.grant(receipt);
    return reply(granted ? 201 : 200, purchase);
  },

  "GET /purchases": async (event, layer) => {
    const { user_email } = await sessionOf(event, layer);
    return reply(200, { items: await layer.purchases.allActive(user_email) });
  },
});
