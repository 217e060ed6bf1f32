/** An item in DynamoDB's JSON. */
export type WireItem = Readonly<Record<string, unknown>>;

/** An item as a write left it; none when the write deleted it. */
export interface Version {
  /** The item's key. */
  readonly key: WireItem;
  readonly item: WireItem | undefined;
}

/** A version on its way to a view. */
export interface Coming extends Version {
  /** The key as a text. */
  readonly name: string;
  /** When the view shows it: milliseconds of the engine's time. */
  readonly at: number;
  /** Which of all writes it was. */
  readonly order: number;
}

const before = (a: Coming, b: Coming) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Versions by the time at which they are due: a binary heap. */
class Schedule {
  readonly #heap: Coming[] = [];

  get first(): Coming | undefined {
    return this.#heap[0];
  }

  add(version: Coming): void {
    const heap = this.#heap;
    let at = heap.push(version) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(version, heap[parent] as Coming)) break;
      heap[at] = heap[parent] as Coming;
      at = parent;
    }
    heap[at] = version;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Coming, heap[child] as Coming)) child++;
      if (!before(heap[child] as Coming, last)) break;
      heap[at] = heap[child] as Coming;
      at = child;
    }
    heap[at] = last;
  }
}

/**
 * What one index, or a replica of the table, shows: the past. It knows which versions are still on their way. The
 * versions of one item come in the order of its writes, those of several items in any.
 */
export class View {
  /** Attributes that an item must have to be in the view. */
  readonly #required: readonly string[];
  readonly #coming = new Schedule();
  readonly #withheld: Coming[] = [];
  /** Items that the view shows or will show. */
  readonly #members = new Set<string>();
  /** When the last version of an item that is on its way is due. */
  readonly #last = new Map<string, number>();
  #latest = 0;
  #heldAt: number | undefined;

  constructor(required: readonly string[]) {
    this.#required = required;
  }

  /** The time at which the last version is due. */
  get latest(): number {
    return this.#latest;
  }

  get held(): boolean {
    return this.#heldAt !== undefined;
  }

  /** Takes a version that is due at a time. */
  add(name: string, { key, item }: Version, due: number, order: number): void {
    const shown = item !== undefined && this.#required.every((attribute) => item[attribute] !== undefined);
    if (!shown && !this.#members.has(name)) return;
    if (shown) this.#members.add(name);
    else this.#members.delete(name);
    const at = Math.max(due, this.#last.get(name) ?? due);
    this.#last.set(name, at);
    this.#latest = Math.max(this.#latest, at);
    const version = { name, key, item: shown ? item : undefined, at, order };
    if (this.held) this.#withheld.push(version);
    else this.#coming.add(version);
  }

  /** Takes off the schedule what the view shows now and did not show before: the last version of each item. */
  takeDue(now: number): Coming[] {
    const due = new Map<string, Coming>();
    const until = Math.min(now, this.#heldAt ?? now);
    for (let first = this.#coming.first; first !== undefined && first.at <= until; first = this.#coming.first) {
      this.#coming.removeFirst();
      due.set(first.name, first);
      if (this.#last.get(first.name) === first.at) this.#last.delete(first.name);
    }
    return [...due.values()];
  }

  /** From now on the view does not change. */
  hold(now: number): void {
    this.#heldAt ??= now;
  }

  release(): void {
    this.#heldAt = undefined;
    this.#letIn();
  }

  /** Shows what was written until now, also when it is held; `now` is past every version's time. */
  settle(now: number): void {
    this.#letIn();
    if (this.held) this.#heldAt = now;
  }

  #letIn(): void {
    for (const version of this.#withheld.splice(0)) this.#coming.add(version);
  }
}
