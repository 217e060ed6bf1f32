/** Lets one task at a time have a name. */
export class Locks {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs a task that has all names; tasks get them in the order in which they asked. */
  async holding<T>(names: readonly string[], task: () => Promise<T>): Promise<T> {
    let free = () => {};
    const mine = new Promise<void>((resolve) => {
      free = resolve;
    });
    const before = names.map((name) => this.#last.get(name));
    for (const name of names) this.#last.set(name, mine);
    await Promise.all(before);
    try {
      return await task();
    } finally {
      free();
      for (const name of names) if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
