import { expect, test } from "vitest";
import { messageIdSchema, userIdFromClaim } from "../../src/protocol/identity.ts";
import { conversationName, pairFromName, sideOf } from "../../src/protocol/pair.ts";

test("[AD1] a user id is 1 to 128 printable ASCII characters", () => {
  expect(userIdFromClaim("a")).toBe("a");
  expect(userIdFromClaim("~".repeat(128))).toBe("~".repeat(128));
  expect(userIdFromClaim("a b@c/d%")).toBe("a b@c/d%");
  for (const wrong of ["", "a".repeat(129), "é", "a\n", "\u007f", ".", "..", null, undefined, {}, true]) {
    expect(userIdFromClaim(wrong)).toBeUndefined();
  }
});

test("[AD1] a number is its decimal text while it is a safe integer", () => {
  expect(userIdFromClaim(42)).toBe("42");
  expect(userIdFromClaim(Number.MAX_SAFE_INTEGER)).toBe("9007199254740991");
  expect(userIdFromClaim(Number.MAX_SAFE_INTEGER + 1)).toBeUndefined();
  expect(userIdFromClaim(1.5)).toBeUndefined();
});

test("[AD3] both orders of a pair are one conversation, and no two pairs share one", () => {
  expect(conversationName("bob", "alice")).toBe(conversationName("alice", "bob"));
  expect(conversationName('a","b', "c")).not.toBe(conversationName("a", 'b","c'));
  expect(pairFromName(conversationName('x"y', "\\"))).toEqual({ a: "\\", b: 'x"y' });
});

test("[AD3] an object's name stays below the 1,024 bytes up to which it knows it", () => {
  expect(conversationName('"'.repeat(128), "\\".repeat(128)).length).toBeLessThan(1_024);
});

test("[AD3] a name that is no sorted pair, and a stranger, are refused", () => {
  for (const wrong of [undefined, "null", "[]", '["b","a"]', '["a","a"]', '["a","b","c"]']) {
    expect(() => pairFromName(wrong)).toThrow(/Invalid|expected|Too big/);
  }
  expect(() => sideOf({ a: "alice", b: "bob" }, "eve")).toThrow("not one of the pair");
});

test("[SE1] a message id is 1 to 64 printable ASCII characters", () => {
  expect(messageIdSchema.safeParse("x".repeat(64)).success).toBe(true);
  for (const wrong of ["", "x".repeat(65), "ü", "a\tb"]) {
    expect(messageIdSchema.safeParse(wrong).success).toBe(false);
  }
});
