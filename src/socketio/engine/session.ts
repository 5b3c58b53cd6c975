import { engineErrorResponse } from "./request.ts";
import { frameOf, packetFrom, packetsFrom, type Data, type Frame, type ReceivedPacket } from "./packets.ts";
import { Polling } from "./polling.ts";
import { Probe, type EngineSocket } from "./upgrade-probe.ts";
import type { PostBody } from "./post-body.ts";
import { answered, nextStep, wakeAtMs, type HeartbeatState } from "./heartbeat.ts";

/** What a session is run with. Times in milliseconds. */
export interface EngineOptions {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Bytes of one packet, in a post or as a frame of a WebSocket. */
  readonly maxPayloadBytes: number;
  /** For how long a session may be nobody's. */
  readonly connectTimeoutMs: number;
  /** Characters that may be sent before the client gives a sign of life. */
  readonly maxOutstandingCharacters: number;
}

/** What runs on top of a session. */
export interface EngineListener {
  onMessage(data: Data): void;
  /** The session is over. Called once. */
  onClosed(): void;
}

export interface EnginePorts {
  readonly sid: string;
  readonly options: EngineOptions;
  readonly now: () => number;
  /** Runs something soon, unless the object is gone by then. */
  readonly later: (ms: number, run: () => void) => void;
  readonly listener: () => EngineListener;
}

/** One Engine.IO session (protocol 4): a transport, its heartbeat, and the way from polling to WebSocket. */
export class Engine {
  readonly #ports: EnginePorts;
  readonly #polling: Polling;
  readonly #probe: Probe;
  #socket: EngineSocket | undefined;
  #pulse: HeartbeatState;
  #isPosting = false;
  #isOver = false;
  #outstanding = 0;

