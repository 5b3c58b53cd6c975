import { DurableObject } from "cloudflare:workers";
import { conversationList, readSummaries } from "../archive/list.ts";
import { readAuthConfig } from "../auth/config.ts";
import { verifyToken } from "../auth/verify.ts";
import type { Env } from "../env.ts";
import { expiresHeader } from "../rpc/upgrade-headers.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { userIdSchema } from "../protocol/identity.ts";
import { defaultListConversations, fixedLimits } from "../protocol/limits.ts";
import { conversationName } from "../protocol/pair.ts";
import { readSettings } from "../settings.ts";
import { createObserver, type Observer } from "../observability/index.ts";
import { resolvePeer, resolveVerdict, type NamingSettings } from "../users/resolve.ts";
import { HibernatingSockets } from "../websocket/hibernation.ts";
import { RollingLimit } from "../lib/rolling-limit.ts";
import { handleSessionFrame, receiveInboxFrame, takeFrames } from "./frames.ts";
import { InboxDevice, inboxAttachmentSchema, type InboxAttachment } from "./device.ts";
import { UserInbox, type InboxConversation, type InboxPlatform } from "./inbox.ts";
import type { PresenceStore, KeptPresence } from "./presence.ts";
import { admit, type NewConversations } from "./quota.ts";
import { SocketIoSessions } from "./socket-io-sessions.ts";
import type {
  InboxNotification,
  NotifyResult,
  FrameResult,
  SessionFrame,
  VisiblePresence,
  InboxRpc,
} from "../rpc/inbox.ts";

const quotaKey = "newConversations";

