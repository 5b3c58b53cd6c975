import { expect, test } from "vitest";
import { askChats, numberedUsers, postChat } from "./chats-client.ts";
import { deployWith, env, freshUsers, origin, problemOf, rest, tokenFor, worker } from "./clients.ts";
import { archiveRows, recordRows } from "./stored.ts";
import { stubOf } from "./by-hand.ts";
import { nameUser } from "./users.ts";

const me = crypto.randomUUID();

/** Requests that are refused, and what they are told. */
const refused: readonly {
  readonly what: string;
  readonly ask: readonly [method: string, path: string, body?: unknown];
  readonly problem: { readonly code: string; readonly field?: string };
}[] = [
  {
    what: "a peer in the path that is no id",
    ask: ["GET", "/me/%zz"],
    problem: { code: "bad_peer", field: "correspondent_id" },
  },
  {
    what: "oneself in the path",
    ask: ["GET", `/me/${me}`],
    problem: { code: "bad_peer", field: "correspondent_id" },
  },
  {
    what: "a limit of 0",
    ask: ["GET", "/me/bob?limit=0"],
    problem: { code: "out_of_range", field: "limit" },
  },
  {
    what: "a limit of 201",
    ask: ["GET", "/me/bob?limit=201"],
    problem: { code: "out_of_range", field: "limit" },
  },
  {
    what: "a before that is none",
    ask: ["GET", "/me/bob?before=x"],
    problem: { code: "out_of_range", field: "before" },
  },
  { what: "a body that is no JSON", ask: ["POST", "", "{"], problem: { code: "bad_request" } },
  {
    what: "no receiver",
    ask: ["POST", "", { content: "x" }],
    problem: { code: "bad_request", field: "receiver_id" },
  },
  {
    what: "a receiver that is a fraction",
    ask: ["POST", "", { receiver_id: 1.5, content: "x" }],
    problem: { code: "bad_request", field: "receiver_id" },
  },
  {
    what: "a receiver beyond 2^53",
    ask: ["POST", "", `{"receiver_id":9007199254740993,"content":"x"}`],
    problem: { code: "bad_request", field: "receiver_id" },
  },
  {
    what: "no content",
    ask: ["POST", "", { receiver_id: "bob" }],
    problem: { code: "bad_request", field: "content" },
  },
  {
    what: "empty content",
    ask: ["POST", "", { receiver_id: "bob", content: "" }],
    problem: { code: "bad_text", field: "content" },
  },
  {
    what: "content that is too long",
    ask: ["POST", "", { receiver_id: "bob", content: "x".repeat(16_385) }],
    problem: { code: "bad_text", field: "content" },
  },
  {
    what: "oneself as receiver",
    ask: ["POST", "", { receiver_id: me, content: "x" }],
    problem: { code: "bad_peer", field: "receiver_id" },
  },
  { what: "another method", ask: ["PUT", ""], problem: { code: "method_not_allowed" } },
  {
    what: "another method of the messages with one",
    ask: ["DELETE", "/me/bob"],
    problem: { code: "method_not_allowed" },
  },
];

test.each(refused)("[RA11][RA13] $what is refused: $problem.code", async ({ ask, problem }) => {
  const response = await askChats(me, ...ask);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const told = await problemOf(response);
  expect(told).toMatchObject(problem);
  expect(told.detail).not.toBe("");
  expect(response.status).toBe(told.status);
});

test("[RA13] a sender_id that names anybody but the token's user is bad_request, and nothing is stored", async () => {
  const { a, b } = freshUsers();
  const response = await askChats(a, "POST", "", { receiver_id: b, content: "as bob", sender_id: b });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "bad_request", field: "sender_id" });
  expect(await recordRows(stubOf({ a, b }))).toEqual([]);
});

test("[RA13][US6] with aliases on, a sender_id that is another user's alias is refused", async () => {
  deployWith({ ALIASES: "on" });
  const { one, other } = numberedUsers();
  const alias = `${other}@x.example`;
  await nameUser(`${other}`, { aliases: [alias] });
  const body = { receiver_id: other, content: "as somebody", sender_id: alias };
  const response = await askChats(`${one}`, "POST", "", body);
  expect(await problemOf(response)).toMatchObject({ code: "bad_request", field: "sender_id" });
});

test("[RA11][RA13] without a token, or with one that does not hold, nothing is read and nothing sent", async () => {
  const { a, b } = freshUsers();
  await postChat(a, { receiver_id: b, content: "private" });
  for (const authorization of [undefined, "Bearer nonsense", `Bearer ${await tokenFor(a, -100)}`]) {
    for (const [method, path, body] of [
      ["GET", `/me/${b}`, undefined],
      ["POST", "", JSON.stringify({ receiver_id: b, content: "x" })],
    ] as const) {
      const response = await worker.fetch(`${origin}/api/chats${path}`, {
        method,
        headers: authorization === undefined ? {} : { authorization },
        ...(body !== undefined && { body }),
      });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="pairline"');
      expect(await response.text()).not.toContain("private");
    }
  }
  expect(await recordRows(stubOf({ a, b }))).toHaveLength(1);
});

test("[RA13][BL2] whoever is blocked is told so", async () => {
  const { a, b } = freshUsers();
  await postChat(a, { receiver_id: b, content: "hello" });
  await rest(b, a, "PUT", "/block");
  const response = await askChats(a, "POST", "", { receiver_id: b, content: "hello?" });
  expect(response.status).toBe(403);
  expect(await problemOf(response)).toMatchObject({ code: "blocked" });
});

test("[RA14] the old address of anybody's messages is gone, for everybody, and points to the new one", async () => {
  const { one, other } = numberedUsers();
  await postChat(`${one}`, { receiver_id: other, content: "private" });
  for (const user of [undefined, `${one}`, `${other}`]) {
    const response = await askChats(user, "GET", `/${other}`);
    expect(response.status).toBe(410);
    expect(response.headers.get("link")).toBe(`</api/chats/me/${other}>; rel="successor-version"`);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: "gone", status: 410 });
    expect(problem.detail).toContain("/api/chats/me/{correspondent_id}");
  }
  const wrongMethod = await askChats(undefined, "POST", `/${other}`);
  expect(wrongMethod.status).toBe(405);
  expect(wrongMethod.headers.get("allow")).toBe("GET");
});

test("[RA15] with CHATS_API=off every address of it is not_found, with a token and without, and the rest goes on", async () => {
  const { a, b } = freshUsers();
  deployWith({ CHATS_API: "off" });
  for (const user of [undefined, a]) {
    for (const [method, path] of [
      ["GET", `/me/${b}`],
      ["GET", `/${b}`],
      ["POST", ""],
      ["PUT", ""],
      ["GET", "/me"],
    ] as const) {
      const body = method === "POST" ? { receiver_id: b, content: "x" } : undefined;
      const response = await askChats(user, method, path, body);
      expect(response.status).toBe(404);
      expect(await problemOf(response)).toMatchObject({ code: "not_found" });
    }
  }
  expect(await archiveRows(env, a, b)).toEqual([]);
  expect((await rest(a, b, "POST", "/messages", { id: "1", text: "hello" })).status).toBe(201);
});
