import { expect, test } from "vitest";
import { askDirectory, loadAll } from "../../../src/web/addressing/directory.ts";
import { emptyList, freezeTime, passMs, summary, worldOf } from "../fake-server.ts";

freezeTime();

async function openWorld(list: object = emptyList) {
  const world = worldOf();
  await world.greet(list);
  return world;
}

test.each([
  { who: "with a name", status: 200, body: { id: "u1", name: "Ada" }, said: { kind: "known", id: "u1" } },
  { who: "with a picture", status: 200, body: { id: "u1", picture: "p" }, said: { kind: "known", id: "u1" } },
  { who: "whom an alias means", status: 200, body: { id: "u2" }, said: { kind: "known", id: "u2" } },
  {
    who: "of whom nothing is known",
    status: 200,
    body: { id: "u1" },
    said: { kind: "unknown", mayWrite: true },
  },
  {
    who: "whom the deployment refuses",
    status: 404,
    body: { code: "unknown_peer" },
    said: { kind: "unknown", mayWrite: false },
  },
  {
    who: "about whom the server fails",
    status: 404,
    body: { code: "not_found" },
    said: { kind: "unchecked" },
  },
])("[WEB18] the server is asked about somebody $who", async ({ status, body, said }) => {
  const world = await openWorld();
  world.answers.set("GET /v1/users/u1", () => ({ status, body }));
  expect(await askDirectory(world.client, "u1")).toEqual(said);
});

test("[WEB18] Enter does not wait for a server that answers nothing", async () => {
  const world = await openWorld();
  world.answers.set("GET /v1/users/u1", () => new Promise(() => {}));
  const asked = askDirectory(world.client, "u1");
  await passMs(5_000);
  expect(await asked).toEqual({ kind: "unchecked" });
});

test("[WEB18] a search covers every page of the list and the archived conversations", async () => {
  const world = await openWorld({ ...emptyList, conversations: [summary("bob", 5)], nextCursor: "n" });
  world.answers.set("GET /v1/conversations?cursor=n&limit=500", () => ({
    status: 200,
    body: { ...emptyList, conversations: [summary("cid", 3)] },
  }));
  world.answers.set("GET /v1/conversations?archived=true&limit=500", () => ({
    status: 200,
    body: { ...emptyList, conversations: [summary("dan", 1, { archived: true })] },
  }));
  await loadAll(world.client);
  expect(world.client.conversations.value.map(({ peer }) => peer).toSorted()).toEqual(["bob", "cid", "dan"]);
});

test("[WEB18] while the server is away nothing is asked", async () => {
  const world = await openWorld();
  world.socket.end(1006);
  await passMs(0);
  expect(world.client.connection.value.state).toBe("waiting");
  expect(await askDirectory(world.client, "u1")).toEqual({ kind: "unchecked" });
  await expect(loadAll(world.client)).rejects.toThrow("the server cannot be reached");
  expect(world.requests).toEqual([]);
});
