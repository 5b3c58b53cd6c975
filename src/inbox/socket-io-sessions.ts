import { orUndefinedAfter } from "../lib/timeout.ts";
import { InboxDevice, inboxAttachmentSchema, type InboxAttachment } from "./device.ts";
import type { SessionEnd } from "../rpc/session.ts";
import { SerialBatcher } from "../lib/serial-batcher.ts";
import type { Socket } from "../websocket/connection.ts";

/** A result waits this long for pushes to sessions, so that a message's event precedes its acknowledgement. */
const pushTimeoutMs = 2_000;

const prefix = "session:";

export interface SocketIoSessionsPorts {
  readonly kv: Pick<SyncKvStorage, "get" | "put" | "delete" | "list">;
  /** Hands frames to a session: whether it is still one of this user's. */
  readonly push: (sid: string, frames: readonly string[], end: SessionEnd | undefined) => Promise<boolean>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** A device's session is gone. */
  readonly onLeft: (device: InboxDevice) => void;
  /** A device missed something, so it must begin anew. */
  readonly onBroken: (device: InboxDevice) => void;
}

interface Session {
  readonly socket: SessionSocket;
  readonly device: InboxDevice;
}

/**
 * The Socket.IO sessions of one user: devices that are objects of their own. Each is a row, written when it comes,
 * follows others or goes, since no socket is here that would be found again after a sleep.
 */
export class SocketIoSessions {
  readonly #ports: SocketIoSessionsPorts;
  readonly #sessions = new Map<string, Session>();

  constructor(ports: SocketIoSessionsPorts) {
    this.#ports = ports;
    for (const [key, row] of ports.kv.list({ prefix })) {
      const kept = inboxAttachmentSchema.parse(row);
      const { device } = this.#open(key.slice(prefix.length), kept);
      if (kept.ended === true) {
        device.close(1000, "internal: it missed something");
      }
    }
  }

  /** The devices that were attached before the object was evicted. */
  restored(): InboxDevice[] {
    return [...this.#sessions.values()].flatMap(({ device }) => (device.isOpen ? [device] : []));
  }

  attach(sid: string, expiresAtMs: number): InboxDevice {
    const kept = { expiresAtMs, connectedAtMs: this.#ports.now(), following: [], delivered: [] };
    this.#ports.kv.put(prefix + sid, kept);
    return this.#open(sid, kept).device;
  }

  device(sid: string): InboxDevice | undefined {
    const device = this.#sessions.get(sid)?.device;
    return device?.isOpen === true ? device : undefined;
  }

  /** A session left, or is known to be gone. */
  drop(sid: string): void {
    const session = this.#sessions.get(sid);
    this.#sessions.delete(sid);
    this.#ports.kv.delete(prefix + sid);
    if (session !== undefined) {
      session.socket.retire();
      this.#ports.onLeft(session.device);
    }
  }

  /** Whether any is here. */
  get hasAny(): boolean {
    return this.#sessions.size > 0;
  }

  /** Resolves when every session has its frames, or on timeout. Pushes again an end that failed to arrive. */
  async waitUntilPushed(): Promise<void> {
    const sockets = [...this.#sessions.values()].map(({ socket }) => socket);
    for (const socket of sockets) {
      socket.retryEnd();
    }
    await orUndefinedAfter(pushTimeoutMs, Promise.all(sockets.map((socket) => socket.drained())));
  }

  #open(sid: string, kept: InboxAttachment): Session {
    const { now, wait, push, onBroken } = this.#ports;
    const socket = new SessionSocket({
      now,
      wait,
      push: (frames, end) => push(sid, frames, end),
      keep: (attachment) => this.#keep(sid, attachment as InboxAttachment),
      onGone: () => this.drop(sid),
      onBroken: () => onBroken(session.device),
    });
    const session = { socket, device: new InboxDevice(socket, kept, true) };
    this.#sessions.set(sid, session);
    return session;
  }

  // Leaves out delivery marks, which the session stores itself, and typing, which ends after seconds: both would cost rows.
  #keep(sid: string, { typing: _typing, ...attachment }: InboxAttachment): void {
    const row = { ...attachment, delivered: [] };
    const { kv } = this.#ports;
    if (JSON.stringify(kv.get(prefix + sid)) !== JSON.stringify(row)) {
      kv.put(prefix + sid, row);
    }
  }
}

/** A call that takes longer is repeated. The session drops frames that it already has. */
const callTimeoutMs = 10_000;

const maxTries = 3;

export interface SessionSocketPorts {
  /** Hands frames to the session. Whether it is still one of this user's. */
  readonly push: (frames: readonly string[], end: SessionEnd | undefined) => Promise<boolean>;
  readonly keep: (attachment: unknown) => void;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** There is no such session any more. */
  readonly onGone: () => void;
  /** It cannot be reached, so its client misses something. */
  readonly onBroken: () => void;
}

/** A Socket.IO session in the place of a socket: frames in order, one call in flight. */
export class SessionSocket implements Socket {
  readonly #ports: SessionSocketPorts;
  readonly #frames: SerialBatcher<string | SessionEnd>;
  #end: SessionEnd | undefined;
  #isRetired = false;

  constructor(ports: SessionSocketPorts) {
    this.#ports = ports;
    this.#frames = new SerialBatcher((items) => this.#hand(items));
  }

  send(text: string): void {
    this.#frames.add(text);
  }

  close(code: number, reason: string): void {
    this.#end = { code, reason };
    this.#frames.add(this.#end);
  }

  /** The session is gone: stops pushing to it. */
  retire(): void {
    this.#isRetired = true;
  }

  /** Pushes again an end that failed to arrive. */
  retryEnd(): void {
    if (this.#end !== undefined && this.#frames.isIdle) {
      this.#frames.add(this.#end);
    }
  }

  serializeAttachment(attachment: unknown): void {
    this.#ports.keep(attachment);
  }

  /** A session watches over its client by itself, and says when that is gone. */
  pingedAtMs(): number {
    return this.#ports.now();
  }

  async drained(): Promise<void> {
    await this.#frames.drained();
  }

  async #hand(items: readonly (string | SessionEnd)[]): Promise<void> {
    if (this.#isRetired) {
      return;
    }
    const frames = items.filter((item) => typeof item === "string");
    const end = items.find((item) => typeof item !== "string");
    const isThere = await this.#push(frames, end);
    if (isThere === undefined && end === undefined) {
      this.#ports.onBroken();
    } else if (isThere === false || (isThere === true && end !== undefined)) {
      this.#ports.onGone();
    }
  }

  async #push(frames: readonly string[], end: SessionEnd | undefined): Promise<boolean | undefined> {
    for (let tries = 1; tries <= maxTries; tries += 1) {
      const isThere = await orUndefinedAfter(callTimeoutMs, this.#ports.push(frames, end));
      if (isThere !== undefined) {
        return isThere;
      }
      await this.#ports.wait(50 * 2 ** tries);
    }
    return undefined;
  }
}
