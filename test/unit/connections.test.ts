import { expect, test } from "vitest";
import { Devices, Device } from "../../src/conversation/devices.ts";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { readSettings } from "../../src/settings.ts";

const { limits } = readSettings({});
const frame: ServerFrame = { type: "typing", user: "bob", on: true };

/** Sockets that note what happens to them, a clock and pings by hand. */
function stage(change: Partial<typeof limits> = {}) {
  const clock = { nowMs: 1_000 };
  const left: Device[] = [];
  const devices = new Devices({
    limits: { ...limits, ...change },
    now: () => clock.nowMs,
    userOf: () => "alice",
    report: () => undefined,
    reportRefusal: () => undefined,
    onLeft: (connection) => void left.push(connection),
  });
  const socket = (expiresAtMs = Number.POSITIVE_INFINITY) => {
    const seen = { frames: 0, closed: [] as [number, string][], pingedAtMs: undefined as number | undefined };
    const connection = new Device(
      {
        send: () => void (seen.frames += 1),
        close: (code, reason) => void seen.closed.push([code, reason]),
        serializeAttachment: () => {},
        pingedAtMs: () => seen.pingedAtMs,
      },
      { side: "a", expiresAtMs, connectedAtMs: clock.nowMs, deliveredSeq: 0 },
    );
    devices.join(connection);
    return { connection, seen };
  };
  return { clock, devices, socket, left };
}

test("[SO7] the 21st device closes the one that was not heard of for longest", () => {
  const { clock, devices, socket, left } = stage();
  const sockets = Array.from({ length: 20 }, () => {
    clock.nowMs += 1;
    return socket();
  });
  const [first, second] = sockets;
  if (first === undefined || second === undefined) {
    throw new Error("there are twenty devices");
  }
  first.seen.pingedAtMs = clock.nowMs;
  expect(sockets.flatMap(({ seen }) => seen.closed)).toEqual([]);
  socket();
  expect(second.seen.closed).toEqual([[4408, expect.stringContaining("device_limit")]]);
  expect(left).toEqual([second.connection]);
  expect(devices.all).toHaveLength(20);
});

test("[SO8] a socket that stays silent is closed once too much was sent to it, one that pings is not", () => {
  // Two sockets share what may wait; the least share of one is 2 Mi characters.
  const big: ServerFrame = { type: "typing", user: "b".repeat(2_097_152), on: true };
  const { clock, devices, socket } = stage({ maxOutstandingCharacters: 6 * JSON.stringify(big).length });
  const silent = socket();
  const alive = socket();
  for (let count = 1; count <= 4; count += 1) {
    clock.nowMs += 1;
    alive.seen.pingedAtMs = clock.nowMs;
    expect(silent.seen.closed).toEqual([]);
    devices.broadcast(big);
  }
  expect(silent.seen.closed).toEqual([[1013, expect.stringContaining("slow_reader")]]);
  expect(alive.seen).toMatchObject({ frames: 4, closed: [] });
});

test("[SO5] an expired socket gets no frame: it is closed when one would move", () => {
  const { clock, devices, socket, left } = stage();
  const { seen } = socket(2_000);
  clock.nowMs = 1_999;
  devices.broadcast(frame);
  clock.nowMs = 2_000;
  devices.broadcast(frame);
  expect(seen).toMatchObject({ frames: 1, closed: [[4402, expect.stringContaining("token_expired")]] });
  expect(left).toHaveLength(1);
});

test("[MK7] a user is online while a socket of theirs is unexpired and was heard of within two minutes", () => {
  const { clock, devices, socket } = stage();
  const { connection, seen } = socket(1_000_000);
  clock.nowMs += 120_000;
  expect(devices.isOnline("a")).toBe(true);
  clock.nowMs += 1;
  expect(devices.isOnline("a")).toBe(false);
  seen.pingedAtMs = clock.nowMs;
  expect(devices.isOnline("a")).toBe(true);
  expect(devices.isOnline("b")).toBe(false);
  clock.nowMs = 1_000_000;
  seen.pingedAtMs = clock.nowMs;
  expect(devices.isOnline("a")).toBe(false);
  devices.remove(connection);
  expect(devices.isOnline("a")).toBe(false);
});

test("[SO6] codes that cannot be echoed are answered with 1000, others with themselves, once", () => {
  for (const [code, echoed] of [
    [1000, 1000],
    [1001, 1001],
    [4001, 4001],
    [1005, 1000],
    [1006, 1000],
    [1015, 1000],
    [999, 1000],
    [5000, 1000],
  ] as const) {
    const { connection, seen } = stage().socket();
    connection.close(code, "bye");
    connection.close(code, "bye");
    expect(seen.closed).toEqual([[echoed, "bye"]]);
  }
});

test("a socket that throws is treated as gone and disturbs nobody", () => {
  const { devices, socket } = stage();
  const broken = new Device(
    {
      send: () => {
        throw new Error("gone");
      },
      close: () => {},
      serializeAttachment: () => {},
      pingedAtMs: () => undefined,
    },
    { side: "a", expiresAtMs: Number.POSITIVE_INFINITY, connectedAtMs: 0, deliveredSeq: 0 },
  );
  devices.join(broken);
  const { seen } = socket();
  devices.broadcast(frame);
  expect(broken.isOpen).toBe(false);
  expect(seen.frames).toBe(1);
});
