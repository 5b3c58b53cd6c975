import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import { jsonOf } from "./admin-request.ts";
import type { LocalPlace } from "./local.ts";

const host = "127.0.0.1";
const instanceSchema = z.object({ pid: z.int().positive(), port: z.int() });

/**
 * Makes sure that nothing listens on the port and that no other instance uses the state: two Workers on one folder would
 * each run the same objects. Changes nothing. Throws an Error that says what to do.
 */
export async function ensureFree({ port, stateDir }: LocalPlace): Promise<void> {
  // The state of a Pairline on that port is in use too; its port is the better hint.
  if (await isListening(port)) {
    throw new Error(
      `Port ${port} is taken: another program, perhaps another "npm start", listens there. Stop it, or choose another ` +
        `port and another folder for the state: PORT=${port === 65_535 ? 8787 : port + 1} STATE_DIR=.wrangler/other npm start`,
    );
  }
  await tryToListen(port);
  const instance = instanceSchema.safeParse(jsonOf(readOr(instanceFile(stateDir), "")));
  if (instance.success && isAlive(instance.data.pid) && (await isListening(instance.data.port))) {
    throw new Error(
      `The state in ${stateDir} is used by the Pairline on port ${instance.data.port}. Stop that one, or choose another ` +
        "folder: STATE_DIR=.wrangler/other npm start",
    );
  }
}

/** Notes that this process uses the state from now on. A note of a process that is gone counts for nothing. */
export function noteInstance({ port, stateDir }: LocalPlace): void {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(instanceFile(stateDir), JSON.stringify({ pid: process.pid, port }));
}

function instanceFile(stateDir: string): string {
  return join(stateDir, "instance.json");
}

/** Connects, since on some systems one may listen on 127.0.0.1 although another listens on every address. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function tryToListen(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Error(`Port ${port} cannot be listened on (${code}). Choose another: PORT=8788 npm start`, {
      cause: error,
    });
  }
  server.close();
  await once(server, "close");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return fallback;
  }
}