  /** A new session, or with `pulse` one that was here before the object slept: on its socket. */
  constructor(ports: EnginePorts, socket?: EngineSocket, pulse?: HeartbeatState) {
    const { now, options, later } = ports;
    this.#ports = ports;
    this.#polling = new Polling(later);
    this.#probe = new Probe(later, () => this.#polling.unprobed());
    this.#socket = socket;
    this.#pulse = pulse ?? {
      pingDueAtMs: now() + options.pingIntervalMs,
      connectByMs: now() + options.connectTimeoutMs,
    };
  }

  get pulse(): HeartbeatState {
    return this.#pulse;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The WebSocket that is the transport, which outlives the object's sleep; undefined while that is polling. */
  get socket(): EngineSocket | undefined {
    return this.#socket;
  }

  get wakeAtMs(): number {
    return wakeAtMs(this.#pulse, this.#ports.now(), this.#ports.options);
  }

  /** Sends the first packet. */
  open(): void {
    const { sid, options } = this.#ports;
    const upgrades = this.#socket === undefined ? ["websocket"] : [];
    const { pingIntervalMs: pingInterval, pingTimeoutMs: pingTimeout, maxPayloadBytes: maxPayload } = options;
    this.#send(frameOf("open", JSON.stringify({ sid, upgrades, pingInterval, pingTimeout, maxPayload })));
  }

  /** Until when somebody must be let in; undefined: somebody was. */
  connectBy(connectByMs: number | undefined): void {
    this.#pulse = { ...this.#pulse, connectByMs };
  }

  send(data: Data): void {
    if (!this.#isOver) {
      this.#send(frameOf("message", data));
      if (this.#outstanding > this.#ports.options.maxOutstandingCharacters) {
        this.end();
      }
    }
  }

  /** Looks at what is due. */
  wake(): void {
    if (this.#isOver) {
      return;
    }
    const due = nextStep(this.#pulse, this.#ports.now(), this.#ports.options);
    if (due.kind === "end") {
      this.end();
    } else if (due.kind === "ping") {
      this.#pulse = due.pulse;
      this.#send(frameOf("ping"));
    }
  }

  /** A poll. The first one of a session gets its `open` packet. */
  async poll(): Promise<Response> {
    const polling = this.#polling;
    if (this.#isOver && !polling.isEmpty) {
      return polling.poll();
    }
    if (this.#isOver) {
      return engineErrorResponse("unknownSession");
    }
    if (this.#socket !== undefined) {
      return engineErrorResponse("badRequest");
    }
    if (polling.isPending) {
      this.end();
      return engineErrorResponse("badRequest");
    }
    this.#outstanding = 0;
    return polling.poll();
  }

  /** A post of packets, with a body that is read once this is known to be its turn. */
  async post(contentType: string | null, read: () => Promise<PostBody>): Promise<Response> {
    if (this.#socket !== undefined || contentType?.startsWith("application/octet-stream") === true) {
      return engineErrorResponse("badRequest");
    }
    if (this.#isPosting) {
      this.end();
      return engineErrorResponse("badRequest");
    }
    this.#isPosting = true;
    const body = await read().finally(() => {
      this.#isPosting = false;
    });
    if ("refused" in body) {
      return this.#refusePost(body.refused);
    }
    if (this.#isOver) {
      return engineErrorResponse("unknownSession");
    }
    const wasHeld = packetsFrom(body.text).every((packet) => this.#take(packet));
    return wasHeld
      ? new Response("ok", { headers: { "content-type": "text/html", "cache-control": "no-store" } })
      : engineErrorResponse("badRequest");
  }

  /** Whether a WebSocket may try to take over. */
  get mayBeProbed(): boolean {
    return this.#socket === undefined && !this.#isOver && !this.#probe.isRunning;
  }

  /** A WebSocket that may take over. */
  probe(socket: EngineSocket): void {
    this.#probe.begin(socket);
  }

  /** A frame of any of the session's WebSockets. */
  receive(socket: EngineSocket, frame: string | ArrayBuffer): void {
    if (socket !== this.#socket) {
      this.#receiveProbe(socket, frame);
      return;
    }
    if (sizeOf(frame) > this.#ports.options.maxPayloadBytes) {
      this.end(1009);
      return;
    }
    this.#take(packetFrom(frame));
  }

  /** A WebSocket of the session is gone. */
  gone(socket: EngineSocket): void {
    if (socket === this.#socket) {
      this.end();
    } else if (this.#probe.cancel(socket)) {
      this.#polling.unprobed();
    }
  }

  /** Ends the session. Who polls gets what waits and a `close`; who does not, with the next poll. */
  end(closeCode = 1000): void {
    this.#over(() => {
      this.#polling.end(frameOf("close"));
      this.#socket?.close(closeCode, "");
    });
  }

  // Packets that cannot be read end a session (EN7); large ones do not (EN8).
  #refusePost(reason: "too_large" | "not_utf8"): Response {
    if (reason === "too_large") {
      return new Response(null, { status: 413 });
    }
    this.end();
    return engineErrorResponse("badRequest");
  }

  #take({ type, data }: ReceivedPacket): boolean {
    if (this.#isOver) {
      return false;
    }
    this.#outstanding = 0;
    if (type === "message") {
      this.#ports.listener().onMessage(data ?? "");
    } else if (type === "pong") {
      this.#pulse = answered(this.#pulse);
    } else if (type === "close") {
      this.#leave();
    } else if (type !== "noop") {
      this.end();
      return false;
    }
    return true;
  }

  #receiveProbe(socket: EngineSocket, frame: string | ArrayBuffer): void {
    const step = this.#probe.receive(socket, frame);
    if (step === "answered") {
      this.#polling.probed();
    } else if (step === "failed") {
      this.#polling.unprobed();
    } else if (step === "upgraded" && !this.#isOver) {
      this.#socket = socket;
      this.#outstanding = 0;
      for (const waiting of this.#polling.handOver()) {
        this.#send(waiting);
      }
    }
  }

  #send(frame: Frame): void {
    this.#outstanding += frame.length;
    if (this.#socket === undefined) {
      this.#polling.send(frame);
    } else {
      this.#socket.send(frame);
    }
  }

  // The client said goodbye and reads no more.
  #leave(): void {
    this.#over(() => {
      this.#polling.handOver();
      this.#socket?.close(1000, "");
    });
  }

  #over(finish: () => void): void {
    if (!this.#isOver) {
      this.#isOver = true;
      finish();
      this.#probe.end();
      this.#ports.listener().onClosed();
    }
  }
}

function sizeOf(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? new TextEncoder().encode(frame).byteLength : frame.byteLength;
}
