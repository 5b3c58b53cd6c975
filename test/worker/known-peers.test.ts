import { expect, onTestFinished, test } from "vitest";
import { userSchema } from "../../src/protocol/rest.ts";
import {
  connect,
  controlledClock,
  conversationUrl,
  deployWith,
  env,
  freshUsers,
  openWith,
  problemOf,
  rest,
  tokenFor,
  worker,
} from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { getUser, nameUser, signIn, watchD1 } from "./users.ts";

/** Two users nobody knows yet, in a deployment where that counts. */
function strangers() {
  deployWith({ PEERS: "known" });
  return freshUsers();
}

test("[US8] a peer whom nobody knows is 404 unknown_peer, in every call and as an upgrade", async () => {
  const { a, b } = strangers();
  for (const [method, path, body] of [
    ["GET", "", undefined],
    ["GET", "/messages", undefined],
    ["GET", "/messages?before=5", undefined],
    ["POST", "/messages", { id: "1", text: "anybody there?" }],
    ["PUT", "/read", { seq: 0 }],
  ] as const) {
    const response = await rest(a, b, method, path, body);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await problemOf(response)).toMatchObject({ code: "unknown_peer", field: "peer" });
  }
  expect((await (await openWith(await tokenFor(a), b)).closed()).code).toBe(4407);
  const headers = { upgrade: "websocket", authorization: `Bearer ${await tokenFor(a)}` };
  const refused = await worker.fetch(conversationUrl(b, "/socket"), { headers });
  expect([refused.status, (await problemOf(refused)).code]).toEqual([404, "unknown_peer"]);
});

test("[US8] GET of a user nobody knows is 404, except of your own", async () => {
  const { a, b } = strangers();
  const token = await tokenFor(a);
  const other = await getUser(token, b);
  expect([other.status, (await problemOf(other)).code]).toEqual([404, "unknown_peer"]);
  const own = await getUser(token, a);
  expect(userSchema.parse(await own.json())).toEqual({ id: a });
});

test("[US8][US9] whoever signs in is known from then on, without any claims, for one row once", async () => {
  const { a, b } = strangers();
  const watch = watchD1();
  await signIn(b);
  expect((await watch.cost()).written).toBe(1);
  await signIn(b);
  expect((await watch.cost()).written).toBe(1);
  const client = await connect(a, b);
  expect(client.all("ready")).toMatchObject([{ you: a, peer: b }]);
  expect((await getUser(await tokenFor(a), b)).status).toBe(200);
});

test("[US8] somebody who was unknown a moment ago is reached as soon as they sign in here", async () => {
  const { a, b } = strangers();
  expect((await rest(a, b, "GET")).status).toBe(404);
  await signIn(b);
  expect((await rest(a, b, "GET")).status).toBe(200);
});

test("[US7][US8] somebody who signs in elsewhere is reached after a minute", async () => {
  const { a, b } = strangers();
  const passSeconds = controlledClock();
  expect((await rest(a, b, "GET")).status).toBe(404);
  await env.DB.prepare("INSERT INTO users VALUES (?, NULL, NULL, 0)").bind(b).run();
  passSeconds(59);
  expect((await rest(a, b, "GET")).status).toBe(404);
  passSeconds(2);
  expect((await rest(a, b, "GET")).status).toBe(200);
});

test("[US8][US4] the team makes a user known before they sign in; with ALIASES=on by an alias too", async () => {
  const { a, b } = strangers();
  const alias = `${b}@mail.example`;
  await nameUser(b, { aliases: [alias] });
  expect((await rest(a, b, "GET")).status).toBe(200);
  expect((await rest(a, alias, "GET")).status).toBe(404);
  deployWith({ ALIASES: "on" });
  expect((await rest(a, alias, "GET")).status).toBe(200);
});

test("[US8] your own id is bad_peer, known or not", async () => {
  const { a } = strangers();
  expect((await problemOf(await rest(a, a, "GET"))).code).toBe("bad_peer");
});

test("[US8] a first sign-in that could not be kept is kept with the next request", async () => {
  const { a, b } = strangers();
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  await getUser(await tokenFor(b), b);
  faulty.mode = "well";
  expect((await rest(a, b, "GET")).status).toBe(404);
  await signIn(b);
  expect((await rest(a, b, "GET")).status).toBe(200);
});

test("[US7][US8] while D1 is down a peer that was never met is 503, one that was met is reached", async () => {
  const { a, b } = strangers();
  await signIn(b);
  const passSeconds = controlledClock();
  expect((await rest(a, b, "GET")).status).toBe(200);
  passSeconds(61);
  onTestFinished(faultyD1(env.DB, "down", 1).restore);
  expect((await rest(a, b, "GET")).status).toBe(200);
  const unmet = await rest(a, `${b}-unmet`, "GET");
  expect([unmet.status, (await problemOf(unmet)).code]).toEqual([503, "archive_unavailable"]);
});

test("[US8] with PEERS=any everybody is reached, and nobody is registered", async () => {
  const { a, b } = freshUsers();
  expect((await rest(a, b, "GET")).status).toBe(200);
  const { results } = await env.DB.prepare("SELECT id FROM users WHERE id IN (?, ?)").bind(a, b).all();
  expect(results).toEqual([]);
});
