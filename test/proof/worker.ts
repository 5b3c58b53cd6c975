import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { on, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { signToken } from "../../src/commands/sign-token.ts";
import { freePort } from "../free-port.ts";
import { bundleWorker } from "./bundle.ts";
import { canaries } from "./canaries.ts";
import type { Planted } from "./planted.ts";

/** What `server.ts` is told. */
export interface ServerPlan {
  readonly bundle: string;
  readonly port: number;
  readonly stateDir: string;
  readonly databases: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Whether there is no state yet. */
  readonly isNew: boolean;
}

export interface WorkerOptions {
  readonly planted?: readonly Planted[];
  readonly entry?: string;
  readonly databases?: readonly string[];
  /** Instead of the proofs' own, which lift the limits. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A message as D1 itself has it. */
export interface ArchivedRow {
  readonly seq: number;
  readonly rev: number;
  readonly id: string;
  readonly author: "a" | "b";
  readonly text: string;
  readonly createdAt: number;
}

/** What `server.ts` answers. */
interface RowsOf {
  readonly key: string;
  readonly rows: ArchivedRow[];
}

const rowsMs = 60_000;
const started = new Set<number>();
// A run that is cut short leaves no server behind.
process.on("exit", () => [...started].forEach(killGroup));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}

/** A built Worker with a port, a secret and a state that outlive its kills. */
export class ProvenWorker {
  readonly url: string;
  /** Where the runtime keeps its state. */
  readonly stateDir: string;
  readonly adminKey = randomBytes(32).toString("base64url");
  /** What it logged, over all its lives. */
  readonly log: string[] = [];
  readonly #folder: string;
  readonly #plan: Omit<ServerPlan, "isNew">;
  readonly #secret: string;
  #server: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #wasStarted = false;

  private constructor(folder: string, port: number, { databases = ["DB"], variables = {} }: WorkerOptions) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.stateDir = join(folder, "v3");
    this.#secret = randomBytes(32).toString("base64url");
    this.#plan = {
      bundle: join(folder, "worker.js"),
      port,
      stateDir: this.stateDir,
      databases,
      variables: {
        JWT_SECRET: this.#secret,
        ADMIN_KEY: this.adminKey,
        RATE_LIMIT_PER_SECOND: "100000",
        RATE_LIMIT_BURST: "100000",
        NEW_CONVERSATIONS_PER_HOUR: "100000",
        LOG_LINES: "all",
        ...variables,
      },
    };
  }

  static async build(options: WorkerOptions = {}): Promise<ProvenWorker> {
    const folder = await mkdtemp(join(tmpdir(), "pairline-proof-"));
    const worker = new ProvenWorker(folder, await freePort(), options);
    await bundleWorker(worker.#plan.bundle, options);
    return worker;
  }

  /** Starts it on the state it left; returns once it listens. */
  async start(): Promise<void> {
    const plan: ServerPlan = { ...this.#plan, isNew: !this.#wasStarted };
    const server = spawn(process.execPath, [join(import.meta.dirname, "server.ts"), JSON.stringify(plan)], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#server = server;
    started.add(server.pid ?? 0);
    this.#ended = once(server, "close");
    const [, output, errors] = server.stdio;
    createInterface(errors as Readable).on("line", (line) => this.log.push(line));
    await Promise.race([
      once(createInterface(output as Readable), "line"),
      this.#ended.then(() => {
        throw new Error(`the Worker did not start:\n${this.log.slice(-20).join("\n")}`);
      }),
    ]);
    this.#wasStarted = true;
  }

  /** `kill -9` to every process of it at once. */
  async kill(): Promise<void> {
    const group = this.#server?.pid ?? 0;
    killGroup(group);
    await this.#ended;
    started.delete(group);
    this.#server = undefined;
  }

  /** A conversation's messages as D1 has them, asked of the database itself. */
  async archived(conversation: string): Promise<ArchivedRow[]> {
    const server = this.#server;
    if (server === undefined) {
      throw new Error("the Worker does not run");
    }
    const answers = on(server, "message", { signal: AbortSignal.timeout(rowsMs) });
    server.send(conversation);
    try {
      for await (const [{ key, rows }] of answers as AsyncIterable<[RowsOf]>) {
        if (key === conversation) {
          return rows;
        }
      }
    } catch (cause) {
      throw new Error(`D1 did not say in ${rowsMs / 1_000} s what it has`, { cause });
    }
    throw new Error("the server says nothing any more");
  }

  /** The process that all of it descends from. */
  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  token(user: string): Promise<string> {
    return signToken(user, this.#secret, {}, canaries.name);
  }

  get secret(): string {
    return this.#secret;
  }

  /** Ends it and deletes its state. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function killGroup(group: number): void {
  // Group 0 would be this process's own.
  if (group !== 0) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }
}
