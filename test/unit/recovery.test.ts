import { expect, test } from "vitest";
import { noFlags } from "../../src/model/flags.ts";
import type { ArchiveState } from "../../src/archive/read.ts";
import type { StoredMessage } from "../../src/model/message.ts";
import { Sequencer } from "../../src/conversation/sequencer.ts";
import type { MessageStore } from "../../src/conversation/message-store.ts";
import { reconcile, divergentRows, matchesArchive } from "../../src/conversation/reconcile.ts";
import { filledLog, plainMessage } from "./filled-log.ts";

const edited = (seq: number, rev: number, text: string, editedAtMs: number): StoredMessage => ({
  ...plainMessage(seq),
  rev,
  text,
  editedAtMs,
  editId: `e${rev}`,
  editRev: rev,
});
const deleted = (seq: number, rev: number): StoredMessage => ({
  ...plainMessage(seq),
  rev,
  text: "",
  deletedAtMs: 9_000,
});
const reacted = (seq: number, rev: number, emoji: string): StoredMessage => ({
  ...plainMessage(seq),
  rev,
  reactions: JSON.stringify({ [emoji]: ["a"] }),
});

const ownMessage = (seq: number, replyTo: number | null): StoredMessage => ({
  ...plainMessage(seq),
  id: `own${seq}`,
  replyTo,
});

/** A record of five messages, `own` in place of some of them and behind them, and an archive with `archived` in place of its. */
function divergence(own: readonly StoredMessage[], archived: readonly StoredMessage[], rev: number) {
  const { log } = filledLog(5);
  log.transaction(() => {
    for (const row of own) {
      log.put(row);
    }
  });
  const rows = new Map([1, 2, 3, 4, 5].map((seq) => [seq, plainMessage(seq)]));
  for (const row of archived) {
    rows.set(row.seq, row);
  }
  const inOrder = [...rows.values()].toSorted((one, other) => one.seq - other.seq);
  const above = async (seq: number, limit: number) => inOrder.filter((row) => row.seq > seq).slice(0, limit);
  const head = inOrder.length;
  const archive: ArchiveState = {
    rev,
    head,
    headMessage: rows.get(head),
    read: { a: 0, b: 0 },
    flags: noFlags,
  };
  return { log, above, archive, position: positionOf(log) };
}

function positionOf(log: MessageStore) {
  const last = log.last();
  return { head: last?.seq ?? 0, rev: Math.max(last?.createdRev ?? 0, log.newestChangeRev()) };
}

async function healed(
  own: readonly StoredMessage[],
  archived: readonly StoredMessage[],
  rev: number,
  meanwhile: (log: MessageStore) => void = () => {},
): Promise<MessageStore> {
  const { log, above, archive, position } = divergence(own, archived, rev);
  const divergent = await divergentRows(log, above);
  log.transaction(() => meanwhile(log));
  const now = positionOf(log);
  log.transaction(() => reconcile(log, { position: now, archive, divergent, sinceRev: position.rev }));
  return log;
}

test("[AR5][CH1] a change that only the restored record has gets a revision above the archive's", async () => {
  const log = await healed([edited(3, 6, "anew", 8_000)], [reacted(1, 6, "👍"), reacted(2, 7, "👍")], 7);
  expect(log.message(1)).toEqual(reacted(1, 6, "👍"));
  expect(log.message(3)).toMatchObject({ text: "anew", rev: 1_000_008, createdRev: 3, editRev: 1_000_008 });
});

test("[AR5][CH1] a change made while the archive was read gets one too", async () => {
  const log = await healed([], [reacted(1, 6, "👍")], 6, (record) =>
    record.change(edited(4, 6, "just now", 8_000)),
  );
  expect(log.message(1)).toEqual(reacted(1, 6, "👍"));
  expect(log.message(4)).toMatchObject({ text: "just now", rev: 1_000_007 });
});

