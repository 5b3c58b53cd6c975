import { once } from "node:events";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import type { Place } from "../e2e/local-worker.ts";

/** So many sends are under way at a time. */
const windowSize = 500;

/** Fills a conversation over a socket: `message 1` to `message <count>` in order, every tenth a long one. */
export async function seed(place: Place, author: string, peer: string, count: number): Promise<void> {
  const socket = await connect(place, author, peer);
  let sent = 0;
  const sendNext = () => {
    sent += 1;
    socket.send(JSON.stringify({ type: "send", id: `seed-${sent}`, text: textOf(sent) }));
  };
  await new Promise<void>((resolve, reject) => {
    let acknowledged = 0;
    socket.addEventListener("close", () => reject(new Error("the seeding socket closed")));
    socket.addEventListener("message", ({ data }) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (type === "error") {
        reject(new Error(`a seed was refused: ${String(data)}`));
      }
      if (type === "ack") {
        acknowledged += 1;
        if (sent < count) {
          sendNext();
        } else if (acknowledged === count) {
          resolve();
        }
      }
    });
    for (let begun = 0; begun < Math.min(count, windowSize); begun += 1) {
      sendNext();
    }
  });
  socket.close();
}

/** Marks a conversation as read up to a message, as another device of the user does. */
export async function markRead(place: Place, user: string, peer: string, seq: number): Promise<void> {
  const response = await fetch(`${place.url}/v1/conversations/${encodeURIComponent(peer)}/read`, {
    method: "PUT",
    headers: { authorization: `Bearer ${await place.token(user)}`, "content-type": "application/json" },
    body: JSON.stringify({ seq }),
  });
  if (!response.ok) {
    throw new Error(`the mark was refused: ${await response.text()}`);
  }
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
