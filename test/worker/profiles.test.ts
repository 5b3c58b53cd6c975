import { expect, onTestFinished, test } from "vitest";
import { userSchema } from "../../src/protocol/rest.ts";
import {
  connect,
  deployWith,
  env,
  freshUsers,
  nowSeconds,
  openWith,
  problemOf,
  rest,
  worker,
} from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { getUser, nameUser, signIn, tokenSaying, userUrl, watchD1 } from "./users.ts";

test("[US1][US3] what a token calls its user is what others read and what ready carries", async () => {
  const { a, b } = freshUsers();
  const profile = { name: "Zoë 👩‍👩‍👧", picture: "https://pictures.example/zoë.png" };
  await signIn(a, profile);
  expect(await profileOf(b, a)).toEqual({ id: a, ...profile });
  const client = await connect(b, a);
  expect(await client.first("ready")).toMatchObject({ you: b, peer: a, profile });
});

test("[US3] a user without name and picture has none, in the answer nor in ready; nobody's id answers the same", async () => {
  const { a, b } = freshUsers();
  await signIn(a);
  expect(await profileOf(b, a)).toEqual({ id: a });
  expect(await profileOf(b, b)).toEqual({ id: b });
  expect(await (await connect(b, a)).first("ready")).not.toHaveProperty("profile");
});

test("[US3] the longest name and picture, of any characters, reach ready as they are", async () => {
  const { a, b } = freshUsers();
  const profile = { name: "你".repeat(128), picture: "\u0001".padEnd(2_048, "é") };
  await signIn(a, profile);
  expect((await (await connect(b, a)).first("ready")).profile).toEqual(profile);
});

test.each([
  { what: "a lone surrogate", name: "\ud83d" },
  { what: "129 characters", name: "n".repeat(129) },
  { what: "nothing", name: "" },
  { what: "U+0000", name: "a\u0000b" },
  { what: "a number", name: 7 },
  { what: "null", name: null },
  { what: "an object", name: { toString: "x" } },
])("[US1] a name of $what is passed over: the token holds, the picture is kept", async ({ name }) => {
  const { a, b } = freshUsers();
  await signIn(a, { name, picture: "https://p.example" });
  expect(await profileOf(b, a)).toEqual({ id: a, picture: "https://p.example" });
});

test("[US1] a picture of 2,048 characters is kept, one of 2,049 is passed over", async () => {
  const { a, b } = freshUsers();
  await signIn(a, { name: "A", picture: "p".repeat(2_048) });
  await signIn(b, { name: "B", picture: "p".repeat(2_049) });
  expect((await profileOf(b, a)).picture).toHaveLength(2_048);
  expect(await profileOf(a, b)).toEqual({ id: b, name: "B" });
});

test("[US1] the claims are those that the deployment names", async () => {
  deployWith({ JWT_NAME_CLAIM: "nickname", JWT_PICTURE_CLAIM: "avatar" });
  const { a, b } = freshUsers();
  await signIn(a, { name: "no", picture: "no", nickname: "Al", avatar: "https://a.example" });
  expect(await profileOf(b, a)).toEqual({ id: a, name: "Al", picture: "https://a.example" });
});

test("[US2][US9] a new profile writes one row, its repeat asks D1 nothing, and a newer token's repeat writes none", async () => {
  const { a } = freshUsers();
  const iat = nowSeconds() - 100;
  const claims = { name: "Al", picture: "https://a.example" };
  const token = await tokenSaying(a, { ...claims, iat });
  expect((await costOf(token, a)).written).toBe(1);
  // The look-up that came before the write was forgotten by it.
  await getUser(token, a);
  expect(await costOf(token, a)).toEqual({ read: 0, written: 0 });
  expect(await costOf(await tokenSaying(a, { ...claims, iat: iat + 1 }), a)).toEqual({ read: 1, written: 0 });
});

test("[US2][US9] a user without claims writes nothing and asks D1 nothing", async () => {
  const { a, b } = freshUsers();
  const token = await tokenSaying(a);
  await getUser(token, b);
  const watch = watchD1();
  await getUser(token, b);
  expect(watch.begun()).toBe(0);
  expect(await rowsOf(a)).toEqual([]);
});

