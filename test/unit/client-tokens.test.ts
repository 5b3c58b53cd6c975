import { expect, test } from "vitest";
import { codeOf, freezeTime, nextSocket, passMs, summary, worldOf } from "./fake-server.ts";

freezeTime();

/** A token of the fake clock that is good for so long. */
function tokenOf(lifeMs: number, number = 1): string {
  const nowS = Date.now() / 1_000;
  const claims = { iat: nowS, exp: nowS + lifeMs / 1_000, number };
  return `header.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

function issuer(lifeMs: number) {
  const issued: string[] = [];
  return { issued, token: async () => issued[issued.push(tokenOf(lifeMs, issued.length)) - 1] ?? "" };
}

test("[CL9] a live socket gets a fresh token a minute before the old one expires", async () => {
  const { issued, token } = issuer(600_000);
  const world = worldOf({ token });
  const socket = await world.greet();
  await passMs(539_000);
  expect(issued.length).toBe(1);
  await passMs(1_000);
  expect(socket.of("auth")).toEqual([{ type: "auth", token: issued[1] }]);
  expect(world.sockets.length).toBe(1);
});

test("[CL9] one call for each expiry, however much the network flaps", async () => {
  const { issued, token } = issuer(3_600_000);
  const world = worldOf({ token });
  for (let flap = 0; flap < 50; flap += 1) {
    await world.greet();
    world.socket.end(1006);
    await nextSocket(world);
  }
  expect(world.sockets.length).toBe(51);
  expect(issued.length).toBe(1);
  expect(new Set(world.sockets.map((socket) => socket.token))).toEqual(new Set(issued));
});

test("[CL9] the socket and requests that want a token together make one call", async () => {
  const calls: ((token: string) => void)[] = [];
  const world = worldOf({ token: () => new Promise((resolve) => calls.push(resolve)) });
  world.answers.set("PUT", () => ({ status: 200, body: summaryOfBob }));
  const blocked = Promise.all([
    world.client.conversation("bob").block(),
    world.client.conversation("cid").block(),
  ]);
  await passMs(0);
  expect(calls.length).toBe(1);
  calls[0]?.(tokenOf(600_000));
  await blocked;
  await passMs(0);
  expect(world.sockets.length).toBe(1);
  expect(calls.length).toBe(1);
});

test("[CL9] a refused token is replaced once at once; the second refusal in a row stops the tries", async () => {
  const { issued, token } = issuer(600_000);
  const world = worldOf({ token });
  await passMs(0);
  world.socket.end(4401, "unauthorized");
  await passMs(1_000);
  expect(issued.length).toBe(2);
  expect(world.socket.token).toBe(issued[1]);
  world.socket.end(4402, "token_expired");
  await passMs(600_000);
  expect(world.sockets.length).toBe(2);
  expect(issued.length).toBe(2);
  expect(world.client.connection.value).toMatchObject({ state: "stopped", error: { code: "token_expired" } });
});

test("[CL9] refusals with a greeting between them are not in a row", async () => {
  const { token } = issuer(600_000);
  const world = worldOf({ token });
  for (let refusal = 0; refusal < 3; refusal += 1) {
    (await world.greet()).end(4401, "unauthorized");
    await nextSocket(world);
  }
  expect(world.sockets.length).toBe(4);
});

test("[CL9] a request whose token is refused tries once more with a fresh one", async () => {
  const { issued, token } = issuer(600_000);
  const world = worldOf({ token });
  await world.greet();
  let answered = 0;
  world.answers.set("PUT", () => {
    answered += 1;
    return answered === 2
      ? { status: 200, body: summaryOfBob }
      : { status: 401, body: { code: "unauthorized", detail: "no" } };
  });
  const blocked = codeOf(world.client.conversation("bob").block());
  await passMs(0);
  expect(blocked.code).toBe("resolved");
  expect(issued.length).toBe(2);
  answered = 5;
  const refused = codeOf(world.client.conversation("bob").block());
  await passMs(0);
  expect(refused.code).toBe("unauthorized");
  expect(answered).toBe(7);
});

test("[CL9] token() that fails is called again after a wait that grows; the app sees why", async () => {
  let calls = 0;
  const world = worldOf({
    token: () => {
      calls += 1;
      return Promise.reject(new Error("signed out"));
    },
  });
  await passMs(0);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "no_token" } });
  await passMs(1_000 + 2_000 + 4_000);
  expect(calls).toBe(4);
});

test("[CL9] token() that never answers counts as failed after 10 s", async () => {
  const world = worldOf({ token: () => new Promise(() => {}) });
  await passMs(10_000);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "no_token" } });
});

test("[CL9] a refresh that fails is told as trouble, and tried again while the socket lives", async () => {
  let isDown = false;
  const { issued, token } = issuer(120_000);
  const world = worldOf({ token: () => (isDown ? Promise.reject(new Error("down")) : token()) });
  const socket = await world.greet();
  isDown = true;
  await passMs(96_000);
  expect(world.events.trouble).toMatchObject([{ code: "no_token" }]);
  isDown = false;
  await passMs(9_000);
  expect(socket.of("auth")).toEqual([{ type: "auth", token: issued[1] }]);
});

test("[CL9] a device whose clock is ahead of the server's does not ask without end", async () => {
  let calls = 0;
  const claims = { iat: 1_700_000_000, exp: 1_700_000_600 };
  const token = `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  const world = worldOf({
    token: async () => {
      calls += 1;
      return token;
    },
  });
  const socket = await world.greet();
  await passMs(400_000);
  expect(socket.isClosedByClient).toBe(false);
  expect(calls).toBe(1);
});

const summaryOfBob = summary("bob", 0, { state: 1, blocked: true });
