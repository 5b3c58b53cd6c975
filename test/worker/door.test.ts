import { expect, test } from "vitest";
import { pageSchema, sendAnswerSchema, ownSummarySchema } from "../../src/protocol/rest.ts";
import {
  Client,
  connect,
  conversationUrl,
  deployWith,
  freshUsers,
  openWith,
  origin,
  problemOf,
  rest,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";

const app = "https://app.example";
const foreign = "https://evil.example";

test.each([
  "a/b",
  "../..",
  "100%",
  "%2F",
  "x?y#z",
  "two words",
  `"quotes"`,
  "back\\slash",
  "a,b;c=d",
  "+&@:",
])("[AD1][AD2][AD3] the id %s leads both users, and nobody else, to one conversation", async (odd) => {
  const { a, b } = freshUsers();
  const user = `${odd}-${a}`;
  const text = `from ${user}`;
  const sent = await rest(user, b, "POST", "/messages", { id: "1", text });
  const { message } = sendAnswerSchema.parse(await sent.json());
  expect(message).toMatchObject({ seq: 1, author: user, text });
  const page = pageSchema.parse(await (await rest(b, user, "GET", "/messages")).json());
  expect(page.messages).toEqual([message]);
  const client = await connect(b, user, 0);
  expect(client.frames).toMatchObject([
    { type: "message", message },
    { type: "ready", you: b, peer: user },
  ]);
  const others = await rest(a, b, "GET");
  expect(ownSummarySchema.parse(await others.json())).toMatchObject({ you: a, peer: b, head: 0 });
});

test.each([
  { name: "malformed encoding", segment: "%E0%A4%A" },
  { name: "a lone percent sign", segment: "100%" },
  { name: "bytes that are no UTF-8", segment: "%FF" },
  { name: "an id beyond ASCII", segment: encodeURIComponent("zoë") },
  { name: "a control character", segment: "a%00b" },
  { name: "129 characters", segment: "a".repeat(129) },
  { name: "your own id", segment: "alice" },
  { name: "your own id, encoded", segment: "%61lice" },
])("[AD1][AD2] $name as peer is 400 bad_peer", async ({ segment }) => {
  const token = await tokenFor("alice");
  const url = `${origin}/v1/conversations/${segment}`;
  const headers = { authorization: `Bearer ${token}` };
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/messages"],
    ["GET", "/messages?before=5"],
    ["POST", "/messages"],
    ["PUT", "/read"],
  ] as const) {
    const response = await worker.fetch(url + path, { method, headers });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "bad_peer", field: "peer" });
  }
  const refused = await worker.fetch(`${url}/socket`, { headers: { upgrade: "websocket", ...headers } });
  expect(refused.status).toBe(400);
  const client = new Client(
    socketOf(await worker.fetch(`${url}/socket`, { headers: upgradeHeaders(token) })),
  );
  expect((await client.closed()).code).toBe(4404);
});

test("[AD1][AD2] a peer of 128 characters is one, and no dots lead out of the conversations", async () => {
  const { a } = freshUsers();
  expect((await rest(a, "p".repeat(128), "GET")).status).toBe(200);
  for (const dots of ["..", "%2e%2e"]) {
    const headers = { authorization: `Bearer ${await tokenFor(a)}` };
    const response = await worker.fetch(`${origin}/v1/conversations/${dots}/messages`, { headers });
    expect(response.status).toBe(404);
  }
});