test("[US2] a later token changes what it says and no more, an earlier one nothing", async () => {
  const { a } = freshUsers();
  const iat = nowSeconds() - 100;
  await signIn(a, { name: "Al", picture: "https://a.example", iat });
  await signIn(a, { name: "Alice", iat: iat + 10 });
  const changed = { id: a, name: "Alice", picture: "https://a.example", claimed_at_ms: (iat + 10) * 1_000 };
  expect(await rowsOf(a)).toEqual([changed]);
  await signIn(a, { name: "Older", iat: iat + 9 });
  await signIn(a, { name: "Without a time" });
  await signIn(a, { name: "From the future", iat: nowSeconds() + 3_600 });
  expect(await rowsOf(a)).toEqual([changed]);
});

test("[US2] an older token does not overwrite what another isolate kept from a newer one", async () => {
  const { a } = freshUsers();
  const iat = nowSeconds() - 100;
  await env.DB.prepare("INSERT INTO users VALUES (?, 'Alice', NULL, ?)")
    .bind(a, iat * 1_000)
    .run();
  await signIn(a, { name: "Older", iat: iat - 1 });
  expect(await rowsOf(a)).toMatchObject([{ name: "Alice" }]);
  await signIn(a, { name: "Of the same second", iat });
  expect(await rowsOf(a)).toMatchObject([{ name: "Of the same second" }]);
});

test("[US2][US4] what the team sets holds against tokens issued before it, and gives way to one issued after", async () => {
  const { a, b } = freshUsers();
  const iat = nowSeconds();
  const claims = { name: "Al" };
  await signIn(a, { ...claims, iat: iat - 10 });
  await nameUser(a, { name: "Alice of Support" });
  await signIn(a, { ...claims, iat: iat - 10 });
  await signIn(a, { ...claims, iat: iat - 5 });
  expect(await profileOf(b, a)).toEqual({ id: a, name: "Alice of Support" });
  await signIn(a, { ...claims, iat: iat + 20 });
  expect(await profileOf(b, a)).toEqual({ id: a, ...claims });
});

test("[US3][US9] an upgrade to a peer asked for in the last minute asks D1 nothing for the profile", async () => {
  const { a, b } = freshUsers();
  await nameUser(b, { name: "Bob" });
  await rest(a, b, "POST", "/messages", { id: "x", text: "so that the record is not empty" });
  expect((await (await connect(a, b)).first("ready")).profile).toEqual({ name: "Bob" });
  const watch = watchD1();
  expect((await (await connect(a, b)).first("ready")).profile).toEqual({ name: "Bob" });
  expect(watch.begun()).toBe(0);
});

test.each(["down", "hanging"] as const)(
  "[US3] while D1 is %s, ready comes without the profile, and messages go through",
  async (mode) => {
    const { a, b } = freshUsers();
    await signIn(a, { name: "Alice" });
    onTestFinished(faultyD1(env.DB, mode, 1).restore);
    const client = await openWith(await tokenSaying(b, { name: "Bob" }), a);
    expect(await client.first("ready")).not.toHaveProperty("profile");
    expect(await client.say("all the same")).toMatchObject({ type: "ack" });
  },
);

test("[US2][US3] while D1 is down a look-up is 503, and what a token says is kept by a later request", async () => {
  const { a, b } = freshUsers();
  const token = await tokenSaying(a, { name: "Alice" });
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  const refused = await getUser(token, b);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(await problemOf(refused)).toMatchObject({ code: "archive_unavailable" });
  faulty.mode = "well";
  await signIn(a, { name: "Alice" });
  expect(await profileOf(b, a)).toEqual({ id: a, name: "Alice" });
});

test("[US3][ER3] a malformed id is 400, another method 405, no token 401", async () => {
  const { a } = freshUsers();
  const token = await tokenSaying(a);
  for (const id of ["n".repeat(129), "zoë", "a\u0000"]) {
    const response = await getUser(token, id);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "bad_peer", field: "id" });
  }
  const { status, headers } = await getUser("no.token", a);
  expect([status, headers.get("cache-control")]).toEqual([401, "no-store"]);
  const authorization = `Bearer ${token}`;
  const put = await worker.fetch(userUrl(a), { method: "PUT", headers: { authorization } });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "GET"]);
});

async function profileOf(reader: string, id: string) {
  const response = await getUser(await tokenSaying(reader), id);
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
  return userSchema.strict().parse(await response.json());
}

/** What one request of this user for their own profile costs, its background too. */
async function costOf(token: string, user: string) {
  const watch = watchD1();
  await getUser(token, user);
  return watch.cost();
}

async function rowsOf(user: string): Promise<unknown[]> {
  const { results } = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(user).all();
  return results.map(({ picture, ...row }) => (picture === null ? row : { ...row, picture }));
}
