import { expect, onTestFinished, test } from "vitest";
import { ownSummarySchema, sendAnswerSchema, userSchema } from "../../src/protocol/rest.ts";
import {
  Client,
  connect,
  controlledClock,
  conversationUrl,
  deployWith,
  env,
  freshUsers,
  openWith,
  problemOf,
  rest,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { getUser, nameUser, signIn, watchD1 } from "./users.ts";
import { conversationOf } from "./stored.ts";

/** Two users of whom `a` has an alias, in a deployment that resolves them. */
async function aliasedUsers() {
  deployWith({ ALIASES: "on" });
  const { a, b } = freshUsers();
  const alias = `${a}@mail.example`;
  await nameUser(a, { name: "Alice", aliases: [alias] });
  return { a, b, alias };
}

test("[US6] over REST an alias stands for its user, in the token and in the address", async () => {
  const { a, b, alias } = await aliasedUsers();
  const sent = await rest(alias, b, "POST", "/messages", { id: "1", text: "under my old name" });
  const { message } = sendAnswerSchema.parse(await sent.json());
  expect(message.author).toBe(a);
  expect((await rest(b, alias, "POST", "/messages", { id: "2", text: "to the old name" })).status).toBe(201);
  const summary = await rest(a, b, "GET");
  expect(ownSummarySchema.parse(await summary.json())).toMatchObject({ you: a, peer: b, head: 2, unread: 1 });
  const user = await getUser(await tokenFor(b), alias);
  expect(userSchema.parse(await user.json())).toEqual({ id: a, name: "Alice" });
});

test("[US6] over a socket an alias stands for its user, in the token and in the address", async () => {
  const { a, b, alias } = await aliasedUsers();
  const alice = await connect(alias, b);
  const bob = await connect(b, alias);
  expect(alice.all("ready")).toMatchObject([{ you: a, peer: b }]);
  expect(bob.all("ready")).toMatchObject([{ you: b, peer: a, profile: { name: "Alice" } }]);
  await alice.say("hello");
  expect(await bob.first("message")).toMatchObject({ message: { author: a, text: "hello" } });
});

test("[US6][SO5] a fresh token on a live socket may name the user by an alias, or by the id", async () => {
  const { a, b, alias } = await aliasedUsers();
  const passSeconds = controlledClock();
  const client = await openWith(await tokenFor(alias, 60), b);
  await client.first("ready");
  client.send({ type: "auth", token: await tokenFor(a, 300) });
  expect(await client.say("by the id")).toMatchObject({ type: "ack" });
  passSeconds(200);
  client.send({ type: "auth", token: await tokenFor(alias, 600) });
  expect(await client.say("by the alias")).toMatchObject({ type: "ack" });
  passSeconds(400);
  expect(await client.say("and still here")).toMatchObject({ type: "ack", seq: 3 });
  client.send({ type: "auth", token: await tokenFor(`${alias}.evil`) });
  expect((await client.closed()).code).toBe(4401);
});

test("[US6][AD2] your own alias, or your id under an alias, is bad_peer", async () => {
  const { a, alias } = await aliasedUsers();
  for (const [user, peer] of [
    [a, alias],
    [alias, a],
    [alias, alias],
  ] as const) {
    const response = await rest(user, peer, "GET");
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "bad_peer", field: "peer" });
  }
  expect((await (await openWith(await tokenFor(a), alias)).closed()).code).toBe(4404);
});

test("[US6] with ALIASES=off an alias is an id like any other, and nothing is looked up for it", async () => {
  const { b, alias } = await aliasedUsers();
  deployWith({ ALIASES: "off" });
  await rest(alias, b, "POST", "/messages", { id: "x", text: "so that the record is not empty" });
  await conversationOf(env, alias, b).waitUntilReplicated(1);
  const watch = watchD1();
  const summary = await rest(alias, b, "GET");
  expect(ownSummarySchema.parse(await summary.json())).toMatchObject({ you: alias, peer: b, head: 1 });
  expect(watch.begun()).toBe(0);
});

test("[US6][US2] what a token says under an alias is kept for the user", async () => {
  const { a, b, alias } = await aliasedUsers();
  await signIn(alias, { name: "Alice A.", iat: Math.floor(Date.now() / 1_000) + 20 });
  const user = await getUser(await tokenFor(b), a);
  expect(userSchema.parse(await user.json())).toEqual({ id: a, name: "Alice A." });
});

test("[US7][US9] what was looked up serves a minute: hits and misses ask D1 once, a row for the user and one for the alias", async () => {
  const { a, b, alias } = await aliasedUsers();
  await rest(a, b, "POST", "/messages", { id: "x", text: "so that the record is not empty" });
  await conversationOf(env, a, b).waitUntilReplicated(1);
  const passSeconds = controlledClock();
  // Longer ago than a minute: nobody is remembered any more.
  passSeconds(61);
  const watch = watchD1();
  for (let nth = 0; nth < 3; nth += 1) {
    await rest(alias, b, "GET");
  }
  expect(watch.begun()).toBe(2);
  expect(await watch.cost()).toEqual({ read: 2, written: 0 });
  passSeconds(59);
  await rest(alias, b, "GET");
  expect(watch.begun()).toBe(2);
  passSeconds(2);
  await rest(alias, b, "GET");
  expect(watch.begun()).toBe(4);
});

test("[US5][US7] a set, moved and dropped alias holds at once in the isolate that was told", async () => {
  const { a, b, alias } = await aliasedUsers();
  const idBehind = async () => userSchema.parse(await (await getUser(await tokenFor(b), alias)).json()).id;
  expect(await idBehind()).toBe(a);
  await nameUser(a, { aliases: [] });
  expect(await idBehind()).toBe(alias);
  await nameUser(b, { aliases: [alias] });
  expect(await idBehind()).toBe(b);
});

test("[US7] where D1 is away, a name that was met serves on, and one that was not is 503, never itself", async () => {
  const { a, b, alias } = await aliasedUsers();
  const live = await connect(alias, b);
  await live.say("so that the record is not empty");
  const passSeconds = controlledClock();
  passSeconds(61);
  onTestFinished(faultyD1(env.DB, "down", 1).restore);
  const known = await rest(alias, b, "GET");
  expect(ownSummarySchema.parse(await known.json())).toMatchObject({ you: a, peer: b });
  const unmet = `${alias}.unmet`;
  for (const [user, peer] of [
    [unmet, b],
    [a, unmet],
  ] as const) {
    const response = await rest(user, peer, "GET");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await problemOf(response)).toMatchObject({ code: "archive_unavailable" });
    const upgrade = await worker.fetch(conversationUrl(peer, "/socket"), {
      headers: upgradeHeaders(await tokenFor(user)),
    });
    expect((await new Client(socketOf(upgrade)).closed()).code).toBe(4505);
  }
});

test("[US7][SO5] where D1 is away, an auth frame with a name that was never met is an error, and the old token stays", async () => {
  const { a, b, alias } = await aliasedUsers();
  const live = await connect(a, b);
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  live.send({ type: "auth", token: await tokenFor(`${alias}.unmet`) });
  expect(await live.first("error")).toMatchObject({ code: "archive_unavailable" });
  expect(await live.say("still here")).toMatchObject({ type: "ack" });
});
