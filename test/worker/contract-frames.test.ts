import { expect, test } from "vitest";
import { asyncApiDocument } from "../../src/contract/asyncapi.ts";
import { examplesOf } from "../../src/contract/frame-examples.ts";
import { frameKinds } from "../../src/contract/frame-schemas.ts";
import { faultsBy } from "../contract.ts";
import { connect, freshUsers, openWith, tokenFor } from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";

const faultsOf = faultsBy(asyncApiDocument().components, "7");

test("[CT5] frames of a real exchange over both sockets are as asyncapi.json says, each kind among them", async () => {
  const { a, b } = freshUsers();
  const conversation = await connect(a, b);
  const inbox = await connectInbox(a);
  const peer = await connect(b, a);
  await conversation.say("Lunch?");
  peer.send({ type: "send", id: freshId(), text: "Gladly", replyTo: 1, data: { place: 7 } });
  peer.send({ type: "react", id: freshId(), seq: 1, emoji: "👍", on: true });
  peer.send({ type: "delivered", seq: 1 });
  peer.send({ type: "read", seq: 1 });
  await inbox.say(b, "At twelve?");
  inbox.send({ type: "edit", peer: b, id: freshId(), seq: 3, text: "At one?" });
  conversation.send({ type: "delete", id: freshId(), seq: 1 });
  conversation.send({ type: "send", id: freshId(), text: "" });
  await inbox.say(b, "");
  inbox.send({ type: "sync", peer: b, after: 0 });
  await inbox.first("synced");
  inbox.send({ type: "sync", peer: b, after: 9_000 });
  await inbox.first("reset");
  await inbox.until(() => inbox.all("synced").length === 2, "the answer to the second sync");
  const behind = await openWith(await tokenFor(a), b, "?after=9000");
  await behind.first("reset");
  await conversation.first("message", ({ message }) => message.deletedAt !== undefined);
  peer.send({ type: "typing", on: true });
  await conversation.first("typing");
  await inbox.first("typing");
  // Both have written by now.
  inbox.send({ type: "subscribe", peers: [b] });
  await inbox.first("presence");
  peer.close();
  await conversation.first("presence", ({ online }) => !online);

  const frames = [
    ...[...conversation.received, ...behind.received].map((text) => serverFrame("conversation", text)),
    ...inbox.received.map((text) => serverFrame("inbox", text)),
  ];
  expect(
    frames.flatMap(({ id, value }) =>
      faultsOf({ $ref: `#/components/schemas/${id}` }, value).map((fault) => `${id}: ${fault}`),
    ),
  ).toEqual([]);
  const kinds = frameKinds.filter(({ from }) => from === "server").map(({ id }) => id);
  expect(kinds.filter((id) => !frames.some((frame) => frame.id === id))).toEqual([]);
});

test("[CT5] every example frame of a client is taken by the server", async () => {
  const { a, b } = freshUsers();
  const conversation = await connect(a, b);
  const inbox = await connectInbox(a);
  const token = await tokenFor(a);
  await conversation.say("the message that the examples are about");
  await (await connect(b, a)).say("the one that the other user wrote");
  for (const kind of frameKinds.filter(({ from }) => from === "client")) {
    for (const example of examplesOf(kind)) {
      const socket = kind.socket === "conversation" ? conversation : inbox;
      socket.send({
        ...example,
        ...("token" in example && { token }),
        ...("peer" in example && { peer: b }),
        ...("peers" in example && { peers: [b] }),
      });
    }
  }
  await conversation.say("behind all others");
  await inbox.say(b, "behind all others");
  const codes = [...conversation.all("error"), ...inbox.all("error")].map(({ code }) => code);
  expect(codes).not.toContain("bad_frame");
});

/** A frame as it came, and the name that asyncapi.json gives its kind. */
function serverFrame(
  socket: string,
  text: string,
): { readonly id: string | undefined; readonly value: unknown } {
  const value = JSON.parse(text) as { readonly type: string };
  const kind = frameKinds.find(
    (one) => one.socket === socket && one.from === "server" && one.type === value.type,
  );
  return { id: kind?.id, value };
}

function freshId(): string {
  return crypto.randomUUID();
}
