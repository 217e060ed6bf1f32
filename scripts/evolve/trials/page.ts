import { readFileSync, writeFileSync } from "node:fs";

/** What a reader of docs/evolution.md does, in its order. */
export type Act =
  | { readonly kind: "diff"; readonly text: string }
  /** A file that the text before it names. */
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "command"; readonly line: string; readonly prints: string };

const PAGE = "docs/evolution.md";

/** The commands of a console block with what each prints. */
function commandsOf(text: string): Act[] {
  return text.split(/^\$ /m).flatMap((part): Act[] => {
    const [line = "", ...prints] = part.trimEnd().split("\n");
    return line === "" ? [] : [{ kind: "command", line, prints: prints.join("\n") }];
  });
}

/** The acts of the page; `sh` blocks are the reader's surroundings and none of them. */
export function actsOfPage(): Act[] {
  const page = readFileSync(PAGE, "utf8");
  return [...page.matchAll(/```(diff|console|ts)\n([\s\S]*?)```/g)].flatMap(
    ({ 1: kind, 2: text = "", index }): Act[] => {
      if (kind === "diff") return [{ kind, text }];
      if (kind === "console") return commandsOf(text);
      const [, name] = /`([\w.]+)`:\s*$/.exec(page.slice(0, index)) ?? [];
      return name === undefined ? [] : [{ kind: "file", name, text }];
    },
  );
}

/** Writes into the page what its commands printed, one after another. */
export function writePrints(prints: readonly string[]): void {
  const left = [...prints];
  const page = readFileSync(PAGE, "utf8").replace(/```console\n([\s\S]*?)```/g, (_, text: string) => {
    const lines = commandsOf(text).flatMap((act) =>
      act.kind === "command" ? [`$ ${act.line}\n${left.shift() ?? ""}`.trimEnd()] : [],
    );
    return `\`\`\`console\n${lines.join("\n\n")}\n\`\`\``;
  });
  writeFileSync(PAGE, page);
}
