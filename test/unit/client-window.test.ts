import { array, assert, asyncProperty, constantFrom, integer, tuple } from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../src/client/api.ts";
import {
  codeOf,
  freezeTime,
  message,
  passMs,
  startedWithBob,
  summary,
  synced,
  type World,
} from "./fake-server.ts";

freezeTime();

/** A conversation with Bob as the server has it, whose pages are answered by HI1. */
class Server {
  readonly #world: World;
  readonly messages: Message[];
  rev: number;

  constructor(world: World, head: number) {
    this.#world = world;
    this.messages = Array.from({ length: head }, (_, index) => message(index + 1));
    this.rev = head;
    world.answers.set("GET /v1/conversations/bob/messages", () => {
      const query = new URLSearchParams(world.requests.at(-1)?.split("?")[1]);
      return { status: 200, body: this.#page(query) };
    });
  }

  get head(): number {
    return this.messages.length;
  }

  say(text: string): void {
    this.#tell(message(this.head + 1, { rev: this.rev + 1, text }));
  }

  edit(seq: number): void {
    const known = this.messages[seq - 1] as Message;
    this.#tell({ ...known, rev: this.rev + 1, text: `edited ${this.rev}`, editedAt: 9_000 });
  }

  #tell(told: Message): void {
    this.rev = told.rev;
    this.messages[told.seq - 1] = told;
    this.#world.socket.tell({ type: "message", peer: "bob", message: told });
  }

  #page(query: URLSearchParams) {
    const numberOf = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
    const {
      limit = 50,
      after,
      before = this.head + 1,
    } = {
      limit: numberOf("limit"),
      after: numberOf("after"),
      before: numberOf("before"),
    };
    const inRange = this.messages.filter(({ seq }) => (after === undefined ? seq < before : seq > after));
    const messages = after === undefined ? inRange.slice(-limit) : inRange.slice(0, limit);
    return { messages, hasMore: messages.length < inRange.length, head: this.head, rev: this.rev };
  }
}

async function conversationOf(head: number) {
  const { world, socket, bob } = await startedWithBob(head);
  const end = bob.messages.subscribe(() => {});
  const server = new Server(world, head);
  const seqs = () => bob.messages.value.map(({ seq }) => seq);
  return { world, socket, bob, server, end, seqs, timeline: bob.messages };
}

/** Their answers are still under way. */
async function requestsMade(world: World, count: number): Promise<void> {
  while (world.requests.length < count) {
    await Promise.resolve();
  }
}

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test("[CL17] a message at any depth is opened with one request, and what lies above and below it is loaded on", async () => {
  const { world, timeline, seqs } = await conversationOf(5_000);
  await timeline.loadOlder();
  await timeline.openAt(2_000);
  expect(world.requests.slice(1)).toEqual([
    "GET /v1/conversations/bob/messages?after=1949&limit=100&rev=5000",
  ]);
  expect(seqs()).toEqual(from(1_950, 2_049));
  expect([timeline.hasOlder, timeline.hasNewer]).toEqual([true, true]);
  await timeline.loadNewer(20);
  await timeline.loadOlder(10);
  expect(seqs()).toEqual(from(1_940, 2_069));
  await timeline.openAt(1);
  expect(seqs()).toEqual(from(1, 100));
  expect(timeline.hasOlder).toBe(false);
  await timeline.openAt(4_990);
  expect(seqs()).toEqual(from(4_951, 5_000));
  expect(timeline.hasNewer).toBe(false);
});

test("[CL17] a window that reaches the newest messages is joined with them, without a hole or a double", async () => {
  const { timeline, server, seqs, world } = await conversationOf(300);
  await timeline.openAt(100);
  server.say("while away");
  server.say("again");
  expect(seqs()).toEqual(from(50, 149));
  while (timeline.hasNewer) {
    await timeline.loadNewer();
  }
  expect(seqs()).toEqual(from(50, 302));
  server.say("live");
  expect(seqs()).toEqual(from(50, 303));
  expect(world.events.message.map(({ message: { seq } }) => seq)).toEqual([301, 302, 303]);
});

test("[CL17] what changes in a window is shown, also while its page is under way", async () => {
  const { timeline, server, bob } = await conversationOf(300);
  const opening = timeline.openAt(100);
  await Promise.resolve();
  server.edit(101);
  await opening;
  server.edit(102);
  const shown = bob.messages.value.filter(({ text }) => text.startsWith("edited"));
  expect(shown.map(({ seq }) => seq)).toEqual([101, 102]);
});

test("[CL17] a send shows the newest messages again, with it behind them", async () => {
  const { timeline, bob, seqs } = await conversationOf(300);
  await timeline.openAt(100);
  void bob.send("Here");
  await passMs(0);
  expect(seqs()).toEqual([...from(251, 300), undefined]);
  await timeline.openAt(100);
  expect(seqs()).toEqual(from(50, 149));
  await timeline.openNewest();
  expect(seqs()).toEqual([...from(251, 300), undefined]);
});

test.each(["send", "openNewest"])("[CL17] `%s` ends an `openAt` whose page is under way", async (act) => {
  const { timeline, bob, seqs, world } = await conversationOf(300);
  await timeline.loadOlder();
  const opened = [timeline.openAt(110), timeline.openAt(100)];
  await requestsMade(world, 2);
  void (act === "send" ? bob.send("Here") : timeline.openNewest());
  await Promise.all(opened);
  await passMs(0);
  expect(timeline.hasNewer).toBe(false);
  expect(seqs()).toEqual([...from(251, 300), ...(act === "send" ? [undefined] : [])]);
  await timeline.openAt(100);
  expect(seqs()).toEqual(from(50, 149));
});

