import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { seededFates, type Fate, type FaultRates, type FrameFate } from "./fault-plan.ts";
import { faultProxy, type FaultProxy } from "./fault-proxy.ts";
import { FrameReader, textFrame } from "./websocket-frames.ts";

const calm: FrameFate = { isDropped: false, isDuplicated: false, delayMs: 0 };
const lasting: Fate = {
  isRefused: false,
  isRequestSpoilt: false,
  ending: { kind: "cut", afterFrames: Infinity },
  nextFrame: () => calm,
};
const rates: FaultRates = {
  refused: 0.5,
  spoiltRequests: 0.5,
  dropped: 0.5,
  duplicated: 0.5,
  delayed: 0.5,
  longestDelayMs: 20,
  mostFrames: 100,
};
const upgrade =
  "GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
const news = JSON.stringify({ type: "message", text: "x".repeat(300) });

test("frames pass whole and in order, wherever the bytes were cut, and compression is not offered on", async () => {
  const { far, near } = await (await proxied(lasting)).open();
  expect(far.head).not.toContain("Extensions");
  const texts = Array.from({ length: 20 }, (_, index) => `${index}: ${"é".repeat(index * 40)}`);
  const bytes = Buffer.concat(texts.map((text) => textFrame(text)));
  for (let place = 0; place < bytes.length; place += 7) {
    far.socket.write(bytes.subarray(place, place + 7));
  }
  expect(await near.texts(texts.length)).toEqual(texts);
});

test("a refused connection answers nothing", async () => {
  const { proxy } = await proxied({ ...lasting, isRefused: true });
  const near = new End(connect(Number(new URL(proxy.url).port)));
  near.socket.write(upgrade);
  await near.closed;
  expect(near.bytes).toBe(0);
  expect(proxy.faults).toMatchObject({ refused: 1 });
});

test("what is dropped does not come, what is duplicated comes twice, what is delayed stays in its place", async () => {
  const fates = [
    { ...calm, isDropped: true },
    { ...calm, delayMs: 20, isDropped: true },
    { ...calm, isDuplicated: true },
  ];
  const { proxy, open } = await proxied({ ...lasting, nextFrame: () => fates.shift() ?? calm });
  const { far, near } = await open();
  for (const text of [news, "pong", "twice", "last"]) {
    far.socket.write(textFrame(text));
  }
  expect(await near.texts(4)).toEqual(["pong", "twice", "twice", "last"]);
  expect(proxy.faults).toMatchObject({ dropped: 1, delayed: 1, duplicated: 1 });
});

test("frames of the client are duplicated, and never dropped", async () => {
  const fate = { ...calm, isDropped: true, isDuplicated: true };
  const { far, near } = await (await proxied({ ...lasting, nextFrame: () => fate })).open();
  near.socket.write(textFrame(news, true));
  expect(await far.texts(2)).toEqual([news, news]);
});

test("a connection is cut after its frames", async () => {
  const { proxy, open } = await proxied({ ...lasting, ending: { kind: "cut", afterFrames: 1 } });
  const { far, near } = await open();
  far.socket.write(Buffer.concat([textFrame("first"), textFrame("second")]));
  await Promise.all([near.closed, far.closed]);
  expect(proxy.faults.cut).toBe(1);
});

test("a frame that is cut comes by half, and then the end", async () => {
  const ending = { kind: "cutMidFrame", afterFrames: 1 } as const;
  const { far, near } = await (await proxied({ ...lasting, ending })).open();
  far.socket.write(textFrame("first"));
  await near.texts(1);
  far.socket.write(textFrame(news));
  await Promise.all([near.closed, far.closed]);
  expect(near.bytes - textFrame("first").length).toBe(Math.ceil(textFrame(news).length / 2));
});

test("a silent connection swallows what comes from both sides and stays", async () => {
  const { proxy, open } = await proxied({ ...lasting, ending: { kind: "silence", afterFrames: 1 } }, lasting);
  const { far, near } = await open();
  far.socket.write(textFrame("first"));
  await near.texts(1);
  far.socket.write(textFrame("second"));
  const other = await open();
  near.socket.write(textFrame("third", true));
  other.near.socket.write(textFrame("fourth", true));
  await other.far.texts(1);
  expect([near.socket.destroyed, far.socket.destroyed]).toEqual([false, false]);
  expect([await near.texts(1), await far.texts(0)]).toEqual([["first"], []]);
  proxy.cutAll();
  await Promise.all([near.closed, far.closed]);
});

test("the same seed plans the same, another one another", () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

/** The fates of 20 connections and of 50 frames of each. */
function plan(seed: number) {
  return Array.from({ length: 20 }, (_, connection) => {
    const fate = seededFates(seed, rates)(connection);
    const frames = Array.from({ length: 50 }, (__, place) => fate.nextFrame(place % 3 === 0 ? "up" : "down"));
    return { ...fate, nextFrame: frames };
  });
}

/** A proxy before a server that only answers upgrades; `fates` are those of its connections, the last one that of all further ones. */
async function proxied(...fates: Fate[]): Promise<{
  readonly proxy: FaultProxy;
  readonly open: () => Promise<{ readonly near: End; readonly far: End }>;
}> {
  const accepted: End[] = [];
  const server = createServer((socket) => {
    accepted.push(new End(socket));
    socket.once("data", () => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxy = await faultProxy(
    `http://127.0.0.1:${port}`,
    (connection) => fates[Math.min(connection, fates.length - 1)] ?? lasting,
  );
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return {
    proxy,
    open: async () => {
      const near = new End(connect(Number(new URL(proxy.url).port), "127.0.0.1"));
      onTestFinished(() => void near.socket.destroy());
      near.socket.write(upgrade);
      await near.greeted;
      const far = accepted.at(-1);
      if (far === undefined) {
        throw new Error("nobody connected");
      }
      return { near, far };
    },
  };
}

/** One end of a connection, and what came to it. */
class End {
  readonly socket: Socket;
  readonly greeted: Promise<unknown>;
  readonly closed: Promise<unknown>;
  /** Without the head. */
  bytes = 0;
  head = "";
  readonly #texts: string[] = [];
  readonly #reader = new FrameReader();
  #look: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    this.greeted = new Promise((resolve) => void socket.once("data", resolve));
    this.closed = new Promise((resolve) => void socket.once("close", resolve));
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** The texts that came, once there are so many. */
  async texts(count: number): Promise<readonly string[]> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.#texts.length >= count) {
          resolve();
        }
      };
      this.#look();
    });
    return this.#texts;
  }

  #take(chunk: Buffer): void {
    if (this.head === "") {
      this.head = chunk.toString();
      return;
    }
    this.bytes += chunk.length;
    const frames = this.#reader.push(chunk);
    this.#texts.push(...frames.map(({ bytes, text }) => text ?? bytes.toString()));
    this.#look();
  }
}
