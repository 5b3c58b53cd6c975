import { expect, test } from "vitest";
import { codeOf, emptyList, freezeTime, passMs, startedWithBob, summary, worldOf } from "./fake-server.ts";

freezeTime();

test("[CL26] `user` asks the server whom an id or an alias means, and throws no other error than a PairlineError", async () => {
  const world = worldOf();
  await world.greet(emptyList);
  world.answers.set("GET /v1/users/ada%40a.example", () => ({
    status: 200,
    body: { id: "u-1", name: "Ada" },
  }));
  world.answers.set("GET /v1/users/nobody", () => ({ status: 404, body: { code: "unknown_peer" } }));
  expect(await world.client.user("ada@a.example")).toEqual({ id: "u-1", name: "Ada" });
  const codes = [codeOf(world.client.user("nobody")), codeOf(world.client.user("José"))];
  await passMs(0);
  expect(codes.map(({ code }) => code)).toEqual(["unknown_peer", "bad_peer"]);
});

test("[CL26] a page of the list may be as long as the server allows, so that few requests read all of it", async () => {
  const world = worldOf();
  await world.greet({ ...emptyList, conversations: [summary("bob", 5)], nextCursor: "next" });
  world.answers.set("GET /v1/conversations?cursor=next&limit=500", () => ({
    status: 200,
    body: { ...emptyList, conversations: [summary("cid", 3)] },
  }));
  await world.client.conversations.loadMore(500);
  expect(world.client.conversations.value.map(({ peer }) => peer).toSorted()).toEqual(["bob", "cid"]);
});

test("[CL26] `refused` says what was refused, so that an app can show the text that a reload left without a promise", async () => {
  const { world, socket, bob } = await startedWithBob();
  const refused: object[] = [];
  world.client.on("refused", ({ peer, frame }) => refused.push({ peer, type: frame.type, frame }));
  bob.send("much too long").catch(() => {});
  await passMs(0);
  const id = socket.of("send")[0]?.["id"];
  socket.tell({ type: "error", peer: "bob", id, code: "bad_text", message: "too long" });
  expect(refused).toEqual([
    { peer: "bob", type: "send", frame: expect.objectContaining({ id, text: "much too long" }) as object },
  ]);
});

test("[CL26] `limits` are what the server announced, and the defaults before", async () => {
  const world = worldOf();
  expect(world.client.limits.maxTextBytes).toBe(16_384);
  await world.greet(emptyList);
  expect(world.client.limits.maxTextBytes).toBe(1_000);
});
