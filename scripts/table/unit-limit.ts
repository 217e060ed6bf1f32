import { setTimeout as pause } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** Keeps what is consumed under a number of capacity units a second: whoever comes while it is overdrawn waits. */
export class UnitLimit {
  private readonly rate: number;
  private readonly now: () => number;
  private readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** Until when, in milliseconds, what is spent has used up the rate. */
  private paidUntil: number;

  constructor(
    rate: number,
    now: () => number = () => performance.now(),
    sleep: (milliseconds: number) => Promise<unknown> = pause,
  ) {
    this.rate = rate;
    this.now = now;
    this.sleep = sleep;
    this.paidUntil = now();
  }

  /** Resolves when the rate allows another request. */
  async wait(): Promise<void> {
    for (let due = this.paidUntil - this.now(); due > 0; due = this.paidUntil - this.now()) await this.sleep(due);
  }

  /** Counts the units that a request turned out to have cost. */
  spend(units: number): void {
    this.paidUntil = Math.max(this.paidUntil, this.now()) + (units / this.rate) * 1000;
  }
}

const COUNTED = { ReturnConsumedCapacity: "TOTAL" } as const;

/** Counts what every request of a client consumes, and lets none go while the limit is overdrawn. */
export function limitUnits(client: DynamoDBClient, limit: UnitLimit): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      await limit.wait();
      const result = await next({ ...args, input: Object.assign({}, args.input, COUNTED) });
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | readonly Capacity[] };
      const consumed: readonly Capacity[] = [ConsumedCapacity ?? []].flat();
      for (const { CapacityUnits = 0 } of consumed) limit.spend(CapacityUnits);
      return result;
    },
    { step: "initialize", name: "unitLimit" },
  );
}

interface Capacity {
  readonly CapacityUnits?: number;
}
