import { bearerPrefix, protocolVersion } from "../protocol/version.ts";
import type { Connection as ConnectionState, Live, Timing } from "./api.ts";
import type { SocketLike } from "./api-platform.ts";
import { backOffMs } from "./back-off.ts";
import { PairlineError, type PairlineErrorCode } from "./errors.ts";
import { HeartbeatSocket } from "./heartbeat-socket.ts";
import { View } from "./live.ts";
import { Timer } from "./timer.ts";
import type { Tokens } from "./tokens.ts";

/** Closes after which trying again would change nothing. */
const permanent: ReadonlySet<string> = new Set([
  "origin_refused",
  "bad_peer",
  "unknown_peer",
  "not_found",
  "device_limit",
]);
const refusedToken: ReadonlySet<string> = new Set(["unauthorized", "token_expired"]);

/** The longest that a timer may be set to. */
const longestTimerMs = 2 ** 31 - 1;

/** `auth` frames are at least so far apart, whatever `token()` answers. */
const leastRefreshMs = 1_000;

export interface ConnectionPorts {
  readonly tokens: Tokens;
  readonly timing: Timing;
  readonly openSocket: (url: string, protocols: string[]) => SocketLike;
  /** Where to connect now. */
  url(): string;
  /** The socket is open; no frame came yet. */
  opened(): void;
  /** Throws a SyntaxError for what is no frame. */
  received(text: string): void;
  /** What was under way on the socket may be lost. */
  lost(): void;
  /** No other socket will come before `connect()`. */
  stopped(error: PairlineError): void;
  trouble(error: PairlineError): void;
}

/** Keeps a socket open: with a good token, after waits that grow, until it is closed or trying again makes no sense. */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #view: View<ConnectionState>;
  #state: ConnectionState = { state: "connecting" };
  #socket: HeartbeatSocket | undefined;
  readonly #retry = new Timer();
  readonly #refresh = new Timer();
  #openedAtMs: number | undefined;
  /** Counts the attempts, so that one that was given up does not go on when its token comes. */
  #attempt = 0;
  #failures = 0;
  #refusals = 0;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.#view = new View(() => this.#state);
  }

  get state(): Live<ConnectionState> {
    return this.#view;
  }

  get isOpen(): boolean {
    return this.#state.state === "open";
  }

  /** Ends a wait or a stop; an open socket shows whether it still lives. */
  connect(): void {
    if (this.#state.state === "waiting" || this.#state.state === "stopped") {
      this.restart();
    }
    this.probe();
  }

  /** Another socket, instead of the one of now. */
  restart(): void {
    this.#drop();
    this.#failures = 0;
    this.#refusals = 0;
    void this.#open();
  }

  close(): void {
    this.#drop();
    this.#become({ state: "closed" });
  }

  /** The network may have changed: no wait goes on. */
  wake(): void {
    if (this.#state.state !== "stopped") {
      this.connect();
    }
  }

  /** The network is back: what began to open without it will hardly do so. */
  returned(): void {
    if (this.#state.state === "connecting") {
      this.restart();
    } else {
      this.wake();
    }
  }

  probe(): void {
    this.#socket?.probe();
  }

  /** The server's greeting has come. */
  established(): void {
    this.#socket?.established();
    this.#openedAtMs = Date.now();
    this.#refusals = 0;
    this.#become({ state: "open" });
    this.#refreshLater(leastRefreshMs);
  }

  send(frame: object): boolean {
    return this.#socket?.send(JSON.stringify(frame)) ?? false;
  }

  async #open(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#become({ state: "connecting" });
    try {
      const token = await this.#ports.tokens.get();
      if (attempt === this.#attempt) {
        this.#openWith(token);
      }
    } catch (error) {
      if (attempt === this.#attempt) {
        const fault = asError(error);
        this.#tryLater(fault);
        if (fault.code === "no_token") {
          this.#ports.trouble(fault);
        }
      }
    }
  }

  #openWith(token: string): void {
    const ports = this.#ports;
    const socket = ports.openSocket(ports.url(), [protocolVersion, bearerPrefix + token]);
    this.#socket = new HeartbeatSocket(socket, ports.timing, {
      opened: () => ports.opened(),
      received: (text) => this.#received(text),
      ended: (code, reason) => this.#ended(token, code, reason),
    });
  }

  #received(text: string): void {
    try {
      this.#ports.received(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      this.#socket?.fail("what came is no frame");
    }
  }

  #ended(token: string, closeCode: number, reason: string): void {
    if (this.#openedAtMs !== undefined && Date.now() - this.#openedAtMs >= this.#ports.timing.answerMs) {
      this.#failures = 0;
    }
    this.#drop();
    const error = closeError(closeCode, reason);
    if (refusedToken.has(error.code)) {
      this.#ports.tokens.refused(token);
      this.#refusals += 1;
    }
    if (permanent.has(error.code) || this.#refusals > 1) {
      this.#become({ state: "stopped", error });
      this.#ports.stopped(error);
    } else {
      this.#tryLater(error);
    }
  }

  #tryLater(error: PairlineError): void {
    const waitMs = backOffMs(this.#failures, this.#ports.timing);
    this.#failures += 1;
    this.#become({ state: "waiting", retryAtMs: Date.now() + waitMs, error });
    this.#retry.set(waitMs, () => void this.#open());
  }

  /** The token of the live socket is replaced before it expires. */
  #refreshLater(leastMs: number): void {
    const { refreshAtMs } = this.#ports.tokens;
    const dueMs = refreshAtMs === undefined ? leastMs : Math.max(leastMs, refreshAtMs - Date.now());
    this.#refresh.set(Math.min(dueMs, longestTimerMs), () => void this.#refreshToken());
  }

  async #refreshToken(): Promise<void> {
    const { tokens, timing } = this.#ports;
    const socket = this.#socket;
    let leastMs = leastRefreshMs;
    try {
      const token = await tokens.get();
      socket?.send(JSON.stringify({ type: "auth", token }));
    } catch (error) {
      this.#ports.trouble(asError(error));
      leastMs += backOffMs(3, timing);
    }
    if (socket !== undefined && socket === this.#socket) {
      this.#refreshLater(leastMs);
    }
  }

  #drop(): void {
    this.#attempt += 1;
    this.#retry.clear();
    this.#refresh.clear();
    this.#openedAtMs = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) {
      socket.abandon();
      this.#ports.lost();
    }
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#view.changed();
  }
}

/** The reason of a close by the server begins with the name of the catalogue (ER2). */
function closeError(closeCode: number, reason: string): PairlineError {
  const [name = ""] = reason.split(":");
  const isNamed = closeCode >= 4_000 || closeCode === 1_013;
  const code = isNamed && name !== "" ? (name as PairlineErrorCode) : "network";
  return new PairlineError(code, reason === "" ? `the socket closed with ${closeCode}` : reason);
}

function asError(error: unknown): PairlineError {
  return error instanceof PairlineError ? error : new PairlineError("network", String(error));
}
