import { expect, onTestFinished, test } from "vitest";
import { inboxServerFrameSchema, type InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import {
  connect,
  deployWith,
  env,
  freshUsers,
  origin,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { nameUser } from "./users.ts";

test("[US6] on the inbox socket an alias stands for its user, in the token and in a frame's peer", async () => {
  deployWith({ ALIASES: "on" });
  const { a, b } = freshUsers();
  await nameUser(a, { aliases: [`${a}@mail.example`] });
  await nameUser(b, { aliases: [`${b}@mail.example`] });
  const bob = await connect(b, a);
  const alice = await openInbox(`${a}@mail.example`);
  expect(await alice.first("ready")).toMatchObject({ you: a });
  alice.send({ type: "send", peer: `${b}@mail.example`, id: "1", text: "hello" });
  await alice.first("ack");
  expect(await bob.first("message")).toMatchObject({ message: { author: a, text: "hello" } });
  expect(await alice.first("message")).toMatchObject({ peer: b, message: { author: a } });
});

test("[US6][US8] your own alias as a frame's peer is bad_peer, and with PEERS=known an unknown one unknown_peer", async () => {
  deployWith({ ALIASES: "on", PEERS: "known" });
  const { a, b } = freshUsers();
  await nameUser(a, { aliases: [`${a}@mail.example`] });
  const alice = await openInbox(a);
  alice.send({ type: "send", peer: `${a}@mail.example`, id: "1", text: "to myself" });
  expect(await alice.first("error")).toMatchObject({ id: "1", code: "bad_peer" });
  alice.send({ type: "send", peer: b, id: "2", text: "anybody there?" });
  expect(await alice.first("error", 1)).toMatchObject({ id: "2", code: "unknown_peer" });
});

test("[US7] while D1 is down a frame to a name that was never met is archive_unavailable, and the socket stays", async () => {
  deployWith({ ALIASES: "on" });
  const { a, b } = freshUsers();
  const alice = await openInbox(a);
  await alice.first("ready");
  alice.send({ type: "send", peer: b, id: "1", text: "met" });
  await alice.first("ack");
  onTestFinished(faultyD1(env.DB, "down", 1).restore);
  alice.send({ type: "send", peer: `${b}@mail.example`, id: "2", text: "never met" });
  expect(await alice.first("error")).toMatchObject({ id: "2", code: "archive_unavailable" });
  alice.send({ type: "send", peer: b, id: "3", text: "met again" });
  expect(await alice.first("ack", 1)).toMatchObject({ id: "3", seq: 2 });
});

type FrameOf<Type> = Extract<InboxServerFrame, { type: Type }>;

/** An inbox socket of this token's user, raw. */
async function openInbox(user: string) {
  const response = await worker.fetch(`${origin}/v1/socket`, {
    headers: upgradeHeaders(await tokenFor(user)),
  });
  const socket = socketOf(response);
  const frames: InboxServerFrame[] = [];
  let changed: (() => void) | undefined;
  socket.addEventListener("message", ({ data }) => {
    frames.push(inboxServerFrameSchema.parse(JSON.parse(String(data))));
    changed?.();
  });
  socket.accept();
  const all = <Type extends InboxServerFrame["type"]>(type: Type) =>
    frames.filter((frame): frame is FrameOf<Type> => frame.type === type);
  return {
    send: (frame: object) => socket.send(JSON.stringify(frame)),
    /** The frame of this kind behind `skipped` others of it, once it came. */
    first: async <Type extends InboxServerFrame["type"]>(type: Type, skipped = 0): Promise<FrameOf<Type>> => {
      for (;;) {
        const frame = all(type)[skipped];
        if (frame !== undefined) {
          return frame;
        }
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
  };
}
