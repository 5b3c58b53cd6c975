import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { inject, onTestFinished } from "vitest";
import { projectDir } from "../../src/commands/local.ts";
import { signToken } from "../../src/commands/sign-token.ts";
import { freePort } from "../free-port.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A folder of wrangler's state, whose D1 has its tables. */
    readonly migratedState: string;
  }
}

const patienceMs = 120_000;
const started = new Set<number>();

// A run that is cut short leaves no server behind.
process.on("exit", () => {
  for (const group of started) {
    killGroup(group);
  }
});

/** Where a Worker of a test listens and keeps its state, as the environment that the project's commands read. */
export interface Place {
  readonly url: string;
  readonly stateDir: string;
  readonly environment: Readonly<Record<string, string>>;
  token(user: string): Promise<string>;
  /** Deletes the state. */
  remove(): Promise<void>;
}

/** A Worker that runs, in a process group of its own: `start.ts`, wrangler, its bundler and both workerds. */
export interface LocalWorker {
  /** Ends every process of the server at once, as a power cut would. */
  kill(): Promise<void>;
  /** Returns once the server has logged the event. */
  logged(event: string): Promise<void>;
}

export const liftedLimits = {
  RATE_LIMIT_PER_SECOND: "100000",
  RATE_LIMIT_BURST: "100000",
  NEW_CONVERSATIONS_PER_HOUR: "100000",
};

/** A free port, a state with an empty D1 (or a copy of another state), a fresh secret and admin key. The environment holds nothing else of the outer one than it must. */
export async function freshPlace(
  variables: Readonly<Record<string, string>> = {},
  initialState = inject("migratedState"),
): Promise<Place> {
  const port = await freePort();
  const stateDir = await mkdtemp(join(tmpdir(), "pairline-e2e-"));
  await cp(initialState, stateDir, { recursive: true });
  const secret = randomBytes(32).toString("base64url");
  return {
    url: `http://127.0.0.1:${port}`,
    stateDir,
    environment: {
      ...bareEnvironment(),
      PORT: String(port),
      STATE_DIR: stateDir,
      JWT_SECRET: secret,
      ADMIN_KEY: randomBytes(32).toString("base64url"),
      ...variables,
    },
    token: (user) => signToken(user, secret),
    remove: () => rm(stateDir, { recursive: true, force: true }),
  };
}

/** What any command needs, and no variable of Pairline's. */
export function bareEnvironment(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? tmpdir(),
    // Commands that run again load what an earlier run compiled: a third less processor time for each.
    NODE_COMPILE_CACHE: join(projectDir, "node_modules", ".cache", "node-compile"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    // The system picks one: many Workers start at the same time.
    INSPECTOR_PORT: "0",
  };
}

/** The project as a clone has it after `npm ci`: no secret, no state. Deleted with the test. */
export async function freshCopy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pairline-copy-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ["src", "migrations", "package.json", "tsconfig.json", "wrangler.toml"]) {
    await cp(join(projectDir, name), join(folder, name), { recursive: true });
  }
  await symlink(join(projectDir, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Starts the Worker as `npm start` does, and returns once it is healthy. */
export async function startWorker(
  { url, environment }: Pick<Place, "url" | "environment">,
  cwd = projectDir,
): Promise<LocalWorker> {
  const command = start(process.execPath, ["src/commands/start.ts"], cwd, environment);
  await until("healthy or ended", async () => (await isHealthy(url)) || command.child.exitCode !== null);
  if (command.child.exitCode !== null) {
    throw new Error(`the Worker did not start:\n${command.output()}`);
  }
  return {
    async kill() {
      command.kill();
      await command.ended;
      await until("silent", async () => !(await answers(url)));
    },
    logged: (event) => until(`logged ${event}`, () => command.output().includes(`"event":"${event}"`)),
  };
}

/** How a command ended: its exit code, null where it had to be killed, and all it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `npm run …` to its end. */
export async function npmRun(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = projectDir,
): Promise<Ended> {
  const command = start("npm", ["run", "--silent", ...args], cwd, environment);
  const timer = setTimeout(command.kill, patienceMs);
  const code = await command.ended;
  clearTimeout(timer);
  return { code, output: command.output() };
}

export async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}

function start(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; ended: Promise<number | null>; output: () => string; kill: () => void } {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const group = child.pid ?? 0;
  started.add(group);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      started.delete(group);
      resolve(code);
    });
  });
  return { child, ended, output: () => output, kill: () => killGroup(group) };
}

function killGroup(group: number): void {
  // Group 0 would be this process's own.
  if (group === 0) {
    return;
  }
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** Runs one of wrangler's own commands to its end. */
export async function wranglerRun(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): Promise<Ended> {
  const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
  const command = start(process.execPath, [wrangler, ...args], cwd, environment);
  return { code: await command.ended, output: command.output() };
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await isTrue())) {
    if (Date.now() > end) {
      throw new Error(`not ${what} in time`);
    }
    await wait(20);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health`);
    return true;
  } catch {
    return false;
  }
}
