import { expect, test } from "vitest";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import {
  Client,
  controlledClock,
  conversationUrl,
  deployWith,
  freshUsers,
  nowSeconds,
  problemOf,
  rest,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";

interface RefusedUpgrade {
  readonly name: string;
  readonly code: ErrorCode;
  readonly closeCode: number;
  readonly status: number;
  readonly token: () => Promise<string>;
  readonly peer: string;
  readonly query?: string;
}

const refusedUpgrades: readonly RefusedUpgrade[] = [
  {
    name: "with a token that is none",
    code: "unauthorized",
    closeCode: 4401,
    status: 401,
    token: async () => "not-a-token",
    peer: "bob",
  },
  {
    name: "with an expired token",
    code: "token_expired",
    closeCode: 4402,
    status: 401,
    token: () => tokenFor("alice", -60),
    peer: "bob",
  },
  {
    name: "to oneself",
    code: "bad_peer",
    closeCode: 4404,
    status: 400,
    token: () => tokenFor("alice"),
    peer: "alice",
  },
  {
    name: "with a cursor that is no number",
    code: "out_of_range",
    closeCode: 4416,
    status: 400,
    token: () => tokenFor("alice"),
    peer: "bob",
    query: "?after=-1",
  },
];

test.each(refusedUpgrades)(
  "[AD5][AD6][ER2] an upgrade $name that offered only subprotocols opens, is answered pairline.v1, and closes",
  async ({ token, peer, query = "", code, closeCode }) => {
    const url = conversationUrl(peer, `/socket${query}`);
    const response = await worker.fetch(url, { headers: upgradeHeaders(await token()) });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("pairline.v1");
    await expectClosed(response, closeCode, code);
  },
);

test.each(refusedUpgrades)(
  "[AD6][ER3] an upgrade $name that sent a header reads the problem, also where it offered subprotocols",
  async ({ token, peer, query = "", code, status }) => {
    const url = conversationUrl(peer, `/socket${query}`);
    const authorization = `Bearer ${await token()}`;
    for (const headers of [
      { upgrade: "websocket", authorization },
      { upgrade: "websocket", authorization, "sec-websocket-protocol": "pairline.v1" },
      { ...upgradeHeaders(await tokenFor("alice")), authorization },
    ]) {
      const response = await worker.fetch(url, { headers });
      expect(response.status).toBe(status);
      expect(response.webSocket).toBeNull();
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await problemOf(response)).toMatchObject({ code, status });
    }
  },
);

test("[AD6] an upgrade that offered pairline.v1 and no token at all is closed with 4401", async () => {
  for (const offered of ["pairline.v1", "pairline.v1, bearer.", "other, pairline.v1"]) {
    const headers = { upgrade: "websocket", "sec-websocket-protocol": offered };
    const response = await worker.fetch(conversationUrl("bob", "/socket"), { headers });
    expect(response.headers.get("sec-websocket-protocol")).toBe("pairline.v1");
    await expectClosed(response, 4401, "unauthorized");
  }
});

test("[AD6] an upgrade that did not offer pairline.v1 reads the status, and is answered no subprotocol", async () => {
  const token = await tokenFor("alice", -60);
  for (const offered of [`bearer.${token}`, `pairline.v2, bearer.${token}`, `PAIRLINE.V1, bearer.${token}`]) {
    const headers = { upgrade: "websocket", "sec-websocket-protocol": offered };
    const response = await worker.fetch(conversationUrl("bob", "/socket"), { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("sec-websocket-protocol")).toBeNull();
    expect(await problemOf(response)).toMatchObject({ code: "token_expired" });
  }
});

test("[AD4][ER3] a request without a token is 401 before anything else is said of it", async () => {
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/messages?limit=0"],
    ["POST", "/messages"],
    ["PUT", "/read"],
    ["DELETE", ""],
    ["GET", "/socket"],
  ] as const) {
    const response = await worker.fetch(conversationUrl("bob", path), { method });
    expect([method, path, response.status]).toEqual([method, path, 401]);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await problemOf(response)).toMatchObject({ code: "unauthorized" });
  }
});

test("[SO5][AD3] a socket lives as long as its token, whatever the client's own headers claim", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const inAYear = String((nowSeconds() + 31_536_000) * 1_000);
  const headers = { ...upgradeHeaders(await tokenFor(a, 60)), "x-pairline-expires-at-ms": inAYear };
  const client = new Client(socketOf(await worker.fetch(conversationUrl(b, "/socket"), { headers })));
  expect(await client.say("in time")).toMatchObject({ type: "ack" });
  passSeconds(91);
  client.send({ type: "send", id: "x", text: "too late" });
  expect((await client.closed()).code).toBe(4402);
});

test("[ER3][AD8] a page of an allowed origin may read that it is limited, and for how long", async () => {
  const app = "https://app.example";
  deployWith({ ALLOWED_ORIGINS: app, ADDRESS_LIMIT: { limit: async () => ({ success: false }) } });
  const headers = { origin: app, "cf-connecting-ip": "203.0.113.9" };
  const response = await worker.fetch(conversationUrl("bob"), { headers });
  expect(response.status).toBe(429);
  expect(response.headers.get("access-control-allow-origin")).toBe(app);
  expect(response.headers.get("access-control-expose-headers")).toMatch(/retry-after/i);
});

test("[SE10][ER3] too many new conversations says when to come back, the same over socket and REST", async () => {
  deployWith({ NEW_CONVERSATIONS_PER_HOUR: "1" });
  const { a, b } = freshUsers();
  expect((await rest(a, `${b}-1`, "POST", "/messages", { id: "x", text: "the first" })).status).toBe(201);
  const response = await worker.fetch(conversationUrl(`${b}-2`, "/socket"), {
    headers: upgradeHeaders(await tokenFor(a)),
  });
  const client = new Client(socketOf(response));
  const refused = await client.say("the second", { id: "y" });
  expect(refused).toMatchObject({ id: "y", code: "too_many_conversations" });
  const waitMs = refused.type === "error" ? (refused.retryAfterMs ?? 0) : 0;
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(3_600_000);
  const posted = await rest(a, `${b}-2`, "POST", "/messages", { id: "z", text: "the second" });
  const { retryAfterMs = 0 } = await problemOf(posted);
  expect(retryAfterMs).toBeLessThanOrEqual(waitMs);
  expect(posted.headers.get("retry-after")).toBe(String(Math.ceil(retryAfterMs / 1_000)));
});

async function expectClosed(response: Response, closeCode: number, code: ErrorCode): Promise<void> {
  const client = new Client(socketOf(response));
  const end = await client.closed();
  expect(end.code).toBe(closeCode);
  expect(end.reason.split(":")[0]).toBe(code);
  expect(client.frames).toEqual([]);
}
