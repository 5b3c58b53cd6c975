import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { socketRequestHeader } from "../../rpc/upgrade-headers.ts";
import { errorName, type Report } from "../../observability/log-events.ts";
import { createObserver, type Observer } from "../../observability/index.ts";
import { readSettings } from "../../settings.ts";
import { engineErrorResponse } from "./request.ts";
import type { Application, SessionContext } from "../application.ts";
import { Engine, type EngineOptions } from "./session.ts";
import type { SessionObserver } from "../namespaces.ts";
import { attachmentSchema, attempt, closedSocket, upgraded, upgradeOf, type Upgrade } from "./sockets.ts";
import { readPost } from "./post-body.ts";
import type { EngineSocket } from "./upgrade-probe.ts";
import type { HeartbeatState } from "./heartbeat.ts";

/** An alarm that failed rings again so much later. */
const failedAlarmMs = 30_000;

interface Session {
  readonly path: string;
  readonly requestId: string;
  readonly engine: Engine;
  readonly application: Application;
}

/** One Engine.IO session: the plug between the platform and the protocol. The object's id is the session's `sid`. */
export abstract class EngineSessionObject extends DurableObject<Env> {
  readonly #observer: Observer;
  readonly #sockets = new Map<WebSocket, EngineSocket>();
  #session: Session | undefined;
  /** What the alarm was set for. */
  #connectByMs: number | undefined;
  #isCleared = false;
  /** From the end of the session: resolves once all that it received was processed and its rows are gone. */
  #finished: Promise<void> | undefined;
  #isAwake = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#observer = createObserver(env, { kind: "session", id: shortened(ctx.id.toString()) });
  }

  /** What runs on a session: anew, or as it was kept. */
  protected abstract createApplication(context: SessionContext, kept?: unknown): Application;

  /** The object was ended under its session, which it knows nothing of any more: what others know of that is theirs no longer. */
  protected abstract forget(): Promise<void>;

  /** A request of the session, from the door only; with `handshake` one that begins it. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const upgrade = upgradeOf(request);
    const handshake = searchParams.get("handshake");
    const requestId = request.headers.get(socketRequestHeader) ?? "unknown";
    const session = this.#wake();
    if (handshake !== null && session === undefined) {
      return this.#open(pathname, requestId, upgrade);
    }
    if (session === undefined) {
      return engineErrorResponse("unknownSession");
    }
    const response = await this.#serve(session.engine, request, upgrade);
    this.onChanged();
    // The client that ends the session right behind its last events is answered once those were processed.
    await (request.method === "POST" ? this.#finished : undefined);
    return response;
  }

  override webSocketMessage(webSocket: WebSocket, frame: string | ArrayBuffer): void {
    const session = this.#wake();
    const socket = this.#sockets.get(webSocket);
    if (socket !== undefined) {
      session?.engine.receive(socket, frame);
      this.onChanged();
    }
  }

  override async webSocketClose(webSocket: WebSocket): Promise<void> {
    this.#onGone(webSocket);
    await this.#finished;
  }

  override async webSocketError(webSocket: WebSocket): Promise<void> {
    this.#onGone(webSocket);
    await this.#finished;
  }

  override async alarm(): Promise<void> {
    try {
      await this.#rang();
    } catch (error) {
      // A throw would be retried six times and then forgotten.
      this.#observer.report("alarm_failed", { error: errorName(error) });
      void this.ctx.storage.setAlarm(Date.now() + failedAlarmMs);
    }
  }

  async #rang(): Promise<void> {
    const { engine } = this.#wake() ?? {};
    if (engine === undefined) {
      await this.forget();
      this.#observer.report("session_lost", {});
      await this.ctx.storage.deleteAll();
      return;
    }
    engine.wake();
    if (!engine.isOver) {
      this.#setAlarm(engine);
    } else if (!this.#isCleared) {
      // If the object is evicted before the session is cleared, this alarm clears it.
      void this.ctx.storage.setAlarm(Date.now() + failedAlarmMs);
    }
    this.onChanged();
  }

  /** For lines of the session's own. */
  protected get report(): Report {
    return this.#observer.report;
  }

  protected get requestId(): string {
    return this.#session?.requestId ?? "unknown";
  }

  #sessionObserver(requestId: string): SessionObserver {
    const { report, reportRefusal } = this.#observer;
    return {
      onJoined: (socketId) => report("session_joined", { requestId, socketId }),
      countRefusal: (code) => reportRefusal(code, requestId),
      onFailure: (error) => report("session_call_failed", { requestId, error: errorName(error) }),
    };
  }

  /** Whether the object knows its session, also one that has ended. */
  protected hasApplication(): boolean {
    return this.#wake() !== undefined;
  }

  async #open(path: string, requestId: string, upgrade: Upgrade | undefined): Promise<Response> {
    const { socket, response } = upgrade === undefined ? {} : this.#accept(upgrade);
    const { engine } = this.#begin({ path, requestId }, socket);
    const transport = upgrade === undefined ? "polling" : "websocket";
    this.#observer.report("session_opened", { requestId, transport, sockets: 1 });
    this.#setAlarm(engine);
    engine.open();
    this.onChanged();
    return response ?? engine.poll();
  }

  #begin(
    { path, requestId }: Pick<Session, "path" | "requestId">,
    socket?: EngineSocket,
    pulse?: HeartbeatState,
    kept?: unknown,
  ): Session {
    const options = this.#options();
    const sid = this.ctx.id.toString();
    const engine = new Engine(
      { sid, options, now: Date.now, later, listener: () => application },
      socket,
      pulse,
    );
    const observer = this.#sessionObserver(requestId);
    const application = this.createApplication(
      { sid, path, transport: engine, options, later, observer },
      kept,
    );
    const session = { path, requestId, engine, application };
    this.#session = session;
    return session;
  }

  async #serve(engine: Engine, request: Request, upgrade: Upgrade | undefined): Promise<Response> {
    if (upgrade !== undefined) {
      if (engine.isOver) {
        return engineErrorResponse("unknownSession");
      }
      if (!engine.mayBeProbed) {
        return closedSocket(upgrade);
      }
      const { socket, response } = this.#accept(upgrade);
      engine.probe(socket);
      return response;
    }
    if (request.method === "GET") {
      return engine.poll();
    }
    const { maxPayloadBytes } = this.#options();
    return engine.post(request.headers.get("content-type"), () => readPost(request, maxPayloadBytes));
  }

  #accept(upgrade: Upgrade): { readonly socket: EngineSocket; readonly response: Response } {
    const { server, response } = upgraded(upgrade);
    this.ctx.acceptWebSocket(server);
    return { socket: this.#listed(server), response };
  }

  #listed(webSocket: WebSocket): EngineSocket {
    const socket: EngineSocket = {
      send: (frame) => attempt(() => webSocket.send(frame)),
      close: (code, reason) => attempt(() => webSocket.close(code, reason)),
    };
    this.#sockets.set(webSocket, socket);
    return socket;
  }

  /** The session, also as it was before the object slept. */
  #wake(): Session | undefined {
    if (!this.#isAwake) {
      this.#isAwake = true;
      for (const webSocket of this.ctx.getWebSockets()) {
        this.#recall(webSocket);
      }
    }
    return this.#session;
  }

  // One that remembers nothing was to become the transport, and did not.
  #recall(webSocket: WebSocket): void {
    const { data } = attachmentSchema.safeParse(webSocket.deserializeAttachment());
    if (data === undefined || this.#session !== undefined) {
      attempt(() => webSocket.close(1000, ""));
      return;
    }
    const { path, requestId = "unknown", pulse, kept } = data;
    const { engine } = this.#begin({ path, requestId }, this.#listed(webSocket), pulse, kept);
    this.#connectByMs = engine.pulse.connectByMs;
  }

  // One whose close woke the object is not always listed any more.
  #onGone(webSocket: WebSocket): void {
    if (this.#wake() === undefined) {
      this.#recall(webSocket);
    }
    const socket = this.#sockets.get(webSocket);
    this.#sockets.delete(webSocket);
    socket?.close(1000, "");
    if (socket !== undefined) {
      this.#session?.engine.gone(socket);
      this.onChanged();
    }
  }

  /** What is kept may have changed. */
  protected onChanged(): void {
    const session = this.#session;
    if (session === undefined) {
      return;
    }
    const { engine } = session;
    if (engine.isOver) {
      this.#finished ??= session.application.drained().then(() => this.#clear(session.requestId));
      return;
    }
    if (engine.pulse.connectByMs !== this.#connectByMs) {
      this.#setAlarm(engine);
    }
    for (const [webSocket, socket] of this.#sockets) {
      if (socket === engine.socket) {
        const { path, requestId, application } = session;
        webSocket.serializeAttachment({ path, requestId, pulse: engine.pulse, kept: application.kept });
      }
    }
  }

  #clear(requestId: string): void {
    if (!this.#isCleared) {
      this.#isCleared = true;
      this.#observer.report("session_ended", { requestId, sockets: 0 });
      void this.ctx.storage.deleteAlarm();
      void this.ctx.storage.deleteAll();
    }
  }

  #setAlarm(engine: Engine): void {
    this.#connectByMs = engine.pulse.connectByMs;
    void this.ctx.storage.setAlarm(engine.wakeAtMs);
  }

  #options(): EngineOptions {
    const { socketIo, limits } = readSettings(this.env);
    return { ...socketIo, maxOutstandingCharacters: limits.maxOutstandingCharacters };
  }
}

function later(ms: number, run: () => void): void {
  setTimeout(run, ms);
}

/** Who has the whole id of a session has the session. */
function shortened(sid: string): string {
  return sid.slice(0, 16);
}
