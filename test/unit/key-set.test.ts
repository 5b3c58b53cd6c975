import { expect, test } from "vitest";
import { coldCooldownMs, keysCooldownMs, keysMaxAgeMs, KeySet } from "../../src/auth/key-set.ts";

/** A published key set whose answers a test decides, with a count of how often it was asked. */
function published(answer: () => unknown) {
  let asked = 0;
  const reported: unknown[] = [];
  const keySet = new KeySet(
    async () => {
      asked += 1;
      return answer();
    },
    (event, fields) => void reported.push({ event, ...fields }),
  );
  return { keySet, asked: () => asked, reported };
}

const one = { keys: [{ kty: "RSA", kid: "one" }] };
const both = {
  keys: [
    { kty: "RSA", kid: "one" },
    { kty: "EC", kid: "two" },
  ],
};
const away = () => {
  throw new Error("away");
};

test("[AD7] keys are fetched once and again after ten minutes", async () => {
  const { keySet, asked } = published(() => one);
  await keySet.keysFor("one", 0);
  await keySet.keysFor("one", keysMaxAgeMs - 1);
  expect(asked()).toBe(1);
  await keySet.keysFor("one", keysMaxAgeMs);
  expect(asked()).toBe(2);
});

test("[AD7] an unknown kid asks again, at most every 30 seconds", async () => {
  let answer: unknown = one;
  const { keySet, asked } = published(() => answer);
  await keySet.keysFor("one", 0);
  expect(await keySet.keysFor("two", keysCooldownMs - 1), "not known yet is not wrong").toBeUndefined();
  expect(await keySet.keysFor("one", keysCooldownMs - 1)).toHaveLength(1);
  expect(asked()).toBe(1);
  answer = both;
  expect(await keySet.keysFor("two", keysCooldownMs)).toHaveLength(2);
  expect(asked()).toBe(2);
});

test("[AD7] keys at hand are kept when a refresh fails or answers nonsense", async () => {
  let answer: () => unknown = () => one;
  const { keySet } = published(() => answer());
  await keySet.keysFor("one", 0);
  answer = away;
  expect(await keySet.keysFor("one", keysMaxAgeMs)).toMatchObject(one.keys);
  answer = () => ({ keys: "none" });
  expect(await keySet.keysFor("one", 2 * keysMaxAgeMs)).toMatchObject(one.keys);
});

test("[AD7] without any keys there is nothing to check with, and the service is tried every five seconds", async () => {
  let answer: () => unknown = away;
  const { keySet, asked } = published(() => answer());
  expect(await keySet.keysFor("one", 0)).toBeUndefined();
  answer = () => one;
  expect(await keySet.keysFor("one", coldCooldownMs - 1)).toBeUndefined();
  expect(asked()).toBe(1);
  expect(await keySet.keysFor("one", coldCooldownMs)).toMatchObject(one.keys);
});

test("[OP3] a refresh that fails is reported as often as it is tried, with how many keys are at hand", async () => {
  let isAway = false;
  const { keySet, reported } = published(() => (isAway ? away() : both));
  await keySet.keysFor("one", 0);
  expect(reported).toEqual([]);
  isAway = true;
  for (let nowMs = keysMaxAgeMs; nowMs <= keysMaxAgeMs + keysCooldownMs; nowMs += 1_000) {
    expect(await keySet.keysFor("one", nowMs)).toHaveLength(2);
  }
  const line = { event: "keys_refresh_failed", error: "Error", keys: 2 };
  expect(reported).toEqual([line, line]);
});
