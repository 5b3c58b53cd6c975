import { Decoder, Encoder, PacketType, isPacketValid, type Packet } from "socket.io-parser";
import type { EngineListener } from "./engine/session.ts";
import type {
  Acknowledge,
  ClientTransport,
  NamespaceSocket,
  ClientHandler,
  Namespaces,
  SessionObserver,
} from "./namespaces.ts";
import type { Data } from "./engine/packets.ts";

/** How long the rest of a binary packet may take: a half of one would be lost with the object's sleep. */
const attachmentTimeoutMs = 10_000;

/** Characters of packets that may wait for the one before them: a client that is not let in yet must not fill the memory. */
const maxWaitingCharacters = 4_194_304;
/** Counted for each of them beside its own characters: packets of one character take memory too. */
const charactersPerPacket = 256;

/** What survives the object's sleep of each namespace that was joined: its name, and what its member keeps. */
export type KeptMembers = readonly (readonly [namespace: string, kept: unknown])[];

interface SocketIoPorts {
  readonly transport: ClientTransport;
  readonly namespaces: Namespaces;
  readonly connectTimeoutMs: number;
  readonly now: () => number;
  readonly later: (ms: number, run: () => void) => void;
  /** Runs after each packet: what is kept may have changed. */
  readonly onChanged: () => void;
  readonly observer: SessionObserver;
}

/** The Socket.IO protocol 5 of one session: who joined which namespace, events in order, acknowledgements. */
export class SocketIo implements EngineListener {
  readonly #ports: SocketIoPorts;
  readonly #members = new Map<string, ClientHandler>();
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();
  #queue: Promise<void> = Promise.resolve();
  #left: Promise<unknown> = Promise.resolve();
  /** The transport is gone: nothing more comes or goes, but what came before is still taken. */
  #isOver = false;
  /** The client broke the protocol, or was ended for what it sent: what came behind that is not taken. */
  #isStopped = false;
  /** Text packets that came whole or not. A binary one is whole with its last attachment. */
  #begun = 0;
  #decoded = 0;
  /** Characters of the packet that is being read, and of those that wait. */
  #readCharacters = 0;
  #waitingCharacters = 0;
  /** Whether what is being read are bytes: the last part of a packet that has some. */
  #isBinary = false;

  constructor(ports: SocketIoPorts, kept: KeptMembers = []) {
    this.#ports = ports;
    this.#decoder.on("decoded", (packet) => this.#received(packet, this.#isBinary));
    for (const [name, state] of kept) {
      const member = ports.namespaces.restore(name, state, this.#link(name));
      if (member !== undefined) {
        this.#members.set(name, member);
      }
    }
  }

  get kept(): KeptMembers {
    return [...this.#members].map(([name, member]) => [name, member.kept ?? null] as const);
  }

  member(namespace: string): ClientHandler | undefined {
    return this.#members.get(namespace);
  }

  onMessage(data: Data): void {
    try {
      this.#isBinary = typeof data !== "string";
      this.#begun += this.#isBinary ? 0 : 1;
      this.#readCharacters += data.length;
      this.#decoder.add(data);
    } catch {
      this.#ports.transport.end();
      return;
    }
    if (typeof data === "string" && this.#decoded < this.#begun) {
      const awaited = this.#begun;
      this.#ports.later(attachmentTimeoutMs, () => {
        if (this.#decoded < awaited) {
          this.#ports.transport.end();
        }
      });
    }
  }

