/** 2025-10-09T08:53:20Z, the instant at which every test begins. */
export const NOW = 1_760_000_000;

/** A clock that tests move by hand: whole epoch seconds. */
export interface TestClock {
  (): number;
  /** The time now; assign to it to set the clock. */
  now: number;
  /** Moves the clock forward, by whole seconds. */
  advance(seconds: number): void;
}

/** A clock that stands at an instant until a test moves it. */
export function testClock(now: number = NOW): TestClock {
  const clock: TestClock = Object.assign(() => clock.now, {
    now,
    advance(seconds: number) {
      clock.now += seconds;
    },
  });
  return clock;
}
