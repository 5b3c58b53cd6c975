import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { conformingWorker } from "./conformance.ts";
import { RawPolling, RawSocket } from "./raw-session.ts";

const suite = conformingWorker("1");
// Long enough for a busy machine to answer in time.
const server = conformingWorker("slow", {
  SOCKETIO_PING_INTERVAL_MS: "1000",
  SOCKETIO_PING_TIMEOUT_MS: "2500",
  SOCKETIO_CONNECT_TIMEOUT_MS: "3000",
});

const unknownSession = [400, { code: 1, message: "Session ID unknown" }];

const ended = async (session: RawPolling) => {
  const response = await session.poll();
  return [response.status, await response.json()];
};

test("[EN1] the mode for outside suites has their times", async () => {
  const packet = await (await fetch(`${suite.engine}?EIO=4&transport=polling`)).text();
  expect(JSON.parse(packet.slice(1))).toMatchObject({
    pingInterval: 300,
    pingTimeout: 200,
    maxPayload: 1_000_000,
  });
});

test("[EN5] who answers pings stays, on both transports", async () => {
  const session = await RawPolling.open(server.engine);
  const socket = await RawSocket.open(server.engine);
  socket.answersPings = false;
  for (let ping = 0; ping < 4; ping += 1) {
    expect(await session.packets()).toEqual(["2"]);
    await session.post("3");
    expect(await socket.frame(1 + ping)).toBe("2");
    socket.send("3");
  }
  await session.post("4still");
  socket.send("4still");
  expect(await session.next()).toEqual(["4still"]);
  expect(await socket.frame(5)).toBe("4still");
  socket.close();
});

test("[EN5] who does not answer is closed, on both transports, and a poll left hanging is freed", async () => {
  const session = await RawPolling.open(server.engine);
  const socket = await RawSocket.open(server.engine);
  socket.answersPings = false;
  // The local runtime leaves the connection of a WebSocket that never sent anything open for ten seconds.
  socket.send("4x");
  expect(await session.packets()).toEqual(["2"]);
  expect(await session.packets()).toEqual(["1"]);
  expect(await ended(session)).toEqual(unknownSession);
  expect(await socket.closed()).toBe(1000);
  expect(socket.frames.slice(1)).toEqual(["4x", "2"]);
});

test("[EN5] an upgraded session is pinged on its WebSocket, and closed where it is silent", async () => {
  const session = await RawPolling.open(server.engine);
  const socket = await RawSocket.open(server.engine, session.sid);
  socket.answersPings = false;
  socket.send("2probe");
  expect(await socket.frame(0)).toBe("3probe");
  socket.send("5");
  await socket.until(() => socket.frames.includes("2"));
  expect(await socket.closed()).toBe(1000);
});
test("[SI2] a session that nobody joins is closed, on both transports, also behind a refused CONNECT", async () => {
  const silent = await RawSocket.open(server.socketIo);
  const refused = await RawSocket.open(server.socketIo);
  refused.send("40/random");
  const polling = await RawPolling.open(server.socketIo);
  for (;;) {
    const packets = await polling.packets();
    if (packets.includes("1")) {
      break;
    }
    await polling.post("3");
  }
  expect((await polling.poll()).status).toBe(400);
  expect(await silent.closed()).toBe(1000);
  expect(await refused.closed()).toBe(1000);
});

test("[SI2] after DISCONNECT the client may come again, and is closed where it does not", async () => {
  const socket = await RawSocket.joined(server.socketIo);
  socket.send("41");
  socket.send("40");
  expect(await socket.frame(4)).toBe('42["auth",{}]');
  socket.send("41");
  await wait(1_500);
  expect(socket.closeCode).toBeUndefined();
  expect(await socket.closed()).toBe(1000);
});
