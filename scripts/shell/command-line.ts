import "./quiet-sdk.ts";
import type { DynamoDBClient, DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import confirm from "@inquirer/confirm";
import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_TABLE_NAME } from "../../entities/keys.ts";
import { createClient } from "../../services/client.ts";
import { isTableName, TABLE_NAME_RULE } from "../../services/context.ts";
import { ENDPOINT_RULE, isEndpoint, isLoopback } from "../../services/storage/endpoint.ts";
import { ConfigurationError } from "../../services/storage/errors.ts";
import { isSecret, secretRule } from "../../services/storage/secret.ts";
import { LOCAL_CREDENTIALS, LOCAL_ERASURE_SECRET, LOCAL_REGION } from "../../testing/local-database.ts";
import { calledWithOptions } from "./command-name.ts";

/** What every command that touches a table accepts. */
export interface TableOptions {
  readonly table: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** A command with `--help`, `--table`, `--region` and `--endpoint` that refuses what it does not know. */
export function tableCommand(name: string, description: string): Command {
  return new Command(calledWithOptions(name))
    .description(description)
    .addOption(
      new Option("--table <name>", "name of the table")
        .env("TABLE_NAME")
        .argParser(tableNameOf)
        .default(DEFAULT_TABLE_NAME),
    )
    .addOption(new Option("--region <name>", "AWS region").env("AWS_REGION"))
    .addOption(
      new Option("--endpoint <url>", "another DynamoDB, such as http://127.0.0.1:8000")
        .env("DYNAMODB_ENDPOINT")
        .argParser(urlOf),
    )
    .allowExcessArguments(false)
    .showHelpAfterError("(--help tells the options)");
}

/** Ends a command whose `--endpoint` names what it would not read without another option. */
export function refuseEndpointUnless(command: Command, option: string): void {
  if (command.getOptionValue(option) !== true && command.getOptionValueSource("endpoint") === "cli")
    command.error(`error: option '--endpoint' goes with '--${option}'`);
}

/** A name of a table, for an option. */
export function tableNameOf(value: string): string {
  if (!isTableName(value)) throw new InvalidArgumentError(`a table's name ${TABLE_NAME_RULE}`);
  return value;
}

function urlOf(value: string): string {
  if (!isEndpoint(value)) throw new InvalidArgumentError(`an endpoint ${ENDPOINT_RULE}`);
  return value;
}

/** A whole number of at least `minimum`, for an option. */
export const wholeNumber =
  (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`a whole number from ${minimum} to ${maximum} is wanted`);
    }
    return number;
  };

/** Where the table is, for what a command says it will do. */
export const placeOf = ({ endpoint, region }: TableOptions): string => endpoint ?? `AWS ${region ?? ""}`.trim();

/** A client for the options. An endpoint on this machine needs no credentials and no region. */
export function clientFor({ endpoint, region }: TableOptions, config: DynamoDBClientConfig = {}): DynamoDBClient {
  if (endpoint !== undefined && isLoopback(endpoint)) {
    return createClient({ endpoint, region: region ?? LOCAL_REGION, credentials: LOCAL_CREDENTIALS, ...config });
  }
  const place = { ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) };
  return createClient({ ...place, ...config });
}

/**
 * The secret of the table's pseudonyms: `ERASURE_SECRET`, which an endpoint on this machine does not need.
 * @throws ConfigurationError
 */
export function erasureSecretFor({ endpoint }: Pick<TableOptions, "endpoint">): string {
  const secret = process.env.ERASURE_SECRET;
  if (secret === undefined && endpoint !== undefined && isLoopback(endpoint)) return LOCAL_ERASURE_SECRET;
  if (secret === undefined) throw new ConfigurationError("ERASURE_SECRET", "is missing: the table's functions have it");
  if (!isSecret("erasureSecret", secret)) throw new ConfigurationError("ERASURE_SECRET", secretRule("erasureSecret"));
  return secret;
}

/** A client that has time: it backs off as long as DynamoDB throttles, and waits for large pages. */
export const migrationClient = (options: TableOptions): DynamoDBClient =>
  clientFor(options, {
    maxAttempts: 12,
    retryMode: "adaptive",
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  });

/** Asks before something that cannot be undone; `--yes` answers for scripts, and without a terminal the answer is no. */
export async function confirmed(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    console.error(`${question} Say --yes to confirm.`);
    return false;
  }
  return confirm({ message: question, default: false });
}

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** A bar on a terminal, elsewhere a plain line at each tenth. */
export function progressOf(title: string, total: number, say: (line: string) => void = console.log): Progress {
  if (process.stdout.isTTY) {
    const bar = new SingleBar({ format: `${title} {bar} {value}/{total} {eta_formatted}`, hideCursor: true });
    bar.start(total, 0);
    return { update: (done) => bar.update(done), stop: () => bar.stop() };
  }
  let printed = 0;
  return {
    update(done) {
      const tenths = total > 0 ? Math.min(10, Math.floor((done * 10) / total)) : 0;
      if (tenths > printed) say(`${title} ${done}/${total}`);
      printed = Math.max(printed, tenths);
    },
    stop() {},
  };
}

/** Runs a command: an error is printed in one line (with `DEBUG` whole) and the exit code is 1. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(process.env.DEBUG === undefined ? `error: ${messageOf(error)}` : error);
    process.exitCode = 1;
  }
}

/** What an error says; a refused connection to `localhost` is an AggregateError with no message of its own. */
function messageOf(error: unknown): string {
  const { message, code, name, cause } = error as { message?: string; code?: string; name?: string; cause?: unknown };
  const said = message || code || name || String(error);
  return cause === undefined ? said : `${said}: ${messageOf(cause)}`;
}
