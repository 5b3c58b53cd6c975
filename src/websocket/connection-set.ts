import { accessError } from "../auth/access.ts";
import { errorCatalogue, type ErrorCode } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Report } from "../observability/log-events.ts";
import type { Connection } from "./connection.ts";

/** Characters that may wait for one socket however many there are: a replay of 1 MiB and what comes behind it. */
const leastShare = 2_097_152;

interface ConnectionsPorts<Device> {
  readonly limits: Limits;
  readonly now: () => number;
  readonly userOf: (connection: Device) => string;
  /** Hears of each socket that is no longer one of the object's, once. */
  readonly onLeft: (connection: Device) => void;
  readonly report: Report;
  readonly reportRefusal: (code: ErrorCode, requestId: string) => void;
}

/** All sockets of an object: the one place that sends frames and ends sockets. */
export class ConnectionSet<Device extends Connection, Frame extends object> {
  readonly #ports: ConnectionsPorts<Device>;
  readonly #all = new Set<Device>();

  constructor(ports: ConnectionsPorts<Device>, existing: Iterable<Device> = []) {
    this.#ports = ports;
    for (const connection of existing) {
      this.#all.add(connection);
    }
  }

  /** Takes a new socket in; beyond the device limit the stalest of its user's `devices` makes room. */
  add(connection: Device, devices: readonly Device[]): void {
    if (devices.length >= this.#ports.limits.maxDevices) {
      const stalest = devices.reduce((one, other) => (other.seenAtMs < one.seenAtMs ? other : one));
      this.end(stalest, "device_limit");
    }
    this.#all.add(connection);
  }

  remove(connection: Device): void {
    if (this.#all.delete(connection)) {
      this.#reportClosed(connection);
      this.#ports.onLeft(connection);
    }
  }

  /** A socket that was opened, not one that was here before the object slept. */
  opened({ requestId, isSession }: Device): void {
    if (!isSession) {
      this.#ports.report("socket_opened", { requestId, sockets: this.socketCount });
    }
  }

  /** An `error` frame to one socket. */
  refuse(connection: Device, frame: Frame & { readonly code: ErrorCode }): void {
    this.#ports.reportRefusal(frame.code, connection.requestId);
    this.send(connection, frame);
  }

  /** A frame to one socket. One whose user has no access any more is closed instead: it neither sends nor receives. */
  send(connection: Device, frame: Frame): void {
    this.#deliver(connection, JSON.stringify(frame));
  }

  /** A frame to every device, or to those that are meant. */
  broadcast(frame: Frame, isMeant: (connection: Device) => boolean = () => true): void {
    const text = JSON.stringify(frame);
    for (const connection of this.#all) {
      if (isMeant(connection)) {
        this.#deliver(connection, text);
      }
    }
  }

  /** Closes a socket for a reason of the catalogue. */
  end(connection: Device, code: ErrorCode): void {
    const { closeCode, title } = errorCatalogue[code];
    connection.end(closeCode, `${code}: ${title}`);
    this.remove(connection);
  }

  /** Why a socket's user may neither read nor write now; undefined: they may. */
  accessError(connection: Device): ErrorCode | undefined {
    const { now, userOf } = this.#ports;
    const { expiresAtMs } = connection.kept;
    return accessError({ user: userOf(connection), expiresAtMs }, now());
  }

  /** Whether a socket is presence: token unexpired, last sign of life not long past. */
  isLive(connection: Device): boolean {
    const unseenMs = this.#ports.now() - connection.seenAtMs;
    return this.accessError(connection) === undefined && unseenMs <= this.#ports.limits.presenceTtlMs;
  }

  get all(): readonly Device[] {
    return [...this.#all];
  }

  get socketCount(): number {
    return this.all.filter(({ isSession }) => !isSession).length;
  }

  #reportClosed({ isSession, requestId, closeCode = 1006, kept }: Device): void {
    if (!isSession) {
      this.#ports.report("socket_closed", {
        requestId,
        code: closeCode,
        by: kept.ended === true ? "server" : "client",
        openMs: this.#ports.now() - kept.connectedAtMs,
        sockets: this.socketCount,
      });
    }
  }

  #deliver(connection: Device, text: string): void {
    const error = this.accessError(connection);
    if (error !== undefined) {
      this.end(connection, error);
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
  #wasHeard(connection: Device): boolean {
    const heard = connection.seenAtMs > connection.countingSinceMs;
    if (heard) {
      connection.outstanding = 0;
      connection.countingSinceMs = this.#ports.now();
    }
    return heard;
  }
}
