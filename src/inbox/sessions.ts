import { within } from "../sockets/within.ts";
import { InboxDevice, inboxAttachmentSchema, type InboxAttachment } from "./inbox-device.ts";
import { SessionSocket } from "./session-socket.ts";
import type { SessionEnd } from "../rpc/session.ts";

/** An answer waits so long for sessions to be told first, so that a message's event comes before its acknowledgement. */
const toldWaitMs = 2_000;

const prefix = "session:";

export interface SessionsPorts {
  readonly kv: Pick<SyncKvStorage, "get" | "put" | "delete" | "list">;
  /** Hands frames to a session: whether it is still one of this user's. */
  readonly push: (sid: string, frames: readonly string[], end: SessionEnd | undefined) => Promise<boolean>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** A device's session is gone. */
  readonly left: (device: InboxDevice) => void;
  /** A device missed something, so it must begin anew. */
  readonly broken: (device: InboxDevice) => void;
}

interface Session {
  readonly socket: SessionSocket;
  readonly device: InboxDevice;
}

/**
 * The Socket.IO sessions of one user: devices that are objects of their own. Each is a row, written when it comes,
 * follows others or goes, since no socket is here that would be found again after a sleep.
 */
export class Sessions {
  readonly #ports: SessionsPorts;
  readonly #sessions = new Map<string, Session>();

  constructor(ports: SessionsPorts) {
    this.#ports = ports;
    for (const [key, row] of ports.kv.list({ prefix })) {
      const kept = inboxAttachmentSchema.parse(row);
      const { device } = this.#open(key.slice(prefix.length), kept);
      if (kept.ended === true) {
        device.close(1000, "internal: it missed something");
      }
    }
  }

  /** The devices of before the object slept. */
  awoken(): InboxDevice[] {
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
      this.#ports.left(session.device);
    }
  }

  /** Whether any is here. */
  get areAny(): boolean {
    return this.#sessions.size > 0;
  }

  /** Returns when sessions have what they were sent, or after a while. One that could not be told its end is told now. */
  async told(): Promise<void> {
    const sockets = [...this.#sessions.values()].map(({ socket }) => socket);
    for (const socket of sockets) {
      socket.retryEnd();
    }
    await within(toldWaitMs, Promise.all(sockets.map((socket) => socket.drained())));
  }

  #open(sid: string, kept: InboxAttachment): Session {
    const { now, wait, push, broken } = this.#ports;
    const socket = new SessionSocket({
      now,
      wait,
      push: (frames, end) => push(sid, frames, end),
      keep: (attachment) => this.#keep(sid, attachment as InboxAttachment),
      gone: () => this.drop(sid),
      broken: () => broken(session.device),
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
