import { expect, onTestFinished, test } from "vitest";
import type { Env } from "../../src/env.ts";
import { healthSchema, pageSchema } from "../../src/protocol/rest.ts";
import {
  Client,
  connect,
  conversationUrl,
  deployWith,
  env,
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
import { archived, archiveRows, recordRows, conversationOf } from "./stored.ts";
import { faultyD1 } from "./faulty-d1.ts";

test("[AD9][ER3] without a key everything but /health is 503 and says what to set", async () => {
  deployWith({ JWT_SECRET: "" });
  const { a, b } = freshUsers();
  const response = await rest(a, b, "GET");
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  const problem = await problemOf(response);
  expect(problem.code).toBe("not_configured");
  expect(problem.detail).toContain("JWT_SECRET");
  expect(problem.detail).toContain("JWT_JWKS_URL");
  const { code, reason } = await (await openWith(await tokenFor(a), b)).closed();
  expect(code).toBe(4503);
  expect(reason).toMatch(/^not_configured: .*JWT_SECRET/);
});

test.each([
  { RATE_LIMIT_PER_SECOND: "fast-4711" },
  { RATE_LIMIT_BURST: "0" },
  { NEW_CONVERSATIONS_PER_HOUR: "-4711" },
  { MAX_TEXT_BYTES: "4711000" },
  { RATE_LIMIT_BURST: "0x4711" },
  { ALLOWED_ORIGINS: "https://app.example/4711" },
])("[AD9][ER3][ER6] a variable out of its range is named, without its value: %o", async (variables) => {
  deployWith(variables);
  const [[name, value] = []] = Object.entries(variables);
  const { a, b } = freshUsers();
  const response = await rest(a, b, "GET");
  expect(response.status).toBe(503);
  const problem = await problemOf(response);
  expect(problem.code).toBe("not_configured");
  expect(problem.detail).toContain(name);
  expect(problem.detail).not.toContain(`${value}`);
  expect((await (await openWith(await tokenFor(a), b)).closed()).code).toBe(4503);
});

test("[ER3][ER7] unknown addresses and methods are problems too, and name what is allowed", async () => {
  const { a } = freshUsers();
  const headers = { authorization: `Bearer ${await tokenFor(a)}` };
  for (const [method, path, allow] of [
    ["GET", "/", undefined],
    ["GET", "/v2/conversations/bob", undefined],
    ["GET", "/v1", undefined],
    ["GET", "/v1/conversations/bob/unknown", undefined],
    ["GET", "/v1/conversations/bob/messages/1/unknown", undefined],
    ["GET", "/v1/conversations/bob/messages/1", "PATCH, DELETE"],
    ["GET", "/v1/conversations/bob/messages/1/reactions/x", "PUT, DELETE"],
    ["GET", "/v1/conversations/bob/block", "PUT, DELETE"],
    ["POST", "/v1/conversations", "GET"],
    ["DELETE", "/v1/conversations/bob", "GET, PATCH"],
    ["PATCH", "/v1/conversations/bob/messages", "GET, POST"],
    ["POST", "/v1/conversations/bob/read", "PUT"],
    ["POST", "/v1/conversations/bob/socket", "GET"],
    ["POST", "/health", "GET"],
  ] as const) {
    const response = await worker.fetch(origin + path, { method, headers });
    expect([path, response.status]).toEqual([path, allow === undefined ? 404 : 405]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("allow") ?? undefined).toBe(allow);
    expect(await problemOf(response)).toMatchObject({ code: allow ? "method_not_allowed" : "not_found" });
  }
});

test("[ER7] private answers are never stored", async () => {
  const { a, b } = freshUsers();
  for (const response of [
    await rest(a, b, "POST", "/messages", { id: "1", text: "hello" }),
    await rest(a, b, "GET"),
    await rest(a, b, "GET", "/messages"),
    await rest(b, a, "PUT", "/read", { seq: 1 }),
    await rest(b, a, "PUT", "/read", { seq: 2 }),
  ]) {
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
});

test("[AD6] an upgrade of an address that has no socket is answered, not broken", async () => {
  const { a, b } = freshUsers();
  const upgrade = async (path: string, token: string) =>
    worker.fetch(conversationUrl(b, path), { headers: upgradeHeaders(token) });
  const page = await upgrade("/messages", await tokenFor(a));
  expect(page.status).toBe(200);
  expect(pageSchema.parse(await page.json()).messages).toEqual([]);
  const refused = await upgrade("/messages?limit=0", await tokenFor(a));
  expect((await new Client(socketOf(refused)).closed()).code).toBe(4416);
  expect((await new Client(socketOf(await upgrade("/messages", "no-token"))).closed()).code).toBe(4401);
});

test("[ER3] an address over its limit is 429 before its token is looked at; loopback is not counted", async () => {
  const asked: string[] = [];
  const limit: RateLimit["limit"] = async ({ key }) => {
    asked.push(key);
    return { success: key !== "203.0.113.7" };
  };
  deployWith({ ADDRESS_LIMIT: { limit } });
  for (const path of ["/v1/conversations/bob", "/health", "/unknown"]) {
    const response = await getFrom("203.0.113.7", path);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("10");
    expect(await problemOf(response)).toMatchObject({ code: "rate_limited", retryAfterMs: 10_000 });
  }
  const socket = await getFrom("203.0.113.7", "/v1/conversations/bob/socket", upgradeHeaders("no-token"));
  expect((await new Client(socketOf(socket)).closed()).code).toBe(4429);
  expect((await getFrom("203.0.113.8")).status).toBe(401);
  expect(asked.at(-1)).toBe("203.0.113.8");
  const counted = asked.length;
  for (const loopback of ["127.0.0.1", "::1"]) {
    expect((await getFrom(loopback)).status).toBe(401);
  }
  expect(asked).toHaveLength(counted);
});

test("[ER3] an IPv6 network of /64 counts as one address", async () => {
  const asked: string[] = [];
  const limit: RateLimit["limit"] = async ({ key }) => {
    asked.push(key);
    return { success: true };
  };
  deployWith({ ADDRESS_LIMIT: { limit } });
  const addresses = [
    "2001:db8:0:7::1",
    "2001:db8:0:7:a:b:c:d",
    "2001:db8:0:8::1",
    "2001:db8::1",
    "2001:db8::2:1",
  ];
  for (const address of addresses) {
    await getFrom(address);
  }
  const [one, same, next, short, shortToo] = asked;
  expect([same, shortToo]).toEqual([one, short]);
  expect(new Set([one, next, short]).size).toBe(3);
});

test("/health tells whether D1 answers and a key is there, and nothing else", async () => {
  const well = { code: 200, status: "ok", archive: "ok", keys: "configured", version: "pairline.v1" };
  const ill = { ...well, code: 503, status: "unavailable" };
  expect(await health()).toEqual(well);
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  expect(await health()).toEqual({ ...ill, archive: "unreachable" });
  faulty.mode = "well";
  const migrate = await withoutTables(env);
  expect(await health()).toEqual({ ...ill, archive: "not_migrated" });
  await migrate();
  deployWith({ JWT_SECRET: "" });
  expect(await health()).toEqual({ ...ill, keys: "missing" });
});

test("[AR1][AR2][HI4][ER3] before the migrations messages go through, older pages say what to do, and D1 gets all later", async () => {
  const migrate = await withoutTables(env);
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  for (const text of ["first", "second", "third"]) {
    expect(await one.say(text)).toMatchObject({ type: "ack" });
  }
  await other.first("message", ({ message }) => message.seq === 3);
  const newest = await rest(b, a, "GET", "/messages");
  expect(pageSchema.parse(await newest.json()).messages).toHaveLength(3);
  const older = await rest(b, a, "GET", "/messages?before=3");
  expect(older.status).toBe(503);
  expect(Number(older.headers.get("retry-after"))).toBeGreaterThan(0);
  const problem = await problemOf(older);
  expect(problem.code).toBe("not_migrated");
  expect(problem.detail).toContain("migrations apply DB");
  expect(problem.detail).not.toContain("no such table");
  await migrate();
  await archived(env, a, b, 3);
  expect(await archiveRows(env, a, b)).toEqual(await recordRows(conversationOf(env, a, b)));
});

/** Takes the tables away; the answer puts them back, also when the test fails. */
async function withoutTables({ DB }: Env): Promise<() => Promise<void>> {
  const rename = (from: string, to: string) =>
    DB.batch(
      ["messages", "conversations"].map((table) =>
        DB.prepare(`ALTER TABLE ${from}${table} RENAME TO ${to}${table}`),
      ),
    );
  let away = true;
  const migrate = async () => {
    if (away) {
      away = false;
      await rename("away_", "");
    }
  };
  await rename("", "away_");
  onTestFinished(migrate);
  return migrate;
}

function getFrom(address: string, path = "/v1/conversations/bob", more = {}): Promise<Response> {
  return worker.fetch(origin + path, { headers: { "cf-connecting-ip": address, ...more } });
}

async function health() {
  const response = await worker.fetch(`${origin}/health`);
  expect(response.headers.get("retry-after")).toBe(response.status === 200 ? null : "5");
  return { code: response.status, ...healthSchema.strict().parse(await response.json()) };
}
