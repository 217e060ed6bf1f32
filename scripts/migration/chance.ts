import { createHash } from "node:crypto";
import { seededRandom } from "../../testing/lag/random.ts";

const PROSE =
  "The candidate speaks at length and keeps going without noticeable effort, although there is some hesitation when it comes to less familiar topics. Linking words are used well, if at times too often, and meaning is hardly ever lost. ";

/** A small generator of numbers: the same seed, table and index, the same item. */
export class Chance {
  /** From 0 to 1. */
  readonly next: () => number;

  constructor(...seeds: (string | number)[]) {
    this.next = seededRandom(createHash("sha256").update(seeds.join(" ")).digest().readUInt32LE(0));
  }

  whole(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.next() * (maximum - minimum + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)] as T;
  }

  of(probability: number): boolean {
    return this.next() < probability;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.whole(0, 0xffff).toString(16).padStart(4, "0");
    return text.slice(0, length);
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  }

  prose(length: number): string {
    return PROSE.repeat(Math.ceil(length / PROSE.length)).slice(0, length);
  }
}

export type Item = Record<string, unknown>;

/** Where a generated item stands in its estate. */
export interface Place {
  readonly index: number;
  /** How many users may own items: those whose own item is clean. */
  readonly users: number;
  /** How many users there are. */
  readonly population: number;
  readonly now: number;
  readonly chance: Chance;
  /** The id of the user of that number. */
  userId(number: number): string;
}

export const DAY = 24 * 60 * 60;

/** An instant as the platform's code writes it: with or without a fraction and a zone. */
export const iso = (instant: number, chance: Chance) =>
  `${new Date(instant * 1000).toISOString().slice(0, 19)}${chance.of(0.9) ? `.${String(chance.whole(0, 999_999)).padStart(6, "0")}` : ""}${chance.of(0.1) ? "+00:00" : ""}`;

export const address = (number: number) => `candidate${number}@example.com`;

/** A user whose own item is clean. */
export const userOf = ({ users, chance }: Place): string => address(chance.whole(0, users - 1) * 100 + 50);
