import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What a process does that holds bundled handlers: it answers each event by the handler of that name. */
const HOST = `
process.on("message", async ({ bundle, event }) => {
  const answer = await require(bundle).handler(event, { getRemainingTimeInMillis: () => 20_000 });
  process.send(answer);
});`;

/** A process that Lambda would run handlers in, which may be killed at any time. */
export class HandlerProcess {
  #process: ChildProcess | undefined;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** What the handler answers; undefined when the process was killed before it did. */
  async invoke<T>(bundle: string, event: object): Promise<T | undefined> {
    this.#process ??= spawn(process.execPath, ["-e", HOST], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { ...process.env, ...this.#environment },
    });
    const running = this.#process;
    const ending = new AbortController();
    const { signal } = ending;
    const answered = once(running, "message", { signal }).then(([answer]) => answer as T);
    const ended = once(running, "exit", { signal }).then(() => undefined);
    running.send({ bundle, event });
    try {
      return await Promise.race([answered, ended]);
    } finally {
      ending.abort();
      await Promise.allSettled([answered, ended]);
      if (running.exitCode !== null || running.signalCode !== null) this.#process = undefined;
    }
  }

  kill(): void {
    this.#process?.kill("SIGKILL");
  }
}
