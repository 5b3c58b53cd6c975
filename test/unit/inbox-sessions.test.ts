import { expect, test } from "vitest";
import { SocketIoSessions } from "../../src/inbox/socket-io-sessions.ts";
import type { SessionEnd } from "../../src/rpc/session.ts";

/** The rows of an inbox, which outlive it, and sessions that can be reached or not. */
function stage() {
  const rows = new Map<string, unknown>();
  const kv = {
    get: (key: string) => structuredClone(rows.get(key)),
    put: (key: string, value: unknown) => void rows.set(key, structuredClone(value)),
    delete: (key: string) => rows.delete(key),
    list: ({ prefix = "" } = {}) => [...rows].filter(([key]) => key.startsWith(prefix)),
  };
  const ends: (SessionEnd | undefined)[] = [];
  const reach = { isOpen: true };
  const open = () =>
    new SocketIoSessions({
      kv: kv as unknown as SyncKvStorage,
      push: async (_sid, _frames, end) => {
        if (!reach.isOpen) {
          throw new Error("away");
        }
        ends.push(end);
        return true;
      },
      now: () => 0,
      wait: async () => undefined,
      onLeft: () => undefined,
      onBroken: () => undefined,
    });
  return { rows, ends, reach, open };
}

test("[SI10] the row of a session goes when the session was told its end", async () => {
  const { rows, ends, open } = stage();
  const sessions = open();
  const device = sessions.attach("s", Number.MAX_SAFE_INTEGER);
  expect([...rows.keys()]).toEqual(["session:s"]);
  device.end(4500, "internal: it missed something");
  await sessions.waitUntilPushed();
  expect(ends).toEqual([{ code: 4500, reason: "internal: it missed something" }]);
  expect([...rows.keys()]).toEqual([]);
  expect([sessions.device("s"), sessions.hasAny]).toEqual([undefined, false]);
});

test("[SI10] a session that ended and could not be told is no device of a new instance, which tells it and drops its row", async () => {
  const { rows, ends, reach, open } = stage();
  const before = open();
  const device = before.attach("s", Number.MAX_SAFE_INTEGER);
  reach.isOpen = false;
  device.end(4500, "internal: it missed something");
  await before.waitUntilPushed();
  expect(rows.get("session:s")).toMatchObject({ ended: true });
  const after = open();
  expect([after.restored(), after.device("s")]).toEqual([[], undefined]);
  reach.isOpen = true;
  await after.waitUntilPushed();
  expect(ends.at(-1)).toMatchObject({ reason: expect.stringContaining("internal") });
  expect([...rows.keys()]).toEqual([]);
});
