import { setTimeout as wait } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "../local-worker.ts";
import { connectJavascript } from "./javascript-talker.ts";
import { connectPython } from "./python-talker.ts";
import type { Connect, Talker, Transports } from "./talker.ts";

// An object sleeps ten seconds after its last event: between two of these pings it does.
const pingIntervalMs = 12_000;

const kinds: readonly (readonly [name: string, connect: Connect, transports: Transports | undefined])[] = [
  ["socket.io-client, polling upgraded to WebSocket", connectJavascript, undefined],
  ["socket.io-client on WebSocket", connectJavascript, ["websocket"]],
  ["socket.io-client on polling", connectJavascript, ["polling"]],
  ["python-socketio, polling upgraded to WebSocket", connectPython, undefined],
  ["python-socketio on WebSocket", connectPython, ["websocket"]],
  ["python-socketio on polling", connectPython, ["polling"]],
];

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace({
    ...liftedLimits,
    SOCKETIO_PING_INTERVAL_MS: String(pingIntervalMs),
    SOCKETIO_PING_TIMEOUT_MS: "30000",
  });
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

async function talkerOf(
  user: string,
  [, connect, transports]: (typeof kinds)[number],
  path = "/socket.io/",
  auth?: Readonly<Record<string, string>>,
): Promise<Talker> {
  const talker = await connect({
    url: place.url,
    path,
    transports,
    auth: auth ?? { token: await place.token(user) },
  });
  onTestFinished(() => talker.close());
  return talker;
}

const contents = (talker: Talker) => talker.events("private_dm").map(({ content }) => content);

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 60_000, interval: 20 }).toBe(true);
}

describe.each(kinds)("%s", (...kind) => {
  test("[SI1][RA1][RA3] connects, calls, hears on two devices, in the order of the server", async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const sender = await talkerOf(a, kind, "/ws/sockets.io/", {
      Authorization: `Bearer ${await place.token(a)}`,
    });
    const receivers = await Promise.all([talkerOf(b, kind), talkerOf(b, kind)]);
    expect(await sender.call("private_dm", { content: "first", receiver_id: b })).toBeUndefined();
    expect(await sender.call("send", { peer: b, text: "second" })).toMatchObject({ ok: true, seq: 2 });
    expect(await sender.call("private_dm", { content: "", receiver_id: b })).toMatchObject({
      ok: false,
      code: "bad_text",
    });
    for (const receiver of receivers) {
      await until(() => contents(receiver).length === 2);
      expect(contents(receiver)).toEqual(["first", "second"]);
    }
    expect(contents(sender)).toEqual([]);
    expect(sender.events("error_dm")).toMatchObject([{ code: "bad_text" }]);
  });

  test("[SI1] a wrong token is told as what refused the connection", async () => {
    const talker = await talkerOf("somebody", kind, undefined, { token: "nonsense" });
    expect(talker.connects).toBe(0);
    expect(talker.refused).toMatchObject({ message: expect.any(String), data: { code: "unauthorized" } });
  });

  test("[EN4][SI4] forty messages at once arrive, each once and in order, and so do forty answers", async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const [sender, receiver] = [await talkerOf(a, kind), await talkerOf(b, kind)];
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    const answers = await Promise.all(texts.map(async (text) => sender.call("send", { peer: b, text })));
    expect(answers.map((answer) => (answer as { seq: number }).seq)).toEqual(
      texts.map((_, index) => index + 1),
    );
    await until(() => contents(receiver).length >= 40);
    expect(contents(receiver)).toEqual(texts);
  });
});

test("[EN5] clients of all kinds idle past sleep and two pings, then talk", async () => {
  const pairs = await Promise.all(
    kinds.map(async (kind) => {
      const [a, b] = [randomUUID(), randomUUID()];
      return { b, sender: await talkerOf(a, kind), receiver: await talkerOf(b, kind) };
    }),
  );
  await wait(2 * pingIntervalMs + 5_000);
  for (const { b, sender, receiver } of pairs) {
    expect(await sender.call("private_dm", { content: "still here", receiver_id: b })).toBeUndefined();
    await until(() => contents(receiver).length === 1);
    expect([sender.connects, receiver.connects]).toEqual([1, 1]);
  }
});

test("[EN6] what is said while the transport is upgraded arrives once, in order", async () => {
  for (let run = 0; run < 10; run += 1) {
    const [a, b] = [randomUUID(), randomUUID()];
    const [upgrading] = kinds as [(typeof kinds)[number]];
    const [sender, receiver] = [await talkerOf(a, upgrading), await talkerOf(b, upgrading)];
    const texts = Array.from({ length: 30 }, (_, index) => `message ${index}`);
    for (const content of texts) {
      sender.emit("private_dm", { content, receiver_id: b });
      await wait(2);
    }
    await until(() => contents(receiver).length >= 30);
    expect(contents(receiver)).toEqual(texts);
  }
});

test("[EN11] after the server was killed and started again clients of all kinds come back by themselves and talk", async () => {
  const pairs = await Promise.all(
    kinds.map(async (kind) => {
      const [a, b] = [randomUUID(), randomUUID()];
      return { a, b, sender: await talkerOf(a, kind), receiver: await talkerOf(b, kind) };
    }),
  );
  for (const { b, sender } of pairs) {
    await sender.call("private_dm", { content: "before", receiver_id: b });
  }
  await worker.kill();
  worker = await startWorker(place);
  for (const { a, b, sender, receiver } of pairs) {
    await until(() => sender.connects >= 2 && receiver.connects >= 2);
    expect(await sender.call("private_dm", { content: "after", receiver_id: b })).toBeUndefined();
    await until(() => contents(receiver).includes("after"));
    expect(contents(receiver)).toEqual(["before", "after"]);
    expect(await receiver.call("history", { peer: a })).toMatchObject({
      ok: true,
      messages: [{ text: "before" }, { text: "after" }],
    });
  }
});
