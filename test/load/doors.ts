import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** A server that does with each upgrade what it is made for; `nth` counts from one. */
export async function doorThat(
  answer: (socket: Duplex, nth: number) => void,
): Promise<{ url: string; close: () => void }> {
  const server: Server = createServer();
  const sockets = new Set<Duplex>();
  let upgrades = 0;
  server.on("upgrade", (_, socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    upgrades += 1;
    answer(socket, upgrades);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

export function letIn(socket: Duplex): void {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

/** A frame of at most 125 bytes. */
export function say(socket: Duplex, text: string): void {
  socket.write(Buffer.concat([Buffer.from([0x81, Buffer.byteLength(text)]), Buffer.from(text)]));
}

export function closeWith(socket: Duplex, code: number): void {
  socket.end(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
}
