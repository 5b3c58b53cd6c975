import { expect, onTestFinished, test, vi } from "vitest";
import { adminUserSchema } from "../../src/protocol/rest.ts";
import {
  Client,
  deployWith,
  env,
  freshUsers,
  origin,
  problemOf,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { adminKey, adminUrl, nameUser, putUser, watchD1 } from "./users.ts";

test("[US4] the team sets a user, replaces what is known of them, and leaves the aliases where it names none", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a } = freshUsers();
  const aliases = [`${a}-2`, `${a}-1`, `${a}-2`];
  const full = { name: "Alice", picture: "https://a.example" };
  expect(await answerOf(putUser(a, { ...full, aliases }))).toEqual({
    id: a,
    ...full,
    aliases: [`${a}-1`, `${a}-2`],
  });
  expect(await answerOf(putUser(a, { name: "Al" }))).toEqual({
    id: a,
    name: "Al",
    aliases: [`${a}-1`, `${a}-2`],
  });
  expect(await answerOf(putUser(a, { aliases: [`${a}-3`, `${a}-1`] }))).toEqual({
    id: a,
    aliases: [`${a}-1`, `${a}-3`],
  });
  expect(await answerOf(putUser(a, { aliases: [] }))).toEqual({ id: a, aliases: [] });
});

test("[US4][ER7] the answer is never stored", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  expect((await putUser(freshUsers().a, {})).headers.get("cache-control")).toBe("no-store");
});

test("[US4] an odd id and twenty aliases of 128 characters are set, twenty-one are refused", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a } = freshUsers();
  const id = `${a}/?%'"; DROP TABLE users --`;
  const many = Array.from({ length: 21 }, (_, nth) => `${a}'"${nth}`.padEnd(128, "\\"));
  const twenty = many.slice(0, 20);
  expect(await answerOf(putUser(id, { aliases: twenty }))).toEqual({ id, aliases: twenty.toSorted() });
  const refused = await putUser(id, { aliases: many });
  expect(refused.status).toBe(400);
});

test.each([
  { what: "another key", headers: { authorization: "Bearer another-key-of-some-length" } },
  { what: "the key cut short", headers: { authorization: `Bearer ${adminKey.slice(0, -1)}` } },
  { what: "the key and more", headers: { authorization: `Bearer ${adminKey}x` } },
  { what: "the key in capitals", headers: { authorization: `Bearer ${adminKey.toUpperCase()}` } },
  { what: "the key of another scheme", headers: { authorization: `Basic ${adminKey}` } },
  { what: "an empty key", headers: { authorization: "Bearer " } },
  { what: "no key", headers: {} },
])("[US4][ER3] with $what nothing is set: 401", async ({ headers }) => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a } = freshUsers();
  const response = await putUser(a, { name: "Mallory" }, headers);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(await problemOf(response)).toMatchObject({ code: "unauthorized" });
  expect(await usersCalled(a)).toEqual([]);
});

test("[US4] a user's token is no admin key, and the admin key is no user's token", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a, b } = freshUsers();
  const asUser = await putUser(a, {}, { authorization: `Bearer ${await tokenFor(a)}` });
  expect(asUser.status).toBe(401);
  const asAdmin = await worker.fetch(`${origin}/v1/conversations/${b}`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(asAdmin.status).toBe(401);
});

test.each(["", "fifteen-letters", "sixteen letters with spaces", "schlüssel-mit-umlaut"])(
  "[US4][AD9] a deployment whose key is '%s' says that ADMIN_KEY is to be set, whatever is brought",
  async (unusable) => {
    deployWith({ ADMIN_KEY: unusable });
    const { a } = freshUsers();
    for (const headers of [{}, { authorization: `Bearer ${adminKey}` }]) {
      const response = await putUser(a, {}, headers);
      expect(response.status).toBe(503);
      const { code, detail } = await problemOf(response);
      expect([code, detail.includes("ADMIN_KEY")]).toEqual(["not_configured", true]);
      expect(unusable !== "" && detail.includes(unusable)).toBe(false);
    }
    expect(await usersCalled(a)).toEqual([]);
  },
);

