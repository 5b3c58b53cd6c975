import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError, wholeNumber } from "./arguments.ts";

/** The project's folder: commands work from wherever they are called. */
export const projectDir = join(import.meta.dirname, "..", "..");

/** What a local Worker serves as static assets. */
export const developmentWebDir = join(projectDir, ".wrangler", "web");

const secretsFile = join(projectDir, ".dev.vars");

/** Where a local Worker listens and keeps its state. */
export interface LocalPlace {
  readonly port: number;
  readonly url: string;
  readonly stateDir: string;
}

/** Where `PORT` and `STATE_DIR` say; empty ones count as unset. Throws a UsageError. */
export function localPlace(): LocalPlace {
  const port = wholeNumber("PORT", process.env["PORT"] || "8787", 1, 65_535);
  const stateDir = resolve(process.env["STATE_DIR"] || join(projectDir, ".wrangler", "state"));
  if (statSync(stateDir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UsageError(`STATE_DIR is ${JSON.stringify(stateDir)}, which is not a folder.`);
  }
  return { port, url: `http://127.0.0.1:${port}`, stateDir };
}

/** The secret that signs local tokens: from the environment, else from `.dev.vars`, where the first call puts a random one. */
export function localSecret(): string {
  return localValue("JWT_SECRET");
}

/** The key of the admin routes of a local Worker, from the same places. */
export function localAdminKey(): string {
  return localValue("ADMIN_KEY");
}

function localValue(name: "JWT_SECRET" | "ADMIN_KEY"): string {
  const fromEnvironment = process.env[name];
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    return fromEnvironment;
  }
  const lines = existsSync(secretsFile) ? readFileSync(secretsFile, "utf8").split("\n") : [];
  const line = lines.find((text) => text.startsWith(`${name}=`));
  if (line !== undefined) {
    return line
      .slice(name.length + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
  }
  const value = randomBytes(32).toString("base64url");
  writeFileSync(secretsFile, [...lines.filter((text) => text !== ""), `${name}="${value}"`, ""].join("\n"), {
    mode: 0o600,
  });
  return value;
}

/** Variables of wrangler.toml that the environment may set for a local Worker. */
export const localVariables = [
  "JWT_SECRET",
  "JWT_JWKS_URL",
  "JWT_ISSUER",
  "JWT_AUDIENCE",
  "JWT_USER_CLAIM",
  "JWT_NAME_CLAIM",
  "JWT_PICTURE_CLAIM",
  "ADMIN_KEY",
  "ALIASES",
  "PEERS",
  "CHATS_API",
  "LOG_LINES",
  "ALLOWED_ORIGINS",
  "RATE_LIMIT_PER_SECOND",
  "RATE_LIMIT_BURST",
  "NEW_CONVERSATIONS_PER_HOUR",
  "MAX_TEXT_BYTES",
  "EDIT_WINDOW_SECONDS",
  "SOCKETIO_PATHS",
  "SOCKETIO_PING_INTERVAL_MS",
  "SOCKETIO_PING_TIMEOUT_MS",
  "SOCKETIO_MAX_PAYLOAD_BYTES",
  "SOCKETIO_CONNECT_TIMEOUT_MS",
  "SOCKETIO_AUTH_KEYS",
] as const;
