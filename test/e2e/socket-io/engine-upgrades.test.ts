import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { conformingWorker } from "./conformance.ts";
import { RawPolling, RawSocket } from "./raw-session.ts";

const server = conformingWorker("slow");

async function probed() {
  const session = await RawPolling.open(server.engine);
  const socket = await RawSocket.open(server.engine, session.sid);
  socket.send("2probe");
  expect(await socket.frame(0)).toBe("3probe");
  return { session, socket };
}

test("[EN6] a pending poll is let go, and the WebSocket takes over with what waits", async () => {
  const session = await RawPolling.open(server.engine);
  const letGo = session.next();
  const socket = await RawSocket.open(server.engine, session.sid);
  socket.send("2probe");
  expect(await socket.frame(0)).toBe("3probe");
  expect(await letGo).toEqual(["6"]);
  await session.post("4by post");
  socket.send("5");
  expect(await socket.frame(1)).toBe("4by post");
  socket.send("4by frame");
  expect(await socket.frame(2)).toBe("4by frame");
  for (const response of [await session.poll(), await session.post("4x")]) {
    expect([response.status, await response.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
  }
  socket.close();
});

test("[EN6] until then the session polls, and an abandoned probe changes nothing", async () => {
  const { session, socket } = await probed();
  await session.post("4one");
  expect(await session.next()).toEqual(["4one"]);
  socket.close();
  await wait(50);
  await session.post("4two");
  expect(await session.next()).toEqual(["4two"]);
  const again = await RawSocket.open(server.engine, session.sid);
  again.send("2probe");
  expect(await again.frame(0)).toBe("3probe");
  again.send("5");
  again.send("4three");
  expect(await again.frame(1)).toBe("4three");
  again.close();
});

test("[EN6] a poll that the upgrade overtakes is refused, one that it does not is let go", async () => {
  const overtaken = await probed();
  const held = overtaken.session.poll();
  await wait(20);
  overtaken.socket.send("5");
  expect((await held).status).toBe(400);
  overtaken.socket.close();
  const { session, socket } = await probed();
  expect(await session.next()).toEqual(["6"]);
  socket.close();
});

test.each(["4x", "5", "2", "3probe"])(
  "[EN6] a WebSocket whose first frame is %j is closed alone",
  async (frame) => {
    const session = await RawPolling.open(server.engine);
    const socket = await RawSocket.open(server.engine, session.sid);
    socket.send(frame);
    expect(await socket.closed()).toBe(1000);
    await session.post("4still");
    expect(await session.next()).toEqual(["4still"]);
  },
);

test("[EN6] a second WebSocket is closed, while one is probed and after one took over", async () => {
  const { session, socket } = await probed();
  expect(await (await RawSocket.open(server.engine, session.sid)).closed()).toBe(1000);
  socket.send("5");
  socket.send("4mine");
  expect(await socket.frame(1)).toBe("4mine");
  expect(await (await RawSocket.open(server.engine, session.sid)).closed()).toBe(1000);
  socket.send("4still");
  expect(await socket.frame(2)).toBe("4still");
  socket.close();
});

test("[EN6] a session that ends takes the WebSocket with it that is being probed", async () => {
  const { session, socket } = await probed();
  await session.post("1");
  expect(await socket.closed()).toBe(1000);
});
