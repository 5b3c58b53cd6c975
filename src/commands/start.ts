// Starts a local Pairline: builds the chat page, migrates the local D1, makes keys on the first run, runs `wrangler dev`
// with a sign-in for development, prints the URL.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  developmentWebDir,
  localAdminKey,
  localPlace,
  localSecret,
  localVariables,
  projectDir,
} from "./local.ts";
import { migrateLocal } from "./local-migrations.ts";

const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
const place = localPlace();
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
  console.error("The local database could not be migrated; see above.");
  process.exit(1);
}

// The last one is read by the development entry alone.
const variables = [...localVariables, "SOCKETIO_CONFORMANCE"].flatMap((name) => {
  const value = process.env[name];
  return value === undefined || value === "" ? [] : ["--var", `${name}:${value}`];
});

// Without one wrangler looks for a free port from 9229 on, and Workers that start at the same time find the same.
const inspectorPort = process.env["INSPECTOR_PORT"];
const inspector = inspectorPort === undefined ? [] : ["--inspector-port", inspectorPort];

const server = spawn(
  process.execPath,
  [
    wrangler,
    "dev",
    join("src", "dev", "index.ts"),
    "--assets",
    developmentWebDir,
    "--ip",
    "127.0.0.1",
    "--port",
    String(place.port),
    "--persist-to",
    place.stateDir,
    "--show-interactive-dev-session=false",
    ...inspector,
    ...variables,
  ],
  { cwd: projectDir, env: environment, stdio: ["ignore", "inherit", "inherit"] },
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => server.kill(signal));
}
server.on("exit", (code) => process.exit(code ?? 1));

const answered = await waitUntilUp(place.url);
if (answered) {
  console.log(
    `\nPairline is up at ${place.url}\n  the chat page:       ${place.url}/  (sign in as anybody; another tab is another user)\n  a token for a user:  npm run token -- alice\n  a conversation:      npm run demo\n`,
  );
}

async function waitUntilUp(url: string): Promise<boolean> {
  for (let tries = 0; tries < 240; tries += 1) {
    try {
      await fetch(`${url}/health`);
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  return false;
}
