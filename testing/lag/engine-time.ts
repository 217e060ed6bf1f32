import { type Delay, drawDelay } from "./delays.ts";

/** A request under way. */
export interface Begun {
  /** When the engine answers it, in milliseconds of its time. */
  readonly at: number;
}

/**
 * The engine's time, in milliseconds since its start. Requests that run one after another add up; those that run at
 * once do not. It follows a test's clock forward and never goes back.
 */
export class EngineTime {
  readonly #clock: (() => number) | undefined;
  #seen: number;
  #now = 0;

  constructor(clock?: () => number) {
    this.#clock = clock;
    this.#seen = clock?.() ?? 0;
  }

  get now(): number {
    const seconds = this.#clock?.() ?? 0;
    this.#now += Math.max(0, seconds - this.#seen) * 1_000;
    this.#seen = seconds;
    return this.#now;
  }

  reach(time: number): void {
    this.#now = Math.max(this.now, time);
  }

  begin(duration: Delay, random: () => number): Begun {
    return { at: this.now + drawDelay(duration, random) };
  }

  end({ at }: Begun): void {
    this.reach(at);
  }
}
