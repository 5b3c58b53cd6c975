import { expect, test } from "vitest";
import { PresenceSubscriptions } from "../../src/inbox/presence-subscriptions.ts";
import { InboxDevice } from "../../src/inbox/device.ts";
import { OwnPresence, maxPlaces, type KeptPresence } from "../../src/inbox/presence.ts";
import type { InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import { sideOf } from "../../src/protocol/pair.ts";
import { UserWorld } from "./user-world.ts";
import type { InboxNotification } from "../../src/rpc/inbox.ts";

const minuteMs = 60_000;

/** What a conversation delivers in which the user has a socket and nobody has read. */
function deliveryOf(peer: string, head: number): InboxNotification {
  const read = { you: 0, peer: 0 };
  const summary = { peer, head, rev: head, state: 1, read, unread: 0, muted: false, archived: false };
  return { peer, frames: [], summary: { ...summary, blocked: false }, bothWrote: false, isHere: true };
}

test("[PR6] a place is asked again 2 minutes after it was, when somebody subscribes, and not before", async () => {
  const clock = { nowMs: 1_800_000_000_000 };
  const asked: number[] = [];
  const presence = new OwnPresence({
    now: () => clock.nowMs,
    hasDevice: () => false,
    hasLiveDevice: () => false,
    store: {
      load: () => ({ presence: { visible: true, places: ["carol"] } }),
      savePresence: () => undefined,
      saveFollowers: () => undefined,
      isBlocked: () => false,
      saveBlocked: () => undefined,
    },
    hasSocket: async () => {
      asked.push(clock.nowMs);
      return asked.length < 2;
    },
    notifyFollower: async () => true,
    requireNotify: async () => undefined,
    known: async (peers) => new Set(peers),
    onFailure: () => undefined,
  });
  expect(await presence.follow("alice")).toEqual({ online: true });
  clock.nowMs += 2 * minuteMs - 1;
  expect(await presence.follow("alice")).toEqual({ online: true });
  expect(asked).toHaveLength(1);
  clock.nowMs += 1;
  expect(await presence.follow("alice")).toMatchObject({ online: false });
  expect(asked).toHaveLength(2);
});

test("[PR4] where a peer's inbox failed, the same subscription brings their presence once it answers", async () => {
  const frames: InboxServerFrame[] = [];
  let answers = false;
  const socket = {
    send: () => undefined,
    close: () => undefined,
    serializeAttachment: () => undefined,
    pingedAtMs: () => undefined,
  };
  const kept = { expiresAtMs: Infinity, connectedAtMs: 0, following: [], delivered: [] };
  const device = new InboxDevice(socket, kept);
  const following = new PresenceSubscriptions({
    devices: () => [device],
    send: (_, frame) => void frames.push(frame),
    bothWroteWith: async (peers) => new Set(peers),
    follow: async () => {
      if (!answers) {
        throw new Error("the inbox does not answer");
      }
      return { online: true };
    },
    onFailure: () => undefined,
  });
  expect(await following.subscribe(device, ["bob"])).toBeUndefined();
  expect(frames).toEqual([]);
  answers = true;
  expect(await following.subscribe(device, ["bob"])).toBeUndefined();
  expect(frames).toEqual([{ type: "presence", peer: "bob", user: "bob", online: true }]);
});

test("[PR7][PR8] deliveries of more than 100 open conversations write no row; the first 100 are kept", () => {
  const saved: KeptPresence[] = [];
  const presence = new OwnPresence({
    now: () => 0,
    hasDevice: () => false,
    hasLiveDevice: () => false,
    store: {
      load: () => ({}),
      savePresence: (kept) => void saved.push(kept),
      saveFollowers: () => undefined,
      isBlocked: () => false,
      saveBlocked: () => undefined,
    },
    hasSocket: async () => true,
    notifyFollower: async () => true,
    requireNotify: async () => undefined,
    known: async (peers) => new Set(peers),
    onFailure: () => undefined,
  });
  const peers = Array.from({ length: maxPlaces + 2 }, (_, nth) => `peer-${nth}`);
  for (const peer of [...peers, ...peers, ...peers]) {
    presence.setPlace(peer, true);
  }
  expect(saved).toHaveLength(maxPlaces);
  expect(saved.at(-1)?.places).toEqual(peers.slice(0, maxPlaces));
  presence.setPlace("peer-0", false);
  presence.setPlace("peer-101", true);
  expect(saved.at(-1)?.places).toEqual([...peers.slice(1, maxPlaces), "peer-101"]);
});

test("[PR5] hiding reaches a conversation that D1 does not have yet, and none without messages", async () => {
  const world = await UserWorld.with("bob", ["written", "muted"]);
  const muted = world.conversation("muted");
  muted.room.setFlags(sideOf(muted.room.platform.pair, "bob"), { muted: true }, () => undefined);
  await world.settle();
  expect(world.d1.rows("SELECT head FROM conversations")).toEqual([{ head: 0 }]);
  world.inbox.notify(deliveryOf("written", 1));
  world.inbox.notify(deliveryOf("muted", 0));
  await world.inbox.presence.setVisible(false);
  expect(world.asked).toEqual(["written"]);
});
