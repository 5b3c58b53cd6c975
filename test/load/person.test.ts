import type { Duplex } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { closeWith, doorThat, letIn, say } from "./doors.ts";
import { Person } from "./person.ts";
import { Tally } from "./tally.ts";

const ready = '{"type":"ready"}';

async function personAt(answer: (socket: Duplex, nth: number) => void, answerWithinMs = 60_000) {
  const door = await doorThat(answer);
  const tally = new Tally();
  const person = new Person({
    url: door.url,
    token: "token",
    peer: "bob",
    isOnInbox: false,
    tally,
    random: () => 0,
    sentAt: new Map(),
    answerWithinMs,
  });
  onTestFinished(() => {
    person.go();
    door.close();
  });
  return { person, tally };
}

test("an upgrade that is not answered is a refusal, and is tried again", async () => {
  const { person, tally } = await personAt((socket, nth) => {
    if (nth > 1) {
      letIn(socket);
      say(socket, ready);
    }
  }, 300);
  await person.come();
  expect(tally.take().refusals.get("upgrade: no answer")).toBeGreaterThan(0);
  expect(person.isHere).toBe(true);
});

test("a connection whose ready does not come is a refusal, and is made again", async () => {
  const { person, tally } = await personAt((socket, nth) => {
    letIn(socket);
    if (nth > 1) {
      say(socket, ready);
    }
  }, 300);
  await person.come();
  expect(tally.take().refusals.get("ready: no answer")).toBeGreaterThan(0);
  expect(person.isHere).toBe(true);
});

test("whom the server closes comes back by themselves, and says again what was not answered", async () => {
  const { person, tally } = await personAt((socket, nth) => {
    letIn(socket);
    say(socket, ready);
    socket.on("data", () => {
      if (nth === 1) {
        closeWith(socket, 1012);
      } else {
        say(socket, '{"type":"ack","id":"one","seq":1}');
      }
    });
  });
  await person.come();
  person.write({ type: "send", id: "one", text: "hello" });
  await vi.waitUntil(() => person.acknowledged.has("one"), { timeout: 60_000 });
  expect([...tally.take().refusals]).toEqual([["close 1012", 1]]);
});

test("who is gone does not come again", async () => {
  const upgrades: number[] = [];
  const { person } = await personAt((socket, nth) => {
    upgrades.push(nth);
    socket.destroy();
  });
  const coming = person.come();
  await vi.waitUntil(() => upgrades.length > 0, { timeout: 60_000 });
  person.go();
  await coming;
  expect(person.isHere).toBe(false);
});
