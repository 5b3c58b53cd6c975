import { expect, test, vi } from "vitest";
import type { ClientOptions, Conversation } from "../../src/client/api.ts";
import { createClient } from "../../src/client/client.ts";
import { PairlineError } from "../../src/client/errors.ts";
import { memoryStorage } from "../../src/client/storage.ts";
import { FakeSocket, freezeTime, listOfBob, passMs, startedWithBob, worldOf } from "./fake-server.ts";

freezeTime();

/** What an app without types may pass. */
const wrong = (value: unknown) => value as never;

function thrown(call: () => unknown): { readonly code: string; readonly message: string } {
  try {
    call();
  } catch (error) {
    if (error instanceof PairlineError) {
      return error;
    }
    throw error;
  }
  throw new Error("it did not throw");
}

const good: ClientOptions = {
  url: "https://dm.example.com",
  token: () => "opaque",
  WebSocket: FakeSocket,
  fetch: () => Promise.reject(new Error("no network")),
};

test.each([
  ["nothing", undefined, /an object with `url` and `token`/],
  ["no url", { ...good, url: undefined }, /url must be .*https:\/\/.*, and is undefined/],
  ["an empty url", { ...good, url: "" }, /url must be/],
  ["a url without a scheme", { ...good, url: "dm.example.com" }, /and is "dm\.example\.com"/],
  ["a socket's url", { ...good, url: "wss://dm.example.com" }, /url must be/],
  ["a url with a query", { ...good, url: "https://dm.example.com?a=b" }, /url must be/],
  ["a token for a function", { ...good, token: "abc" }, /token must be a function, and is "abc"/],
  ["no token", { ...good, token: undefined }, /token must be a function/],
  ["a peer that is a number", { ...good, peer: 7 }, /a user id is a string of 1 to 128/],
  ["a storage that is none", { ...good, storage: localStorageOf() }, /storage\.load must be a function/],
  ["a time that is a text", { ...good, timing: { answerMs: "10" } }, /timing\.answerMs must be a number/],
  ["a time that no timer takes", { ...good, timing: { heartbeatMs: Infinity } }, /timing\.heartbeatMs/],
  ["a WebSocket that is none", { ...good, WebSocket: {} }, /WebSocket must be a function/],
  ["a fetch that is none", { ...good, fetch: "fetch" }, /fetch must be a function/],
])("[CL27] createClient with %s throws at once and says what is wrong", async (_, options, sentence) => {
  expect(thrown(() => createClient(wrong(options))).message).toMatch(sentence);
  await passMs(0);
  expect(vi.getTimerCount()).toBe(0);
});

test.each(["WebSocket", "fetch"] as const)("[CL27] so does a platform without %s", (name) => {
  vi.stubGlobal(name, undefined);
  const { [name]: _missing, ...others } = good;
  const { message } = thrown(() => createClient(others));
  vi.unstubAllGlobals();
  expect(message).toBe(`there is no ${name} here: pass one, createClient({ …, ${name} })`);
});

test.each([undefined, null, 7, {}, "", "José", "x".repeat(129), ".", ".."])(
  "[CL22][CL27] a conversation with %j throws `bad_peer`",
  (peer) => {
    const { client } = worldOf();
    expect(thrown(() => client.conversation(wrong(peer))).code).toBe("bad_peer");
  },
);

const misuses: Record<string, (bob: Conversation) => unknown> = {
  "send()": (bob) => bob.send(wrong(undefined)),
  "send(null)": (bob) => bob.send(wrong(null)),
  "send(7)": (bob) => bob.send(wrong(7)),
  "send({})": (bob) => bob.send(wrong({})),
  "send({ text: 7 })": (bob) => bob.send(wrong({ text: 7 })),
  "send with a replyTo that is a text": (bob) => bob.send(wrong({ text: "Hi", replyTo: "5" })),
  "send with data that is an array": (bob) => bob.send(wrong({ text: "Hi", data: [] })),
  "send with data that is no JSON": (bob) => bob.send({ text: "Hi", data: { big: 1n } }),
  "retry()": (bob) => bob.retry(wrong(undefined)),
  "discard()": (bob) => bob.discard(wrong(undefined)),
  "edit() of no number": (bob) => bob.edit(wrong("5"), "Hi"),
  "edit() without a text": (bob) => bob.edit(5, wrong(undefined)),
  "edit() after no number": (bob) => bob.edit(5, "Hi", wrong({ after: "5" })),
  "delete(0)": (bob) => bob.delete(0),
  "delete(1.5)": (bob) => bob.delete(1.5),
  "react() without an emoji": (bob) => bob.react(5, wrong(undefined)),
  "react() with a text for on": (bob) => bob.react(5, "👍", wrong("yes")),
  "markRead(NaN)": (bob) => bob.markRead(Number.NaN),
  "typing()": (bob) => bob.typing(wrong(undefined)),
  "block(null)": (bob) => bob.block(wrong(null)),
  "set()": (bob) => bob.set(wrong(undefined)),
  "set({})": (bob) => bob.set({}),
  "set({ muted: 1 })": (bob) => bob.set(wrong({ muted: 1 })),
  "loadOlder(101)": (bob) => bob.messages.loadOlder(101),
  "loadOlder(an event)": (bob) => bob.messages.loadOlder(wrong({})),
  "messages.subscribe()": (bob) => bob.messages.subscribe(wrong(undefined)),
};

test.each(Object.entries(misuses))(
  "[CL27] %s throws at once, and nothing waits or is sent",
  async (_, misuse) => {
    const { world, socket, bob } = await startedWithBob();
    expect(thrown(() => misuse(bob)).message.length).toBeGreaterThan(15);
    await passMs(1_000);
    expect([socket.frames, world.requests, bob.messages.value]).toEqual([[], [], []]);
  },
);

test("[CL27] a listener of an event that is none, or that is no function, throws", () => {
  const { client } = worldOf();
  expect(thrown(() => client.on(wrong("messages"), () => {})).message).toBe("there is no event messages");
  expect(thrown(() => client.on("message", wrong(undefined))).message).toMatch(/must be a function/);
});

test("[CL27] `token` may return a text without a promise", async () => {
  const world = worldOf({ token: () => "abc" });
  await world.greet(listOfBob(5));
  expect(world.socket.token).toBe("abc");
});

test("[CL19] a token that is no text is a failure of `token()`", async () => {
  const world = worldOf({ token: () => wrong(undefined) });
  await passMs(0);
  expect(world.sockets).toEqual([]);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["no_token"]);
});

test("[CL19] a storage that holds what is no entry stops nothing; the app is told", async () => {
  const frame = { type: "send", id: "good", text: "kept", after: 4 } as const;
  const entry = { id: "good", peer: "bob", order: 1, createdAt: 1, frame };
  const broken = [
    null,
    {},
    { ...entry, peer: "José" },
    { ...entry, frame: undefined },
    { ...entry, order: "1" },
  ];
  const storage = {
    ...memoryStorage(),
    load: () => Promise.resolve(wrong([...broken, entry])),
  };
  const world = worldOf({ storage });
  const socket = await world.greet(listOfBob(5));
  expect(socket.of("send")).toMatchObject([{ text: "kept" }]);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["storage"]);
});

/** A browser's storage has no `load`. */
function localStorageOf(): object {
  return { getItem: () => null, setItem: () => {} };
}
