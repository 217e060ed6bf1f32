import { pathToFileURL } from "node:url";

/** A node of the syntax tree: what these mutators read of Babel's. */
interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What Stryker asks of a mutator: the nodes that may stand where this one stands. */
interface Mutator {
  readonly name: string;
  mutate(path: { readonly node: Node }): Iterable<Node>;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

/** Node and everything below it, in no particular order. */
function* nodesOf(value: unknown): Iterable<Node> {
  if (Array.isArray(value)) for (const one of value) yield* nodesOf(one);
  if (!isNode(value)) return;
  yield value;
  for (const [field, child] of Object.entries(value)) if (field !== "loc") yield* nodesOf(child);
}

function namesIn(value: unknown): ReadonlySet<unknown> {
  return new Set([...nodesOf(value)].flatMap((node) => (node.type === "Identifier" ? [node.name] : [])));
}

const isCall = (node: unknown): boolean =>
  isNode(node) && (node.type === "CallExpression" || (node.type === "AwaitExpression" && isCall(node.argument)));

/** A call that stands alone, such as a write, an undo or a check, is left out. */
const droppedCall: Mutator = {
  name: "DroppedCall",
  *mutate({ node }) {
    if (node.type === "ExpressionStatement" && isCall(node.expression)) yield { type: "BlockStatement", body: [] };
  },
};

const waits = (statement: Node): boolean => [...nodesOf(statement)].some(({ type }) => type === "AwaitExpression");

/** Two steps that follow each other, such as two writes, trade places where neither needs the other's names. */
const swappedSteps: Mutator = {
  name: "SwappedSteps",
  *mutate({ node }) {
    if (node.type !== "BlockStatement") return;
    const body = node.body as readonly Node[];
    for (const [at, first] of body.entries()) {
      const second = body[at + 1];
      if (second === undefined || !waits(first) || !waits(second) || first.type === "ReturnStatement") continue;
      const named = namesIn(second);
      const declared = namesIn((first.declarations as Node[] | undefined)?.map(({ id }) => id));
      if ([...declared].some((name) => named.has(name))) continue;
      yield { ...node, body: body.with(at, second).with(at + 1, first) };
    }
  },
};

/** A bound, such as a number of attempts or passes, is one or far away. */
const movedBound: Mutator = {
  name: "MovedBound",
  *mutate({ node }) {
    if (node.type !== "NumericLiteral" || (node.value as number) < 2) return;
    yield { type: "NumericLiteral", value: 1 };
    yield { type: "NumericLiteral", value: (node.value as number) * 1000 };
  },
};

const INSTRUMENTER = "node_modules/@stryker-mutator/instrumenter/dist/src/mutators/mutate.js";

/** Adds these mutators to Stryker's own, which has no place for others: its list of mutators is a plain array. */
export async function addOwnMutators(): Promise<void> {
  const { allMutators } = (await import(pathToFileURL(INSTRUMENTER).href)) as { allMutators: Mutator[] };
  allMutators.push(droppedCall, swappedSteps, movedBound);
}