test("[AD8] a page of an allowed origin, or of the Worker's own, may read every answer, and no other page may", async () => {
  deployWith({ ALLOWED_ORIGINS: `https://other.example, ${app}` });
  const { a, b } = freshUsers();
  for (const [from, allowed] of [
    [app, app],
    [origin, origin],
    [foreign, null],
    ["null", null],
    [`${app}.evil.example`, null],
  ] as const) {
    const authorization = `Bearer ${await tokenFor(a)}`;
    for (const [path, headers, status] of [
      ["", { authorization }, 200],
      ["", {}, 401],
      ["/messages?limit=0", { authorization }, 400],
      ["/unknown", { authorization }, 404],
    ] as const) {
      const response = await worker.fetch(conversationUrl(b, path), {
        headers: { ...headers, origin: from },
      });
      expect(response.status).toBe(status);
      expect(response.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(response.headers.get("vary")).toMatch(/origin/i);
    }
  }
});

test("[AD8] an allowed preflight is answered without a token, a foreign one allows nothing", async () => {
  deployWith({ ALLOWED_ORIGINS: app });
  const { status, headers } = await preflight(app);
  expect(status).toBe(204);
  expect(headers.get("access-control-allow-origin")).toBe(app);
  expect(headers.get("access-control-allow-methods")).toBe("GET,POST,PUT,PATCH,DELETE");
  expect(headers.get("access-control-allow-headers")).toBe("Authorization,Content-Type");
  expect((await preflight(foreign)).headers.get("access-control-allow-origin")).toBeNull();
});

test("[AD6][AD8] an allowed upgrade and one without an origin open, a foreign one is refused however it brings its token", async () => {
  deployWith({ ALLOWED_ORIGINS: app });
  const { a, b } = freshUsers();
  const token = await tokenFor(a);
  const url = conversationUrl(b, "/socket");
  for (const from of [{ origin: app }, { origin }, {}]) {
    const response = await worker.fetch(url, { headers: { ...upgradeHeaders(token), ...from } });
    expect(await new Client(socketOf(response)).first("ready")).toMatchObject({ you: a });
  }
  for (const headers of [upgradeHeaders(token), upgradeHeaders("no-token")]) {
    const response = await worker.fetch(url, { headers: { ...headers, origin: foreign } });
    const client = new Client(socketOf(response));
    expect(await client.closed()).toMatchObject({ code: 4403, reason: expect.stringMatching(sayingWhy) });
    expect(client.frames).toEqual([]);
  }
  const headers = { upgrade: "websocket", authorization: `Bearer ${token}`, origin: foreign };
  const response = await worker.fetch(url, { headers });
  expect(response.status).toBe(403);
  expect(await problemOf(response)).toMatchObject({
    code: "origin_refused",
    detail: expect.stringContaining("ALLOWED_ORIGINS"),
  });
});

/** What a browser lets a page read of it. */
const sayingWhy = /^origin_refused: .*ALLOWED_ORIGINS/;

test("[AD8] * allows every origin", async () => {
  deployWith({ ALLOWED_ORIGINS: "*" });
  const { a, b } = freshUsers();
  const headers = { ...upgradeHeaders(await tokenFor(a)), origin: foreign };
  const response = await worker.fetch(conversationUrl(b, "/socket"), { headers });
  expect(await new Client(socketOf(response)).first("ready")).toMatchObject({ you: a });
  const authorization = `Bearer ${await tokenFor(a)}`;
  const page = await worker.fetch(conversationUrl(b), { headers: { authorization, origin: foreign } });
  expect(page.headers.get("access-control-allow-origin")).toBe(foreign);
});

test("[AD3] internal headers of a client say nothing", async () => {
  const { a, b } = freshUsers();
  const claimed = { "x-pairline-user": b, "x-pairline-expires-at-ms": "1" };
  const upgrade = { ...upgradeHeaders(await tokenFor(a)), ...claimed };
  const response = await worker.fetch(conversationUrl(b, "/socket"), { headers: upgrade });
  const client = new Client(socketOf(response));
  expect(await client.first("ready")).toMatchObject({ you: a, peer: b });
  expect(await client.say("hello")).toMatchObject({ type: "ack" });
  expect(await client.first("message")).toMatchObject({ message: { author: a } });
  const headers = { authorization: `Bearer ${await tokenFor(a)}`, ...claimed };
  const summary = await worker.fetch(conversationUrl(b), { headers });
  expect(ownSummarySchema.parse(await summary.json())).toMatchObject({ you: a });
});

test("[SO1] a socket's address answers nothing but an upgrade, and checks its query", async () => {
  const { a, b } = freshUsers();
  const plain = await rest(a, b, "GET", "/socket");
  expect(plain.status).toBe(426);
  expect(await problemOf(plain)).toMatchObject({ code: "upgrade_required" });
  for (const after of ["-1", "1.5", "x", "", "9007199254740992", "1e3", " 1"]) {
    const query = `?after=${encodeURIComponent(after)}`;
    const headers = { upgrade: "websocket", authorization: `Bearer ${await tokenFor(a)}` };
    const response = await worker.fetch(conversationUrl(b, `/socket${query}`), { headers });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field: "after" });
    expect((await (await openWith(await tokenFor(a), b, query)).closed()).code).toBe(4416);
  }
});

function preflight(from: string): Promise<Response> {
  return worker.fetch(conversationUrl("bob", "/messages"), {
    method: "OPTIONS",
    headers: {
      origin: from,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
}
