import { sign } from "hono/utils/jwt/jwt";
import { expect, test } from "vitest";
import { KeySet } from "../../src/auth/key-set.ts";
import { leewayMs, verifyToken } from "../../src/auth/verify.ts";

const secret = "a secret of the tests";
const nowMs = 1_800_000_000_000;
const nowSeconds = nowMs / 1_000;
const good = { sub: "alice", exp: nowSeconds + 60 };

const claimNames = { userClaim: "sub", nameClaim: "name", pictureClaim: "picture" };

const verify = async (claims: object, config: object = {}) =>
  verifyToken(await sign({ ...claims }, secret), { secret, ...claimNames, ...config }, nowMs);

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("[AD4] a good token is its user's, until its exp and the leeway are over", async () => {
  expect(await verify(good)).toEqual({
    ok: true,
    user: "alice",
    expiresAtMs: nowMs + 60_000 + leewayMs,
    profile: {},
    issuedAtMs: 0,
  });
  expect(await verify({ ...good, exp: nowSeconds - 29 })).toMatchObject({ ok: true });
  expect(await verify({ ...good, exp: nowSeconds - 30 })).toMatchObject({
    refusal: { code: "token_expired" },
  });
});

test("[AD4] an exp in milliseconds, which would never come, is refused and named", async () => {
  for (const exp of [good.exp * 1_000, good.exp * 1_000_000, 1_000_000_000_000, 1e308]) {
    const refusal = { code: "unauthorized", message: expect.stringContaining("milliseconds") };
    expect(await verify({ ...good, exp })).toMatchObject({ ok: false, refusal });
  }
  // The last second of the year 9999, with which some services say "never".
  expect(await verify({ ...good, exp: 253_402_300_799 })).toMatchObject({ ok: true });
});

test("[AD4] exp and the user claim are required, a future nbf beyond the leeway is refused, iat is not looked at", async () => {
  for (const claims of [
    { sub: "alice" },
    { exp: good.exp },
    { ...good, exp: "soon" },
    { ...good, nbf: nowSeconds + 31 },
  ]) {
    expect(await verify(claims)).toMatchObject({ ok: false, refusal: { code: "unauthorized" } });
  }
  expect(await verify({ ...good, nbf: nowSeconds + 30, iat: nowSeconds + 999 })).toMatchObject({ ok: true });
});

test("[AD4] issuer, audience and another claim are checked where configured", async () => {
  const config = { issuer: "https://id", audience: "dms", userClaim: "uid" };
  expect(await verify({ ...good, uid: 7, iss: "https://id", aud: ["x", "dms"] }, config)).toMatchObject({
    user: "7",
  });
  for (const wrong of [
    { iss: "https://other", aud: "dms" },
    { iss: "https://id", aud: "other" },
    { iss: "https://id" },
    {},
  ]) {
    expect(await verify({ ...good, uid: 7, ...wrong }, config)).toMatchObject({
      refusal: { code: "unauthorized" },
    });
  }
});

test("[AD4] a signed payload that is no JSON object is refused", async () => {
  for (const payload of [null, [], [good], 1, "alice", true]) {
    const token = await sign(payload as unknown as typeof good, secret);
    expect(await verifyToken(token, { secret, ...claimNames }, nowMs)).toMatchObject({
      ok: false,
      refusal: { code: "unauthorized" },
    });
  }
});

test("[AD4] malformed, unsigned and wrongly signed tokens are refused", async () => {
  const unsigned = `${part({ alg: "none", typ: "JWT" })}.${part(good)}.`;
  const wrongKey = await sign({ ...good }, "another secret");
  const [header, , signature] = (await sign({ ...good }, secret)).split(".");
  const swapped = `${header}.${part({ ...good, sub: "bob" })}.${signature}`;
  for (const token of ["", "x", "a.b.c", unsigned, wrongKey, swapped]) {
    expect(await verifyToken(token, { secret, ...claimNames }, nowMs)).toMatchObject({
      ok: false,
      refusal: { code: "unauthorized" },
    });
  }
});

test("[AD4][AD7] RS256 and ES256 are checked with the published keys; an HS256 token never is", async () => {
  for (const algorithm of [
    { alg: "ES256", parameters: { name: "ECDSA", namedCurve: "P-256" } },
    {
      alg: "RS256",
      parameters: {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: "SHA-256",
      },
    },
  ] as const) {
    const pair = (await crypto.subtle.generateKey(algorithm.parameters, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const published = {
      ...((await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey),
      kid: "k",
      alg: algorithm.alg,
    };
    const privateKey = {
      ...((await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey),
      kid: "k",
      alg: algorithm.alg,
    };
    const keySet = new KeySet(async () => ({ keys: [published] }));
    const config = { jwksUrl: "https://keys", ...claimNames };
    const token = await sign({ ...good }, privateKey, algorithm.alg);
    expect(await verifyToken(token, config, nowMs, () => keySet)).toMatchObject({ ok: true, user: "alice" });
    const forged = await sign({ ...good }, JSON.stringify(published), "HS256");
    expect(await verifyToken(forged, config, nowMs, () => keySet)).toMatchObject({
      refusal: { code: "unauthorized" },
    });
  }
});

test("[AD7] while no key could be fetched the answer is keys_unavailable", async () => {
  const keySet = new KeySet(() => Promise.reject(new Error("away")));
  const header = Buffer.from(JSON.stringify({ alg: "RS256", kid: "k" })).toString("base64url");
  const token = `${header}.${Buffer.from(JSON.stringify(good)).toString("base64url")}.AAAA`;
  const verdict = await verifyToken(token, { jwksUrl: "https://keys", ...claimNames }, nowMs, () => keySet);
  expect(verdict).toMatchObject({ ok: false, refusal: { code: "keys_unavailable" } });
});