test("[AR5][ED2][DE1] where both changed one message, the deletion holds, else the later edit, else the archive's newer revision", async () => {
  const text = async (own: StoredMessage, archived: StoredMessage) =>
    (await healed([own], [archived], archived.rev)).message(3)?.text;
  expect(await text(deleted(3, 6), edited(3, 9, "archived", 9_999))).toBe("");
  expect(await text(edited(3, 9, "own", 9_999), deleted(3, 8))).toBe("");
  expect(await text(edited(3, 6, "own, later", 8_001), edited(3, 9, "archived", 8_000))).toBe("own, later");
  expect(await text(edited(3, 9, "own", 8_000), edited(3, 6, "archived, later", 8_001))).toBe(
    "archived, later",
  );
  const log = await healed([reacted(3, 6, "👎")], [reacted(3, 7, "👍")], 7);
  expect(log.message(3)).toEqual(reacted(3, 7, "👍"));
});

test("[AR5][RY1] a reply of the record's own follows the message it answers to its new number", async () => {
  const log = await healed([ownMessage(6, null), ownMessage(7, 6), ownMessage(8, 2)], [plainMessage(6)], 6);
  expect(log.range(6, 9).map(({ seq, id, replyTo }) => [seq, id, replyTo])).toEqual([
    [6, "m6", null],
    [7, "own6", null],
    [8, "own7", 7],
    [9, "own8", 2],
  ]);
});

test("[AR5][DE1] what was done to a message that was sent again to the restored record is done to the archive's one", async () => {
  const theirs = { ...plainMessage(6), id: "theirs" };
  const archivedTwin = { ...plainMessage(7), id: "m6", author: plainMessage(6).author };
  const healedWith = async (own: StoredMessage, twin: StoredMessage) =>
    (await healed([own], [theirs, twin], 9)).range(6, 9).map(({ id, text, rev }) => [id, text, rev]);
  expect(await healedWith(deleted(6, 7), archivedTwin)).toEqual([
    ["theirs", "text 6", 6],
    ["m6", "", 1_000_010],
  ]);
  expect(
    await healedWith(plainMessage(6), { ...archivedTwin, text: "edited", editedAtMs: 7_000, rev: 9 }),
  ).toEqual([
    ["theirs", "text 6", 6],
    ["m6", "edited", 9],
  ]);
});

test("[AR5] another history is found by what took the archive's revision, and by a revision that nobody here wrote", async () => {
  const matches = async (own: readonly StoredMessage[], archived: readonly StoredMessage[], rev: number) => {
    const { log, above, archive, position } = divergence(own, archived, rev);
    return matchesArchive(log, position, archive, { verifiedRev: position.rev, above });
  };
  expect(await matches([], [], 5)).toBe(true);
  expect(await matches([reacted(2, 6, "👍")], [], 5)).toBe(true);
  expect(await matches([reacted(2, 6, "👍")], [reacted(2, 6, "👍")], 6)).toBe(true);
  expect(await matches([plainMessage(6)], [reacted(2, 6, "👍")], 6)).toBe(false);
  expect(await matches([reacted(2, 6, "👎")], [reacted(2, 6, "👍")], 6)).toBe(false);
  expect(await matches([], [reacted(2, 6, "👍")], 6)).toBe(false);
  const { log, above, archive, position } = divergence([reacted(1, 6, "👍"), reacted(1, 7, "👍")], [], 6);
  expect(await matchesArchive(log, position, archive, { verifiedRev: 5, above })).toBe(false);
});

test("[CH8] a change that was wanted in a history that was replaced is stale, one from the future out of range", () => {
  const { log } = filledLog(5);
  log.transaction(() => log.writeState({ ...log.readState(), minValidRev: 1_000_005 }));
  const line = new Sequencer(log);
  const remove = (seq: number, after?: number) => {
    const outcome = line.change("a", { type: "delete", id: `d${seq}`, seq, after }, 1_000);
    return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
  };
  expect(remove(1, 5)).toBe("stale");
  expect(remove(1, 0)).toBe("stale");
  expect(remove(1, 1_000_006)).toBe("out_of_range");
  expect(log.message(1)?.deletedAtMs).toBeNull();
  expect(remove(1, 1_000_005)).toBe("stored");
  expect(remove(3)).toBe("stored");
});
