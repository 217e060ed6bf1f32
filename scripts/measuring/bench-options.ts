import { Command } from "commander";
import { wholeNumber } from "../shell/command-line.ts";

/** A benchmark's command: `--json`, and whole numbers such as `--rounds 5` with their defaults. */
export function benchCommand(name: string, description: string, numbers: Readonly<Record<string, number>>): Command {
  const command = new Command(`npm run ${name} --`)
    .description(description)
    .option("--json", "print one JSON object", false)
    .allowExcessArguments(false)
    .showHelpAfterError("(--help tells the options)");
  for (const [option, standard] of Object.entries(numbers)) {
    command.option(`--${option} <number>`, "whole number from 1", wholeNumber(1), standard);
  }
  return command;
}

/** What a benchmark's command was given. */
export function benchOptions<const N extends Readonly<Record<string, number>>>(
  name: string,
  description: string,
  defaults: N,
): { readonly json: boolean; readonly numbers: { readonly [K in keyof N]: number } } {
  const { json, ...numbers } = benchCommand(name, description, defaults).parse().opts();
  return { json, numbers: numbers as { readonly [K in keyof N]: number } };
}
