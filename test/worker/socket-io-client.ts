import { env, origin, socketOf, tokenFor, worker } from "./clients.ts";

type Event = readonly [name: string, value: Readonly<Record<string, unknown>>];

/** One Socket.IO client on a WebSocket, raw: one text packet a frame, acknowledgements by id. */
export class SocketIoClient {
  readonly #socket: WebSocket;
  readonly #watchers = new Set<() => void>();
  #nextId = 0;
  /** Every packet of Engine.IO as it came, but pings. */
  readonly packets: string[] = [];
  /** The answers to acknowledged events, by id. */
  readonly #acknowledged = new Map<number, readonly unknown[]>();
  pings = 0;
  answersPings = true;
  end: { readonly code: number } | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code }) => {
      this.end = { code };
      this.#changed();
    });
    socket.accept();
  }

  send(packet: string | Uint8Array): void {
    this.#socket.send(packet);
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** The session's id, of its first packet. */
  async sid(): Promise<string> {
    await this.until(() => this.packets.length > 0, "the open packet");
    const { sid } = JSON.parse((this.packets[0] ?? "").slice(1)) as { sid: string };
    return sid;
  }

  /** Emits an event and returns what it is acknowledged with. */
  async call(name: string, value: object): Promise<readonly unknown[]> {
    const id = this.#nextId;
    this.#nextId += 1;
    this.send(`42${id}${JSON.stringify([name, value])}`);
    await this.until(() => this.#acknowledged.has(id), `the answer to ${name}`);
    return this.#acknowledged.get(id) ?? [];
  }

  /** All events of a name that came, in order. */
  events(name: string): Event[1][] {
    return this.packets
      .filter((packet) => packet.startsWith("42["))
      .map((packet) => JSON.parse(packet.slice(2)) as Event)
      .flatMap(([one, value]) => (one === name ? [value] : []));
  }

  async event(name: string, matches: (value: Event[1]) => boolean = () => true): Promise<Event[1]> {
    const found = () => this.events(name).find(matches);
    await this.until(() => found() !== undefined, `an event ${name}`);
    return found() ?? {};
  }

  /** The first packet that begins so. */
  async packet(start: string): Promise<string> {
    const found = () => this.packets.find((packet) => packet.startsWith(start));
    await this.until(() => found() !== undefined, `a packet ${start}`);
    return found() ?? "";
  }

  async closed(): Promise<number> {
    await this.until(() => this.end !== undefined, "the close");
    return this.end?.code ?? 0;
  }

  /** Returns when `condition` holds; it is looked at after each packet. Throws where the socket ended without it. */
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

  #take(packet: string): void {
    if (packet === "2") {
      this.pings += 1;
      if (this.answersPings) {
        this.send("3");
      }
    } else {
      this.packets.push(packet);
      const acknowledgement = /^43(\d+)(\[.*)$/s.exec(packet);
      if (acknowledgement !== null) {
        const [, id, args = "[]"] = acknowledgement;
        this.#acknowledged.set(Number(id), JSON.parse(args) as unknown[]);
      }
    }
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
  }
}

/** Opens a session on a WebSocket; nobody is connected yet. */
export async function openSession(path = "/socket.io/"): Promise<SocketIoClient> {
  const url = `${origin}${path}?EIO=4&transport=websocket`;
  return new SocketIoClient(socketOf(await worker.fetch(url, { headers: { upgrade: "websocket" } })));
}

/** Connects with this `auth` and returns once that was answered. */
export async function connectWith(auth: object, path?: string): Promise<SocketIoClient> {
  const client = await openSession(path);
  client.send(`40${JSON.stringify(auth)}`);
  await client.until(() => client.packets.some((packet) => /^4[04]/.test(packet)), "the answer to CONNECT");
  return client;
}

/** Connects as a user and waits until the inbox told how its list stands. */
export async function connectSocketIo(user: string): Promise<SocketIoClient> {
  const client = await connectWith({ token: await tokenFor(user) });
  await client.event("ready");
  return client;
}

/** The object of a session. */
export function sessionOf(sid: string) {
  return env.SOCKETIO_SESSIONS.get(env.SOCKETIO_SESSIONS.idFromString(sid));
}
