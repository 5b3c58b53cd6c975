import { randomUUID } from "node:crypto";
import { once, type EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "../local-worker.ts";
import { textFrame } from "../websocket-frames.ts";
import { connectJavascript } from "./javascript-talker.ts";
import { connectPython } from "./python-talker.ts";
import type { Transports } from "./talker.ts";

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace(liftedLimits);
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

async function storedTexts(a: string, b: string): Promise<string[]> {
  const response = await fetch(`${place.url}/v1/conversations/${b}/messages?limit=100`, {
    headers: { authorization: `Bearer ${await place.token(a)}` },
  });
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  return messages.map(({ text }) => text);
}

const patience = { timeout: 60_000, interval: 100 };

// python-socketio drops what it has not sent itself: its write loop ends with `disconnect()`.
const clients: readonly (readonly [name: string, transports: Transports | undefined])[] = [
  ["socket.io-client, during the upgrade", undefined],
  ["socket.io-client on WebSocket", ["websocket"]],
  ["socket.io-client on polling", ["polling"]],
];

test.each(clients)(
  "[EN7][SI4] %s emits ten messages and disconnects at once: all ten are stored",
  async (_name, transports) => {
    const [a, b] = [randomUUID(), randomUUID()];
    const auth = { token: await place.token(a) };
    const talker = await connectJavascript({ url: place.url, path: "/socket.io/", auth, transports });
    for (const content of texts(10)) {
      talker.emit("private_dm", { content, receiver_id: b });
    }
    await talker.close();
    await expect.poll(() => storedTexts(a, b), patience).toEqual(texts(10));
  },
);

test("[EN8] python-socketio on polling puts sixty messages of 2 kB into few posts: all are stored", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const auth = { token: await place.token(a) };
  const talker = await connectPython({ url: place.url, path: "/socket.io/", auth, transports: ["polling"] });
  const long = texts(60).map((text) => text.padEnd(2_000, "x"));
  for (const content of long) {
    talker.emit("private_dm", { content, receiver_id: b });
  }
  await expect.poll(() => storedTexts(a, b), patience).toEqual(long);
  expect(talker.connects).toBe(1);
  await talker.close();
});

test.each([[["websocket"]], [["polling", "websocket"]]] as const)(
  "[AD5][EN1] socket.io-client with subprotocols of its own connects by %j",
  async (transports) => {
    const socket = io(place.url, {
      auth: { token: await place.token(randomUUID()) },
      protocols: ["a"],
      transports: [...transports],
      forceNew: true,
      reconnection: false,
    });
    await once(socket as unknown as EventEmitter, "ready");
    await expect.poll(() => socket.io.engine.transport.name, patience).toBe("websocket");
    socket.disconnect();
  },
);

/** A Socket.IO WebSocket over bare TCP, connected: what is written is on its way, and a reset is a reset. */
async function bareSocket(user: string): Promise<Socket> {
  const { hostname, port, host } = new URL(place.url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: ${host}\r\nupgrade: websocket\r\n` +
      "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const until = async (text: string) => {
    while (!received.includes(text)) {
      await once(socket, "data");
    }
  };
  await until("pingInterval");
  socket.write(textFrame(`40${JSON.stringify({ token: await place.token(user) })}`, true));
  await until('42["ready"');
  return socket;
}

test("[EN7][SI4] a TCP reset right behind twenty events: all twenty are stored", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const socket = await bareSocket(a);
  const frames = texts(20).map((content) =>
    textFrame(`42${JSON.stringify(["private_dm", { content, receiver_id: b }])}`, true),
  );
  await new Promise((resolve) => {
    socket.write(Buffer.concat(frames), resolve);
  });
  socket.resetAndDestroy();
  await expect.poll(() => storedTexts(a, b), patience).toEqual(texts(20));
});
