import type { Verification } from "../auth/verify.ts";
import type { ConversationList, Summary } from "../protocol/conversation-list.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import { fixedLimits, type Limits } from "../protocol/limits.ts";
import type { Observer } from "../observability/index.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import { typingBelievedMs } from "../protocol/typing.ts";
import { ConnectionSet } from "../websocket/connection-set.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import { PresenceSubscriptions } from "./presence-subscriptions.ts";
import { bufferFrame } from "./replay-buffer.ts";
import type { InboxDevice } from "./device.ts";
import { ConversationChannel, type OnResult, type ConversationStub } from "./conversation-channel.ts";
import { isCountable, isNewer, withRecentSummaries } from "./overlay.ts";
import { OwnPresence, type PresenceStore } from "./presence.ts";
import { RecentSummaries } from "./recent-summaries.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { ForwardedFrame } from "../rpc/conversation.ts";
import type { InboxNotification, NotifyResult, RelayedFrame, VisiblePresence } from "../rpc/inbox.ts";

/** What told within this time may hold more, for a write to D1 that follows its last one closely. */
const justNowMs = 2_000;

/** So many of them are asked, the newest; more has nobody who is told by people. */
const maxAsked = 50;

/** The list does not wait longer for that. */
const heldBackWaitMs = 1_000;

/** One conversation, as its user's inbox calls it. */
export interface InboxConversation extends ConversationStub {
  replay(after: number | undefined): Promise<{ readonly frames: readonly ServerFrame[] }>;
  hasSocket(): Promise<boolean>;
  requireNotify(): Promise<void>;
  notifyInbox(): Promise<void>;
}

/** What the archive knows of a conversation. */
interface Archived {
  readonly summary: Summary;
  readonly bothWrote: boolean;
}

/** All that an inbox asks of the platform. */
export interface InboxPlatform {
  readonly user: string;
  readonly limits: Limits;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** The conversation with a peer, or why there is none. */
  readonly open: (peer: string) => Promise<InboxConversation | Refusal>;
  /** The first page of the list. Throws where the archive does not answer. */
  readonly list: () => Promise<ConversationList>;
  /** The archive's word on these conversations. Throws where it does not answer. */
  readonly archived: (peers: readonly string[]) => Promise<ReadonlyMap<string, Archived>>;
  readonly follow: (peer: string) => Promise<VisiblePresence>;
  readonly notifyFollower: (follower: string, presence: VisiblePresence) => Promise<boolean>;
  readonly verifyToken: (token: string) => Promise<Verification>;
  readonly presenceStore: PresenceStore;
  readonly report: Observer["report"];
  readonly reportRefusal: Observer["reportRefusal"];
}

/** One user's line to all their conversations, awake. It relays; the record stays in each conversation. */
export class UserInbox {
  readonly platform: InboxPlatform;
  readonly devices: ConnectionSet<InboxDevice, InboxServerFrame>;
  readonly presence: OwnPresence;
  readonly subscriptions: PresenceSubscriptions;
  readonly allowance: TokenBucket;
  readonly privateDmBurst: TokenBucket;
  readonly #recent: RecentSummaries;
  readonly #channels = new Map<string, ConversationChannel>();

