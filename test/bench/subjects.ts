import { fork, spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { projectDir } from "../../src/commands/local.ts";
import { signToken } from "../../src/commands/sign-token.ts";
import type { Pair } from "./load.ts";
import { childrenNamed } from "./process-tree.ts";

const compatibilityDate = "2026-11-01";
const directSocket = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };

export type D1 = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** A server that is measured. */
export interface Subject {
  readonly name: string;
  /** A pair that never talked before. */
  freshPair(): Promise<Pair>;
  /** The processes of the server. */
  readonly processes: readonly number[];
}

export interface Subjects {
  readonly all: readonly Subject[];
  /** Pairline's own, for what only it has. */
  readonly pairline: {
    readonly url: string;
    readonly token: (user: string) => Promise<string>;
    readonly database: D1;
  };
  /** Ends the servers and deletes what they stored. */
  end(): Promise<void>;
}

/** Pairline's built bundle and the relays, each a Worker with a port of its own in one workerd, storing on disk. */
export async function startSubjects(): Promise<Subjects> {
  const folder = mkdtempSync(join(tmpdir(), "pairline-bench-"));
  const secret = randomBytes(32).toString("base64url");
  const bundle = buildBundle(folder);
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      cf: false,
      handleStructuredLogs: ({ message }) => {
        // Of the subject whose D1 has no tables.
        if (!message.includes("archive_flush_failed")) {
          console.error(message);
        }
      },
      resourcePersistencePath: join(folder, "state"),
      workers: [
        pairline("pairline", bundle, secret),
        pairline("pairline-without-archive", bundle, secret),
        relay(),
      ],
    }),
  );
  await runtime.ready;
  const database = await runtime.getD1Database("DB", "pairline");
  await migrate(database);
  const processes = childrenNamed("workerd");
  const socketIo = fork(join(import.meta.dirname, "socketio-server.ts"), [folder]);
  const [socketIoPort] = (await once(socketIo, "message")) as [number];
  const url = async (worker: string) => (await runtime.unsafeGetDirectURL(worker)).origin;
  const relayUrl = await url("relay");
  const pairlineUrl = await url("pairline");
  return {
    pairline: { url: pairlineUrl, token: (user) => signToken(user, secret), database },
    all: [
      pairlineSubject("Pairline", pairlineUrl, secret, processes),
      relaySubject("relay", `${relayUrl}/plain`, processes),
      relaySubject("relay with a commit per message", `${relayUrl}/storing`, processes),
      socketIoSubject("Socket.IO with SQLite", `http://127.0.0.1:${socketIoPort}`, [socketIo.pid ?? 0]),
      // Its D1 has no tables: what the archive costs locally, where D1 runs on the same thread.
      pairlineSubject("Pairline, D1 away", await url("pairline-without-archive"), secret, processes),
    ],
    end: async () => {
      socketIo.disconnect();
      await runtime.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function buildBundle(folder: string): string {
  const outDir = join(folder, "bundle");
  const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
  const built = spawnSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", outDir], {
    cwd: projectDir,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
    encoding: "utf8",
  });
  if (built.status !== 0) {
    throw new Error(`the bundle could not be built:\n${built.stdout}${built.stderr}`);
  }
  return readFileSync(join(outDir, "index.js"), "utf8");
}

function pairline(name: string, contents: string, secret: string) {
  return {
    name,
    compatibilityDate,
    modules: [{ type: "ESModule" as const, path: "index.js", contents }],
    durableObjects: {
      CONVERSATIONS: { className: "Conversation", useSQLite: true },
      INBOXES: { className: "Inbox", useSQLite: true },
    },
    d1Databases: { DB: name },
    bindings: {
      JWT_SECRET: secret,
      RATE_LIMIT_PER_SECOND: "1000000",
      RATE_LIMIT_BURST: "1000000",
      NEW_CONVERSATIONS_PER_HOUR: "1000000",
      LOG_LINES: "failures",
    },
    ...directSocket,
  };
}

function relay() {
  const source = readFileSync(join(import.meta.dirname, "relay-worker.ts"), "utf8");
  return {
    name: "relay",
    compatibilityDate,
    modules: [{ type: "ESModule" as const, path: "relay.js", contents: stripTypeScriptTypes(source) }],
    durableObjects: {
      RELAYS: { className: "Relay", useSQLite: true },
      STORING_RELAYS: { className: "StoringRelay", useSQLite: true },
    },
    ...directSocket,
  };
}

async function migrate(database: D1): Promise<void> {
  const folder = join(projectDir, "migrations");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  for (const file of files) {
    for (const statement of readFileSync(join(folder, file), "utf8").split("--> statement-breakpoint")) {
      await database.prepare(statement).run();
    }
  }
}

function pairlineSubject(name: string, url: string, secret: string, processes: readonly number[]): Subject {
  const end = async (user: string, peer: string) => ({
    address: `${url}/v1/conversations/${peer}/socket?after=0`,
    headers: { authorization: `Bearer ${await signToken(user, secret)}` },
  });
  return {
    name,
    processes,
    async freshPair() {
      const [alice, bob] = [`alice-${randomUUID()}`, `bob-${randomUUID()}`];
      return { dialect: "native", sender: await end(alice, bob), receiver: await end(bob, alice) };
    },
  };
}

function relaySubject(name: string, url: string, processes: readonly number[]): Subject {
  return {
    name,
    processes,
    freshPair() {
      const end = { address: `${url}/${randomUUID()}`, headers: {} };
      return Promise.resolve({ dialect: "native", sender: end, receiver: end });
    },
  };
}

function socketIoSubject(name: string, url: string, processes: readonly number[]): Subject {
  return {
    name,
    processes,
    freshPair() {
      const end = {
        address: `${url}/socket.io/?EIO=4&transport=websocket&room=${randomUUID()}`,
        headers: {},
      };
      return Promise.resolve({ dialect: "socket.io", sender: end, receiver: end });
    },
  };
}