test("[US4] a key of sixteen characters is one", async () => {
  deployWith({ ADMIN_KEY: "sixteen-letters!" });
  const headers = { authorization: "Bearer sixteen-letters!" };
  expect((await putUser(freshUsers().a, {}, headers)).status).toBe(200);
});

test("[US4] a page of a browser is refused, of an allowed origin too", async () => {
  deployWith({ ADMIN_KEY: adminKey, ALLOWED_ORIGINS: "*" });
  const { a } = freshUsers();
  for (const from of ["https://app.example", origin]) {
    const headers = { authorization: `Bearer ${adminKey}`, origin: from };
    const response = await putUser(a, { name: "Alice" }, headers);
    expect(response.status).toBe(403);
    expect(await problemOf(response)).toMatchObject({ code: "origin_refused" });
  }
  expect(await usersCalled(a)).toEqual([]);
});

test.each([
  { what: "no JSON", body: "{" },
  { what: "a list", body: [] },
  { what: "a name that is a number", body: { name: 1 }, field: "name" },
  { what: "a name that is null", body: { name: null }, field: "name" },
  { what: "an empty name", body: { name: "" }, field: "name" },
  { what: "a name of 129 characters", body: { name: "n".repeat(129) }, field: "name" },
  { what: "a name with a lone surrogate", body: '{"name":"\\ud83d"}', field: "name" },
  { what: "a name with U+0000", body: { name: "a\u0000" }, field: "name" },
  { what: "a picture of 2,049 characters", body: { picture: "p".repeat(2_049) }, field: "picture" },
  { what: "aliases that are text", body: { aliases: "al" }, field: "aliases" },
  { what: "an alias beyond ASCII", body: { aliases: ["zoë"] }, field: "aliases" },
  { what: "an alias of 129 characters", body: { aliases: ["a".repeat(129)] }, field: "aliases" },
  { what: "the alias ..", body: { aliases: [".."] }, field: "aliases" },
])("[US4][ER3] a body with $what is 400 and sets nothing", async ({ body, field }) => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a } = freshUsers();
  const response = await putUser(a, body);
  expect(response.status).toBe(400);
  const problem = await problemOf(response);
  expect(problem.code).toBe("bad_request");
  expect(field === undefined || problem.field === field).toBe(true);
  expect(await usersCalled(a)).toEqual([]);
});

test("[US4][ER3] a body over 64 KiB is 413, a malformed id 400, another method 405, another address 404", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a } = freshUsers();
  expect((await putUser(a, { name: "n".repeat(65_536) })).status).toBe(413);
  const malformed = await putUser("zoë", {});
  expect([malformed.status, await problemOf(malformed)]).toMatchObject([
    400,
    { code: "bad_peer", field: "id" },
  ]);
  const headers = { authorization: `Bearer ${adminKey}` };
  for (const method of ["GET", "POST", "DELETE", "PATCH"]) {
    const response = await worker.fetch(adminUrl(a), { method, headers });
    expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "PUT"]);
  }
  for (const path of ["/v1/admin", "/v1/admin/users", `/v1/admin/users/${a}/more`]) {
    expect([path, (await worker.fetch(origin + path, { headers })).status]).toEqual([path, 404]);
  }
});

test("[US4][AD6] an upgrade of an admin address opens nothing", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const response = await worker.fetch(adminUrl("bob"), { headers: upgradeHeaders(adminKey) });
  expect((await new Client(socketOf(response)).closed()).code).toBe(4401);
});

test("[US5] an alias that is the id is 400, one that is taken 409, and nothing is changed", async () => {
  const { a, b } = freshUsers();
  await nameUser(a, { name: "Alice", aliases: [`${a}-1`] });
  await nameUser(b, { name: "Bob", aliases: [`${b}-1`] });
  const own = await putUser(a, { aliases: [`${a}-2`, a] });
  expect([own.status, await problemOf(own)]).toMatchObject([400, { code: "bad_request", field: "aliases" }]);
  for (const [id, aliases] of [
    // Stands for another user.
    [a, [`${a}-2`, `${b}-1`]],
    // Is a user with aliases.
    [a, [`${a}-2`, b]],
    // The id is an alias.
    [`${b}-1`, [`${a}-2`]],
    [`${b}-1`, undefined],
  ] as const) {
    const response = await putUser(id, { name: "Mallory", ...(aliases && { aliases }) });
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({ code: "alias_taken" });
  }
  expect(await answerOf(putUser(a, { name: "Alice" }))).toMatchObject({ aliases: [`${a}-1`] });
  expect(await usersCalled(a, b, `${b}-1`)).toEqual(["Alice", "Bob"]);
});