  constructor(ports: InboxPlatform, restored: readonly InboxDevice[] = []) {
    const { limits, now, presenceStore, notifyFollower, report } = ports;
    const callFailed = () => report("presence_call_failed", {});
    this.platform = ports;
    this.devices = new ConnectionSet(
      { ...ports, userOf: () => ports.user, onLeft: (device) => this.#onLeft(device) },
      restored,
    );
    this.allowance = new TokenBucket(limits.inboxFramesPerSecond, limits.inboxFrameBurst, now());
    const { privateDmBurst, privateDmBurstRefillMs } = fixedLimits;
    const perSecond = privateDmBurst / (privateDmBurstRefillMs / 1_000);
    this.privateDmBurst = new TokenBucket(perSecond, privateDmBurst, now());
    this.#recent = new RecentSummaries(now);
    this.presence = new OwnPresence({
      now,
      store: presenceStore,
      notifyFollower,
      onFailure: callFailed,
      hasDevice: () => this.devices.all.length > 0,
      hasLiveDevice: () => this.devices.all.some((device) => this.devices.isLive(device)),
      hasSocket: async (peer) =>
        this.#withConversation(peer, (conversation) => conversation.hasSocket(), false),
      requireNotify: async (peer) =>
        this.#withConversation(peer, (conversation) => conversation.requireNotify(), undefined),
      known: (peers) =>
        this.#recent.peersWhere(peers, ports.archived, (known) => (known?.summary.head ?? 0) > 0),
    });
    this.subscriptions = new PresenceSubscriptions({
      devices: () => this.devices.all,
      send: (device, frame) => this.devices.send(device, frame),
      bothWroteWith: (peers) =>
        this.#recent.peersWhere(peers, ports.archived, (known) => known?.bothWrote === true),
      follow: ports.follow,
      onFailure: callFailed,
    });
  }

  /** A device's socket. It is attached first, then the list is read: what happens between is in one of the two. */
  connect(device: InboxDevice): void {
    this.devices.add(device, this.devices.all);
    this.devices.opened(device);
    device.isReady = false;
    device.waiting = this.#sendReady(device).finally(() => {
      device.waiting = undefined;
    });
    this.presence.onChanged();
  }

  /** A socket that was here before the object slept. */
  restore(device: InboxDevice): void {
    this.devices.add(device, this.devices.all);
    this.presence.onRestored();
  }

  disconnect(device: InboxDevice, code: number, reason: string): void {
    device.close(code, reason);
    this.devices.remove(device);
  }

  /** A conversation tells what is new in it. Nothing is stored, whether somebody is there or not. */
  notify(delivery: InboxNotification): NotifyResult {
    const { peer, bothWrote, isHere, summary } = delivery;
    const before = this.#recent.get(peer);
    // A call that was given up may land after its repeat, which told all of it.
    if (before === undefined || !isOutdated(delivery, before.summary)) {
      this.#recent.set(peer, delivery);
      this.presence.setBlocked(peer, summary.blocked);
      this.presence.setPlace(peer, isHere);
      this.#relayNew(delivery, before?.summary);
      if (bothWrote && before?.bothWrote !== true) {
        void this.subscriptions.granted(peer);
      }
    }
    return { devices: this.devices.all.length, visible: this.presence.visible };
  }

  /** Sends a device's frame to the conversation it is about, in order. */
  forward(peer: string, frame: ForwardedFrame, onResult: OnResult): void {
    let channel = this.#channels.get(peer);
    if (channel === undefined) {
      channel = new ConversationChannel(
        { ...this.platform, onIdle: () => this.#closeChannel(peer, channel) },
        peer,
      );
      this.#channels.set(peer, channel);
    }
    channel.add(frame, onResult);
  }

  /** Whether a device said lately that its user types to a peer. */
  isTyping(peer: string): boolean {
    return this.devices.all.some((device) => {
      const saidAtMs = device.typingAtMs(peer);
      return saidAtMs !== undefined && this.platform.now() - saidAtMs < typingBelievedMs;
    });
  }

  // One that was given up may end after another took its place.
  #closeChannel(peer: string, channel: ConversationChannel | undefined): void {
    if (this.#channels.get(peer) === channel) {
      this.#channels.delete(peer);
    }
  }

  /** Sends a device what is new of a peer; it waits while the device is being caught up with them. */
  send(device: InboxDevice, peer: string, frame: InboxServerFrame): void {
    const buffer = device.buffers.get(peer);
    if (buffer === undefined) {
      this.devices.send(device, frame);
      return;
    }
    bufferFrame(buffer, frame);
  }

  async #sendReady(device: InboxDevice): Promise<void> {
    const { user, limits, list, archived, report } = this.platform;
    const { requestId } = device.kept;
    const facts = { you: user, limits, ...(requestId !== undefined && { requestId }) };
    let recent = new Set<string>();
    try {
      await this.#fetchHeldBack(device);
      const page = await list();
      const onPage = new Set(page.conversations.map(({ peer }) => peer));
      const summaries = this.#recent.all().map(({ summary }) => summary);
      const isWhole = page.nextCursor === undefined;
      const beyond = isWhole ? [] : summaries.map(({ peer }) => peer).filter((peer) => !onPage.has(peer));
      const found = beyond.length === 0 ? new Map<string, Archived>() : await archived(beyond);
      // What the totals cannot account for, also what was told while the archive was asked, follows as frames.
      const covered = this.#recent.all().flatMap(({ summary }) => {
        const { peer } = summary;
        const isBeyond = beyond.includes(peer) && isCountable(summary, found.get(peer)?.summary);
        return isWhole || onPage.has(peer) || isBeyond ? [summary] : [];
      });
      recent = new Set(covered.map(({ peer }) => peer));
      const before = new Map([...found].map(([peer, { summary }]) => [peer, summary]));
      this.devices.send(device, {
        type: "ready",
        ...facts,
        list: withRecentSummaries(page, covered, before),
      });
    } catch {
      // The archive is away. What happens from now on reaches the device all the same.
      recent.clear();
      report("inbox_list_unavailable", { requestId: device.requestId });
      this.devices.send(device, { type: "ready", ...facts });
    }
    device.isReady = true;
    for (const { summary } of this.#recent.all()) {
      if (!recent.has(summary.peer)) {
        this.devices.send(device, { type: "summary", ...summary });
      }
    }
  }

  // A conversation that believes nobody here holds what comes in a burst; whoever comes must find it all the same.
  async #fetchHeldBack(device: InboxDevice): Promise<void> {
    const isFirst = this.devices.all.every((one) => one === device);
    const peers = isFirst ? this.#recent.since(justNowMs).slice(-maxAsked) : [];
    const asked = peers.map((peer) =>
      this.#withConversation(peer, (conversation) => conversation.notifyInbox(), undefined),
    );
    await orUndefinedAfter(heldBackWaitMs, Promise.allSettled(asked));
  }

  #relayNew({ peer, frames, summary }: InboxNotification, before: Summary | undefined): void {
    if (this.devices.all.length === 0) {
      return;
    }
    for (const frame of frames) {
      // Not again what a call told whose answer got lost.
      if (frame.type !== "message" || frame.message.rev > (before?.rev ?? 0)) {
        this.#relayFrame(peer, frame);
      }
    }
    if (JSON.stringify(before) !== JSON.stringify(summary)) {
      this.#relay(peer, { type: "summary", ...summary });
    }
  }

  #relayFrame(peer: string, frame: RelayedFrame): void {
    if (frame.type !== "message") {
      this.#relay(peer, { ...frame, peer });
      return;
    }
    const { isNew, ...shown } = { ...frame, peer };
    const flagged = { ...shown, isNew };
    this.#relay(peer, shown, ({ isSession }) => !isSession);
    this.#relay(peer, isNew === true ? flagged : shown, ({ isSession }) => isSession);
  }

  #relay(
    peer: string,
    frame: InboxServerFrame,
    isMeant: (device: InboxDevice) => boolean = () => true,
  ): void {
    for (const device of this.devices.all) {
      if (device.isReady && isMeant(device)) {
        this.send(device, peer, frame);
      }
    }
  }

  #onLeft(device: InboxDevice): void {
    for (const [peer, seq] of device.kept.delivered) {
      this.forward(peer, { type: "delivered", seq, keep: true }, () => undefined);
    }
    for (const [peer] of device.kept.typing ?? []) {
      if (!this.isTyping(peer)) {
        this.forward(peer, { type: "typing", on: false }, () => undefined);
      }
    }
    void this.presence.onLeft();
  }

  async #withConversation<Value>(
    peer: string,
    call: (conversation: InboxConversation) => Promise<Value>,
    otherwise: Value,
  ): Promise<Value> {
    const conversation = await this.platform.open(peer);
    return "code" in conversation ? otherwise : call(conversation);
  }
}

/** Whether more was told since. A history that was replaced may begin anew at a lower `rev`. */
function isOutdated({ frames, summary }: InboxNotification, recent: Summary): boolean {
  return isNewer(recent, summary) && !frames.some((frame) => frame.type === "reset");
}
