import { describe, expect, test } from "vitest";
import { Engine, type EngineOptions } from "../../src/socketio/engine/session.ts";
import type { Data, Frame } from "../../src/socketio/engine/packets.ts";
import type { EngineSocket } from "../../src/socketio/engine/upgrade-probe.ts";

const options: EngineOptions = {
  pingIntervalMs: 25_000,
  pingTimeoutMs: 60_000,
  maxPayloadBytes: 65_536,
  connectTimeoutMs: 10_000,
  maxOutstandingCharacters: 1_000,
};

class FakeSocket implements EngineSocket {
  readonly frames: Frame[] = [];
  closeCode: number | undefined;
  send(frame: Frame): void {
    this.frames.push(frame);
  }
  close(code: number): void {
    this.closeCode = code;
  }
}

/** A session on a clock that stands still until it is moved, on a WebSocket where one is given. */
function sessionOn(socket?: FakeSocket, changes: Partial<EngineOptions> = {}) {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly run: () => void }[] = [];
  const heard: Data[] = [];
  let closed = 0;
  const engine = new Engine(
    {
      sid: "s",
      options: { ...options, ...changes },
      now: () => nowMs,
      later: (ms, run) => timers.push({ atMs: nowMs + ms, run }),
      listener: () => ({
        onMessage: (data) => heard.push(data),
        onClosed: () => {
          closed += 1;
        },
      }),
    },
    socket,
  );
  engine.connectBy(undefined);
  const pass = (ms: number) => {
    nowMs += ms;
    const due = timers.filter(({ atMs }) => atMs <= nowMs);
    timers = timers.filter(({ atMs }) => atMs > nowMs);
    due.forEach(({ run }) => run());
  };
  return { engine, heard, pass, closed: () => closed, now: () => nowMs };
}

const post = (engine: Engine, body: string) => engine.post("text/plain", async () => ({ text: body }));

describe("[EN5] wake-ups", () => {
  test("an idle session wakes once for each ping, and its pong moves nothing", () => {
    const socket = new FakeSocket();
    const { engine, pass, now } = sessionOn(socket);
    let wakeUps = 0;
    for (let hour = 0; now() < 3_600_000; hour += 1) {
      pass(engine.wakeAtMs - now());
      engine.wake();
      wakeUps += 1;
      const next = engine.wakeAtMs;
      engine.receive(socket, "3");
      expect(engine.wakeAtMs).toBe(next);
    }
    expect(wakeUps).toBe(144);
    expect(socket.frames).toHaveLength(144);
  });

  test("one that stays silent is looked at once more in between, and closed after the timeout", () => {
    const socket = new FakeSocket();
    const { engine, pass, now, closed } = sessionOn(socket);
    const wokeAtMs: number[] = [];
    while (closed() === 0) {
      pass(engine.wakeAtMs - now());
      engine.wake();
      wokeAtMs.push(now());
    }
    expect(wokeAtMs).toEqual([25_000, 50_000, 85_000]);
    expect(socket.frames).toEqual(["2"]);
    expect(socket.closeCode).toBe(1000);
  });

  test("with a timeout below the interval it is closed at the timeout", () => {
    const socket = new FakeSocket();
    const { engine, pass, now, closed } = sessionOn(socket, { pingIntervalMs: 300, pingTimeoutMs: 200 });
    while (closed() === 0) {
      pass(engine.wakeAtMs - now());
      engine.wake();
    }
    expect(now()).toBe(500);
  });

  test("a late alarm pings once", () => {
    const socket = new FakeSocket();
    const { engine, pass } = sessionOn(socket);
    pass(200_000);
    engine.wake();
    engine.wake();
    expect(socket.frames).toEqual(["2"]);
    expect(engine.isOver).toBe(false);
  });
});

test("[SI2] a session that is nobody's wakes for that alone, and ends", () => {
  const socket = new FakeSocket();
  const { engine, pass, now } = sessionOn(socket);
  engine.connectBy(now() + 10_000);
  expect(engine.wakeAtMs).toBe(10_000);
  pass(9_999);
  engine.wake();
  expect(engine.isOver).toBe(false);
  pass(1);
  engine.wake();
  expect(engine.isOver).toBe(true);
});

test("[EN6] a probe that goes no further is given up after ten seconds, and another one may come", () => {
  const { engine, pass } = sessionOn();
  const slow = new FakeSocket();
  engine.probe(slow);
  engine.receive(slow, "2probe");
  pass(9_999);
  expect([slow.closeCode, engine.mayBeProbed]).toEqual([undefined, false]);
  pass(1);
  expect([slow.closeCode, engine.mayBeProbed]).toEqual([1000, true]);
  const quick = new FakeSocket();
  engine.probe(quick);
  engine.receive(quick, "2probe");
  engine.receive(quick, "5");
  pass(10_000);
  expect([quick.closeCode, engine.socket === quick]).toEqual([undefined, true]);
});