test("[US5] a user without aliases may become an alias, and an alias that was dropped is free", async () => {
  const { a, b } = freshUsers();
  await nameUser(b, { name: "Bob before" });
  expect(await answerOf(putUser(a, { aliases: [b] }))).toMatchObject({ aliases: [b] });
  expect(await answerOf(putUser(a, { aliases: [] }))).toMatchObject({ aliases: [] });
  expect(await answerOf(putUser(b, { aliases: [a] }))).toMatchObject({ aliases: [a] });
});

test("[US9] setting a user writes one row, two for each alias that is new, and one for each that is gone", async () => {
  const { a } = freshUsers();
  const cost = async (body: object) => {
    const watch = watchD1();
    await nameUser(a, body);
    return (await watch.cost()).written;
  };
  expect(await cost({ name: "Alice" })).toBe(1);
  expect(await cost({ aliases: [`${a}-1`, `${a}-2`] })).toBe(5);
  expect(await cost({ aliases: [`${a}-2`, `${a}-1`] })).toBe(1);
  expect(await cost({ aliases: [`${a}-2`, `${a}-3`] })).toBe(4);
});

test("[US4][ER6] while D1 fails the answer is 503 and tells neither the key nor the statement, and neither does the log", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const lines = loggedLines();
  const { a } = freshUsers();
  onTestFinished(
    interceptD1(env.DB, () => Promise.reject(new Error(`D1_ERROR: INSERT INTO users ('sesame')`))),
  );
  const response = await putUser(a, { name: "sesame" });
  expect(response.status).toBe(503);
  expect(await problemOf(response.clone())).toMatchObject({ code: "archive_unavailable" });
  for (const told of [await response.text(), ...lines()]) {
    expect(told).not.toMatch(/sesame|INSERT|D1_ERROR/);
    expect(told).not.toContain(adminKey);
  }
});

test("[US4][ER6] no refusal and no log line carries the key that was brought, or the one that is set", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const lines = loggedLines();
  const { a } = freshUsers();
  const wrong = "a-wrong-key-that-somebody-tried";
  const told = [];
  for (const key of [wrong, adminKey]) {
    const headers = { authorization: `Bearer ${key}` };
    told.push(await (await putUser(a, "{", headers)).text());
    told.push(await (await worker.fetch(adminUrl(a), { headers })).text());
  }
  expect(lines()).toEqual([]);
  expect(told).toHaveLength(4);
  for (const text of told) {
    expect(text).not.toContain(adminKey);
    expect(text).not.toContain(wrong);
  }
});

test("[US4] a write whose answer was lost may be repeated", async () => {
  const { a } = freshUsers();
  deployWith({ ADMIN_KEY: adminKey });
  const body = { name: "Alice", aliases: [`${a}-1`] };
  const restore = interceptD1(env.DB, async (call) => {
    await call();
    throw new Error("D1_ERROR: Network connection lost.");
  });
  onTestFinished(restore);
  expect((await putUser(a, body)).status).toBe(503);
  restore();
  expect(await usersCalled(a)).toEqual(["Alice"]);
  expect(await answerOf(putUser(a, body))).toEqual({ id: a, ...body });
});

async function answerOf(request: Promise<Response>) {
  const response = await request;
  expect(response.status).toBe(200);
  return adminUserSchema.strict().parse(await response.json());
}

/** The names of those of these users that D1 has, by id. */
async function usersCalled(...ids: string[]): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM users WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
  )
    .bind(JSON.stringify(ids))
    .all();
  return results.map(({ name }) => name);
}

/** Everything that is logged from now on, kept from the terminal until the test is over. */
function loggedLines(): () => string[] {
  const spies = (["debug", "log", "info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  return () => spies.flatMap((spy) => spy.mock.calls.map((values) => values.map(String).join(" ")));
}
