// A Worker on the local runtime, in a process to be killed: `node test/proof/server.ts <ServerPlan as JSON>`.
// Prints `up` when it listens.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { projectDir } from "../../src/commands/local.ts";
import type { ServerPlan } from "./worker.ts";
import { migrate } from "./migrate.ts";

const plan = JSON.parse(process.argv[2] ?? "") as ServerPlan;
const configuration = readFileSync(join(projectDir, "wrangler.toml"), "utf8");
const [, compatibilityDate = ""] = /^compatibility_date = "(.*)"$/m.exec(configuration) ?? [];
const runtime = new Miniflare(
  convertV4MiniflareOptions({
    log: new Log(LogLevel.ERROR),
    cf: false,
    // Exceptions that nobody caught are lines of the log too.
    verbose: true,
    resourcePersistencePath: plan.stateDir,
    handleStructuredLogs: ({ message }) => console.error(message),
    workers: [
      {
        name: "pairline",
        compatibilityDate,
        modules: [{ type: "ESModule", path: "index.js", contents: readFileSync(plan.bundle, "utf8") }],
        durableObjects: {
          CONVERSATIONS: { className: "Conversation", useSQLite: true },
          INBOXES: { className: "Inbox", useSQLite: true },
          SOCKETIO_SESSIONS: { className: "SocketIoSession", useSQLite: true },
        },
        d1Databases: Object.fromEntries(plan.databases.map((name) => [name, name])),
        bindings: plan.variables,
        unsafeDirectSockets: [{ host: "127.0.0.1", port: plan.port }],
      },
    ],
  }),
);
await runtime.ready;
if (plan.isNew) {
  for (const name of plan.databases) {
    await migrate(await runtime.getD1Database(name, "pairline"));
  }
}
console.log("up");

// D1's own rows, for whoever started this.
process.on("message", (key: string) => void answer(key));

async function answer(key: string): Promise<void> {
  const database = await runtime.getD1Database("DB", "pairline");
  const { results } = await database
    .prepare(
      "SELECT seq, rev, id, author, text, created_at_ms AS createdAt FROM messages WHERE conversation = ? ORDER BY seq",
    )
    .bind(key)
    .all();
  process.send?.({ key, rows: results });
}
