import { expect } from "vitest";
import { env } from "./clients.ts";
import type { InboxDevice } from "./inbox-device.ts";
import { archived, archiveRows, conversationOf, recordRows } from "./stored.ts";

/** The conversation of two users is the same in the record, in D1, and on these devices, contiguous and each message once. */
export async function expectOneConversation(
  [one, other]: readonly [string, string],
  devices: readonly (readonly [string, InboxDevice])[],
  count: number,
): Promise<void> {
  const rows = await recordRows(conversationOf(env, one, other));
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect(new Set(rows.map(({ text }) => text)).size).toBe(count);
  const expected = rows.map(({ seq, rev, id, text }) => ({ seq, rev, id, text }));
  for (const [user, device] of devices) {
    const peer = user === one ? other : one;
    const held = device.messagesOf(peer).map(({ seq, rev, id, text }) => ({ seq, rev, id, text }));
    expect(held).toEqual(expected);
    const { shown } = device.copyOf(peer);
    expect(shown).toHaveLength(count);
    expect(device.faults).toEqual([]);
    for (const [id, { seq, rev }] of device.acks) {
      const row = rows.find((stored) => stored.id === id);
      expect(row === undefined || (row.seq === seq && row.rev === rev)).toBe(true);
    }
  }
  await archived(env, one, other, count);
  expect(await archiveRows(env, one, other)).toEqual(rows);
}
