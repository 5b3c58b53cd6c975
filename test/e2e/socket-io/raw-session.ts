/** A session of Engine.IO over HTTP, by its raw requests. */
export class RawPolling {
  readonly address: string;
  readonly sid: string;

  private constructor(address: string, sid: string) {
    this.address = address;
    this.sid = sid;
  }

  static async open(base: string): Promise<RawPolling> {
    const response = await fetch(`${base}?EIO=4&transport=polling`);
    const packet = await response.text();
    const { sid } = JSON.parse(packet.slice(1)) as { sid: string };
    return new RawPolling(`${base}?EIO=4&transport=polling&sid=${sid}`, sid);
  }

  poll(): Promise<Response> {
    return fetch(this.address);
  }

  /** The packets of the next poll. */
  async packets(): Promise<string[]> {
    const response = await this.poll();
    return (await response.text()).split("\x1e");
  }

  post(body: string | Uint8Array<ArrayBuffer>, contentType = "text/plain;charset=UTF-8"): Promise<Response> {
    return fetch(this.address, { method: "POST", body, headers: { "content-type": contentType } });
  }

  /** Polls until packets came of which none is a ping, answering those. */
  async next(): Promise<string[]> {
    for (;;) {
      const packets = await this.packets();
      if (packets.includes("2")) {
        await this.post("3");
      }
      const others = packets.filter((packet) => packet !== "2");
      if (others.length > 0) {
        return others;
      }
    }
  }
}

/** A WebSocket that keeps what came. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #watchers = new Set<() => void>();
  /** Text as it came, bytes as an array of numbers. */
  readonly frames: (string | number[])[] = [];
  closeCode: number | undefined;
  answersPings = true;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (data === "2" && this.answersPings) {
        socket.send("3");
      } else {
        this.frames.push(typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)]);
      }
      this.#watchers.forEach((watcher) => watcher());
    });
    socket.addEventListener("close", ({ code }) => {
      this.closeCode = code;
      this.#watchers.forEach((watcher) => watcher());
    });
  }

  /** Rejects where the server refuses it. */
  static async open(base: string, sid?: string): Promise<RawSocket> {
    const address = `${base.replace("http", "ws")}?EIO=4&transport=websocket${sid === undefined ? "" : `&sid=${sid}`}`;
    const socket = new WebSocket(address);
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("refused")));
    });
    return raw;
  }

  /** One that joined a namespace, after its first events. */
  static async joined(base: string, packet = "40", events = 1): Promise<RawSocket> {
    const raw = await RawSocket.open(base);
    raw.send(packet);
    await raw.until(() => raw.frames.length >= 2 + events);
    return raw;
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.close();
  }

  /** The frame at this place, as soon as it came. */
  async frame(index: number): Promise<string | number[]> {
    await this.until(() => this.frames.length > index);
    return this.frames[index] ?? "";
  }

  async closed(): Promise<number> {
    await this.until(() => this.closeCode !== undefined);
    return this.closeCode ?? 0;
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const watcher = () => {
        if (condition()) {
          this.#watchers.delete(watcher);
          resolve();
        } else if (this.closeCode !== undefined) {
          this.#watchers.delete(watcher);
          reject(new Error(`closed with ${this.closeCode} after ${JSON.stringify(this.frames)}`));
        }
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }
}
