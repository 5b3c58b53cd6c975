import { expect, test, vi } from "vitest";
import { sign } from "hono/utils/jwt/jwt";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { ownSummarySchema } from "../../src/protocol/rest.ts";
import {
  Client,
  conversationUrl,
  deployWith,
  freshUsers,
  nowSeconds,
  openWith,
  problemOf,
  secret,
  socketOf,
  tokenFor,
  tokenWith,
  upgradeHeaders,
  worker,
} from "./clients.ts";

const issuer = "https://id.example";
const audience = "messages";
const inAMinute = () => nowSeconds() + 60;

interface BadToken {
  readonly name: string;
  readonly token: () => string | Promise<string>;
  readonly code?: ErrorCode;
}

const badTokens: readonly BadToken[] = [
  {
    name: "expired more than 30 s ago",
    token: () => tokenWith(good({ exp: nowSeconds() - 31 })),
    code: "token_expired",
  },
  { name: "is no token", token: () => "not-a-token" },
  { name: "has parts that are not JSON", token: () => "a.b.c" },
  { name: "is cut off", token: async () => (await tokenWith(good({}))).slice(0, -3) },
  { name: "is unsigned (alg: none)", token: () => unsigned(good({}), "none") },
  { name: "is unsigned but says HS256", token: () => unsigned(good({}), "HS256") },
  { name: "is signed with another key", token: () => tokenWith(good({}), "another-secret") },
  { name: "is signed with HS512", token: () => sign({ ...good({}) }, secret, "HS512") },
  { name: "was given another user", token: swappedUser },
  { name: "has no exp", token: () => tokenWith({ sub: "alice", iss: issuer, aud: audience }) },
  { name: "has an exp that is no number", token: () => tokenWith(good({ exp: "soon" })) },
  { name: "is not valid yet", token: () => tokenWith(good({ nbf: nowSeconds() + 40 })) },
  { name: "has another issuer", token: () => tokenWith(good({ iss: "https://other.example" })) },
  { name: "has no issuer", token: () => tokenWith(good({ iss: undefined })) },
  { name: "has another audience", token: () => tokenWith(good({ aud: "others" })) },
  { name: "has no audience", token: () => tokenWith(good({ aud: undefined })) },
  { name: "has no user", token: () => tokenWith(good({ sub: undefined })) },
  { name: "has an empty user", token: () => tokenWith(good({ sub: "" })) },
  { name: "has a user of 129 characters", token: () => tokenWith(good({ sub: "a".repeat(129) })) },
  { name: "has the user .", token: () => tokenWith(good({ sub: "." })) },
  { name: "has the user ..", token: () => tokenWith(good({ sub: ".." })) },
  { name: "has a user beyond ASCII", token: () => tokenWith(good({ sub: "zoë" })) },
  { name: "has a user with a control character", token: () => tokenWith(good({ sub: "a\nb" })) },
  { name: "has a user above 2^53 − 1", token: () => tokenWith(good({ sub: 2 ** 53 })) },
  { name: "has a fraction as user", token: () => tokenWith(good({ sub: 1.5 })) },
  { name: "has a list as user", token: () => tokenWith(good({ sub: ["alice"] })) },
];

test.each(badTokens)("[AD4][AD6][ER3] a token that $name opens nothing", async ({ token, code }) => {
  deployWith({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience });
  const bad = await token();
  const expected = code ?? "unauthorized";
  const header = { authorization: `Bearer ${bad}` };
  await expectRefusal(await worker.fetch(conversationUrl("bob"), { headers: header }), expected);
  const upgrade = { upgrade: "websocket", ...header };
  await expectRefusal(await worker.fetch(conversationUrl("bob", "/socket"), { headers: upgrade }), expected);
  const client = await openWith(bad, "bob");
  const { code: closeCode, reason } = await client.closed();
  expect(closeCode).toBe(expected === "token_expired" ? 4402 : 4401);
  expect(reason).toMatch(new RegExp(`^${expected}: `));
  expect(client.frames).toEqual([]);
});

test.each([
  { name: "expired 20 s ago", claims: () => ({ sub: "alice", exp: nowSeconds() - 20 }), you: "alice" },
  { name: "is valid in 20 s", claims: () => good({ nbf: nowSeconds() + 20 }), you: "alice" },
  { name: "was issued in the future", claims: () => good({ iat: nowSeconds() + 999 }), you: "alice" },
  { name: "has a number as user", claims: () => good({ sub: 42 }), you: "42" },
  {
    name: "has the number 2^53 − 1 as user",
    claims: () => good({ sub: 2 ** 53 - 1 }),
    you: "9007199254740991",
  },
  {
    name: "has a user of 128 characters",
    claims: () => good({ sub: "a".repeat(128) }),
    you: "a".repeat(128),
  },
  { name: "has an odd user", claims: () => good({ sub: ` "a/b"\\%~` }), you: ` "a/b"\\%~` },
])("[AD1][AD4][AD5] a token that $name opens both doors", async ({ claims, you }) => {
  const token = await tokenWith(claims());
  const headers = { authorization: `Bearer ${token}` };
  const summary = await worker.fetch(conversationUrl("bob"), { headers });
  expect(ownSummarySchema.parse(await summary.json())).toMatchObject({ you, peer: "bob" });
  const client = await openWith(token, "bob");
  expect(await client.first("ready")).toMatchObject({ you, peer: "bob" });
});

test("[AD4] issuer, audience and another claim's user are accepted as configured", async () => {
  deployWith({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_USER_CLAIM: "uid" });
  const token = await tokenWith(good({ sub: "nobody", uid: "carol", aud: ["x", audience] }));
  expect(await (await openWith(token, "bob")).first("ready")).toMatchObject({ you: "carol" });
  await expectRefusal(await get(await tokenWith(good({}))), "unauthorized");
});

