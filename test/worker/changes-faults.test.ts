import { evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import { stubOf } from "./by-hand.ts";
import { connect, env, freshUsers, rest } from "./clients.ts";
import { faultyD1, type D1Mode } from "./faulty-d1.ts";
import { archived, archiveRows, recordRows } from "./stored.ts";
import { ways, writerOf } from "./ways.ts";

const frames: readonly WriteFrame[] = [
  { type: "send", id: "one", text: "one", data: { card: 1 } },
  { type: "send", id: "two", text: "two", replyTo: 1 },
  { type: "edit", id: "edit", seq: 1, text: "edited" },
  { type: "react", id: "on", seq: 2, emoji: "👍", on: true },
  { type: "react", id: "more", seq: 2, emoji: "❤", on: true },
  { type: "react", id: "off", seq: 2, emoji: "👍", on: false },
  { type: "send", id: "three", text: "three", replyTo: 2 },
  { type: "delete", id: "gone", seq: 1 },
];

test.each(
  ways.flatMap((way) =>
    (["down", "slow", "flaky", "hanging"] as const).map((mode: D1Mode) => ({ way, mode })),
  ),
)(
  "[CH1][BL1][AR1][AR2][VE1] over $way every operation works while D1 is $mode, and afterwards object and D1 agree row for row",
  { timeout: 60_000 },
  async ({ way, mode }) => {
    const users = freshUsers();
    const { a, b } = users;
    const { write } = await writerOf(way, a, b);
    await write({ type: "send", id: "zero", text: "zero" });
    await archived(env, a, b, 1);
    const faulty = faultyD1(env.DB, mode, 17);
    onTestFinished(faulty.restore);
    for (const [nth, frame] of frames.entries()) {
      const moved = "seq" in frame ? { ...frame, seq: frame.seq + 1 } : frame;
      expect(await write(moved)).toMatchObject({ rev: nth + 2 });
    }
    expect((await rest(a, b, "PUT", "/block")).status).toBe(200);
    expect((await rest(b, a, "POST", "/messages", { id: "no", text: "no" })).status).toBe(403);
    faulty.mode = "well";
    // A call that hangs is given up in ten seconds; one that starts anew is not waited for so long.
    await evictDurableObject(stubOf(users)).catch(() => undefined);
    await archived(env, a, b, 9);
    const rows = await recordRows(stubOf(users));
    expect(rows).toHaveLength(4);
    expect(await archiveRows(env, a, b)).toEqual(rows);
    const verified = await stubOf(users).verify({ from: 1, repair: false });
    expect(verified).toMatchObject({
      ok: true,
      verification: { rev: 9, archivedRev: 9, checked: 4, pending: 0 },
    });
    expect(verified).toMatchObject({ verification: { differences: [] } });
  },
);

test.each(ways)(
  "[CH3][ED2] over %s a repeat gets the first answer, right away, after other changes and after a restart, and stores nothing",
  async (way) => {
    const users = freshUsers();
    const { a, b } = users;
    const { write } = await writerOf(way, a, b);
    const answered: { readonly frame: WriteFrame; readonly rev: number }[] = [];
    for (const [nth, frame] of frames.entries()) {
      expect(await write(frame)).toMatchObject({ rev: nth + 1 });
      expect(await write(frame)).toMatchObject({ rev: nth + 1 });
      answered.push({ frame, rev: nth + 1 });
    }
    const rows = await recordRows(stubOf(users));
    for (const { frame, rev } of answered) {
      expect(await write(frame)).toMatchObject({ rev });
    }
    await evictDurableObject(stubOf(users));
    // Reactions are told by their message from then on: what it has is what they asked for.
    for (const { frame, rev } of answered.filter(({ frame: { type } }) => type !== "react")) {
      expect(await write(frame)).toMatchObject({ rev });
    }
    expect(await recordRows(stubOf(users))).toEqual(rows);
    const stale = { type: "edit", id: "late", seq: 3, text: "late", after: 7 } as const;
    expect(await write({ ...stale, id: "newer", text: "newer", after: 8 })).toMatchObject({ rev: 9 });
    expect(await write(stale)).toMatchObject({ code: "superseded" });
    expect(await write({ ...stale, id: "newer" })).toMatchObject({ code: "conflict" });
  },
);

test("[CH6][RP2] a device that was away for 50 edits of one message gets it once, as it is then", async () => {
  const { a, b } = freshUsers();
  const { write } = await writerOf("REST", a, b);
  await write({ type: "send", id: "one", text: "one" });
  for (let nth = 1; nth <= 50; nth += 1) {
    await write({ type: "edit", id: `e${nth}`, seq: 1, text: `edit ${nth}` });
  }
  const bob = await connect(b, a, 1);
  expect(bob.all("message").map(({ message: { rev, text } }) => [rev, text])).toEqual([[51, "edit 50"]]);
});
