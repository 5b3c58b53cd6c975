import { expect, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import { fillRecord } from "./by-hand.ts";
import { pairUnderTest } from "./pair-under-test.ts";
import { recordRows } from "./stored.ts";
import { writerOf } from "./ways.ts";

test.each([
  { name: "5,000 changes, by reset and pages", count: 5_000, isReset: true },
  { name: "900 changes, by replay", count: 900, isReset: false },
])(
  "[CH6][RP3] a device that was away for $name has every message as it is then",
  { timeout: 60_000 },
  async ({ count, isReset }) => {
    const pair = pairUnderTest();
    const [a, b] = pair.users;
    await fillRecord(pair.stub, count);
    const { write } = await writerOf("a conversation socket", a, b);
    for (const frame of [
      { type: "edit", id: "e1", seq: 1, text: "edited" },
      { type: "edit", id: "e2", seq: 701, text: "edited too" },
      { type: "edit", id: "e3", seq: 1, text: "edited twice" },
      { type: "delete", id: "d1", seq: 5 },
    ] satisfies WriteFrame[]) {
      await write(frame);
    }
    const device = pair.device(b);
    await device.connect();
    expect(device.frames.some(({ type }) => type === "reset")).toBe(isReset);
    const rows = await recordRows(pair.stub);
    expect(device.messages.map(({ seq, rev, text }) => [seq, rev, text])).toEqual(
      rows.map(({ seq, rev, text }) => [seq, rev, text]),
    );
    expect(device.texts[0]).toBe("edited twice");
    expect(device.texts[4]).toBe("");
  },
);
