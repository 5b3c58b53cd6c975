import { parseArgs } from "node:util";

/** An option without a value. */
export interface Flag {
  readonly kind: "flag";
}

/** An option with a text, named in messages as `what`. */
export interface Text {
  readonly kind: "text";
  readonly what: string;
}

/** An option with a whole number in decimal digits, `low` to `high`. */
export interface Count {
  readonly kind: "count";
  readonly low: number;
  readonly high: number;
  readonly fallback: number;
}

type Options = Readonly<Record<string, Flag | Text | Count>>;
type ValueOf<Option> = Option extends Flag ? boolean : Option extends Count ? number : string | undefined;
type Values<All extends Options> = { readonly [Name in keyof All]: ValueOf<All[Name]> };

export interface Command<All extends Options> {
  /** What `--help` prints. */
  readonly usage: string;
  readonly options: All;
  /** What the arguments without `--` are, and how many there may be; none by default. */
  readonly positionals?: { readonly what: string; readonly low: number; readonly high: number };
  /** The exit code when it could not do its work, 1 by default; mistyped input is always 2. */
  readonly errorCode?: number;
}

export interface Arguments<All extends Options> {
  readonly positionals: readonly string[];
  readonly values: Values<All>;
  /** The options that were written, not left to their defaults. */
  readonly given: ReadonlySet<string>;
}

/** Input that a person mistyped. Its message is a sentence, printed without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const flag: Flag = { kind: "flag" };

export function text(what: string): Text {
  return { kind: "text", what };
}

export function count(fallback: number, low = 1, high = Number.MAX_SAFE_INTEGER): Count {
  return { kind: "count", low, high, fallback };
}

/**
 * Runs a command with its arguments, and makes what it returns the exit code. `--help` prints the usage. An error is
 * printed without a stack; mistyped input is followed by the usage and is exit code 2.
 */
export async function runCommand<const All extends Options>(
  command: Command<All>,
  run: (args: Arguments<All>) => Promise<number> | number,
): Promise<void> {
  try {
    process.exitCode = await run(argumentsOfProcess(command));
  } catch (error) {
    exitBy(error, command);
  }
}

/** The arguments of a script that is not written as a function. Ends the process for `--help` and for mistyped input. */
export function argumentsOfProcess<const All extends Options>(command: Command<All>): Arguments<All> {
  try {
    const args = readArguments(command, process.argv.slice(2), process.env);
    if (args !== "help") {
      return args;
    }
  } catch (error) {
    return exitBy(error, command);
  }
  console.log(command.usage);
  return process.exit(0);
}

function exitBy(error: unknown, { usage, errorCode = 1 }: Command<Options>): never {
  console.error(error instanceof Error ? error.message : String(error));
  const isMistyped = error instanceof UsageError;
  if (isMistyped) {
    console.error(`\n${usage}`);
  }
  // At once: a socket or a child process may still be open.
  process.exit(isMistyped ? 2 : errorCode);
}

/** What the arguments say. Throws a UsageError for anything that the command would have to guess. */
export function readArguments<const All extends Options>(
  command: Command<All>,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Arguments<All> | "help" {
  const { options } = command;
  const parsed = parsedBy(argv, options);
  if (parsed.values["help"] === true) {
    return "help";
  }
  refuseRepeats(parsed.tokens);
  refuseOptionsTakenByNpm(Object.keys(options), environment);
  refusePositionals(command.positionals, parsed.positionals);
  const values = Object.entries(options).map(([name, option]) => [
    name,
    valueOf(name, option, parsed.values[name]),
  ]);
  return {
    positionals: parsed.positionals,
    values: Object.fromEntries(values) as Values<All>,
    given: new Set(Object.keys(parsed.values)),
  };
}

/** The whole number that a text is in decimal digits. `1e3`, `0x10`, `+5`, ` 5` and `5k` are none. Throws a UsageError. */
export function wholeNumber(name: string, given: string, low: number, high: number): number {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= low && value <= high)) {
    const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`;
    throw new UsageError(`${name} is ${JSON.stringify(given)}; it must be a whole number ${range}.`);
  }
  return value;
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly tokens: readonly { readonly kind: string; readonly name?: string }[];
}

function parsedBy(argv: readonly string[], options: Options): Parsed {
  const types = Object.entries(options).map(([name, { kind }]) => [
    name,
    { type: kind === "flag" ? ("boolean" as const) : ("string" as const) },
  ]);
  try {
    return parseArgs({
      args: [...argv],
      options: { ...Object.fromEntries(types), help: { type: "boolean", short: "h" } },
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    // Node's advice on other ways to write it would not help with npm in between.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.replace(/\. To specify .*$/s, ".").replace(/\nTo specify .*$/s, ""), {
      cause: error,
    });
  }
}

function refuseRepeats(tokens: readonly { readonly kind: string; readonly name?: string }[]): void {
  const names = tokens.flatMap(({ kind, name }) => (kind === "option" && name !== undefined ? [name] : []));
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new UsageError(`--${repeated} was given twice.`);
  }
}

/** `npm run verify alice bob --repair` runs the command without `--repair`: npm takes it for an option of its own. */
function refuseOptionsTakenByNpm(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const taken = names.find((name) => environment[`npm_config_${name.replaceAll("-", "_")}`] !== undefined);
  if (taken !== undefined) {
    throw new UsageError(
      `npm took --${taken} for itself: put -- before the arguments, as in "npm run … -- --${taken}".`,
    );
  }
}

function refusePositionals(
  wanted: Command<Options>["positionals"] = { what: "no arguments", low: 0, high: 0 },
  given: readonly string[],
): void {
  const empty = given.includes("");
  if (empty || given.length < wanted.low || given.length > wanted.high) {
    const found =
      given.length === 0 ? "none was given" : `given: ${given.map((one) => JSON.stringify(one)).join(" ")}`;
    throw new UsageError(`This command takes ${wanted.what}; ${found}.`);
  }
}

function valueOf(name: string, option: Flag | Text | Count, given: unknown) {
  if (option.kind === "flag") {
    return given === true;
  }
  if (typeof given !== "string") {
    return option.kind === "count" ? option.fallback : undefined;
  }
  if (option.kind === "count") {
    return wholeNumber(`--${name}`, given, option.low, option.high);
  }
  if (given === "") {
    throw new UsageError(`--${name} needs ${option.what}.`);
  }
  return given;
}
