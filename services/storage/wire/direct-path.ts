/** Told to `onFallback` when a client's requests begin to go by the AWS SDK's own commands, which are slower. */
export interface FallbackEvent {
  /** What is not as the data layer expects it: the client's middleware, its protocol, a request, or an answer. */
  readonly reason: "middleware" | "protocol" | "request" | "answer";
  /** The same in words. It holds no keys and no attribute values. */
  readonly detail: string;
}

type Listener = (event: FallbackEvent) => void;
type Change = (...given: never[]) => unknown;

const warn: Listener = ({ detail }) =>
  process.emitWarning(`the data layer uses the AWS SDK's own, slower commands: ${detail}`, {
    type: "DataLayerWarning",
    code: "DATA_LAYER_FALLBACK",
  });

/** What changes a stack of middleware. The AWS SDK documents these methods, and its stacks call them on themselves. */
const CHANGES = ["add", "addRelativeTo", "remove", "removeByTag", "use"] as const;

/** Calls `changed` before each change of a stack. False when the stack does not let itself be watched. */
function watch(stack: object, changed: () => void): boolean {
  const methods = stack as Record<string, Change>;
  return CHANGES.every((name) => {
    const change = methods[name];
    if (change === undefined) return false;
    return Reflect.set(methods, name, (...given: never[]) => {
      changed();
      return change.apply(stack, given);
    });
  });
}

/**
 * How the requests of one client go to the wire: directly, by handlers that are kept until the client's middleware
 * changes; or, once something was not as expected, for good by the AWS SDK's own commands.
 */
export class DirectPath {
  /** Told in place of a warning of the process. */
  listener: Listener | undefined;
  private readonly handlers = new Map<object, unknown>();
  private readonly watched: boolean;
  private open = true;

  constructor(stack: object) {
    this.watched = watch(stack, () => this.handlers.clear());
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The handler that was kept for a class of commands. */
  handlerOf<H>(command: object): H | undefined {
    return this.handlers.get(command) as H | undefined;
  }

  keep(command: object, handler: object): void {
    if (this.watched) this.handlers.set(command, handler);
  }

  /** From now on the AWS SDK's own commands are used; that is said once. */
  leave(event: FallbackEvent): void {
    if (!this.open) return;
    this.open = false;
    this.handlers.clear();
    (this.listener ?? warn)(event);
  }
}

/** By the client's stack, which wrappers of a client share with it. */
const paths = new WeakMap<object, DirectPath>();

/** The direct path of the client that has this stack of middleware. */
export function directPathOf(stack: object): DirectPath {
  let path = paths.get(stack);
  if (path === undefined) {
    path = new DirectPath(stack);
    paths.set(stack, path);
  }
  return path;
}
