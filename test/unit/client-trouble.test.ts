import { expect, test, vi } from "vitest";
import type { OutboxEntry } from "../../src/client/api.ts";
import { memoryStorage } from "../../src/client/storage.ts";
import { codeOf, emptyList, freezeTime, passMs, summary, worldOf } from "./fake-server.ts";

freezeTime();

const listOf = (...conversations: object[]) => ({ ...emptyList, conversations });

test("[CL2] `connect()` leaves an open socket and only asks it for a sign of life", async () => {
  const world = worldOf();
  const socket = await world.greet();
  world.client.connect();
  await passMs(100);
  expect(world.sockets).toEqual([socket]);
  expect(socket.isClosedByClient).toBe(false);
  expect(socket.texts).toContain("ping");
});

test("[CL3] a socket that is never greeted is replaced, though it answers pings", async () => {
  const listeners = new Map<string, () => void>();
  vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
  const world = worldOf();
  vi.unstubAllGlobals();
  await passMs(0);
  world.socket.open();
  await passMs(1_000);
  listeners.get("offline")?.();
  await passMs(10_000);
  expect(world.sockets.length).toBe(2);
});

test("[CL2] a socket that is still opening when the network returns begins anew", async () => {
  const listeners = new Map<string, () => void>();
  vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
  const world = worldOf();
  vi.unstubAllGlobals();
  await passMs(0);
  listeners.get("pageshow")?.();
  await passMs(0);
  expect(world.sockets.length).toBe(1);
  listeners.get("online")?.();
  await passMs(0);
  expect(world.sockets.map(({ isClosedByClient }) => isClosedByClient)).toEqual([true, false]);
});

test("[CL9] what cannot be a token is a failure of `token()`, which is asked again", async () => {
  const token = vi.fn<() => Promise<string>>(() => Promise.resolve("<html>signed out</html>"));
  const world = worldOf({ token });
  await passMs(0);
  expect(world.sockets.length).toBe(0);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "no_token" } });
  token.mockResolvedValue("good");
  await passMs(1_000);
  expect(world.socket.token).toBe("good");
});

test("[CL19] a `token()` that fails is told by `trouble`", async () => {
  const world = worldOf({ token: () => Promise.reject(new Error("down")) });
  await passMs(0);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["no_token"]);
});

test("[CL19] a storage that never answers does not keep the client from connecting", async () => {
  const world = worldOf({
    storage: { ...memoryStorage(), load: () => new Promise<OutboxEntry[]>(() => {}) },
  });
  await passMs(10_001);
  expect(world.sockets.length).toBe(1);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["storage"]);
});

test("[CL10] a client that is closed while it searches the history leaves no timer and asks for no token", async () => {
  const token = vi.fn<() => Promise<string>>(() => Promise.resolve("opaque"));
  const world = worldOf({
    token,
    // As a platform's `fetch` does.
    fetch: (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        (signal as AbortSignal).addEventListener("abort", () => reject(new Error("aborted")));
      }),
  });
  const socket = await world.greet({ ...listOf(summary("bob", 5)), nextCursor: "c" });
  const sent = codeOf(world.client.conversation("bob").send("a"));
  await passMs(0);
  const id = socket.of("send")[0]?.["id"];
  socket.tell({ type: "error", peer: "bob", id, code: "stale", message: "" });
  const loaded = codeOf(world.client.conversations.loadMore());
  await passMs(10);
  world.client.close();
  await passMs(0);
  expect([sent.code, loaded.code]).toEqual(["closed", "closed"]);
  expect(vi.getTimerCount()).toBe(0);
  expect(token).toHaveBeenCalledTimes(1);
});
