import { beforeEach, expect, test } from "vitest";
import type { Users } from "./by-hand.ts";
import { deployWith, freshUsers, origin, problemOf, worker } from "./clients.ts";
import { adminKey, nameUser } from "./users.ts";
import { agreement, postVerify, talked } from "./verifying.ts";

let users: Users;

beforeEach(() => {
  deployWith({ ADMIN_KEY: adminKey });
  users = freshUsers();
});

test.each([
  { what: "another key", headers: { authorization: "Bearer another-key-of-some-length" } },
  { what: "no key", headers: {} },
])("[VE5] with $what the answer is 401", async ({ headers }) => {
  const response = await postVerify({ users: [users.a, users.b] }, headers);
  expect(response.status).toBe(401);
  expect(await problemOf(response)).toMatchObject({ code: "unauthorized" });
});

test("[VE5] without a key in the deployment the answer is 503 not_configured", async () => {
  deployWith({ ADMIN_KEY: "" });
  const response = await postVerify({ users: [users.a, users.b] });
  expect(response.status).toBe(503);
  expect(await problemOf(response)).toMatchObject({ code: "not_configured" });
});

test.each([
  { what: "no JSON", body: "{", field: undefined },
  { what: "no users", body: {}, field: "users" },
  { what: "one user", body: { users: ["alice"] }, field: "users" },
  { what: "three users", body: { users: ["alice", "bob", "carol"] }, field: "users" },
  { what: "a user that is no id", body: { users: ["alice", "bøb"] }, field: "users" },
  { what: "message 0", body: { users: ["alice", "bob"], from: 0 }, field: "from" },
  { what: "half a message", body: { users: ["alice", "bob"], from: 1.5 }, field: "from" },
  {
    what: "a repair that is no yes or no",
    body: { users: ["alice", "bob"], repair: "yes" },
    field: "repair",
  },
])("[VE5] $what: 400 bad_request", async ({ body, field }) => {
  const response = await postVerify(body);
  expect(response.status).toBe(400);
  const problem = await problemOf(response);
  expect(problem.code).toBe("bad_request");
  expect(problem.field).toBe(field);
});

test("[VE5] a conversation with oneself: 400 bad_peer; another method: 405", async () => {
  const response = await postVerify({ users: [users.a, users.a] });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "bad_peer", field: "users" });
  const get = await worker.fetch(`${origin}/v1/admin/conversations/verify`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(get.status).toBe(405);
  expect(get.headers.get("allow")).toBe("POST");
});

test("[VE5][US6] with ALIASES=on a user may be named by an alias", async () => {
  await talked(users, 2);
  deployWith({ ALIASES: "on" });
  await nameUser(users.b, { aliases: [`${users.b}-alias`] });
  const response = await postVerify({ users: [users.a, `${users.b}-alias`] });
  expect(await response.json()).toEqual(agreement(2));
  const alone = await postVerify({ users: [users.b, `${users.b}-alias`] });
  expect(await problemOf(alone)).toMatchObject({ code: "bad_peer" });
});
