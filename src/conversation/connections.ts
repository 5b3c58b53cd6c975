import { errorCatalogue, type ErrorCode } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import type { Connection } from "./connection.ts";

/** Characters that may wait for one socket however many there are: a replay of 1 MiB and what comes behind it. */
const leastShare = 2_097_152;

interface ConnectionsPorts {
  readonly limits: Limits;
  readonly now: () => number;
  /** Hears of each socket that is no longer one of the conversation's, once. */
  readonly left: (connection: Connection) => void;
}

/** All sockets of a conversation: the one place that sends frames and ends sockets. */
export class Connections {
  readonly #ports: ConnectionsPorts;
  readonly #all = new Set<Connection>();

  constructor(ports: ConnectionsPorts, existing: Iterable<Connection> = []) {
    this.#ports = ports;
    for (const connection of existing) {
      this.#all.add(connection);
    }
  }

  /** Takes a new socket in; beyond the device limit the user's stalest one makes room. */
  add(connection: Connection): void {
    const devices = this.#of(connection.side);
    if (devices.length >= this.#ports.limits.maxDevices) {
      const stalest = devices.reduce((one, other) => (other.seenAtMs < one.seenAtMs ? other : one));
      this.end(stalest, "device_limit");
    }
    this.#all.add(connection);
  }

  remove(connection: Connection): void {
    if (this.#all.delete(connection)) {
      this.#ports.left(connection);
    }
  }

  /** A frame to one socket. An expired one is closed instead: it neither sends nor receives. */
  send(connection: Connection, frame: ServerFrame): void {
    this.#deliver(connection, JSON.stringify(frame));
  }

  /** A frame to every device of both users, or of one side. */
  broadcast(frame: ServerFrame, side?: Side): void {
    const text = JSON.stringify(frame);
    for (const connection of this.#all) {
      if (side === undefined || connection.side === side) {
        this.#deliver(connection, text);
      }
    }
  }

  /** Closes a socket for a reason of the catalogue. */
  end(connection: Connection, code: ErrorCode): void {
    const { closeCode, title } = errorCatalogue[code];
    connection.end(closeCode, `${code}: ${title}`);
    this.remove(connection);
  }

  /** Whether a user has a socket that lives: token unexpired, last sign of life not long past. */
  isOnline(side: Side): boolean {
    const nowMs = this.#ports.now();
    const { presenceTtlMs } = this.#ports.limits;
    return this.#of(side).some(
      (connection) => !connection.isExpired(nowMs) && nowMs - connection.seenAtMs <= presenceTtlMs,
    );
  }

  /** The furthest delivery mark of a user's sockets; 0 without any. */
  deliveredSeq(side: Side): number {
    return Math.max(0, ...this.#of(side).map((connection) => connection.deliveredSeq));
  }

  get all(): readonly Connection[] {
    return [...this.#all];
  }

  #of(side: Side): Connection[] {
    return [...this.#all].filter((connection) => connection.side === side);
  }

  #deliver(connection: Connection, text: string): void {
    if (connection.isExpired(this.#ports.now())) {
      this.end(connection, "token_expired");
      return;
    }
    connection.send(text);
    if (connection.outstanding > this.#share() && !this.#wasHeard(connection)) {
      this.end(connection, "slow_reader");
    }
  }

  // All sockets wait in the same memory. A share holds a whole replay.
  #share(): number {
    return Math.max(leastShare, this.#ports.limits.maxOutstandingCharacters / this.#all.size);
  }

  // The platform shows no backlog; a frame or a ping since counting began shows that the device still reads.
  #wasHeard(connection: Connection): boolean {
    const heard = connection.seenAtMs > connection.countingSinceMs;
    if (heard) {
      connection.outstanding = 0;
      connection.countingSinceMs = this.#ports.now();
    }
    return heard;
  }
}
