/** What every frame of the server has; those that answer a send carry its `id`. */
interface AnyFrame {
  readonly type: string;
  readonly id?: string | undefined;
}

type FrameOf<Frame, Type> = Extract<Frame, { type: Type }>;

/** One device's socket, raw: sends whatever it is told to, and keeps all that came. */
export class SocketClient<Frame extends { readonly type: string }> {
  readonly #socket: WebSocket;
  readonly #parse: (value: unknown) => Frame;
  readonly #watchers = new Set<() => void>();
  /** Every frame that came, parsed, in order. */
  readonly frames: Frame[] = [];
  /** The same as they came; schemas leave out what a schema cannot say. */
  readonly received: string[] = [];
  /** How often `pong` came. */
  pongs = 0;
  /** How the socket ended, once it has. */
  end: { readonly code: number; readonly reason: string } | undefined;

  constructor(socket: WebSocket, parse: (value: unknown) => Frame) {
    this.#socket = socket;
    this.#parse = parse;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code, reason }) => {
      this.end = { code, reason };
      this.#changed();
    });
    socket.accept();
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  all<Type extends Frame["type"]>(type: Type): FrameOf<Frame, Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Frame, Type> => frame.type === type);
  }

  /** The first frame of this kind for which `matches` holds, whether it came already or not. */
  async first<Type extends Frame["type"]>(
    type: Type,
    matches: (frame: FrameOf<Frame, Type>) => boolean = () => true,
  ): Promise<FrameOf<Frame, Type>> {
    const found = () => this.all(type).find(matches);
    await this.until(() => found() !== undefined, `a ${type} frame`);
    return found() as FrameOf<Frame, Type>;
  }

  /** The first `ack` or `error` from the given place on, of this send where its id is given. */
  async answer(from: number, id?: string): Promise<Frame> {
    const found = () =>
      this.frames
        .slice(from)
        .find(
          (frame: AnyFrame) =>
            (frame.type === "ack" || frame.type === "error") && (id === undefined || frame.id === id),
        );
    await this.until(() => found() !== undefined, "an answer");
    return found() as Frame;
  }

  /** How the socket ended. */
  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    await this.until(() => this.end !== undefined, "the close");
    return this.end ?? { code: 0, reason: "" };
  }

  /** Returns when `condition` holds; it is looked at after each frame. Throws where the socket ended without it. */
  until(condition: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const watcher = () => {
        if (condition()) {
          this.#watchers.delete(watcher);
          resolve();
        } else if (this.end !== undefined) {
          this.#watchers.delete(watcher);
          reject(new Error(`the socket ended with ${this.end.code} before ${what} came`));
        }
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  #take(data: string): void {
    if (data === "pong") {
      this.pongs += 1;
    } else {
      this.received.push(data);
      this.frames.push(this.#parse(JSON.parse(data)));
    }
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
  }
}
