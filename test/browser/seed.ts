import { once } from "node:events";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import type { Place } from "../e2e/local-worker.ts";

/** So many sends are under way at a time. */
const windowSize = 500;

/** Fills a conversation over its socket: messages 1 to `count`, a few of them long, every third one the peer's. */
export async function seed(place: Place, user: string, peer: string, count: number): Promise<void> {
  const sockets = await Promise.all([connect(place, user, peer), connect(place, peer, user)]);
  let sent = 0;
  let acknowledged = 0;
  await new Promise<void>((resolve, reject) => {
    // Told again by each acknowledgement.
    const fill = () => {
      for (; sent < count && sent - acknowledged < windowSize; sent += 1) {
        const socket = sockets[sent % 3 === 2 ? 1 : 0];
        socket.send(JSON.stringify({ type: "send", id: `seed-${sent + 1}`, text: textOf(sent + 1) }));
      }
    };
    for (const socket of sockets) {
      socket.addEventListener("close", () => reject(new Error("the seeding socket closed")));
      socket.addEventListener("message", ({ data }) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        if (type === "error") {
          reject(new Error(`a seed was refused: ${String(data)}`));
        }
        acknowledged += type === "ack" ? 1 : 0;
        if (acknowledged === count) {
          resolve();
        }
        fill();
      });
    }
    fill();
  });
  sockets.forEach((socket) => socket.close());
}

function textOf(number: number): string {
  return number % 10 === 0 ? `message ${number} ${"with many words ".repeat(20)}` : `message ${number}`;
}

async function connect(place: Place, user: string, peer: string): Promise<WebSocket> {
  const address = `${place.url.replace(/^http/, "ws")}/v1/conversations/${encodeURIComponent(peer)}/socket`;
  const socket = new WebSocket(address, [protocolVersion, bearerPrefix + (await place.token(user))]);
  await once(socket, "open");
  return socket;
}
