/** 2025-10-09T08:53:20Z in epoch seconds, the instant at which every test begins. */
export const NOW = 1_760_000_000;

/** A clock that tests move by hand: whole epoch seconds. */
export interface TestClock {
  /** The time now, in epoch seconds, as a data layer asks for it. */
  (): number;
  /** The time now, in epoch seconds; assign to it to set the clock. */
  now: number;
  /** Moves the clock forward, by whole seconds. */
  advance(seconds: number): void;
}

/**
 * A clock that stands at an instant, in epoch seconds, until a test moves it. Default: 1760000000.
 * @example
 * import { createDataLayer } from "@ielts-ai-prep/data-layer";
 * import { testClock } from "@ielts-ai-prep/data-layer/testing";
 *
 * const clock = testClock();
 * const { sessions } = createDataLayer({ clock });
 * clock.advance(24 * 60 * 60); // a day later
 */
export function testClock(now: number = NOW): TestClock {
  const clock: TestClock = Object.assign(() => clock.now, {
    now,
    advance(seconds: number) {
      clock.now += seconds;
    },
  });
  return clock;
}
