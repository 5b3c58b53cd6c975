import type { FetchLike, SocketLike } from "../../../src/client/api-platform.ts";
import type { Life } from "../virtual-worker/virtual-time.ts";
import type { VirtualSocket } from "../virtual-worker/virtual-socket.ts";
import type { VirtualWorker } from "../virtual-worker/virtual-worker.ts";

const latencyMs = 5;
const opened = 1;
const closing = 2;
const closed = 3;

/** `refusing`: connections fail at once. `silent`: nothing is answered, and nothing says so. */
export type Condition = "up" | "refusing" | "silent";

type Opened<Handler> = Handler | null;

/** What lies between one client and the Worker, and what goes wrong there. */
export class ClientNetwork {
  condition: Condition = "up";
  /** So many of the next sockets die between their opening and the server's first frame. */
  dyingSockets = 0;
  /** So many of the next requests are done and never answered. */
  hangingRequests = 0;
  /** So many of the next requests fail at once, while sockets live on. */
  failingRequests = 0;
  /** How many requests failed, or were given up without an answer. */
  failedRequests = 0;
  /** When something last went wrong, or ended. */
  changedAtMs = 0;
  /** Hears of what passes. */
  passed: (what: string) => void = () => {};
  readonly WebSocket: new (url: string, protocols: string[]) => SocketLike;
  readonly #worker: VirtualWorker;
  readonly #life: Life;
  readonly #sockets = new Set<ClientSocket>();

  constructor(worker: VirtualWorker, life: Life) {
    this.#worker = worker;
    this.#life = life;
    const open = (socket: ClientSocket, url: string, protocols: readonly string[]) => {
      this.#sockets.add(socket);
      this.later(() => this.#open(socket, url, protocols));
      return this;
    };
    this.WebSocket = class extends ClientSocket {
      constructor(url: string, protocols: string[]) {
        super((socket) => open(socket, url, protocols));
      }
    };
  }

  readonly fetch: FetchLike = (url, { signal, ...init }) =>
    new Promise((resolve, reject) => {
      this.passed(`→ ${init.method} ${url}`);
      const fail = () => {
        this.failedRequests += 1;
        this.passed(`← no answer to ${url}`);
        reject(new TypeError("fetch failed"));
      };
      (signal as AbortSignal).addEventListener("abort", fail);
      this.later(() => {
        if (this.condition !== "up") {
          this.#failUnlessSilent(fail);
          return;
        }
        if (this.failingRequests > 0) {
          this.failingRequests -= 1;
          this.changed();
          fail();
          return;
        }
        const isHanging = this.hangingRequests > 0;
        if (isHanging) {
          this.hangingRequests -= 1;
          this.changed();
        }
        void this.#worker.request(new Request(url, init)).then((response) =>
          this.later(() => {
            if (this.condition !== "up") {
              this.#failUnlessSilent(fail);
            } else if (!isHanging) {
              this.passed(`← ${response.status} ${url}`);
              resolve(response);
            }
          }),
        );
      });
    });

  /** Runs as part of the client's page a moment later. */
  later(run: () => void): void {
    this.#worker.time.within(this.#life, () => this.#worker.time.setTimer(run, latencyMs));
  }

  /** From now on it is so. Sockets end, or fall silent, with it. */
  become(condition: Condition): void {
    this.condition = condition;
    this.changed();
    if (condition === "refusing") {
      this.cut();
    } else if (condition === "silent") {
      this.silence();
    }
  }

  /** Every socket ends, at both ends. */
  cut(): void {
    this.changed();
    this.#sockets.forEach((socket) => socket.cut());
  }

  /** Half-open: neither end hears of the other again, nor that this is so. */
  silence(): void {
    this.changed();
    this.#sockets.forEach((socket) => socket.silence());
  }

  /** The sockets are closing, and never closed. */
  stick(): void {
    this.changed();
    this.#sockets.forEach((socket) => socket.stick());
  }