/** One user, over all their conversations: the plug between the platform and the inbox. */
export class InboxObject extends DurableObject<Env> implements InboxRpc {
  readonly #user: string;
  readonly #observer: Observer;
  readonly #sockets: HibernatingSockets<InboxAttachment, InboxDevice>;
  readonly #inbox: UserInbox;
  readonly #sessions: SocketIoSessions;
  readonly #connects = new RollingLimit(fixedLimits.maxConnectsPerUser, 60_000);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#user = userIdSchema.parse(ctx.id.name);
    this.#observer = createObserver(env, { kind: "inbox", id: ctx.id.toString() });
    this.#sockets = new HibernatingSockets(
      ctx,
      (attachment) => inboxAttachmentSchema.safeParse(attachment).data,
      (socket, kept) => new InboxDevice(socket, kept),
    );
    this.#sessions = this.#createSessions();
    this.#inbox = new UserInbox(this.#platform(), [
      ...this.#sockets.restored(),
      ...this.#sessions.restored(),
    ]);
    this.#observer.report("object_woken", { sockets: this.#inbox.devices.socketCount });
  }

  /** The upgrade, from the door only: until when its token holds comes in a header. */
  override fetch(request: Request): Response {
    const kept = {
      expiresAtMs: Number(request.headers.get(expiresHeader)),
      connectedAtMs: Date.now(),
      following: [],
      delivered: [],
    };
    const { device, response } = this.#sockets.accept(request, kept);
    this.#inbox.connect(device);
    return response;
  }

  override webSocketMessage(webSocket: WebSocket, data: string | ArrayBuffer): void {
    const device = this.#sockets.of(webSocket);
    if (device !== undefined) {
      receiveInboxFrame(this.#inbox, device, data);
    }
  }

  override webSocketClose(webSocket: WebSocket, code: number, reason: string): void {
    this.#onGone(webSocket, code, reason);
  }

  override webSocketError(webSocket: WebSocket): void {
    this.#onGone(webSocket, 1011, "");
  }

  /** Counts a new conversation that this user begins; a refusal beyond `limit` an hour. Writes one row when it counts. */
  admitNewConversation(limit: number): Refusal | undefined {
    const { kv } = this.ctx.storage;
    const admitted = admit(kv.get<NewConversations>(quotaKey), limit, Date.now());
    if (!admitted.ok) {
      return admitted.refusal;
    }
    kv.put(quotaKey, admitted.counted);
    return undefined;
  }

  /** A conversation of this user tells what is new in it. Returns when Socket.IO sessions, whose sockets are elsewhere, were told. */
  async notify(delivery: InboxNotification): Promise<NotifyResult> {
    const answer = this.#inbox.notify(delivery);
    if (this.#sessions.hasAny) {
      await this.#sessions.waitUntilPushed();
    }
    return answer;
  }

  /** A Socket.IO session of this user, from now on one of their devices, unless these were too many in a minute. */
  attach(sid: string, expiresAtMs: number): Refusal | undefined {
    const retryAfterMs = this.#connects.take(Date.now());
    if (retryAfterMs > 0) {
      return refusal("rate_limited", { retryAfterMs });
    }
    this.#inbox.connect(this.#sessions.attach(sid, expiresAtMs));
    return undefined;
  }

  /**
   * What a session's client says, in order; a frame's answer is in its place, and comes after what the frame led to.
   * Undefined where the session is none of this inbox's any more: then its client must begin anew.
   */
  async handleFrames(
    sid: string,
    frames: readonly SessionFrame[],
  ): Promise<readonly FrameResult[] | undefined> {
    const device = this.#sessions.device(sid);
    if (device === undefined) {
      // Its end may be on the way, which says why.
      await this.#sessions.waitUntilPushed();
      return undefined;
    }
    await device.waiting;
    const answers = await Promise.all(
      frames.map(async (frame) => handleSessionFrame(this.#inbox, device, frame)),
    );
    await this.#sessions.waitUntilPushed();
    return answers;
  }

  /** A session's client brought a fresh token. */
  renew(sid: string, expiresAtMs: number): Refusal | undefined {
    const limited = takeFrames(this.#inbox, 1);
    if (limited === undefined) {
      this.#sessions.device(sid)?.remember({ expiresAtMs });
    }
    return limited;
  }

  /** A session left; `delivered` is how far its client had everything. */
  detach(sid: string, delivered: readonly (readonly [peer: string, seq: number])[]): void {
    const device = this.#sessions.device(sid);
    for (const [peer, seq] of delivered) {
      device?.rememberMark(peer, seq);
    }
    this.#sessions.drop(sid);
  }

  /** The inbox of a user who may see this one asks, and is told of changes from now on. */
  follow(follower: string): Promise<VisiblePresence> {
    return this.#inbox.presence.follow(follower);
  }

  /** The inbox of a peer tells of their presence. Whether any device here still follows them. */
  updatePresence(peer: string, presence: VisiblePresence): boolean {
    return this.#inbox.subscriptions.onPresence(peer, presence);
  }

  isVisible(): boolean {
    return this.#inbox.presence.visible;
  }

  setVisible(visible: boolean): Promise<Refusal | undefined> {
    return this.#inbox.presence.setVisible(visible);
  }

  #onGone(webSocket: WebSocket, code: number, reason: string): void {
    const device = this.#sockets.onGone(webSocket, (unlisted) => this.#inbox.restore(unlisted));
    if (device !== undefined) {
      this.#inbox.disconnect(device, code, reason);
    }
  }

  #createSessions(): SocketIoSessions {
    const { ctx, env } = this;
    const namespace = env.SOCKETIO_SESSIONS;
    return new SocketIoSessions({
      kv: ctx.storage.kv,
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      push: async (sid, frames, end) =>
        namespace.get(namespace.idFromString(sid)).push(this.#user, frames, end),
      onLeft: (device) => this.#inbox.disconnect(device, 1000, ""),
      onBroken: (device) => {
        this.#observer.report("session_push_failed", {});
        this.#inbox.devices.end(device, "internal");
      },
    });
  }

  #platform(): InboxPlatform {
    const { ctx, env } = this;
    const settings = readSettings(env);
    const auth = readAuthConfig(env);
    const user = this.#user;
    return {
      user,
      limits: settings.limits,
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      open: (peer) => this.#conversation(peer, settings),
      list: () => conversationList(env.DB, user, { limit: defaultListConversations }, Date.now()),
      archived: (peers) => readSummaries(env.DB, user, peers),
      follow: (peer) => env.INBOXES.getByName(peer).follow(user),
      notifyFollower: (follower, presence) => env.INBOXES.getByName(follower).updatePresence(user, presence),
      verifyToken: async (token) =>
        resolveVerdict(env.DB, settings, await verifyToken(token, auth, Date.now()), Date.now()),
      presenceStore: presenceStore(ctx.storage.kv),
      ...this.#observer,
    };
  }

  // The stub is made anew for each call: one that broke stays broken.
  async #conversation(name: string, naming: NamingSettings): Promise<InboxConversation | Refusal> {
    const { env } = this;
    const user = this.#user;
    const peer = await resolvePeer(env.DB, naming, { user, name }, Date.now());
    if (typeof peer !== "string") {
      return peer;
    }
    const stub = () => env.CONVERSATIONS.getByName(conversationName(user, peer));
    return {
      peer,
      forward: async (frames) => {
        const reply = await stub().forward(user, frames);
        return {
          results: reply.results,
          waitUntilReplicated: (rev) => reply.waitUntilReplicated(rev),
          end: () => reply[Symbol.dispose](),
        };
      },
      waitUntilReplicated: (rev) => stub().waitUntilReplicated(rev),
      replay: (after) => stub().replay(user, after),
      hasSocket: async () => stub().hasSocket(user),
      requireNotify: async () => stub().requireNotify(user),
      notifyInbox: () => stub().notifyInbox(user),
    };
  }
}

function presenceStore(kv: SyncKvStorage): PresenceStore {
  /** What was read of blocks: conversations name theirs with all they tell. */
  const blocked = new Map<string, boolean>();
  return {
    load: () => {
      const presence = kv.get<KeptPresence>("presence");
      const followers = kv.get<readonly string[]>("followers");
      return { ...(presence && { presence }), ...(followers && { followers }) };
    },
    savePresence: (presence) => kv.put("presence", presence),
    saveFollowers: (followers) => kv.put("followers", followers),
    isBlocked: (peer) => {
      const known = blocked.get(peer) ?? kv.get<boolean>(`blocked:${peer}`) === true;
      blocked.set(peer, known);
      return known;
    },
    saveBlocked: (peer, isBlocked) => {
      blocked.set(peer, isBlocked);
      if (isBlocked) {
        kv.put(`blocked:${peer}`, true);
      } else {
        kv.delete(`blocked:${peer}`);
      }
    },
  };
}
