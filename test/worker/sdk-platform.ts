import { createClient } from "../../src/client/index.ts";
import type { Client, ClientOptions } from "../../src/client/api.ts";
import type { SocketLike } from "../../src/client/api-platform.ts";
import { origin, socketOf, tokenFor, worker } from "./clients.ts";

/** A user's client of the Worker under test, which no address leads to: its requests and sockets are calls. */
export function clientOf(user: string, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: origin,
    token: () => tokenFor(user),
    fetch: (url, request) => worker.fetch(url, request),
    WebSocket: CalledSocket,
    ...options,
  });
}

/** A WebSocket as the standard has it, opened by a call of the Worker. */
class CalledSocket implements SocketLike {
  onopen: unknown = null;
  onmessage: unknown = null;
  onclose: unknown = null;
  onerror: unknown = null;
  #socket: WebSocket | undefined;
  #isClosed = false;

  constructor(url: string, protocols: string[]) {
    void this.#open(url, protocols);
  }

  get readyState(): number {
    return this.#isClosed ? WebSocket.CLOSED : (this.#socket?.readyState ?? WebSocket.CONNECTING);
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  close(code?: number): void {
    this.#isClosed = true;
    this.#socket?.close(code);
  }

  async #open(url: string, protocols: string[]): Promise<void> {
    const headers = { upgrade: "websocket", "sec-websocket-protocol": protocols.join(", ") };
    const socket = socketOf(await worker.fetch(url.replace(/^ws/, "http"), { headers }));
    if (this.#isClosed) {
      socket.accept();
      socket.close();
      return;
    }
    this.#socket = socket;
    socket.addEventListener("message", (event) => call(this.onmessage, event));
    socket.addEventListener("close", (event) => call(this.onclose, event));
    socket.accept();
    call(this.onopen, undefined);
  }
}

function call(listener: unknown, event: unknown): void {
  if (typeof listener === "function") {
    listener(event);
  }
}