test("[AD5] the server answers the subprotocol that was offered, and none where none was", async () => {
  const token = await tokenFor("alice");
  const url = conversationUrl("bob", "/socket");
  const offered = await worker.fetch(url, { headers: upgradeHeaders(token) });
  expect(offered.headers.get("sec-websocket-protocol")).toBe("pairline.v1");
  const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
  const silent = await worker.fetch(url, { headers });
  expect(silent.status).toBe(101);
  expect(silent.headers.get("sec-websocket-protocol")).toBeNull();
  const client = new Client(socketOf(silent));
  expect(await client.first("ready")).toMatchObject({ you: "alice" });
});

test("[AD5] a token in the URL, of another scheme, or among the subprotocols of what is no upgrade, is none", async () => {
  const token = await tokenFor("alice");
  const refused = [await worker.fetch(conversationUrl("bob", `?token=${token}`))];
  for (const authorization of [token, `Basic ${token}`, "Bearer", `Bearer ${token} more`]) {
    refused.push(await worker.fetch(conversationUrl("bob"), { headers: { authorization } }));
  }
  const { upgrade: _, ...protocols } = upgradeHeaders(token);
  refused.push(await worker.fetch(conversationUrl("bob"), { headers: protocols }));
  const headers = { upgrade: "websocket" };
  refused.push(await worker.fetch(conversationUrl("bob", "/socket"), { headers }));
  refused.push(await worker.fetch(conversationUrl("bob", `/socket?token=${token}`), { headers }));
  expect(refused.map((response) => response.status)).toEqual(refused.map(() => 401));
});

test.each(["RS256", "ES256"] as const)(
  "[AD4][AD7] %s tokens are checked with the published keys",
  async (alg) => {
    const { published, privateKey } = await keyPair(alg);
    const fetched = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async () => Response.json({ keys: [published] }));
    deployWith({ JWT_SECRET: "", JWT_JWKS_URL: `https://keys.example/${alg}` });
    const { a, b } = freshUsers();
    const token = await sign({ sub: a, exp: inAMinute() }, privateKey, alg);
    expect((await get(token)).status).toBe(200);
    const client = await openWith(token, b);
    expect(await client.first("ready")).toMatchObject({ you: a });
    client.send({ type: "auth", token });
    expect(await client.say("hello")).toMatchObject({ type: "ack", seq: 1 });
    expect(fetched).toHaveBeenCalledTimes(1);
    const { privateKey: foreign } = await keyPair(alg);
    await expectRefusal(await get(await sign({ sub: a, exp: inAMinute() }, foreign, alg)), "unauthorized");
    await expectRefusal(await get(await tokenWith(good({}))), "unauthorized");
    // The published key is no secret: a token signed with its text as one must not pass.
    const confused = await sign({ sub: a, exp: inAMinute() }, JSON.stringify(published), "HS256");
    await expectRefusal(await get(confused), "unauthorized");
    fetched.mockRestore();
  },
);

test("[AD7][ER3] while no key could be fetched the answer is 503, and a live socket keeps its token", async () => {
  const { privateKey } = await keyPair("ES256");
  const { a, b } = freshUsers();
  const fetched = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("away"));
  deployWith({ JWT_JWKS_URL: "https://keys.example/away" });
  const token = await sign({ sub: a, exp: inAMinute() }, privateKey, "ES256");
  const response = await get(token);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await problemOf(response)).toMatchObject({ code: "keys_unavailable" });
  expect((await (await openWith(token, b)).closed()).code).toBe(4506);
  const live = await openWith(await tokenFor(a), b);
  live.send({ type: "auth", token });
  expect(await live.first("error")).toMatchObject({ code: "keys_unavailable", retryAfterMs: 5_000 });
  expect(await live.say("still here")).toMatchObject({ type: "ack" });
  fetched.mockRestore();
});

async function expectRefusal(response: Response, code: ErrorCode): Promise<void> {
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await problemOf(response)).toMatchObject({ code, status: 401, type: `urn:pairline:error:${code}` });
}

function get(token: string): Promise<Response> {
  return worker.fetch(conversationUrl("bob"), { headers: { authorization: `Bearer ${token}` } });
}

/** Claims that hold, apart from what `change` says; undefined leaves a claim out. */
function good(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { sub: "alice", exp: inAMinute(), iss: issuer, aud: audience, ...change };
}

async function swappedUser(): Promise<string> {
  const [header, , signature] = (await tokenWith(good({}))).split(".");
  return `${header}.${encoded(good({ sub: "bob" }))}.${signature}`;
}

function unsigned(claims: object, alg: string): string {
  return `${encoded({ alg, typ: "JWT" })}.${encoded(claims)}.`;
}

function encoded(value: object): string {
  return btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A key pair as an identity service has it: one half to publish, one to sign with. */
async function keyPair(alg: "RS256" | "ES256"): Promise<{ published: object; privateKey: JsonWebKey }> {
  const parameters = {
    ES256: { name: "ECDSA", namedCurve: "P-256" },
    RS256: {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
  };
  const pair = (await crypto.subtle.generateKey(parameters[alg], true, ["sign", "verify"])) as CryptoKeyPair;
  const named = { kid: "one", alg };
  const jwkOf = async (key: CryptoKey) => ({
    ...((await crypto.subtle.exportKey("jwk", key)) as JsonWebKey),
    ...named,
  });
  return { published: await jwkOf(pair.publicKey), privateKey: await jwkOf(pair.privateKey) };
}
