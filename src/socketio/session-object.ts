import { EngineSessionObject, type Application, type Seat } from "./engine-session-object.ts";
import type { Namespaces } from "./namespaces.ts";
import { SocketIo, type KeptMembers } from "./socket-io.ts";

/** One Socket.IO client. */
export class SocketIoSession extends EngineSessionObject {
  protected override seat(seat: Seat, kept?: unknown): Application {
    const { carrier, options, later, changed } = seat;
    const namespaces = this.namespaces(seat);
    const { connectTimeoutMs } = options;
    const ports = { carrier, namespaces, connectTimeoutMs, now: Date.now, later, changed };
    return new SocketIo(ports, kept as KeptMembers | undefined);
  }

  protected override async forget(): Promise<void> {
    return undefined;
  }

  /** What is served. */
  protected namespaces(_seat: Seat): Namespaces {
    return { admit: () => undefined, restore: () => undefined };
  }
}
