import type { SqlValue } from "../../../src/conversation/message-store-schema.ts";
import type { ObjectDisk } from "./disk.ts";
import { Life, type VirtualTime } from "./virtual-time.ts";
import type { VirtualSocket } from "./virtual-socket.ts";

/** How long a call between objects is under way, in each direction. */
const hopMs = 1;

type Method = (...parameters: unknown[]) => unknown;
/** An instance of a Durable Object's class, as its host calls it. */
export interface Instance {
  fetch(request: Request): Response | Promise<Response>;
  webSocketMessage(socket: unknown, data: string): unknown;
  webSocketClose(socket: unknown, code: number, reason: string): unknown;
  alarm?(): Promise<void>;
}
export type ObjectClass = new (ctx: unknown, env: unknown) => Instance;

interface Awake {
  readonly instance: Instance;
  readonly life: Life;
  /** Rejects when the instance dies. */
  readonly ended: Promise<never>;
}

/** One Durable Object: what is durable of it, its sockets, and an instance while it is awake. */
export class ObjectHost {
  readonly name: string;
  readonly #open: (ctx: unknown) => Instance;
  readonly #time: VirtualTime;
  readonly #disk: ObjectDisk;
  readonly #sockets = new Set<VirtualSocket>();
  readonly #pingedAtMs = new Map<VirtualSocket, number>();
  #awake: Awake | undefined;
  #die: ((error: Error) => void) | undefined;
  #alarmAtMs: number | undefined;

  constructor(
    { name, time, disk }: { readonly name: string; readonly time: VirtualTime; readonly disk: ObjectDisk },
    open: (ctx: unknown) => Instance,
  ) {
    this.name = name;
    this.#disk = disk;
    this.#time = time;
    this.#open = open;
  }

  /** Calls a method from elsewhere. Rejects where the object dies before it answered. */
  async call(method: string, parameters: readonly unknown[]): Promise<unknown> {
    const copies = structuredClone(parameters);
    await this.#time.wait(hopMs);
    const answer = await this.#run((instance) =>
      (instance as unknown as Record<string, Method>)[method]?.(...copies),
    );
    await this.#time.wait(hopMs);
    return this.#copied(answer);
  }

  /** Hands it an upgrade. */
  async fetch(request: Request): Promise<Response> {
    await this.#time.wait(hopMs);
    return this.#run((instance) => instance.fetch(request));
  }

  /** The instance dies with its memory and its sockets; what is durable stays. */
  kill(reason = "the object was reset"): void {
    this.#forget(reason);
    for (const socket of this.#sockets) {
      this.#sockets.delete(socket);
      socket.readyState = 3;
      socket.other?.ended(1006, "");
    }
  }

  /** Loses its memory and keeps its sockets, where nothing is under way that the platform would wait for. */
  hibernate(): void {
    if (this.#awake?.life.timers === 0) {
      this.#forget("the object sleeps");
    }
  }

  #run<Value>(use: (instance: Instance) => Value | Promise<Value>): Promise<Value> {
    const { instance, life, ended } = this.#wake();
    const used = this.#time.within(life, async () => use(instance));
    return Promise.race([used, ended]);
  }

  #wake(): Awake {
    if (this.#awake === undefined) {
      const life = new Life();
      const ended = new Promise<never>((_, reject) => {
        this.#die = reject;
      });
      ended.catch(() => {});
      const instance = this.#time.within(life, () => this.#open(this.#state()));
      this.#awake = { instance, life, ended };
    }
    return this.#awake;
  }

  #forget(reason: string): void {
    if (this.#awake !== undefined) {
      this.#awake.life.isOver = true;
      this.#awake = undefined;
      this.#die?.(new Error(reason));
    }
  }

  /** Values as they travel between objects; functions among them are called where they are. */
  #copied(value: unknown): unknown {
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    if (!entries.some(([, part]) => typeof part === "function")) {
      return value instanceof Response ? value : structuredClone(value);
    }
    const copy = entries.map(([name, part]) => [
      name,
      typeof part === "function" ? this.#remote(part as Method) : structuredClone(part),
    ]);
    return { ...(Object.fromEntries(copy) as object), [Symbol.dispose]: () => {} };
  }

  #remote(called: Method): Method {
    const awake = this.#awake;
    return async (...parameters) => {
      await this.#time.wait(hopMs);
      if (awake === undefined || awake !== this.#awake) {
        throw new Error("the object was reset");
      }
      const answer = await this.#run(() => called(...structuredClone(parameters)));
      await this.#time.wait(hopMs);
      return answer;
    };
  }

  #state(): object {
    const { name } = this;
    const disk = this.#disk;
    return {
      id: { name, toString: () => name },
      storage: {
        sql: { exec: (query: string, ...bindings: SqlValue[]) => disk.sqlite.sql.exec(query, ...bindings) },
        transactionSync: <Value>(run: () => Value) => disk.sqlite.transactionSync(run),
        kv: this.#keyValue(),
        setAlarm: async (atMs: number) => this.#setAlarm(atMs),
        deleteAlarm: async () => this.#setAlarm(undefined),
      },
      setWebSocketAutoResponse: () => {},
      getWebSocketAutoResponseTimestamp: (socket: VirtualSocket) => {
        const atMs = this.#pingedAtMs.get(socket);
        return atMs === undefined ? null : new Date(atMs);
      },
      getWebSockets: () => Array.from(this.#sockets),
      acceptWebSocket: (socket: VirtualSocket) => this.#accept(socket),
      abort: (reason: string) => this.kill(reason),
    };
  }

  #keyValue(): object {
    const { kv } = this.#disk;
    return {
      get: (key: string) => structuredClone(kv.get(key)),
      put: (key: string, value: unknown) => void kv.set(key, structuredClone(value)),
      delete: (key: string) => kv.delete(key),
      list: ({ prefix }: { prefix: string }) => Array.from(kv).filter(([key]) => key.startsWith(prefix)),
    };
  }

  #accept(socket: VirtualSocket): void {
    this.#sockets.add(socket);
    socket.handle({
      text: (text) => {
        if (text === "ping") {
          this.#pingedAtMs.set(socket, this.#time.nowMs);
          socket.send("pong");
        } else {
          this.#runEvent((instance) => instance.webSocketMessage(socket, text));
        }
      },
      closed: (code, reason) => {
        this.#sockets.delete(socket);
        this.#runEvent((instance) => instance.webSocketClose(socket, code, reason));
      },
    });
  }

  #runEvent(use: (instance: Instance) => unknown): void {
    // An event that its object does not survive is lost with it.
    this.#run(use).catch(() => {});
  }

  #setAlarm(atMs: number | undefined): void {
    this.#alarmAtMs = atMs;
    if (atMs !== undefined) {
      // It rings also where the instance of now is gone.
      this.#time.within(undefined, () =>
        this.#time.setTimer(() => this.#ring(atMs), atMs - this.#time.nowMs),
      );
    }
  }

  #ring(atMs: number): void {
    if (this.#alarmAtMs === atMs) {
      this.#alarmAtMs = undefined;
      this.#runEvent((instance) => instance.alarm?.());
    }
  }
}
