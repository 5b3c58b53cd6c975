import { sign } from "hono/utils/jwt/jwt";
import { expect, test } from "vitest";
import { issuedAtMsFrom, profileFrom } from "../../src/auth/claims.ts";
import { leewayMs, verifyToken } from "../../src/auth/verify.ts";

const secret = "a secret of the tests";
const nowMs = 1_800_000_000_000;
const nowSeconds = nowMs / 1_000;
const claimNames = { userClaim: "sub", nameClaim: "name", pictureClaim: "picture" };

test("[US1] a verified user carries the name and picture of the configured claims, and when the token was issued", async () => {
  const claims = {
    sub: "alice",
    exp: nowSeconds + 60,
    iat: nowSeconds - 5,
    "https://id/nick": "Al",
    pic: "p",
  };
  const config = { secret, userClaim: "sub", nameClaim: "https://id/nick", pictureClaim: "pic" };
  expect(await verifyToken(await sign(claims, secret), config, nowMs)).toMatchObject({
    user: "alice",
    profile: { name: "Al", picture: "p" },
    issuedAtMs: nowMs - 5_000,
  });
});

test("[US1] a claim that cannot be shown is passed over, and the other one stays", () => {
  const unfit = ["", "n".repeat(129), "\ud83d", "\ude00x", "a\u0000", 7, true, null, undefined, ["x"], {}];
  for (const name of unfit) {
    expect(profileFrom({ name, picture: "p" }, claimNames)).toEqual({ picture: "p" });
  }
  for (const picture of [...unfit.filter((one) => one !== unfit[1]), "p".repeat(2_049)]) {
    expect(profileFrom({ name: "n", picture }, claimNames)).toEqual({ name: "n" });
  }
  const longest = { name: "n".repeat(128), picture: "p".repeat(2_048) };
  expect(profileFrom(longest, claimNames)).toEqual(longest);
});

test("[US2] a token without a time, with one that is none, or beyond the leeway ahead counts as the oldest", () => {
  const latestMs = nowMs + leewayMs;
  for (const iat of [undefined, null, "1800000000", Number.NaN, Number.POSITIVE_INFINITY, -5, 0, nowMs]) {
    expect(issuedAtMsFrom(iat, latestMs)).toBe(0);
  }
  expect(issuedAtMsFrom(nowSeconds + 31, latestMs)).toBe(0);
  expect(issuedAtMsFrom(nowSeconds + 30, latestMs)).toBe(nowMs + 30_000);
  expect(issuedAtMsFrom(1.0005, latestMs)).toBe(1_000);
});
