import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const firstPort = 12_000;
const portsPerBlock = 2_000;
const blocks = 10;
const given = new Set<number>();

/**
 * A port that stays free for the caller between two starts of its Worker: below the range from which the system
 * picks ports for outgoing connections (Linux: 32768 and up), and of a block that no other worker of this run draws from.
 */
export async function freePort(): Promise<number> {
  const block = firstPort + (Number(process.env["VITEST_POOL_ID"] ?? 0) % blocks) * portsPerBlock;
  for (;;) {
    const port = block + randomInt(portsPerBlock);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const outcome = new Promise<boolean>((resolve) => {
    server.once("listening", () => resolve(true)).once("error", () => resolve(false));
  });
  server.listen(port, "127.0.0.1");
  if (!(await outcome)) {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
