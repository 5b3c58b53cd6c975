import { createHmac } from "node:crypto";
import { ConversationObject } from "../../../src/conversation/object.ts";
import { app } from "../../../src/http/app.ts";
import { InboxObject } from "../../../src/inbox/object.ts";
import { conversationName } from "../../../src/protocol/pair.ts";
import { Disk } from "./disk.ts";
import { ObjectHost, type ObjectClass } from "./object-host.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { VirtualSocketPair } from "./virtual-socket.ts";

const secret = "a-secret-for-tests-only-of-32-characters";

/** How long each call of D1 takes. */
const d1Ms = 2;

/** An upgrade's answer has a status that Node's own `Response` refuses. */
class WorkerResponse extends Response {
  // Of the type that the platform's own has.
  override readonly webSocket: WebSocket | null;

  constructor(body?: ConstructorParameters<typeof Response>[0], init: ResponseInit = {}) {
    const isUpgrade = init.status === 101;
    super(body, isUpgrade ? { ...init, status: 200 } : init);
    this.webSocket = init.webSocket ?? null;
    if (isUpgrade) {
      Object.defineProperty(this, "status", { value: 101 });
    }
  }
}

/**
 * The Worker in plain Node: its own HTTP application and Durable Objects, on SQLite, in virtual time. Only the platform
 * beneath them is imitated: storage, alarms, calls between objects, hibernating sockets.
 */
export class VirtualWorker {
  readonly time: VirtualTime;
  /** Hears of each call between objects. */
  called: (object: string, method: string, parameters: readonly unknown[]) => void = () => {};
  readonly #disk: Disk;
  readonly #hosts = new Map<string, ObjectHost>();
  readonly #env: Record<string, unknown>;
  readonly #globals: readonly (readonly [string, unknown])[];

  constructor(time: VirtualTime, variables: Readonly<Record<string, string>> = {}, disk = new Disk()) {
    this.time = time;
    this.#disk = disk;
    disk.d1.delay = () => time.wait(d1Ms);
    disk.d1.isDown = false;
    this.#env = {
      JWT_SECRET: secret,
      LOG_LINES: "failures",
      DB: disk.d1.binding,
      CONVERSATIONS: this.#namespace("conversation"),
      INBOXES: this.#namespace("inbox"),
      ...variables,
    };
    this.#globals = [
      ["WebSocketPair", VirtualSocketPair],
      ["WebSocketRequestResponsePair", Object],
      ["Response", WorkerResponse],
      // What it logs of outages would bury everything else.
      ["console", { ...console, warn: () => {}, error: () => {} }],
    ].map(([name, value]) => {
      const before: unknown = Reflect.get(globalThis, name as string);
      Object.defineProperty(globalThis, name as string, { value, configurable: true, writable: true });
      return [name as string, before];
    });
  }

  /** Takes what it gave the process away again. */
  uninstall(): void {
    for (const [name, value] of this.#globals) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }

  /** A request to the Worker, which takes no time on the way. */
  async fetch(path: string, user: string, init: RequestInit = {}): Promise<WorkerResponse> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.token(user)}`);
    const request = new Request(`https://dm.example.com${path}`, { ...init, headers });
    return this.request(request);
  }

  async request(request: Request): Promise<WorkerResponse> {
    const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
    return this.time.within(undefined, async () =>
      app.fetch(request, this.#env, context as unknown as ExecutionContext),
    ) as Promise<WorkerResponse>;
  }

  token(user: string): string {
    const nowSeconds = Math.floor(this.time.nowMs / 1_000);
    const parts = [
      { alg: "HS256", typ: "JWT" },
      { sub: user, iat: nowSeconds, exp: nowSeconds + 86_400 },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    const signature = createHmac("sha256", secret).update(parts.join("."));
    return [...parts, signature.digest("base64url")].join(".");
  }

  /** The object of a conversation. */
  conversation(user: string, peer: string): ObjectHost {
    return this.#hostAt(`conversation ${conversationName(user, peer)}`);
  }

  inbox(user: string): ObjectHost {
    return this.#hostAt(`inbox ${user}`);
  }

  get isArchiveDown(): boolean {
    return this.#disk.d1.isDown;
  }

  setArchive(isDown: boolean): void {
    this.#disk.d1.isDown = isDown;
  }

  hibernateAll(): void {
    this.#hosts.forEach((host) => host.hibernate());
  }

  /** All objects die at once, as when a new version is deployed. */
  killAll(): void {
    this.#hosts.forEach((host) => host.kill());
  }

  #namespace(kind: string): object {
    return {
      getByName: (name: string) => {
        const key = `${kind} ${name}`;
        const get = (_: object, method: string | symbol) =>
          method === "then" ? undefined : this.#method(key, String(method));
        return new Proxy({}, { get });
      },
    };
  }

  #method(key: string, method: string): (...parameters: unknown[]) => Promise<unknown> {
    const host = this.#hostAt(key);
    // A request travels as it is.
    return method === "fetch"
      ? (url, init) => host.fetch(new Request(url as string, init as RequestInit))
      : (...parameters) => {
          this.called(key, method, parameters);
          return host.call(method, parameters);
        };
  }

  #hostAt(key: string): ObjectHost {
    const known = this.#hosts.get(key);
    if (known !== undefined) {
      return known;
    }
    const [kind = "", ...name] = key.split(" ");
    const Class = (kind === "inbox" ? InboxObject : ConversationObject) as unknown as ObjectClass;
    const host = new ObjectHost(
      { name: name.join(" "), time: this.time, disk: this.#disk.of(key) },
      (ctx) => new Class(ctx, this.#env),
    );
    this.#hosts.set(key, host);
    return host;
  }
}
