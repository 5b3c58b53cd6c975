import { DurableObject } from "cloudflare:workers";
import { conversationKey } from "../archive/conversation-key.ts";
import { readAbove, readState } from "../archive/read.ts";
import { writeChanges } from "../archive/write.ts";
import { readAuthConfig } from "../auth/config.ts";
import { verifyToken } from "../auth/verify.ts";
import type { Env } from "../env.ts";
import { report } from "../logger.ts";
import { ping, pong } from "../protocol/client-frame.ts";
import { expiresHeader, userHeader } from "../protocol/internal-headers.ts";
import { pairFromName, sideOf, type Pair } from "../protocol/pair.ts";
import type { FlagsBody, OwnSummary, SendBody } from "../protocol/rest.ts";
import { readSettings } from "../settings.ts";
import type { ConversationArchive } from "./archiver.ts";
import {
  pagePart,
  readAs,
  sendAs,
  setFlagsAs,
  summaryFor,
  type FlagsReply,
  type PagePart,
  type PagePartQuery,
  type ReadReply,
  type SendReply,
} from "./callers.ts";
import { attachmentSchema, Connection, type Socket } from "./connection.ts";
import { receive } from "./receive.ts";
import { Room } from "./room.ts";

/** One pair of users: the plug between the platform and the room. */
export class Conversation extends DurableObject<Env> {
  readonly #pair: Pair;
  readonly #room: Room;
  readonly #connections = new Map<WebSocket, Connection>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#pair = pairFromName(ctx.id.name);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(ping, pong));
    this.#room = this.#openRoom();
  }

  /** The upgrade, from the door only: who it is comes in its headers. */
  override fetch(request: Request): Response {
    const user = decodeURIComponent(request.headers.get(userHeader) ?? "");
    const after = new URL(request.url).searchParams.get("after");
    const connectedAtMs = Date.now();
    const attachment = {
      side: sideOf(this.#pair, user),
      expiresAtMs: Number(request.headers.get(expiresHeader)),
      connectedAtMs,
      deliveredSeq: 0,
    };
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(attachment);
    const connection = new Connection(this.#socket(server), attachment);
    this.#connections.set(server, connection);
    this.#room.connect(connection, after === null ? undefined : Number(after));
    const protocol = request.headers.get("sec-websocket-protocol");
    return new Response(null, {
      status: 101,
      webSocket: client,
      ...(protocol !== null && { headers: { "sec-websocket-protocol": protocol } }),
    });
  }

  override webSocketMessage(webSocket: WebSocket, data: string | ArrayBuffer): void {
    const connection = this.#connections.get(webSocket);
    if (connection !== undefined) {
      receive(this.#room, connection, data);
    }
  }

  override webSocketClose(webSocket: WebSocket, code: number, reason: string): void {
    this.#gone(webSocket, code, reason);
  }

  override webSocketError(webSocket: WebSocket): void {
    this.#gone(webSocket, 1011, "");
  }

  override async alarm(): Promise<void> {
    try {
      await this.#room.archiver.retry();
    } catch {
      // A throw would be retried six times and then forgotten; the next event compares with the archive again.
      report("alarm_failed");
    }
  }

  send(user: string, body: SendBody): Promise<SendReply> {
    return sendAs(this.#room, user, body);
  }

  read(user: string, seq: number): Promise<ReadReply> {
    return readAs(this.#room, user, seq);
  }

  setFlags(user: string, wishes: FlagsBody): Promise<FlagsReply> {
    return setFlagsAs(this.#room, user, wishes);
  }

  page(query: PagePartQuery): Promise<PagePart> {
    return pagePart(this.#room, query);
  }

  summary(user: string): Promise<OwnSummary> {
    return summaryFor(this.#room, user);
  }

  /** Returns when everything up to `rev`, all read cursors and flags are archived, or sure to be. Breaks where the object dies: then ask again. */
  settled(rev: number): Promise<void> {
    return this.#room.archiver.settled(rev);
  }

  #gone(webSocket: WebSocket, code: number, reason: string): void {
    const connection = this.#connections.get(webSocket) ?? this.#unlisted(webSocket);
    this.#connections.delete(webSocket);
    if (connection !== undefined) {
      this.#room.disconnect(connection, code, reason);
    }
  }

  // A socket whose close woke the object is not always listed any more; its close, mark and presence are still owed.
  #unlisted(webSocket: WebSocket): Connection | undefined {
    const connection = this.#remembered(webSocket);
    if (connection !== undefined) {
      this.#room.connections.add(connection);
    }
    return connection;
  }

  #openRoom(): Room {
    const { ctx, env } = this;
    const { limits } = readSettings(env);
    const auth = readAuthConfig(env);
    return new Room(
      {
        pair: this.#pair,
        limits,
        storage: ctx.storage,
        archive: this.#archive(),
        now: Date.now,
        random: Math.random,
        defer: (run) => setTimeout(run, 0),
        setAlarm: (atMs) => void ctx.storage.setAlarm(atMs),
        clearAlarm: () => void ctx.storage.deleteAlarm(),
        verifyToken: (token) => verifyToken(token, auth, Date.now()),
        admitNewConversation: (user) =>
          env.INBOXES.getByName(user).admitNewConversation(limits.newConversationsPerHour),
        abort: (reason) => ctx.abort(reason),
        report,
      },
      this.#awoken(),
    );
  }

  #awoken(): Connection[] {
    for (const webSocket of this.ctx.getWebSockets()) {
      const connection = this.#remembered(webSocket);
      // One that is closing counts too: its close event, which woke the object, must be answered.
      if (connection !== undefined && webSocket.readyState !== WebSocket.CLOSED) {
        this.#connections.set(webSocket, connection);
      }
    }
    return [...this.#connections.values()];
  }

  #remembered(webSocket: WebSocket): Connection | undefined {
    const attachment = attachmentSchema.safeParse(webSocket.deserializeAttachment());
    if (!attachment.success || attachment.data.ended === true) {
      return undefined;
    }
    return new Connection(this.#socket(webSocket), attachment.data);
  }

  #socket(webSocket: WebSocket): Socket {
    return {
      send: (text) => webSocket.send(text),
      close: (code, reason) => webSocket.close(code, reason),
      serializeAttachment: (value) => webSocket.serializeAttachment(value),
      pingedAtMs: () => this.ctx.getWebSocketAutoResponseTimestamp(webSocket)?.getTime(),
    };
  }

  #archive(): ConversationArchive {
    const { DB } = this.env;
    const key = conversationKey(this.ctx.id.name ?? "");
    return {
      state: async () => readState(DB, await key),
      write: async (write) => writeChanges(DB, await key, write),
      above: async (seq, limit) => readAbove(DB, await key, seq, limit),
    };
  }
}
