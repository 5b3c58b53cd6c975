import { afterEach, beforeEach, vi } from "vitest";
import type { Client, ClientOptions, Events, Message } from "../../src/client/api.ts";
import { createClient } from "../../src/client/client.ts";
import { PairlineError } from "../../src/client/errors.ts";

type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** Timers and the clock stand still, and random waits are as long as they may be, in every test of the file. */
export function freezeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    vi.spyOn(Math, "random").mockReturnValue(0.999_999);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

export const passMs = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The server's end of one socket. */
export class FakeSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly texts: string[] = [];
  readyState = 0;
  isClosedByClient = false;
  answersPings = true;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  get token(): string {
    return (this.protocols[1] ?? "").slice("bearer.".length);
  }

  get frames(): Frame[] {
    return this.texts.filter((text) => text !== "ping").map((text) => JSON.parse(text) as Frame);
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  send(text: string): void {
    this.texts.push(text);
    if (text === "ping" && this.answersPings) {
      queueMicrotask(() => this.onmessage?.({ data: "pong" }));
    }
  }

  close(): void {
    this.isClosedByClient = true;
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  tell(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

/** Lets the client wait as long as it will until it opens its next socket. */
export async function nextSocket(world: World): Promise<FakeSocket> {
  const before = world.sockets.length;
  for (let waitedMs = 0; world.sockets.length === before; waitedMs += 100) {
    if (waitedMs > 60_000) {
      throw new Error("no socket was opened in a minute");
    }
    await passMs(100);
  }
  return world.socket;
}

export const limits = { maxTextBytes: 1_000, maxFrameBytes: 65_536, maxPresencePeers: 50 };
export const emptyList = { conversations: [], unread: { messages: 0, conversations: 0 }, position: 9_000 };

/** A message of number and revision `seq`, unless it says more. */
export function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    seq,
    rev: seq,
    id: `m${seq}`,
    author: "bob",
    text: `text ${seq}`,
    createdAt: 1_000 + seq,
    ...more,
  };
}

export function summary(peer: string, head: number, more: Frame | object = {}) {
  return {
    peer,
    head,
    rev: head,
    state: 0,
    read: { you: 0, peer: 0 },
    unread: 0,
    muted: false,
    archived: false,
    blocked: false,
    ...(head > 0 && { last: { author: peer, text: `text ${head}`, createdAt: 1_000 + head } }),
    ...more,
  };
}

/** How a conversation stands, at the end of a replay. */
export function synced(rev: number, head = rev, more: object = {}) {
  const marks = { read: { you: 0, peer: 0 }, delivered: { you: 0, peer: 0 } };
  return { type: "synced", peer: "bob", head, rev, ...marks, peerOnline: false, ...more };
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface World {
  readonly client: Client;
  readonly sockets: FakeSocket[];
  /** The newest one. */
  readonly socket: FakeSocket;
  /** `METHOD /path` of each request, and the answers it gets: by the first that its path begins with. */
  readonly requests: string[];
  readonly answers: Map<string, () => Answer | Promise<Answer>>;
  readonly events: { [Name in keyof Events]: Events[Name][] };
  /** From now on nobody listens to events. */
  ignoreEvents(): void;
  /** Opens the newest socket, and greets the client. */
  greet(list?: object): Promise<FakeSocket>;
}

/** A client of Ann's, against what a test says in the server's place. */
export function worldOf(options: Partial<ClientOptions> = {}): World {
  const sockets: FakeSocket[] = [];
  const requests: string[] = [];
  const answers: World["answers"] = new Map();
  const events: World["events"] = { message: [], refused: [], reset: [], trouble: [] };
  const client = createClient({
    url: "https://dm.example.com",
    token: () => Promise.resolve("opaque"),
    WebSocket: class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    },
    fetch: async (url, { method, signal }) => {
      const request = `${method} ${url.slice("https://dm.example.com".length)}`;
      requests.push(request);
      const [, answer] = Array.from(answers).find(([start]) => request.startsWith(start)) ?? [];
      const {
        status,
        body,
        headers = {},
      } = (await Promise.race([answer?.(), abortOf(signal)])) ?? { status: 404, body: { code: "not_found" } };
      return {
        ok: status < 400,
        status,
        headers: { get: (name) => headers[name] ?? null },
        text: () => Promise.resolve(JSON.stringify(body)),
      };
    },
    ...options,
  });
  const ends = (["message", "refused", "reset", "trouble"] as const).map((name) =>
    client.on(name, (event) => void (events[name] as unknown[]).push(event)),
  );
  return {
    client,
    sockets,
    get socket() {
      const socket = sockets.at(-1);
      if (socket === undefined) {
        throw new Error("no socket was opened");
      }
      return socket;
    },
    requests,
    answers,
    events,
    ignoreEvents: () => ends.forEach((end) => end()),
    async greet(list = emptyList) {
      await passMs(0);
      this.socket.open();
      this.socket.tell({ type: "ready", you: "ann", limits, list });
      await passMs(0);
      return this.socket;
    },
  };
}

/** Rejects when a request is given up, as the platform's `fetch` does. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new TypeError("aborted")));
  });
}

/** A list with one conversation, Bob's, of so many messages. */
export const listOfBob = (head: number, more: object = {}) => ({
  ...emptyList,
  conversations: [summary("bob", head, more)],
});

/** A client that was greeted with that list. */
export async function startedWithBob(head = 5, more: object = {}, options: Partial<ClientOptions> = {}) {
  const world = worldOf(options);
  const socket = await world.greet(listOfBob(head, more));
  return { world, socket, bob: world.client.conversation("bob") };
}

/** The code with which a promise was rejected; undefined while it is not. */
export function codeOf(promise: Promise<unknown>): { readonly code: string | undefined } {
  const outcome: { code: string | undefined } = { code: undefined };
  promise.then(
    () => (outcome.code = "resolved"),
    (error: unknown) => (outcome.code = error instanceof PairlineError ? error.code : String(error)),
  );
  return outcome;
}
