import { afterEach, expect, test } from "vitest";
import { env, problemOf, worker, origin } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { askList, listOf, peersIn, putSummaries, userWithPeers } from "./lists.ts";

let faulty: FaultyD1 | undefined;

afterEach(() => {
  faulty?.restore();
});

async function userOfThree(): Promise<{ user: string; cursor: string }> {
  const { user, peers } = userWithPeers(3);
  await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_700_000_000_000 + nth }));
  const { nextCursor: cursor = "" } = await listOf(user, { limit: 1 });
  return { user, cursor };
}

test("[LS3] a cursor with any one character changed, cut or added is 400 and names the field", async () => {
  const { user, cursor } = await userOfThree();
  expect(cursor).toMatch(/^[\w-]+$/);
  const changed = Array.from(cursor, (character, index) => {
    const other = character === "A" ? "B" : "A";
    return cursor.slice(0, index) + other + cursor.slice(index + 1);
  });
  const spelledOtherwise = [`${cursor}=`, `${cursor}A`, ` ${cursor}`, cursor.slice(1), cursor.slice(0, -1)];
  for (const tampered of [...changed, ...spelledOtherwise]) {
    expect(await refusalOf(user, { limit: 1, cursor: tampered })).toEqual([400, "bad_request", "cursor"]);
  }
  expect(peersIn(await listOf(user, { limit: 1, cursor }))).toHaveLength(1);
});

test("[LS3] another user's cursor, and what was never one, is 400", async () => {
  const [mine, other] = [await userOfThree(), await userOfThree()];
  const place = '[1700000000001,"key"]';
  for (const cursor of [other.cursor, "", "cursor", "AAAA", "%00", "🙂", "x".repeat(5_000), btoa(place)]) {
    expect(await refusalOf(mine.user, { cursor })).toEqual([400, "bad_request", "cursor"]);
  }
});

test("[LS6] limit, changedSince and archived out of their ranges are 400 and named; their edges are not", async () => {
  const { user } = await userOfThree();
  for (const limit of ["0", "501", "-1", "1.5", "many", "", "1e2", "99999999999999999"]) {
    expect(await refusalOf(user, { limit })).toEqual([400, "out_of_range", "limit"]);
  }
  for (const changedSince of ["-1", "1.5", "now", "", "9007199254740992"]) {
    expect(await refusalOf(user, { changedSince })).toEqual([400, "out_of_range", "changedSince"]);
  }
  for (const archived of ["", "1", "yes", "TRUE"]) {
    expect(await refusalOf(user, { archived })).toEqual([400, "out_of_range", "archived"]);
  }
  expect(peersIn(await listOf(user, { limit: 1 }))).toHaveLength(1);
  expect(peersIn(await listOf(user, { limit: 500 }))).toHaveLength(3);
  expect(peersIn(await listOf(user, { changedSince: "9007199254740991" }))).toEqual([]);
  expect(peersIn(await listOf(user, { unknown: "parameter" }))).toHaveLength(3);
});

test("[LS6] without `limit` a page has 50 conversations", async () => {
  const { user, peers } = userWithPeers(51);
  await putSummaries(user, peers, (nth) => ({ lastAtMs: nth }));
  expect(peersIn(await listOf(user))).toHaveLength(50);
});

test("[ER3][LS6] other methods are 405, a missing token 401, and answers are not stored", async () => {
  const { user } = await userOfThree();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const response = await askList(user, {}, method);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
  }
  expect((await worker.fetch(`${origin}/v1/conversations`)).status).toBe(401);
  expect((await askList(user)).headers.get("cache-control")).toBe("no-store");
  expect((await askList(user, { limit: 0 })).headers.get("cache-control")).toBe("no-store");
});

test.each(["down", "hanging"] as const)("[LS7] while D1 is %s the list is 503, never empty", async (mode) => {
  const { user } = await userOfThree();
  faulty = faultyD1(env.DB, mode, 5);
  const response = await askList(user);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await problemOf(response)).toMatchObject({ code: "archive_unavailable" });
  faulty.mode = "well";
  expect(peersIn(await listOf(user))).toHaveLength(3);
});

test("[LS7] before the migrations the list is 503 and says what to do", async () => {
  const restore = interceptD1(env.DB, async () => {
    throw new Error("D1_ERROR: no such table: conversations");
  });
  const { user } = userWithPeers(0);
  const problem = await askList(user).then(problemOf).finally(restore);
  expect(problem).toMatchObject({ status: 503, code: "not_migrated" });
});

async function refusalOf(user: string, query: Readonly<Record<string, string | number>>) {
  const response = await askList(user, query);
  const { code, field } = await problemOf(response);
  return [response.status, code, field];
}
