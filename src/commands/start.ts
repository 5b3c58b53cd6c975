// Starts a local Pairline: builds the chat page, migrates the local D1, makes keys on the first run, runs `wrangler dev`
// with a sign-in for development, prints the URL.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readSettings } from "../settings.ts";
import { problemSchema } from "../protocol/problem.ts";
import { jsonOf } from "./admin-request.ts";
import { runCommand, wholeNumber } from "./arguments.ts";
import { ensureFree, noteInstance } from "./local-instance.ts";
import {
  developmentWebDir,
  localAdminKey,
  localPlace,
  localSecret,
  localVariables,
  projectDir,
  type LocalPlace,
} from "./local.ts";
import { migrateLocal } from "./local-migrations.ts";

const usage = `Usage: npm start

Starts a local Pairline. It takes no options; the environment sets, for instance:
  PORT=8788                  the port, 8787 by default
  STATE_DIR=.wrangler/other  where local state lives
  RATE_LIMIT_BURST=1000      any variable of docs/guides/configuration.md`;

const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
const patienceMs = 60_000;

await runCommand({ usage, options: {} }, async () => {
  const place = localPlace();
  const options = wranglerOptions(place);
  // Throws for a variable that the Worker could not use.
  readSettings(process.env);
  await ensureFree(place);
  noteInstance(place);
  localSecret();
  localAdminKey();
  // wrangler wants the folder before it runs the build that fills it.
  mkdirSync(developmentWebDir, { recursive: true });

  const environment = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    // The trace collector of `wrangler dev` costs more than the relay itself.
    X_LOCAL_OBSERVABILITY: process.env["X_LOCAL_OBSERVABILITY"] ?? "false",
    CI: "true",
    PAIRLINE_DEVELOPMENT: "true",
    // Where the machine is would be asked of a server outside.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  const failed = migrateLocal(wrangler, place.stateDir, environment);
  if (failed !== undefined) {
    console.error(failed);
    throw new Error("The local database could not be migrated; see above.");
  }
  const server = spawn(process.execPath, [wrangler, "dev", ...options], {
    cwd: projectDir,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => server.kill(signal));
  }
  const ended = new Promise<number>((resolve) => {
    server.once("exit", (code) => resolve(code ?? 1));
  });
  await sayWhenUp(place, server);
  return ended;
});

function wranglerOptions({ port, stateDir }: LocalPlace): string[] {
  // The last one is read by the development entry alone.
  const variables = [...localVariables, "SOCKETIO_CONFORMANCE"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value === "" ? [] : ["--var", `${name}:${value}`];
  });
  // Without one wrangler looks for a free port from 9229 on, and Workers that start at the same time find the same.
  const inspectorPort = process.env["INSPECTOR_PORT"] ?? "";
  const inspector =
    inspectorPort === ""
      ? []
      : ["--inspector-port", String(wholeNumber("INSPECTOR_PORT", inspectorPort, 0, 65_535))];
  return [
    join("src", "dev", "index.ts"),
    "--assets",
    developmentWebDir,
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--persist-to",
    stateDir,
    "--show-interactive-dev-session=false",
    ...inspector,
    ...variables,
  ];
}

/** Prints where the Worker is, or why it does not serve. */
async function sayWhenUp({ url }: LocalPlace, server: ChildProcess): Promise<void> {
  const until = Date.now() + patienceMs;
  let trouble = "no answer";
  while (Date.now() < until && server.exitCode === null && server.signalCode === null) {
    try {
      const response = await fetch(`${url}/health`);
      if (response.ok) {
        console.log(
          `\nPairline is up at ${url}\n  the chat page:       ${url}/  (sign in as anybody; another tab is another user)\n  a token for a user:  npm run token -- alice\n  a conversation:      npm run demo\n`,
        );
        return;
      }
      trouble =
        problemSchema.safeParse(jsonOf(await response.text())).data?.detail ?? String(response.status);
    } catch {
      // It is not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  if (server.exitCode === null && server.signalCode === null) {
    console.error(`\nPairline does not serve at ${url}: ${trouble}.`);
  }
}
