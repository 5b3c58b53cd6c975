import { expect, test, vi } from "vitest";
import { backOffMs } from "../../src/client/back-off.ts";
import { freezeTime, passMs, synced, worldOf } from "./fake-server.ts";

freezeTime();

const timing = { backOffBaseMs: 1_000, backOffCapMs: 30_000, heartbeatMs: 30_000, answerMs: 10_000 };

test("[CL1] waits after failures in a row double up to the cap, and each is anything below its bound", async () => {
  const { sockets } = worldOf();
  await passMs(0);
  for (const boundMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const before = sockets.length;
    sockets.at(-1)?.end(1006);
    await passMs(boundMs - 2);
    expect(sockets.length).toBe(before);
    await passMs(2);
    expect(sockets.length).toBe(before + 1);
  }
});

test("[CL1] full jitter: waits of many clients fill the whole range from 0 to the bound", () => {
  vi.mocked(Math.random).mockRestore();
  const waits = Array.from({ length: 4_000 }, () => backOffMs(3, timing) / 8_000);
  expect(waits.every((wait) => wait >= 0 && wait < 1)).toBe(true);
  const perTenth = Array.from({ length: 10 }, (_, tenth) => {
    return waits.filter((wait) => Math.floor(wait * 10) === tenth).length;
  });
  // 400 each, give or take six standard deviations.
  expect(perTenth.every((count) => count > 285 && count < 515)).toBe(true);
});

test("[CL1] a connection that lived begins the waits anew, one that was closed at once does not", async () => {
  const world = worldOf();
  await passMs(0);
  world.socket.end(1006);
  await passMs(1_000);
  (await world.greet()).end(1006);
  await passMs(1_998);
  expect(world.sockets.length).toBe(2);
  await passMs(2);
  const lived = await world.greet();
  await passMs(10_001);
  lived.end(1006);
  await passMs(1_000);
  expect(world.sockets.length).toBe(4);
});

test("[CL2] a network that returns ends the wait at once", async () => {
  const listeners = new Map<string, () => void>();
  vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
  vi.stubGlobal("removeEventListener", (type: string) => listeners.delete(type));
  const { client, sockets } = await started();
  sockets.at(-1)?.end(1006);
  expect(client.connection.value.state).toBe("waiting");
  listeners.get("online")?.();
  await passMs(0);
  expect(sockets.length).toBe(2);
  client.close();
  expect(listeners.size).toBe(0);
  vi.unstubAllGlobals();
});

test("[CL2] a page that is looked at again tries at once, one that is hidden does not", async () => {
  const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  vi.stubGlobal("document", document);
  const { sockets } = await started();
  sockets.at(-1)?.end(1006);
  document.dispatchEvent(new Event("visibilitychange"));
  await passMs(0);
  expect(sockets.length).toBe(1);
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  await passMs(0);
  expect(sockets.length).toBe(2);
  vi.unstubAllGlobals();
});

test("[CL2] an open socket is asked for a sign of life when the network may have changed", async () => {
  const listeners = new Map<string, () => void>();
  vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
  vi.stubGlobal("removeEventListener", () => {});
  const world = worldOf();
  const socket = await world.greet();
  socket.answersPings = false;
  listeners.get("offline")?.();
  expect(socket.texts.at(-1)).toBe("ping");
  await passMs(10_000);
  expect(world.client.connection.value.state).toBe("waiting");
  vi.unstubAllGlobals();
});

test("[CL3] pings every half minute, and goes on while they are answered", async () => {
  const world = worldOf();
  const socket = await world.greet();
  for (let beat = 1; beat <= 5; beat += 1) {
    await passMs(30_000);
    expect(socket.texts.filter((text) => text === "ping").length).toBe(beat);
  }
  expect(world.client.connection.value.state).toBe("open");
});

test("[CL3] a socket that answers a ping with nothing for 10 s is dead, and replaced", async () => {
  const world = worldOf();
  const socket = await world.greet();
  socket.answersPings = false;
  await passMs(30_000 + 9_999);
  expect(world.client.connection.value.state).toBe("open");
  await passMs(1);
  expect(socket.isClosedByClient).toBe(true);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "network" } });
  await passMs(1_000);
  expect(world.sockets.length).toBe(2);
});

test("[CL3] so is one that never opens, and one that opens and never greets", async () => {
  const { sockets } = worldOf();
  await passMs(10_000 + 1_000);
  expect(sockets.length).toBe(2);
  sockets[1]?.open();
  await passMs(10_000 + 2_000);
  expect(sockets.map(({ isClosedByClient }) => isClosedByClient)).toEqual([true, true, false]);
});

test("[CL3] a send that nothing answers is sent again, and the socket probed", async () => {
  const world = worldOf();
  const socket = await world.greet();
  socket.answersPings = false;
  const conversation = world.client.conversation("bob");
  void conversation.send("hello");
  socket.tell(synced(0));
  await passMs(10_000);
  const [first, second] = socket.of("send");
  expect(second).toEqual(first);
  expect(socket.texts.at(-2)).toBe("ping");
  await passMs(10_000);
  expect(socket.isClosedByClient).toBe(true);
});

test("[CL10] what no other try can mend stops the tries, and says why", async () => {
  for (const [closeCode, code] of [
    [4403, "origin_refused"],
    [4408, "device_limit"],
    [4404, "bad_peer"],
    [4407, "unknown_peer"],
  ] as const) {
    const world = worldOf();
    await passMs(0);
    world.socket.open();
    world.socket.end(closeCode, `${code}: says why`);
    await passMs(600_000);
    expect(world.sockets.length).toBe(1);
    expect(world.client.connection.value).toMatchObject({ state: "stopped", error: { code } });
    world.client.connect();
    await passMs(0);
    expect(world.sockets.length).toBe(2);
    world.client.close();
  }
});

test("[CL10] trouble of the server does not", async () => {
  for (const [closeCode, code] of [
    [4503, "not_configured"],
    [4500, "internal"],
    [4429, "rate_limited"],
    [1013, "slow_reader"],
    [1006, ""],
  ] as const) {
    const world = worldOf();
    await passMs(0);
    world.socket.end(closeCode, code);
    await passMs(1_000);
    expect(world.sockets.length).toBe(2);
    world.client.close();
  }
});

test("[CL10] a client that was closed opens nothing, and refuses what is sent", async () => {
  const world = worldOf();
  const socket = await world.greet();
  world.client.close();
  world.client.connect();
  await passMs(600_000);
  expect(world.sockets).toEqual([socket]);
  expect(socket.isClosedByClient).toBe(true);
  await expect(world.client.conversation("bob").send("late")).rejects.toMatchObject({ code: "closed" });
  expect(vi.getTimerCount()).toBe(0);
});

async function started() {
  const world = worldOf();
  await passMs(0);
  return world;
}
