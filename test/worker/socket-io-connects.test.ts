import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { controlledClock, deployWith, freshUsers, tokenFor } from "./clients.ts";
import { inboxOf } from "./inbox-client.ts";
import { openSession, sessionOf, type SocketIoClient } from "./socket-io-client.ts";
import { sessionsOf } from "./stored-sessions.ts";

const answers = (client: SocketIoClient) => client.packets.filter((packet) => /^4[04]/.test(packet));

async function connectOn(client: SocketIoClient, packet: string): Promise<string> {
  const before = answers(client).length;
  client.send(packet);
  await client.until(() => answers(client).length > before, "the answer to CONNECT");
  return answers(client)[before] ?? "";
}

const rounds = Array.from({ length: 10 });

const connectPacket = async (user: string) => `40${JSON.stringify({ token: await tokenFor(user) })}`;

test("[SI11] the eleventh CONNECT of a session in a minute is refused and ends it, also across sleeps", async () => {
  const { a } = freshUsers();
  const client = await openSession();
  const packet = await connectPacket(a);
  for (let round = 1; round <= 10; round += 1) {
    expect(await connectOn(client, packet)).toMatch(/^40\{"sid"/);
    if (round === 5) {
      await evictDurableObject(sessionOf(await client.sid()));
    }
    client.send("41");
  }
  expect(await connectOn(client, packet)).toMatch(/^44\{.*"code":"rate_limited".*"retryAfterMs":\d+/);
  expect(await client.closed()).toBe(1000);
  await expect.poll(() => sessionsOf(a)).toEqual([]);
});

test("[SI11] refused CONNECTs and those of other namespaces count too, and a minute later there are ten again", async () => {
  const letPass = controlledClock();
  const { a } = freshUsers();
  const client = await openSession();
  for (let round = 0; round < 5; round += 1) {
    expect(await connectOn(client, '40{"token":"nonsense"}')).toContain("unauthorized");
    expect(await connectOn(client, "40/other,")).toContain("Invalid namespace");
  }
  letPass(60);
  expect(await connectOn(client, await connectPacket(a))).toMatch(/^40\{"sid"/);
  client.close();
});

test(
  "[SI11] sixty CONNECTs of a user in a minute, over all sessions; one more is refused and ends its session",
  { timeout: 30_000 },
  async () => {
    const letPass = controlledClock();
    const { a } = freshUsers();
    const packet = await connectPacket(a);
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const client = await openSession();
        for (const _ of rounds) {
          expect(await connectOn(client, packet)).toMatch(/^40\{"sid"/);
          client.send("41");
        }
        client.close();
      }),
    );
    const late = await openSession();
    expect(await connectOn(late, packet)).toContain('"code":"rate_limited"');
    await late.closed();
    await expect.poll(() => sessionsOf(a)).toEqual([]);
    letPass(60);
    const later = await openSession();
    expect(await connectOn(later, packet)).toMatch(/^40\{"sid"/);
    later.close();
  },
);

test(
  "[SI8][SI11] events of a user are counted over all sessions: no new CONNECT and no other session refills them",
  { timeout: 30_000 },
  async () => {
    // A hundred events at once, then one in five seconds.
    deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "5" });
    const { a, b } = freshUsers();
    const packet = await connectPacket(a);
    const client = await openSession();
    await connectOn(client, packet);
    const history = (one: SocketIoClient) => one.call("history", { peer: b });
    const first = await Promise.all(Array.from({ length: 110 }, () => history(client)));
    const codes = first.map(([answer]) => (answer as { code?: string }).code);
    expect(codes.slice(0, 100)).toEqual(Array.from({ length: 100 }));
    expect(codes.at(-1)).toBe("rate_limited");
    client.send("41");
    await connectOn(client, packet);
    const other = await openSession();
    await connectOn(other, packet);
    await evictDurableObject(sessionOf(await other.sid()));
    // One of them may have come back meanwhile.
    for (const one of [client, other]) {
      const again = await Promise.all(rounds.map(() => history(one)));
      expect(again.filter(([answer]) => (answer as { ok: boolean }).ok).length).toBeLessThan(5);
    }
    const sid = await other.sid();
    const renewals = await Promise.all(rounds.map(() => inboxOf(a).renew(sid, Date.now() + 60_000)));
    expect(renewals.at(-1)).toMatchObject({ code: "rate_limited" });
  },
);
