import { createHash } from "node:crypto";
import type { Faker } from "@faker-js/faker";
import { faker as english } from "@faker-js/faker/locale/en";
import { faker as indian } from "@faker-js/faker/locale/en_IN";
import { faker as spanish } from "@faker-js/faker/locale/es";
import { faker as brazilian } from "@faker-js/faker/locale/pt_BR";
import { faker as turkish } from "@faker-js/faker/locale/tr";
import { faker as vietnamese } from "@faker-js/faker/locale/vi";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Where candidates come from; each locale has its own names. */
const NAMES: readonly Faker[] = [english, indian, spanish, brazilian, turkish, vietnamese];

export interface PersonName {
  readonly first: string;
  readonly last: string;
}

/**
 * Everything random about one account. The numbers depend on seed and index alone, so an account is the same however
 * many others are generated. Faker's instances are shared: draw a whole account before throwing the next dice.
 */
export class Dice {
  readonly seed: number;
  readonly index: number;
  private readonly faker = english;

  constructor(seed: number, index: number) {
    this.seed = seed;
    this.index = index;
    this.faker.seed([seed, index]);
  }

  chance(probability: number): boolean {
    return this.faker.number.float() < probability;
  }

  /** A whole number, both ends included. */
  whole(minimum: number, maximum: number): number {
    return maximum <= minimum ? minimum : this.faker.number.int({ min: minimum, max: maximum });
  }

  /** A number from 0 to 1 that is more often small. */
  skewed(): number {
    return this.faker.number.float() ** 2;
  }

  pick<T>(values: readonly T[]): T {
    return this.faker.helpers.arrayElement(values);
  }

  /** Different values, in the order of `values`. */
  some<T>(values: readonly T[], count: number): T[] {
    const chosen = new Set(this.faker.helpers.arrayElements([...values.keys()], count));
    return values.filter((_, position) => chosen.has(position));
  }

  /** One of `count` positions, the first ones more often. */
  rank(count: number): number {
    return Math.min(count - 1, Math.floor(this.skewed() * count));
  }

  personName(): PersonName {
    const people = this.pick(NAMES);
    // The English instance is this dice itself: throwing it again would repeat its numbers.
    if (people !== this.faker) people.seed([this.seed, this.index]);
    return { first: people.person.firstName(), last: people.person.lastName() };
  }

  /** UUID v7 of an instant. */
  orderedId(instant: number): string {
    return uuidv7({ msecs: instant * 1000 + this.whole(0, 999), random: this.bytes() });
  }

  /** UUID v4. */
  unguessableId(): string {
    return uuidv4({ random: this.bytes() });
  }

  digits(length: number): string {
    return this.faker.string.numeric({ length });
  }

  /** An address of the ranges that are reserved for documentation. */
  ipAddress(): string {
    return `${this.pick(["192.0.2", "198.51.100", "203.0.113"])}.${this.whole(1, 254)}`;
  }

  /** Base64 text that looks like a signature or a receipt. */
  opaque(length: number): string {
    const salt = this.whole(0, 2 ** 31);
    let text = "";
    for (let block = 0; text.length < length; block++) {
      text += createHash("sha512").update(`${this.seed} ${this.index} ${salt} ${block}`).digest("base64").slice(0, 84);
    }
    return text.slice(0, length);
  }

  private bytes(): Uint8Array {
    const salt = this.whole(0, 2 ** 31);
    return new Uint8Array(createHash("sha256").update(`${this.seed} ${this.index} ${salt}`).digest().subarray(0, 16));
  }
}

/** A name as it stands in an e-mail address: ASCII letters. */
export function asciiName(name: string): string {
  const folded = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("đ", "d")
    .replaceAll("ı", "i")
    .replace(/[^a-z]+/g, "");
  return folded === "" ? "candidate" : folded;
}
