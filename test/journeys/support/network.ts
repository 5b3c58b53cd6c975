import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** The network between one person's device and the server. */
export interface Network {
  /** The server's address as the device sees it. */
  readonly url: string;
  /** Resets every connection and refuses new ones, as a stopped server does. */
  cut(): void;
  /** Passes nothing on and says nothing, as a phone in a tunnel: connections stay open, new ones are not answered. */
  goSilent(): void;
  /** New connections pass again. Those that were silent are reset. */
  restore(): void;
  close(): Promise<void>;
}

type State = "open" | "cut" | "silent";

export async function networkTo(serverUrl: string): Promise<Network> {
  const serverPort = Number(new URL(serverUrl).port);
  const sockets = new Set<Socket>();
  let state: State = "open";
  const reset = () => sockets.forEach((socket) => socket.resetAndDestroy());
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((device) => {
    track(device);
    if (state === "cut") {
      device.resetAndDestroy();
      return;
    }
    if (state === "silent") {
      return;
    }
    const upstream = connect(serverPort, "127.0.0.1");
    track(upstream);
    forward(device, upstream, () => state);
    forward(upstream, device, () => state);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      state = "cut";
      reset();
    },
    goSilent() {
      state = "silent";
    },
    restore() {
      reset();
      state = "open";
    },
    async close() {
      reset();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(from: Socket, to: Socket, state: () => State): void {
  from.on("data", (chunk: Buffer) => {
    if (state() === "open") {
      to.write(chunk);
    }
  });
  from.on("end", () => state() === "open" && to.end());
  from.on("close", () => state() === "open" && to.destroy());
}