  changed(): void {
    this.changedAtMs = this.#worker.time.nowMs;
  }

  forget(socket: ClientSocket): void {
    this.#sockets.delete(socket);
  }

  #failUnlessSilent(fail: () => void): void {
    if (this.condition !== "silent") {
      fail();
    }
  }

  #open(socket: ClientSocket, url: string, protocols: readonly string[]): void {
    if (this.condition === "silent" || socket.readyState !== 0) {
      return;
    }
    if (this.condition === "refusing") {
      socket.end(1006, "");
      return;
    }
    const isDying = this.dyingSockets > 0;
    this.dyingSockets -= Number(isDying);
    const headers = { upgrade: "websocket", "sec-websocket-protocol": protocols.join(", ") };
    const request = new Request(url.replace(/^ws/, "http"), { headers });
    void this.#worker.request(request).then((response) =>
      this.later(() => {
        const end = response.webSocket as unknown as VirtualSocket | null;
        if (this.condition === "up" && end !== null && socket.readyState === 0) {
          socket.attach(end, isDying);
        } else {
          end?.close(1006);
          this.#failUnlessSilent(() => socket.end(1006, ""));
        }
        if (isDying) {
          this.changed();
        }
      }),
    );
  }
}

/** The client's end of one socket, as a browser has it. */
class ClientSocket implements SocketLike {
  readyState = 0;
  onopen: Opened<() => void> = null;
  onmessage: Opened<(event: { data: unknown }) => void> = null;
  onclose: Opened<(event: { code: number; reason: string }) => void> = null;
  onerror: Opened<() => void> = null;
  readonly #network: ClientNetwork;
  #end: VirtualSocket | undefined;
  #isSilent = false;

  /** `open` begins to open it, and returns what it opens through. */
  constructor(open: (socket: ClientSocket) => ClientNetwork) {
    this.#network = open(this);
  }

  attach(end: VirtualSocket, isDying: boolean): void {
    this.#end = end;
    this.readyState = opened;
    this.#network.passed("socket open");
    this.onopen?.();
    if (isDying) {
      this.#network.later(() => this.cut());
      return;
    }
    end.handle({
      text: (text) =>
        this.#network.later(() =>
          this.#passed(() => {
            this.#network.passed(`← ${text}`);
            this.onmessage?.({ data: text });
          }),
        ),
      closed: (code, reason) => this.#network.later(() => this.#passed(() => this.end(code, reason))),
    });
  }

  send(text: string): void {
    if (this.readyState === 0) {
      throw new Error("the socket is not open yet");
    }
    if (this.readyState === opened) {
      this.#network.passed(`→ ${text}`);
      this.#network.later(() => {
        if (!this.#isSilent && this.#end?.readyState === opened) {
          this.#end.send(text);
        }
      });
    }
  }

  close(code = 1005): void {
    if (this.readyState < closing) {
      this.readyState = closing;
      this.#network.later(() => {
        if (!this.#isSilent) {
          this.#end?.close(code);
          this.end(code, "");
        }
      });
    }
  }

  /** It is over, and the client hears so. */
  end(code: number, reason: string): void {
    if (this.readyState !== closed) {
      this.readyState = closed;
      this.#network.passed(`socket closed with ${code} ${reason}`);
      this.#network.forget(this);
      this.onclose?.({ code, reason });
    }
  }

  cut(): void {
    const end = this.#end;
    // The server hears of it, where it has accepted the socket.
    end?.close(1006);
    this.#network.later(() => this.end(1006, ""));
    this.#isSilent = true;
  }

  silence(): void {
    this.#isSilent = true;
    this.#network.forget(this);
  }

  stick(): void {
    if (this.readyState === opened) {
      this.readyState = closing;
    }
    this.silence();
  }

  #passed(happen: () => void): void {
    if (!this.#isSilent && this.readyState !== closed) {
      happen();
    }
  }
}
