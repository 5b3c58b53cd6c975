import { DurableObject } from "cloudflare:workers";
import { conversationKey } from "../archive/conversation-key.ts";
import type { FlagUpdate } from "../model/flags.ts";
import { readAbove, readState } from "../archive/read.ts";
import { correct, readPart, type Correction } from "../archive/verify.ts";
import { writeChanges } from "../archive/write.ts";
import { readAuthConfig } from "../auth/config.ts";
import { verifyToken } from "../auth/verify.ts";
import type { Env } from "../env.ts";
import { errorName } from "../observability/log-events.ts";
import { createObserver, type Observer } from "../observability/index.ts";
import type { WriteFrame } from "../protocol/client-frame.ts";
import { decodedProfile, expiresHeader, profileHeader, userHeader } from "../rpc/upgrade-headers.ts";
import type { Standing } from "../protocol/inspection.ts";
import type { ImportedMessage } from "../protocol/import.ts";
import { pairFromName, sideOf, type Pair } from "../protocol/pair.ts";
import type { OwnSummary } from "../protocol/rest.ts";
import { readSettings } from "../settings.ts";
import { HibernatingSockets } from "../websocket/hibernation.ts";
import { resolveVerdict } from "../users/resolve.ts";
import {
  storedPage,
  readFor,
  setFlagsFor,
  summaryFor,
  writeFor,
  forwardFor,
  replayFor,
  inspect,
} from "./rpc-handlers.ts";
import { receiveFrame } from "./frames.ts";
import { importMessages } from "./import.ts";
import { Conversation } from "./conversation.ts";
import { verifyPart } from "./verification.ts";
import type {
  FlagsResult,
  StoredPage,
  StoredPageQuery,
  ReadResult,
  SendResult,
  ForwardReply,
  ForwardedFrame,
  ReplayReply,
  VerifyQuery,
  VerifyResult,
  ImportResult,
  ConversationRpc,
} from "../rpc/conversation.ts";
import type { ConversationArchive } from "./replication-source.ts";
import { Device, deviceAttachmentSchema, type DeviceAttachment } from "./devices.ts";