test("[CL17] `openAt` of a message that is shown drops no page that is under way", async () => {
  const { timeline, seqs, world } = await conversationOf(300);
  await timeline.loadOlder();
  const older = timeline.loadOlder();
  await requestsMade(world, 2);
  await Promise.all([older, timeline.openAt(280)]);
  expect(seqs()).toEqual(from(201, 300));
});

test("[CL17] a window keeps 1,000 messages, on the side that was loaded; beside it few are kept", async () => {
  const { timeline, server, seqs } = await conversationOf(5_000);
  await timeline.loadOlder(100);
  await timeline.openAt(2_500);
  for (let pages = 0; pages < 12; pages += 1) {
    await timeline.loadNewer(100);
  }
  expect(seqs()).toEqual(from(2_750, 3_749));
  for (let pages = 0; pages < 12; pages += 1) {
    await timeline.loadOlder(100);
  }
  expect(seqs()).toEqual(from(1_550, 2_549));
  from(1, 300).forEach((number) => server.say(`live ${number}`));
  await timeline.openNewest();
  expect(seqs()).toEqual(from(5_101, 5_300));
});

test("[CL17] unread messages count to the head while a window is shown", async () => {
  const { world, bob } = await conversationOf(300);
  world.socket.tell({ type: "summary", ...summary("bob", 300, { state: 1, unread: 200 }) });
  await bob.messages.openAt(101);
  expect(bob.status.value.unread).toBe(200);
});

test("[CL17] a number that no message has opens the nearest, and what is no number is refused", async () => {
  const { timeline, seqs } = await conversationOf(300);
  await timeline.openAt(9_000);
  expect(seqs().at(-1)).toBe(300);
  await timeline.openAt(-5);
  expect(seqs()[0]).toBe(1);
  expect(() => timeline.openAt(Number.NaN)).toThrow("seq must be a whole number");
  const { timeline: none } = await conversationOf(0);
  await none.openAt(7);
  expect([none.value, none.hasNewer]).toEqual([[], false]);
});

test("[CL17] a page that fails is told, and what was shown stays", async () => {
  const { world, timeline, seqs } = await conversationOf(300);
  await timeline.loadOlder();
  world.answers.set("GET", () => ({ status: 404, body: { code: "not_found" } }));
  world.answers.delete("GET /v1/conversations/bob/messages");
  const opened = codeOf(timeline.openAt(20));
  await passMs(60_000);
  expect([opened.code, seqs().length]).toEqual(["not_found", 50]);
});

test("[CL6] after a reset the newest messages are shown", async () => {
  const { socket, server, timeline, seqs } = await conversationOf(300);
  await timeline.openAt(100);
  server.messages.length = 260;
  server.rev = 400;
  socket.tell({ type: "reset", peer: "bob", rev: 400 });
  await passMs(0);
  socket.tell(synced(400, 260));
  await passMs(0);
  expect([timeline.hasNewer, seqs()]).toEqual([false, from(211, 260)]);
});

test("[CL17] who stops looking finds the newest messages again", async () => {
  const { end, timeline } = await conversationOf(300);
  await timeline.openAt(100);
  end();
  expect(timeline.hasNewer).toBe(false);
});

test("[CL16, CL17] whatever is opened, loaded and told in whatever order: no hole, no double, nothing old, each event once", async () => {
  const step = tuple(
    constantFrom("openAt", "openNewest", "older", "newer", "say", "edit", "wait"),
    integer({ min: 1, max: 420 }),
  );
  await assert(
    asyncProperty(array(step, { maxLength: 25 }), async (steps) => {
      const { world, timeline, server, seqs } = await conversationOf(400);
      const acts: Record<(typeof steps)[number][0], (seq: number) => unknown> = {
        openAt: (seq) => timeline.openAt(seq),
        openNewest: () => timeline.openNewest(),
        older: (seq) => timeline.loadOlder((seq % 100) + 1),
        newer: (seq) => timeline.loadNewer((seq % 100) + 1),
        say: (seq) => server.say(`said ${seq}`),
        edit: (seq) => server.edit(Math.min(seq, server.head)),
        wait: () => passMs(0),
      };
      for (const [name, seq] of steps) {
        const done = acts[name](seq);
        // Some steps wait for those before, some come between.
        await (seq % 2 === 0 ? done : Promise.resolve());
        const shown = seqs();
        expect(shown).toEqual(shown.length === 0 ? [] : from(shown[0] ?? 0, shown.at(-1) ?? 0));
      }
      await passMs(0);
      expect(timeline.value).toEqual(timeline.value.map(({ seq }) => server.messages[(seq ?? 0) - 1]));
      while (timeline.hasNewer) {
        await timeline.loadNewer(100);
      }
      expect(seqs().at(-1) ?? server.head).toBe(server.head);
      const told = steps.filter(([name]) => name === "say" || name === "edit");
      expect(world.events.message.map(({ message: { rev } }) => rev)).toEqual(
        told.map((_, index) => 401 + index),
      );
      world.client.close();
    }),
    { numRuns: 100 },
  );
});
