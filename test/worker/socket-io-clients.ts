import { origin, tokenFor, worker } from "./clients.ts";

/** A packet of a `private_dm`. */
export function dm(peer: string, content: string): string {
  return `42${JSON.stringify(["private_dm", { content, receiver_id: peer }])}`;
}

/** A session over polling, as clients write it by hand: what is posted, and the packet that connects its user. */
export async function openPolling(user: string) {
  const address = `${origin}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await worker.fetch(address)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const post = (...packets: string[]) =>
    worker.fetch(`${address}&sid=${sid}`, {
      method: "POST",
      body: packets.join("\x1e"),
      headers: { "content-type": "text/plain;charset=UTF-8" },
    });
  const connectPacket = `40${JSON.stringify({ token: await tokenFor(user) })}`;
  return { sid, post, connectPacket };
}
