import { expect, test } from "vitest";
import { setUser } from "../../src/archive/users.ts";
import { directoryOf } from "../../src/users/directory.ts";
import { forgetSignIn, keepSignIn } from "../../src/users/sign-ins.ts";
import { SqliteD1 } from "./sqlite-d1.ts";

const any = { aliases: false, peers: "any" } as const;
const known = { aliases: false, peers: "known" } as const;

function verified(profile: { readonly name?: string; readonly picture?: string }, issuedAtMs = 0) {
  return { user: "alice", expiresAtMs: Number.POSITIVE_INFINITY, profile, issuedAtMs };
}

/** One binding, as an isolate has it: memory hangs on it. */
function database() {
  const sqlite = new SqliteD1();
  return { sqlite, binding: sqlite.binding };
}
type Database = ReturnType<typeof database>;

const rowsOf = ({ sqlite }: Database) => sqlite.rows("SELECT name, picture, claimed_at_ms AS at FROM users");

/** Whether a call was made: D1 is down, so one that is made fails. */
async function asks(d1: Database, run: () => Promise<void>): Promise<boolean> {
  d1.sqlite.isDown = true;
  const asked = await run().then(
    () => false,
    () => true,
  );
  d1.sqlite.isDown = false;
  return asked;
}

test("[US2] a token is told of once, a newer one again, an older one or one of the same time and words never", async () => {
  const d1 = database();
  await keepSignIn(d1.binding, any, verified({ name: "Al" }, 10));
  expect(await asks(d1, () => keepSignIn(d1.binding, any, verified({ name: "Al" }, 10)))).toBe(false);
  expect(await asks(d1, () => keepSignIn(d1.binding, any, verified({ name: "Older" }, 9)))).toBe(false);
  expect(await asks(d1, () => keepSignIn(d1.binding, any, verified({ name: "Alice" }, 10)))).toBe(true);
  expect(await asks(d1, () => keepSignIn(d1.binding, any, verified({ name: "Al" }, 11)))).toBe(true);
  expect(rowsOf(d1)).toEqual([{ name: "Al", picture: null, at: 10 }]);
});

test("[US2] among tokens without a time the last one holds, until one with a time or the team speaks", async () => {
  const d1 = database();
  await keepSignIn(d1.binding, any, verified({ name: "one" }));
  await keepSignIn(d1.binding, any, verified({ name: "two" }));
  expect(rowsOf(d1)).toEqual([{ name: "two", picture: null, at: 0 }]);
  await setUser(d1.binding, { id: "alice", profile: { name: "team" }, setAtMs: 5 });
  forgetSignIn(d1.binding, "alice");
  await keepSignIn(d1.binding, any, verified({ name: "three" }));
  expect(rowsOf(d1)).toEqual([{ name: "team", picture: null, at: 5 }]);
});

test("[US2] a claim that a token lacks changes nothing", async () => {
  const d1 = database();
  await keepSignIn(d1.binding, any, verified({ name: "Al", picture: "p" }, 1));
  await keepSignIn(d1.binding, any, verified({ picture: "q" }, 2));
  await keepSignIn(d1.binding, known, verified({}, 3));
  expect(rowsOf(d1)).toEqual([{ name: "Al", picture: "q", at: 2 }]);
});

test("[US8] without claims a user is registered where peers must be known, and else nothing is asked", async () => {
  const d1 = database();
  expect(await asks(d1, () => keepSignIn(d1.binding, any, verified({})))).toBe(false);
  expect(await asks(d1, () => keepSignIn(d1.binding, known, verified({})))).toBe(true);
  await keepSignIn(d1.binding, known, verified({}));
  expect(rowsOf(d1)).toEqual([{ name: null, picture: null, at: 0 }]);
  expect(await asks(d1, () => keepSignIn(d1.binding, known, verified({})))).toBe(false);
});

test("[US2][US8] what could not be kept is tried again, and what was kept is read anew", async () => {
  const d1 = database();
  const directory = directoryOf(d1.binding, known);
  expect(await directory.find("alice", 0)).toMatchObject({ known: false });
  expect(await asks(d1, () => keepSignIn(d1.binding, known, verified({ name: "Al" })))).toBe(true);
  await keepSignIn(d1.binding, known, verified({ name: "Al" }));
  expect(await directory.find("alice", 1)).toEqual({ id: "alice", known: true, profile: { name: "Al" } });
});
