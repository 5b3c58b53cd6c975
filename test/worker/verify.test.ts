import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { onArchive, stubOf, type Users } from "./by-hand.ts";
import { deployWith, env, freshUsers, problemOf, rest } from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { meterRows, type Rows } from "./rows.ts";
import { archived, archiveRows, archiveSummary, recordRows } from "./stored.ts";
import { adminKey } from "./users.ts";
import { agreement, postVerify, secretText, talked, verifyAll, verifyPart } from "./verifying.ts";

/** Those that have no default. */
const plainColumns = "(conversation, seq, rev, created_rev, author, id, text, created_at_ms, count_a)";

let users: Users;

beforeEach(() => {
  deployWith({ ADMIN_KEY: adminKey });
  users = freshUsers();
});

async function costOf(run: () => Promise<unknown>): Promise<Rows> {
  const meter = await meterRows(env.DB, stubOf(users));
  try {
    return await meter.cost(run);
  } finally {
    meter.restore();
  }
}

async function expectSameRows(): Promise<void> {
  expect(await archiveRows(env, users.a, users.b)).toEqual(await recordRows(stubOf(users)));
}

test("[VE1][VE6] a conversation and its archive that agree are said to, in either order of the users, and nothing is written", async () => {
  await talked(users, 40);
  const cost = await costOf(async () => expect(await verifyPart(users)).toEqual(agreement(40)));
  expect(cost).toMatchObject({ objectWritten: 0, archiveRead: 41, archiveWritten: 0 });
  const repairing = await costOf(async () =>
    expect(await verifyPart(users, { repair: true })).toEqual({ ...agreement(40), remaining: 0 }),
  );
  expect(repairing).toMatchObject({ objectWritten: 0, archiveRead: 41, archiveWritten: 0 });
});

test("[VE1][CO2] two users who never talked agree, and nothing is kept of the question", async () => {
  const cost = await costOf(async () =>
    expect(await verifyPart(users, { repair: true })).toEqual({ ...agreement(0), remaining: 0 }),
  );
  expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
});

// Each with the rows that its repair writes in D1: a wrong message is removed and written, a summary with its two indexes.
const damages = [
  {
    what: "a row that is gone",
    statement: "DELETE FROM messages WHERE conversation = ?1 AND seq = 7",
    found: [{ seq: 7, kind: "missing" }],
    written: 1,
  },
  {
    what: "a text that was changed",
    statement: "UPDATE messages SET text = 'tampered', rev = 3 WHERE conversation = ?1 AND seq = 7",
    found: [{ seq: 7, kind: "differs", columns: ["rev", "text"] }],
    written: 2,
  },
  {
    what: "another text under the same rev",
    statement: "UPDATE messages SET text = 'tampered' WHERE conversation = ?1 AND seq = 7",
    found: [{ seq: 7, kind: "differs", columns: ["text"] }],
    written: 2,
  },
  {
    what: "a row of a higher rev than the record's",
    statement: "UPDATE messages SET rev = 9999, reactions = '{}' WHERE conversation = ?1 AND seq = 7",
    found: [{ seq: 7, kind: "differs", columns: ["rev", "reactions"] }],
    written: 2,
  },
  {
    what: "every column but the number",
    statement: `UPDATE messages SET rev = 1, created_rev = 1, author = 'b', id = 'x', text = 'tampered', created_at_ms = 1, count_a = 0,
      edited_at_ms = 1, deleted_at_ms = 1, reply_to = 1, reactions = '{}', data = '{}', edit_id = 'x', edit_rev = 1
      WHERE conversation = ?1 AND seq = 7`,
    found: [
      {
        seq: 7,
        kind: "differs",
        columns:
          `rev createdRev author id text createdAtMs countA editedAtMs deletedAtMs replyTo reactions data editId editRev`.split(
            " ",
          ),
      },
    ],
    written: 2,
  },
  {
    what: "a row beyond the record's head",
    statement: `INSERT INTO messages ${plainColumns} SELECT ?1, 11, 11, 11, 'a', 'm11', 'tampered', 1, 6`,
    found: [{ seq: 11, kind: "extra" }],
    written: 1,
  },
  {
    what: "a summary that counts wrongly",
    statement:
      "UPDATE conversations SET head = 12, last_text = 'tampered', count_a = 1, read_count_b = 9 WHERE id = ?1",
    found: [{ kind: "differs", columns: ["head", "last", "countA", "readCounts"] }],
    written: 4,
  },
  {
    what: "cursors and flags ahead of the record's",
    statement: "UPDATE conversations SET read_a = 10, state = 4, muted_b = 1 WHERE id = ?1",
    found: [{ kind: "differs", columns: ["read", "flags"] }],
    written: 4,
  },
  {
    what: "a summary that was set back",
    statement: "UPDATE conversations SET rev = 4, head = 4 WHERE id = ?1",
    found: [{ kind: "differs", columns: ["rev", "head"] }],
    written: 1,
  },
  {
    what: "a summary that is gone",
    statement: "DELETE FROM conversations WHERE id = ?1",
    found: [{ kind: "missing" }],
    written: 3,
  },
];

test.each(damages)(
  "[VE2][VE4][VE6] $what is reported by its kind and mended by writing it alone",
  async ({ statement, found, written }) => {
    await talked(users, 10);
    const summary = await archiveSummary(env, users.a, users.b);
    await onArchive(users, statement);
    const looked = await costOf(async () => {
      expect(await verifyPart(users)).toMatchObject({ differences: found, pending: 0 });
    });
    expect(looked).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
    const mended = await costOf(async () => {
      expect(await verifyPart(users, { repair: true })).toMatchObject({ differences: found, remaining: 0 });
    });
    expect(mended).toMatchObject({ objectWritten: 0, archiveWritten: written });
    expect(await verifyPart(users)).toEqual(agreement(10));
    await expectSameRows();
    expect(await archiveSummary(env, users.a, users.b)).toEqual(summary);
  },
);