  /** Whatever ended the transport: what was received before is taken first, in order, then the members leave. */
  onClosed(): void {
    this.#isOver = true;
    this.#decoder.destroy();
    this.#queue = this.#queue.then(() => {
      for (const nsp of this.#members.keys()) {
        this.#leave(nsp);
      }
    });
  }

  async drained(): Promise<void> {
    await this.#queue;
    await this.#left;
  }

  // One after the other: an event must not overtake the verdict on its client.
  #received(packet: Packet, isBinary: boolean): void {
    this.#decoded += 1;
    const characters = this.#readCharacters + charactersPerPacket;
    this.#readCharacters = 0;
    this.#waitingCharacters += characters;
    this.#queue = this.#queue.then(async () => {
      if (!this.#isStopped) {
        try {
          await this.#take(packet, isBinary);
        } catch (error) {
          this.#ports.observer.onFailure(error);
          this.#stop();
        }
        this.#ports.onChanged();
      }
      this.#waitingCharacters -= characters;
    });
    if (this.#waitingCharacters > maxWaitingCharacters) {
      this.#ports.transport.end();
    }
  }

  #stop(): void {
    this.#isStopped = true;
    this.#ports.transport.end();
  }

  #take(packet: Packet, isBinary: boolean): void | Promise<void> {
    const member = this.#members.get(packet.nsp);
    if (!isValid(packet) || (packet.type === PacketType.CONNECT) === (member !== undefined)) {
      return this.#stop();
    }
    if (member === undefined) {
      return this.#connect(packet);
    }
    if (packet.type === PacketType.EVENT) {
      const args = packet.data as unknown[];
      return member.onEvent({ args, isBinary, acknowledge: this.#acknowledgeOf(packet) });
    }
    if (packet.type === PacketType.DISCONNECT) {
      return this.#leave(packet.nsp);
    }
    // Events to clients ask for no acknowledgement, so there is nothing that one could answer.
    return packet.type === PacketType.ACK ? undefined : this.#stop();
  }

  async #connect({ nsp, data }: Packet): Promise<void> {
    const auth = (data ?? {}) as Readonly<Record<string, unknown>>;
    const admission = await this.#ports.namespaces.admit(nsp, auth, this.#link(nsp));
    if (admission?.ok === true) {
      this.#members.set(nsp, admission.member);
      this.#ports.transport.connectBy(undefined);
      const sid = crypto.randomUUID();
      this.#ports.observer.onJoined(sid);
      this.#send({ type: PacketType.CONNECT, nsp, data: { sid } });
      admission.joined?.();
    } else {
      const refusal = admission?.refusal ?? { message: "Invalid namespace" };
      this.#send({ type: PacketType.CONNECT_ERROR, nsp, data: refusal });
      if (admission?.endsSession === true) {
        this.#stop();
      }
    }
  }

  #leave(nsp: string): void {
    const member = this.#members.get(nsp);
    this.#members.delete(nsp);
    this.#left = Promise.all([this.#left, member?.onLeft()]);
    if (this.#members.size === 0) {
      this.#ports.transport.connectBy(this.#ports.now() + this.#ports.connectTimeoutMs);
    }
  }

  #acknowledgeOf({ nsp, id }: Packet): Acknowledge | undefined {
    if (id === undefined) {
      return undefined;
    }
    let wasAcknowledged = false;
    return (...args) => {
      if (!wasAcknowledged && this.#members.has(nsp)) {
        wasAcknowledged = true;
        this.#send({ type: PacketType.ACK, nsp, id, data: args });
      }
    };
  }

  #link(nsp: string): NamespaceSocket {
    return {
      emit: (event, ...args) => {
        if (this.#members.has(nsp)) {
          this.#send({ type: PacketType.EVENT, nsp, data: [event, ...args] });
        }
      },
      disconnect: () => {
        if (this.#members.has(nsp)) {
          this.#send({ type: PacketType.DISCONNECT, nsp });
          this.#leave(nsp);
        }
      },
      end: () => this.#stop(),
      countRefusal: (code) => this.#ports.observer.countRefusal(code),
    };
  }

  #send(packet: Packet): void {
    if (this.#isOver) {
      return;
    }
    for (const part of this.#encoder.encode(packet) as Data[]) {
      this.#ports.transport.send(part);
    }
  }
}

// An acknowledgement's number above 2^53 − 1 is not the one that the client wrote any more.
function isValid(packet: Packet): boolean {
  return isPacketValid(packet) && (packet.id === undefined || Number.isSafeInteger(packet.id));
}
