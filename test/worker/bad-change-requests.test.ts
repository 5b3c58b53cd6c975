import { beforeEach, expect, test } from "vitest";
import { stubOf, type Users } from "./by-hand.ts";
import { freshUsers, problemOf, rest } from "./clients.ts";
import { recordRows } from "./stored.ts";

let users: Users;

beforeEach(async () => {
  users = freshUsers();
  await rest(users.a, users.b, "POST", "/messages", { id: "one", text: "alice's" });
});

test("[RE1] an emoji of 1 MB in a path is bad_emoji where the platform lets so long an address through", async () => {
  const { a, b } = users;
  const response = await rest(a, b, "PUT", `/messages/1/reactions/${"x".repeat(1_048_576)}`);
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "bad_emoji", field: "emoji" });
});

test.each(["%F0%9F", "%", "%ZZ", "%80"])(
  "[RE1] the malformed encoding %s of an emoji in a path is bad_emoji",
  async (emoji) => {
    const { a, b } = users;
    const response = await rest(a, b, "PUT", `/messages/1/reactions/${emoji}`);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "bad_emoji", field: "emoji" });
  },
);

test.each(["", "a".repeat(65), "é"])(
  "[CH2] the id %j in a query is out_of_range and changes nothing",
  async (id) => {
    const { a, b } = users;
    const rows = await recordRows(stubOf(users));
    const query = `?id=${encodeURIComponent(id)}`;
    for (const [method, path] of [
      ["DELETE", "/messages/1"],
      ["PUT", "/messages/1/reactions/%F0%9F%91%8D"],
      ["DELETE", "/messages/1/reactions/%F0%9F%91%8D"],
    ] as const) {
      const response = await rest(a, b, method, path + query);
      expect(response.status).toBe(400);
      expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field: "id" });
    }
    expect(await recordRows(stubOf(users))).toEqual(rows);
  },
);

test.each([
  ["PATCH", "/messages/1", "{}", "id"],
  ["PATCH", "/messages/1", `{"id":"x"}`, "text"],
  ["PATCH", "/messages/1", `{"id":"x","text":1}`, "text"],
  ["PATCH", "/messages/1", `{"id":"x","text":"hello","after":-1}`, "after"],
  ["PATCH", "/messages/1", "[]", "body"],
])("[ER3] %s %s with the body %s is 400 bad_request", async (method, path, body, field) => {
  const { a, b } = users;
  const response = await rest(a, b, method, path, body);
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "bad_request", field });
});

test.each([
  ["POST", "/messages/1", "PATCH, DELETE"],
  ["GET", "/messages/1", "PATCH, DELETE"],
  ["PUT", "/messages/1", "PATCH, DELETE"],
  ["POST", "/messages/1/reactions/%F0%9F%91%8D", "PUT, DELETE"],
  ["DELETE", "/messages", "GET, POST"],
])("[ER3] %s %s is 405 and names what may be", async (method, path, allow) => {
  const { a, b } = users;
  const response = await rest(a, b, method, path);
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allow);
});