test("[VE2][VE4] all kinds at once are reported in order and mended", async () => {
  await talked(users, 10);
  const chosen = ["a row that is gone", "a row beyond the record's head", "a summary that counts wrongly"];
  for (const { what, statement } of damages) {
    if (chosen.includes(what)) {
      await onArchive(users, statement);
    }
  }
  await onArchive(users, "UPDATE messages SET text = 'tampered' WHERE conversation = ?1 AND seq = 3");
  const { differences } = await verifyPart(users, { repair: true });
  expect(differences.map(({ seq, kind }) => [seq, kind])).toEqual([
    [undefined, "differs"],
    [3, "differs"],
    [7, "missing"],
    [11, "extra"],
  ]);
  expect(await verifyPart(users)).toEqual(agreement(10));
  await expectSameRows();
});

test("[VE3] a conversation of more than one part is compared part by part, each leading to the next", async () => {
  await talked(users, 1_100);
  await onArchive(users, "DELETE FROM messages WHERE conversation = ?1 AND seq IN (500, 501, 1100)");
  await onArchive(
    users,
    `INSERT INTO messages ${plainColumns} SELECT ?1, 5000, 9, 9, 'a', 'x', 'tampered', 1, 6`,
  );
  for (const repair of [false, true]) {
    const parts = await verifyAll(users, repair);
    expect(parts.map(({ next }) => next)).toEqual([501, 1001, 5000, undefined]);
    expect(parts.map(({ checked }) => checked)).toEqual([500, 500, 100, 0]);
    expect(parts.flatMap(({ differences }) => differences)).toEqual([
      { seq: 500, kind: "missing" },
      { seq: 501, kind: "missing" },
      { seq: 1100, kind: "missing" },
      { seq: 5000, kind: "extra" },
    ]);
  }
  await onArchive(users, "UPDATE messages SET text = 'tampered' WHERE conversation = ?1 AND seq = 700");
  const mended = await costOf(async () => verifyPart(users, { from: 501, repair: true }));
  // Two comparisons of the part with the row behind it and the summary, and what the one mended row takes.
  expect(mended).toMatchObject({ objectWritten: 0, archiveRead: 2 * 502 + 6, archiveWritten: 2 });
  const after = await verifyAll(users, false);
  expect(after.map(({ next }) => next)).toEqual([501, 1001, undefined]);
  expect(after.flatMap(({ differences }) => differences)).toEqual([]);
  await expectSameRows();
});

describe("while D1 does not answer", () => {
  test.each(["before", "after"] as const)(
    "[VE5] an object that starts %s the outage answers 503 archive_unavailable",
    async (start) => {
      await talked(users, 3);
      if (start === "after") {
        await evictDurableObject(stubOf(users));
      }
      const faulty = faultyD1(env.DB, "down", 1);
      const response = await postVerify({ users: [users.a, users.b] });
      faulty.restore();
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("5");
      expect(await problemOf(response)).toMatchObject({ code: "archive_unavailable" });
    },
  );

  test("[VE2] what D1 lacks since is pending, not a difference", async () => {
    await talked(users, 3);
    const faulty = faultyD1(env.DB, "down", 1);
    await rest(users.a, users.b, "POST", "/messages", { id: "x", text: secretText });
    await stubOf(users).waitUntilReplicated(4);
    faulty.restore();
    // The message and the summary that covers it; the alarm brings both.
    expect(await verifyPart(users)).toEqual({
      rev: 4,
      archivedRev: 3,
      checked: 3,
      pending: 2,
      differences: [],
    });
    expect(await verifyPart(users, { repair: true })).toMatchObject({
      pending: 2,
      differences: [],
      remaining: 0,
    });
    await archived(env, users.a, users.b, 4);
    expect(await verifyPart(users)).toEqual(agreement(4));
  });
});

test("[VE2] what is on its way is waited for", async () => {
  await talked(users, 3);
  const faulty = faultyD1(env.DB, "slow", 5);
  await rest(users.a, users.b, "POST", "/messages", { id: "x", text: secretText });
  expect(await verifyPart(users)).toEqual(agreement(4));
  faulty.restore();
});

test("[VE5][AR5] a record that is behind its archive takes back what it lost before it is compared", async () => {
  await talked(users, 5);
  await onArchive(
    users,
    `INSERT INTO messages ${plainColumns} SELECT ?1, 6, 6, 6, 'b', 'm6', 'tampered', 1700000000006, 3`,
  );
  await onArchive(
    users,
    "UPDATE conversations SET rev = 6, head = 6, last_author = 'b', last_text = 'tampered', last_at_ms = 1700000000006 WHERE id = ?1",
  );
  const { rev, ...found } = await verifyPart(users);
  expect(found).toEqual({ archivedRev: rev, checked: 6, pending: 0, differences: [] });
  expect(rev).toBeGreaterThan(1_000_000);
  expect(await recordRows(stubOf(users))).toHaveLength(6);
  await expectSameRows();
});

test("[VE5][MK1] an object that slept takes read cursors that are ahead in D1, and then they agree", async () => {
  await talked(users, 5);
  await evictDurableObject(stubOf(users));
  await onArchive(users, "UPDATE conversations SET read_a = 4, read_count_a = 2 WHERE id = ?1");
  expect(await verifyPart(users)).toEqual(agreement(5));
  expect((await stubOf(users).summary(users.a)).read).toEqual({ you: 4, peer: 0 });
});
