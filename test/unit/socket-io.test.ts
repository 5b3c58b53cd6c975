import { expect, test } from "vitest";
import { ClientCursors } from "../../src/socketio/chat/client-cursors.ts";
import type { Admission, ClientHandler, Namespaces } from "../../src/socketio/namespaces.ts";
import type { Data } from "../../src/socketio/engine/packets.ts";
import { Revisions } from "../../src/socketio/chat/revisions.ts";
import { SocketIo } from "../../src/socketio/socket-io.ts";
import { refusal } from "../../src/protocol/errors.ts";

/** Socket.IO over nothing: what it sends is kept, timers run when they are told to. */
function socketIoWith(namespaces: Partial<Namespaces>) {
  const sent: Data[] = [];
  let ends = 0;
  const timers: (() => void)[] = [];
  const transport = {
    send: (data: Data) => sent.push(data),
    end: () => {
      ends += 1;
    },
    connectBy: () => undefined,
  };
  const socketIo = new SocketIo({
    transport,
    namespaces: { admit: () => undefined, restore: () => undefined, ...namespaces },
    connectTimeoutMs: 10_000,
    now: () => 0,
    later: (_, run) => timers.push(run),
    onChanged: () => undefined,
    observer: { onJoined: () => undefined, countRefusal: () => undefined, onFailure: () => undefined },
  });
  return { socketIo, sent, ends: () => ends, runTimers: () => timers.splice(0).forEach((run) => run()) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function memberThat(
  heard: unknown[],
  onEvent: ClientHandler["onEvent"] = ({ args }) => void heard.push(args),
): ClientHandler {
  return { onEvent, onLeft: () => void heard.push("left") };
}

test("[SI4] events wait for the verdict on their client, and are taken in order", async () => {
  const heard: unknown[] = [];
  const verdict = Promise.withResolvers<Admission>();
  const { socketIo, sent } = socketIoWith({ admit: () => verdict.promise });
  socketIo.onMessage("0");
  socketIo.onMessage('2["a"]');
  socketIo.onMessage('2["b"]');
  await settled();
  expect([heard, sent]).toEqual([[], []]);
  let isFirst = true;
  const slowFirst: ClientHandler["onEvent"] = async ({ args }) => {
    if (isFirst) {
      isFirst = false;
      await settled();
    }
    heard.push(args);
  };
  verdict.resolve({ ok: true, member: memberThat(heard, slowFirst) });
  await settled();
  await settled();
  expect(heard).toEqual([["a"], ["b"]]);
});

test("[SI1] a client that is gone before its verdict is nobody's member", async () => {
  const heard: unknown[] = [];
  const verdict = Promise.withResolvers<Admission>();
  const { socketIo, sent } = socketIoWith({ admit: () => verdict.promise });
  socketIo.onMessage("0");
  await settled();
  socketIo.onClosed();
  verdict.resolve({ ok: true, member: memberThat(heard) });
  await settled();
  expect([heard, sent]).toEqual([["left"], []]);
});

test("[SI3] attachments that do not come are waited for ten seconds, those that came not at all", async () => {
  const heard: unknown[] = [];
  const { socketIo, ends, runTimers } = socketIoWith({
    admit: () => ({ ok: true, member: memberThat(heard) }),
  });
  socketIo.onMessage("0");
  socketIo.onMessage('51-["a",{"_placeholder":true,"num":0}]');
  socketIo.onMessage(new Uint8Array([1]));
  socketIo.onMessage('51-["b",{"_placeholder":true,"num":0}]');
  socketIo.onMessage(new Uint8Array([2]));
  runTimers();
  await settled();
  expect([heard.length, ends()]).toEqual([2, 0]);
  socketIo.onMessage('51-["c",{"_placeholder":true,"num":0}]');
  runTimers();
  expect(ends()).toBe(1);
});

test.each([
  ["long", `2${JSON.stringify(["a", "x".repeat(65_000)])}`],
  ["short", "1"],
])("[EN8] packets that wait for a verdict are bounded: more ends the session (%s)", async (_, event) => {
  const { socketIo, ends } = socketIoWith({ admit: () => new Promise<Admission>(() => undefined) });
  socketIo.onMessage("0");
  const fitting = Math.floor((4_194_304 - 257) / (event.length + 256));
  for (let packet = 0; packet < fitting; packet += 1) {
    socketIo.onMessage(event);
  }
  expect(ends()).toBe(0);
  socketIo.onMessage(event);
  expect(ends()).toBe(1);
});

test("[SI6] an event is acknowledged once, and not after its client left", async () => {
  const { socketIo, sent } = socketIoWith({
    admit: () => ({
      ok: true,
      member: memberThat([], async ({ acknowledge }) => {
        acknowledge?.(1);
        acknowledge?.(2);
      }),
    }),
  });
  socketIo.onMessage("0");
  socketIo.onMessage('27["a"]');
  await settled();
  expect(sent.slice(1)).toEqual(["37[1]"]);
});

test("[SI3] a member that fails ends the session", async () => {
  const { socketIo, ends } = socketIoWith({
    admit: () => ({ ok: true, member: memberThat([], () => Promise.reject(new Error("broken"))) }),
  });
  socketIo.onMessage("0");
  socketIo.onMessage('2["a"]');
  await settled();
  expect(ends()).toBe(1);
});

test("[RA3] a message is told once, and how far a client is stays within what a socket may remember", () => {
  const marks = new ClientCursors();
  expect([marks.tell("a", 1), marks.tell("a", 1), marks.tell("a", 3), marks.tell("a", 2)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  marks.deliver("a", 2);
  marks.deliver("a", 1);
  expect(new ClientCursors(marks.kept).delivered).toEqual([["a", 2]]);
  expect(new ClientCursors(marks.kept).tell("a", 3)).toBe(false);
  marks.forget("a");
  expect(marks.tell("a", 1)).toBe(true);
  for (let peer = 0; peer < 100; peer += 1) {
    marks.tell(`${peer}`.padStart(128, "x"), Number.MAX_SAFE_INTEGER);
    marks.deliver(`${peer}`.padStart(128, "x"), Number.MAX_SAFE_INTEGER);
  }
  expect(marks.kept).toHaveLength(40);
  expect(JSON.stringify(marks.kept).length).toBeLessThan(12_000);
});

const send = (peer: string) => ({ type: "send", id: "1", peer, text: "x" }) as const;

test("[SI5] a send that the server names says how far its conversation is, which is asked once", async () => {
  let asked = 0;
  const revisions = new Revisions(async (peer) => {
    asked += 1;
    if (peer === "away") {
      throw new Error("away");
    }
    return peer === "unknown" ? refusal("unknown_peer") : 41;
  });
  expect(await revisions.onPlaced(send("a"))).toEqual({ ...send("a"), after: 41 });
  revisions.onMoved("a", 45);
  revisions.onMoved("a", 44);
  revisions.onMoved("b", 7);
  expect(await revisions.onPlaced(send("a"))).toEqual({ ...send("a"), after: 45 });
  expect(asked).toBe(1);
  revisions.forget("a");
  expect(await revisions.onPlaced(send("a"))).toMatchObject({ after: 41 });
  expect(await revisions.onPlaced(send("unknown"))).toMatchObject({ code: "unknown_peer" });
  expect(await revisions.onPlaced(send("away"))).toEqual(send("away"));
});