const endsOfProbes: Readonly<
  Record<string, (session: ReturnType<typeof sessionOn>, socket: FakeSocket) => void>
> = {
  "times out": ({ pass }) => pass(10_000),
  "breaks the protocol": ({ engine }, socket) => engine.receive(socket, "2probe"),
  "is closed": ({ engine }, socket) => engine.gone(socket),
};

test.each(Object.entries(endsOfProbes))(
  "[EN4][EN6] after a probe that %s, a poll waits for a packet again",
  async (_, end) => {
    const session = sessionOn();
    const { engine, pass } = session;
    const socket = new FakeSocket();
    engine.probe(socket);
    engine.receive(socket, "2probe");
    const during = engine.poll();
    pass(100);
    expect(await (await during).text()).toBe("6");
    end(session, socket);
    const after = engine.poll();
    pass(20_000);
    engine.send("hello");
    expect(await (await after).text()).toBe("4hello");
  },
);

test("[EN6] a WebSocket that probes a second time is closed alone, whatever comes behind it", () => {
  const { engine, heard, closed } = sessionOn();
  const twice = new FakeSocket();
  engine.probe(twice);
  engine.receive(twice, "2probe");
  engine.receive(twice, "2probe");
  expect([twice.frames, twice.closeCode]).toEqual([["3probe"], 1000]);
  engine.receive(twice, "5");
  engine.receive(twice, "4not taken");
  expect([engine.socket, heard, closed(), engine.mayBeProbed]).toEqual([undefined, [], 0, true]);
  const next = new FakeSocket();
  engine.probe(next);
  engine.receive(next, "2probe");
  engine.receive(next, "5");
  expect(engine.socket).toBe(next);
});

test("[EN6] a second WebSocket during a probe may not probe, and takes nothing over", () => {
  const { engine } = sessionOn();
  const [first, second] = [new FakeSocket(), new FakeSocket()];
  engine.probe(first);
  expect(engine.mayBeProbed).toBe(false);
  engine.receive(first, "2probe");
  engine.receive(second, "2probe");
  engine.receive(second, "5");
  expect([second.frames, engine.socket]).toEqual([[], undefined]);
  engine.receive(first, "5");
  expect(engine.socket).toBe(first);
});

test("[EN10] what is sent to a client that gives no sign of life is bounded, on both transports", async () => {
  const socket = new FakeSocket();
  const onSocket = sessionOn(socket);
  onSocket.engine.send("x".repeat(999));
  expect(onSocket.engine.isOver).toBe(false);
  onSocket.engine.receive(socket, "3");
  onSocket.engine.send("x".repeat(999));
  expect(onSocket.engine.isOver).toBe(false);
  onSocket.engine.send("");
  expect([onSocket.engine.isOver, onSocket.closed()]).toEqual([true, 1]);

  const polling = sessionOn();
  polling.engine.send("x".repeat(999));
  await polling.engine.poll();
  polling.engine.send("x".repeat(999));
  expect(polling.engine.isOver).toBe(false);
  polling.engine.send("");
  expect(polling.engine.isOver).toBe(true);
});

test("[EN11] what an ended session still owes comes with the next poll, and after it nothing", async () => {
  const { engine, closed } = sessionOn();
  engine.send("last words");
  engine.end();
  engine.end();
  const response = await engine.poll();
  expect(await response.text()).toBe("4last words\x1e1");
  expect((await engine.poll()).status).toBe(400);
  expect((await post(engine, "4x")).status).toBe(400);
  expect(closed()).toBe(1);
});

test("[EN7] what a client sends behind its goodbye is not taken", async () => {
  const { engine, heard } = sessionOn();
  const response = await post(engine, "4one\x1e1\x1e4two");
  expect(response.status).toBe(400);
  expect([heard, engine.isOver]).toEqual([["one"], true]);
});

test("[EN7][EN8] a post that is not UTF-8 ends the session, one that is too large does not", async () => {
  const { engine, heard } = sessionOn();
  const refusedBy = async (refused: "too_large" | "not_utf8") =>
    (await engine.post("text/plain", async () => ({ refused }))).status;
  expect([await refusedBy("too_large"), engine.isOver]).toEqual([413, false]);
  expect([await refusedBy("not_utf8"), engine.isOver]).toEqual([400, true]);
  expect(heard).toEqual([]);
});