/** One pair of users: the plug between the platform and the room. */
export class ConversationObject extends DurableObject<Env> implements ConversationRpc {
  readonly #pair: Pair;
  readonly #observer: Observer;
  readonly #conversation: Conversation;
  readonly #sockets: HibernatingSockets<DeviceAttachment, Device>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#pair = pairFromName(ctx.id.name);
    this.#observer = createObserver(env, { kind: "conversation", id: ctx.id.toString() });
    this.#sockets = new HibernatingSockets(
      ctx,
      (attachment) => deviceAttachmentSchema.safeParse(attachment).data,
      (socket, kept) => new Device(socket, kept),
    );
    this.#conversation = this.#createConversation();
    this.#observer.report("object_woken", { sockets: this.#conversation.devices.socketCount });
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
    const { device, response } = this.#sockets.accept(request, attachment);
    const profile = decodedProfile(request.headers.get(profileHeader));
    this.#conversation.connect(device, after === null ? undefined : Number(after), profile);
    return response;
  }

  override webSocketMessage(webSocket: WebSocket, data: string | ArrayBuffer): void {
    const device = this.#sockets.of(webSocket);
    if (device !== undefined) {
      receiveFrame(this.#conversation, device, data);
    }
  }

  override webSocketClose(webSocket: WebSocket, code: number, reason: string): void {
    this.#onGone(webSocket, code, reason);
  }

  override webSocketError(webSocket: WebSocket): void {
    this.#onGone(webSocket, 1011, "");
  }

  override async alarm(): Promise<void> {
    try {
      await this.#conversation.replicator.onAlarm();
    } catch (error) {
      // A throw would be retried six times and then forgotten; the next event compares with the archive again.
      this.#observer.report("alarm_failed", { error: errorName(error) });
    }
  }

  /** Sends, edits, deletes or reacts. */
  write(user: string, frame: WriteFrame): Promise<SendResult> {
    return writeFor(this.#conversation, user, frame);
  }

  read(user: string, seq: number): Promise<ReadResult> {
    return readFor(this.#conversation, user, seq);
  }

  setFlags(user: string, update: FlagUpdate): Promise<FlagsResult> {
    return setFlagsFor(this.#conversation, user, update);
  }

  page(query: StoredPageQuery): Promise<StoredPage> {
    return storedPage(this.#conversation, query);
  }

  summary(user: string): Promise<OwnSummary> {
    return summaryFor(this.#conversation, user);
  }

  /**
   * Handles frames of the user's inbox sockets, in order; each result is in its frame's place. The caller runs the
   * returned function within the same RPC call, which is billed once.
   * https://developers.cloudflare.com/durable-objects/platform/pricing/
   */
  async forward(user: string, frames: readonly ForwardedFrame[]): Promise<ForwardReply> {
    return {
      results: await forwardFor(this.#conversation, user, frames),
      waitUntilReplicated: (rev) => this.#conversation.replicator.waitUntilReplicated(rev),
    };
  }

  /** What a device on its user's inbox socket lacks since `after`. */
  replay(user: string, after: number | undefined): Promise<ReplayReply> {
    return replayFor(this.#conversation, user, after);
  }

  /** Whether a user has a live socket here. */
  hasSocket(user: string): boolean {
    return this.#conversation.devices.isOnline(sideOf(this.#pair, user));
  }

  /** Something of a user's inbox changed that is to be seen here: it is asked. */
  requireNotify(user: string): void {
    this.#conversation.notifier.requireNotify(sideOf(this.#pair, user));
  }

  /** A user's inbox has a device again: returns when it was told what is held for the end of a burst. */
  notifyInbox(user: string): Promise<void> {
    return this.#conversation.notifier.onDevicePresent(sideOf(this.#pair, user));
  }

  /** Returns when everything up to `rev`, all read cursors and flags are archived, or sure to be. Breaks where the object dies: then ask again. */
  waitUntilReplicated(rev: number): Promise<void> {
    return this.#conversation.replicator.waitUntilReplicated(rev);
  }

  /** For operators: how it stands, without what was said. */
  inspect(): Promise<Standing> {
    return inspect(this.#conversation);
  }

  /** For operators: messages of before Pairline. */
  import(messages: readonly ImportedMessage[]): Promise<ImportResult> {
    return importMessages(this.#conversation, messages);
  }

  /** For operators: one part of the record compared with D1, and archived again where they differ. */
  verify(query: VerifyQuery): Promise<VerifyResult> {
    const { DB } = this.env;
    const key = conversationKey(this.ctx.id.name ?? "");
    const archive = {
      part: async (from: number, limit: number) => readPart(DB, await key, from, limit),
      correct: async (correction: Correction) => correct(DB, await key, correction),
    };
    return verifyPart(this.#conversation, archive, query);
  }

  #onGone(webSocket: WebSocket, code: number, reason: string): void {
    // Its close, mark and presence are still owed.
    const device = this.#sockets.onGone(webSocket, (unlisted) => this.#conversation.restore(unlisted));
    if (device !== undefined) {
      this.#conversation.disconnect(device, code, reason);
    }
  }

  #createConversation(): Conversation {
    const { ctx, env } = this;
    const settings = readSettings(env);
    const { limits } = settings;
    const auth = readAuthConfig(env);
    return new Conversation(
      {
        pair: this.#pair,
        limits,
        storage: ctx.storage,
        archive: this.#archive(),
        now: Date.now,
        random: Math.random,
        defer: (run) => setTimeout(run, 0),
        pause: (ms) => scheduler.wait(ms),
        setAlarm: (atMs) => void ctx.storage.setAlarm(atMs),
        clearAlarm: () => void ctx.storage.deleteAlarm(),
        verifyToken: async (token) =>
          resolveVerdict(env.DB, settings, await verifyToken(token, auth, Date.now()), Date.now()),
        admitNewConversation: (user) =>
          env.INBOXES.getByName(user).admitNewConversation(limits.newConversationsPerHour),
        notify: (user, delivery) => env.INBOXES.getByName(user).notify(delivery),
        abort: (reason) => {
          this.#observer.report("object_abandoned", {
            reason,
            sockets: this.#conversation.devices.socketCount,
          });
          ctx.abort(reason);
        },
        ...this.#observer,
      },
      this.#sockets.restored(),
    );
  }

  #archive(): ConversationArchive {
    const { DB } = this.env;
    const key = conversationKey(this.ctx.id.name ?? "");
    return {
      state: async () => readState(DB, await key),
      write: async (write) => writeChanges(DB, await key, write),
      rowsAbove: async (seq, limit) => readAbove(DB, await key, seq, limit),
    };
  }
}
