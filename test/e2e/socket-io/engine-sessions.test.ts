import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { conformingWorker } from "./conformance.ts";
import { RawPolling, RawSocket } from "./raw-session.ts";

const server = conformingWorker("slow");
const maxPayload = 1_000_000;

const ended = async (session: RawPolling) => {
  const response = await session.poll();
  return [response.status, await response.json()];
};
const unknownSession = [400, { code: 1, message: "Session ID unknown" }];

test("[EN4][EN9] what is posted comes back by polls, text and bytes, in order", async () => {
  const session = await RawPolling.open(server.engine);
  const posted = await session.post("4hello\x1ebAQIDBA==\x1e4wörld €\x1e4");
  expect([posted.status, await posted.text(), posted.headers.get("content-type")]).toEqual([
    200,
    "ok",
    "text/html",
  ]);
  const came: string[] = [];
  while (came.length < 4) {
    came.push(...(await session.next()));
  }
  expect(came).toEqual(["4hello", "bAQIDBA==", "4wörld €", "4"]);
});

test("[EN4] a poll is answered as soon as something is there, and carries sixteen packets at most", async () => {
  const session = await RawPolling.open(server.engine);
  const pending = session.packets();
  await session.post("4now");
  expect(await pending).toEqual(["4now"]);
  await session.post(Array.from({ length: 40 }, (_, index) => `4${index}`).join("\x1e"));
  const counts: number[] = [];
  for (let left = 40; left > 0; left -= counts.at(-1) ?? 0) {
    counts.push((await session.next()).length);
  }
  expect(Math.max(...counts)).toBe(16);
  expect(counts.reduce((sum, count) => sum + count)).toBe(40);
});

test("[EN4] a second poll ends the session: the pending one is told, the other refused", async () => {
  const session = await RawPolling.open(server.engine);
  const pending = session.poll();
  await wait(50);
  const second = await session.poll();
  expect(second.status).toBe(400);
  expect(await (await pending).text()).toBe("1");
  expect(await ended(session)).toEqual(unknownSession);
});

test("[EN4] a second post while one is being read ends the session", async () => {
  const session = await RawPolling.open(server.engine);
  const { host, hostname, port, pathname, search } = new URL(session.address);
  const slow = connect(Number(port), hostname);
  slow.write(`POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 100\r\n\r\n4begun`);
  await wait(100);
  const second = await session.post("4x");
  expect([second.status, await second.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
  expect(await session.packets()).toEqual(["1"]);
  expect(await ended(session)).toEqual(unknownSession);
  slow.destroy();
});

test.each(["2", "0{}", "5", "9", "abc", "4ok\x1e7"])(
  "[EN7] the packet %j of a client ends its session",
  async (packet) => {
    const session = await RawPolling.open(server.engine);
    expect((await session.post(packet)).status).toBe(400);
    const socket = await RawSocket.open(server.engine);
    if (!packet.includes("\x1e")) {
      socket.send(packet);
      await socket.closed();
    }
    await session.poll();
    expect(await ended(session)).toEqual(unknownSession);
  },
);

test("[EN7] a goodbye ends the session: a pending poll is answered, and the id is nobody's", async () => {
  const session = await RawPolling.open(server.engine);
  const pending = session.packets();
  await wait(50);
  expect((await session.post("1")).status).toBe(200);
  expect(await pending).toEqual(["6"]);
  expect(await ended(session)).toEqual(unknownSession);
  const socket = await RawSocket.open(server.engine);
  socket.send("1");
  expect(await socket.closed()).toBe(1000);
});

test("[EN8] a post of the largest size is taken, one byte more is refused and harms nothing", async () => {
  const session = await RawPolling.open(server.engine);
  expect((await session.post(`4${"x".repeat(maxPayload)}`)).status).toBe(413);
  expect((await session.post(`4${"x".repeat(maxPayload - 1)}`)).status).toBe(200);
  const [packet = ""] = await session.next();
  expect(packet.length).toBe(maxPayload);
  const bytes = await session.post(new Uint8Array([1]), "application/octet-stream");
  expect([bytes.status, await bytes.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
});

test("[EN8][EN9] frames of a WebSocket: text, bytes, base64; the largest size is taken, one byte more closes", async () => {
  const socket = await RawSocket.open(server.engine);
  socket.send("4text");
  socket.send(new Uint8Array([1, 2, 3]));
  socket.send("bBAUG");
  expect(await socket.frame(3)).toEqual([4, 5, 6]);
  expect(socket.frames.slice(1)).toEqual(["4text", [1, 2, 3], [4, 5, 6]]);
  socket.send(`4${"x".repeat(maxPayload - 1)}`);
  expect(await socket.frame(4)).toHaveLength(maxPayload);
  socket.send(`4${"é".repeat(maxPayload / 2)}`);
  expect(await socket.closed()).toBe(1009);
});

test("[EN1] a WebSocket's session has no polls, and no second WebSocket", async () => {
  const socket = await RawSocket.open(server.engine);
  const { sid } = JSON.parse(String(await socket.frame(0)).slice(1)) as { sid: string };
  const poll = await fetch(`${server.engine}?EIO=4&transport=polling&sid=${sid}`);
  expect([poll.status, await poll.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
  const second = await RawSocket.open(server.engine, sid);
  expect(await second.closed()).toBe(1000);
  socket.send("4still here");
  expect(await socket.frame(1)).toBe("4still here");
  socket.close();
});
