import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectDir } from "../../src/commands/local.ts";
import type { Consumer } from "./consumer.ts";
import type { Place } from "./local-worker.ts";

/** A snippet that hangs is a failure. */
const patienceMs = 90_000;
const execute = promisify(execFile);

/** A running Worker, the installed package, and what one snippet has for itself: a folder for files and a user. */
export interface Stage {
  readonly place: Place;
  readonly consumer: Consumer;
  readonly folder: string;
  /** With `URL`, and the user's `TOKEN`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Throws with what it printed where it fails, or does not end. */
export async function ended(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Stage["environment"],
): Promise<string> {
  const { stdout } = await execute(program, args, { cwd, env, timeout: patienceMs });
  return stdout;
}

/** Runs a module with Node beside the installed package. */
export async function runModule({ consumer, environment }: Stage, source: string): Promise<string> {
  const file = `${randomUUID()}.mjs`;
  await writeFile(join(consumer.folder, file), stripTypeScriptTypes(source));
  return ended(process.execPath, [file], consumer.folder, environment);
}

/** `npm run` of the project from any folder, without the second that npm itself takes. */
const npm = `npm() {
  shift; [ "$1" = --silent ] && shift
  local command=$1; shift; [ "$1" = -- ] && shift
  ${JSON.stringify(process.execPath)} ${JSON.stringify(projectDir)}/src/commands/$command.ts "$@"
}
set -e
`;

/** Runs a script with bash in the folder of the snippet. */
export function runShell({ folder, environment }: Stage, source: string): Promise<string> {
  return ended("bash", ["-c", npm + source], folder, environment);
}
