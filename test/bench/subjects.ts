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
const startsPath = "/bench/starts";

export type D1 = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** How often an object started, and when it did last. */
export interface Starts {
  readonly count: number;
  readonly lastAtMs: number;
}

/** A server that is measured. */
export interface Subject {
  readonly name: string;
  /** A pair that never talked before. */
  freshPair(): Promise<Pair>;
  /** The processes of this server, and of no other. */
  readonly processes: readonly number[];
  /** The starts of each pair's object, by its id; not there where nothing sleeps. */
  readonly starts?: () => Promise<ReadonlyMap<string, Starts>>;
  /** Its objects do not sleep between two messages. */
  readonly staysAwake?: boolean;
  /** Ends its processes. */
  end(): Promise<void>;
}

export interface Subjects {
  readonly all: readonly Subject[];
  /** Each once more, in processes that did nothing yet. */
  readonly starters: readonly (() => Promise<Subject>)[];
  /** Pairline's own, for what only it has. */
  readonly pairline: {
    readonly subject: Subject;
    readonly url: string;
    readonly token: (user: string) => Promise<string>;
    readonly database: D1;
  };
  /** Deletes what the servers stored. */
  remove(): void;
}

/**
 * Pairline's built bundle, the relays and Socket.IO, storing on disk. Each Worker has a workerd of its own: what one
 * leaves in memory, or still does after its turn, is not counted with the next.
 */
export async function startSubjects(): Promise<Subjects> {
  const folder = mkdtempSync(join(tmpdir(), "pairline-bench-"));
  const secret = randomBytes(32).toString("base64url");
  const bundle = buildBundle(folder);
  const startPairline = async () => {
    const server = await startWorker(folder, pairline(bundle, secret));
    const database = await server.runtime.getD1Database("DB", "measured");
    await migrate(database);
    return { subject: pairlineSubject("Pairline", server, secret), url: server.url, database };
  };
  const starters = [
    async () => relaySubject("relay", "plain", await startWorker(folder, relay("Relay"))),
    async () =>
      relaySubject(
        "relay with a commit per message",
        "storing",
        await startWorker(folder, relay("StoringRelay")),
      ),
    () => startSocketIo("Socket.IO with SQLite", mkdtempSync(join(folder, "socketio-"))),
    // Its D1 has no tables: what the archive costs locally, where D1 runs on the same thread. What D1 does not take
    // is tried again by alarm, so its objects do not sleep.
    async () => ({
      ...pairlineSubject("Pairline, D1 away", await startWorker(folder, pairline(bundle, secret)), secret),
      staysAwake: true,
    }),
  ];
  const { subject, url, database } = await startPairline();
  const all = [subject];
  for (const start of starters) {
    all.push(await start());
  }
  return {
    all,
    starters: [async () => (await startPairline()).subject, ...starters],
    pairline: { subject, url, token: (user) => signToken(user, secret), database },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type WorkerServer = Awaited<ReturnType<typeof startWorker>>;

async function startWorker(folder: string, worker: ReturnType<typeof pairline> | ReturnType<typeof relay>) {
  const others = childrenNamed("workerd");
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
      resourcePersistencePath: mkdtempSync(join(folder, "state-")),
      workers: [worker],
    }),
  );
  await runtime.ready;
  const url = (await runtime.unsafeGetDirectURL("measured")).origin;
  return {
    runtime,
    url,
    processes: childrenNamed("workerd").filter((pid) => !others.includes(pid)),
    starts: async () => {
      const starts = (await (await fetch(url + startsPath)).json()) as Record<string, Starts>;
      return new Map(Object.entries(starts));
    },
    end: () => runtime.dispose(),
  };
}

/** A Worker that counts the starts of one class of its objects, which are in one isolate with its door. */
function counting(path: string, contents: string, className: string) {
  const counted = `
    import worker, { ${className} as Own } from "./${path}";
    export * from "./${path}";
    const starts = {};
    export class ${className} extends Own {
      constructor(ctx, env) {
        super(ctx, env);
        const id = ctx.id.toString();
        starts[id] = { count: (starts[id]?.count ?? 0) + 1, lastAtMs: Date.now() };
      }
    }
    export default {
      fetch: (request, env, ctx) =>
        request.url.endsWith("${startsPath}") ? Response.json(starts) : worker.fetch(request, env, ctx),
    };`;
  return [
    { type: "ESModule" as const, path: "counted.js", contents: counted },
    { type: "ESModule" as const, path, contents },
  ];
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

function pairline(contents: string, secret: string) {
  return {
    name: "measured",
    compatibilityDate,
    modules: counting("index.js", contents, "Conversation"),
    durableObjects: {
      CONVERSATIONS: { className: "Conversation", useSQLite: true },
      INBOXES: { className: "Inbox", useSQLite: true },
    },
    d1Databases: { DB: "DB" },
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

function relay(counted: "Relay" | "StoringRelay") {
  const source = readFileSync(join(import.meta.dirname, "relay-worker.ts"), "utf8");
  return {
    name: "measured",
    compatibilityDate,
    modules: counting("relay.js", stripTypeScriptTypes(source), counted),
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

function pairlineSubject(name: string, { url, ...server }: WorkerServer, secret: string): Subject {
  const end = async (user: string, peer: string) => ({
    address: `${url}/v1/conversations/${peer}/socket?after=0`,
    headers: { authorization: `Bearer ${await signToken(user, secret)}` },
  });
  return {
    ...server,
    name,
    async freshPair() {
      const [alice, bob] = [`alice-${randomUUID()}`, `bob-${randomUUID()}`];
      return { dialect: "native", sender: await end(alice, bob), receiver: await end(bob, alice) };
    },
  };
}

function relaySubject(name: string, kind: "plain" | "storing", { url, ...server }: WorkerServer): Subject {
  return {
    ...server,
    name,
    freshPair() {
      const end = { address: `${url}/${kind}/${randomUUID()}`, headers: {} };
      return Promise.resolve({ dialect: "native", sender: end, receiver: end });
    },
  };
}

async function startSocketIo(name: string, folder: string): Promise<Subject> {
  const server = fork(join(import.meta.dirname, "socketio-server.ts"), [folder]);
  const [port] = (await once(server, "message")) as [number];
  return {
    name,
    processes: [server.pid ?? 0],
    async end() {
      server.disconnect();
      await once(server, "exit");
    },
    freshPair() {
      const end = {
        address: `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&room=${randomUUID()}`,
        headers: {},
      };
      return Promise.resolve({ dialect: "socket.io", sender: end, receiver: end });
    },
  };
}
