import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { connect, controlledClock, freshUsers, rest, tokenFor } from "./clients.ts";
import { connectWith, sessionOf } from "./socket-io-client.ts";

test(
  "[SO5][SI9] on a quiet connection an expired token reads nothing: 5, 10 and 15 s later, with every event",
  { timeout: 30_000 },
  async () => {
    const letPass = controlledClock();
    const { a, b } = freshUsers();
    await rest(b, a, "POST", "/messages", { id: "1", text: "not for expired tokens" });
    const events = [
      ["history", { peer: b }],
      ["history", { peer: b }],
      ["history", { peer: b }],
      ["sync", { peer: b, after: 0 }],
      ["send", { peer: b, text: "x" }],
      ["private_dm", { content: "x", receiver_id: b }],
      ["subscribe", { peers: [b] }],
      ["nonsense", {}],
    ] as const;
    const token = await tokenFor(a, 60);
    const clients = await Promise.all(events.map(async () => connectWith({ token })));
    await Promise.all(clients.map((client) => client.event("ready")));
    letPass(60 + 30);
    for (const [index, [name, value]] of events.entries()) {
      letPass(index < 3 ? 5 : 0);
      const client = clients[index];
      const before = client?.packets.length;
      expect(client?.end).toBeUndefined();
      expect(await client?.call(name, value)).toMatchObject([{ ok: false, code: "token_expired" }]);
      expect(await client?.closed()).toBe(1000);
      expect(client?.events("error").at(-1)).toMatchObject({ code: "token_expired" });
      expect(JSON.stringify(client?.packets.slice(before))).not.toContain("not for expired");
    }
    expect((await (await connect(b, a)).first("ready")).head).toBe(1);
  },
);

test("[SO5][SI9] a fresh token is taken from a quiet client whose last one has expired, also after a sleep", async () => {
  const letPass = controlledClock();
  const { a, b } = freshUsers();
  const client = await connectWith({ token: await tokenFor(a, 60) });
  await client.event("ready");
  letPass(600);
  await evictDurableObject(sessionOf(await client.sid()));
  expect(await client.call("auth", { token: await tokenFor(a, 60) })).toEqual([{ ok: true }]);
  await evictDurableObject(sessionOf(await client.sid()));
  expect(await client.call("history", { peer: b })).toMatchObject([{ ok: true, messages: [] }]);
  letPass(95);
  await evictDurableObject(sessionOf(await client.sid()));
  expect(await client.call("history", { peer: b })).toMatchObject([{ ok: false, code: "token_expired" }]);
});
