import { sideOf } from "../../src/protocol/pair.ts";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationList, readSummaries } from "../../src/archive/list.ts";
import { receiveInboxFrame } from "../../src/inbox/frames.ts";
import { InboxDevice } from "../../src/inbox/device.ts";
import { UserInbox } from "../../src/inbox/inbox.ts";
import type { ConversationList } from "../../src/protocol/conversation-list.ts";
import { inboxServerFrameSchema, type InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import { conversationName, pairFromName } from "../../src/protocol/pair.ts";
import { SqliteD1 } from "./sqlite-d1.ts";
import { World } from "./world.ts";
import { forwardFor, replayFor } from "../../src/conversation/rpc-handlers.ts";

/** What a device on the inbox socket hears. */
export interface InboxEnd {
  frame(frame: InboxServerFrame): void;
  closed(): void;
}

/** One user's inbox and their conversations without a platform: the real rules and SQL. No two moments are the same. */
export class UserWorld {
  readonly user: string;
  readonly d1 = new SqliteD1();
  readonly conversations = new Map<string, World>();
  /** Peers whose conversation was asked to call the inbox. */
  readonly asked: string[] = [];
  inbox: UserInbox;
  #nowMs = 1_800_000_000_000;
  #ends = new Map<InboxDevice, InboxEnd>();

  private constructor(user: string) {
    this.user = user;
    this.inbox = this.#openInbox();
  }

  static async with(user: string, peers: readonly string[]): Promise<UserWorld> {
    const world = new UserWorld(user);
    for (const peer of peers) {
      const name = conversationName(user, peer);
      const place = {
        pair: pairFromName(name),
        key: await conversationKey(name),
        d1: world.d1,
        now: world.now,
      };
      const conversation = new World({}, place);
      conversation.deliver = async (to, delivery) =>
        to === user ? world.inbox.notify(delivery) : { devices: 0, visible: true };
      world.conversations.set(peer, conversation);
    }
    return world;
  }

  readonly now = (): number => {
    this.#nowMs += 1;
    return this.#nowMs;
  };

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  conversation(peer: string): World {
    const conversation = this.conversations.get(peer);
    if (conversation === undefined) {
      throw new Error(`there is no ${peer}`);
    }
    return conversation;
  }

  connect(end: InboxEnd): InboxDevice {
    const device = new InboxDevice(
      {
        send: (text) => end.frame(inboxServerFrameSchema.parse(JSON.parse(text))),
        close: () => end.closed(),
        serializeAttachment: () => {},
        pingedAtMs: () => this.#nowMs,
      },
      { expiresAtMs: Number.POSITIVE_INFINITY, connectedAtMs: this.now(), following: [], delivered: [] },
    );
    this.#ends.set(device, end);
    this.inbox.connect(device);
    return device;
  }

  frame(device: InboxDevice, frame: object): void {
    receiveInboxFrame(this.inbox, device, JSON.stringify(frame));
  }

  disconnect(device: InboxDevice): void {
    this.#ends.delete(device);
    this.inbox.disconnect(device, 1000, "");
  }

  /** The inbox dies: its memory and its sockets are gone. */
  restartInbox(): void {
    const ends = [...this.#ends.values()];
    this.#ends.clear();
    this.inbox = this.#openInbox();
    for (const end of ends) {
      end.closed();
    }
  }

  /** Runs the turns that are due in all conversations, and lets every call in flight come back. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 8; rounds += 1) {
      for (const conversation of this.conversations.values()) {
        conversation.turn();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  list(): Promise<ConversationList> {
    return conversationList(this.d1.binding, this.user, { limit: 50 }, this.now());
  }

  #openInbox(): UserInbox {
    const { user, d1 } = this;
    const open = async (peer: string) => {
      // A conversation that started again meanwhile is another room.
      const room = () => this.conversation(peer).room;
      return {
        peer,
        forward: async (frames: Parameters<typeof forwardFor>[2]) => {
          const answering = room();
          return {
            results: await forwardFor(answering, user, frames),
            waitUntilReplicated: (rev: number) => answering.replicator.waitUntilReplicated(rev),
            end: () => undefined,
          };
        },
        replay: async (after: number | undefined) => replayFor(room(), user, after),
        waitUntilReplicated: async (rev: number) => room().replicator.waitUntilReplicated(rev),
        hasSocket: async () => true,
        requireNotify: async () => void this.asked.push(peer),
        notifyInbox: async () => room().notifier.onDevicePresent(sideOf(room().platform.pair, user)),
      };
    };
    const { limits } = new World();
    return new UserInbox({
      user,
      limits,
      open,
      now: this.now,
      wait: async () => undefined,
      list: () => this.list(),
      archived: (peers) => readSummaries(d1.binding, user, peers),
      follow: async () => ({ online: false }),
      notifyFollower: async () => false,
      verifyToken: async (token) => ({
        ok: true,
        user: token,
        expiresAtMs: Number.POSITIVE_INFINITY,
        issuedAtMs: 0,
        profile: {},
      }),
      report: () => undefined,
      reportRefusal: () => undefined,
      presenceStore: {
        load: () => ({}),
        savePresence: () => {},
        saveFollowers: () => {},
        isBlocked: () => false,
        saveBlocked: () => {},
      },
    });
  }
}
