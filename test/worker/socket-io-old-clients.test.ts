import { expect, test } from "vitest";
import { controlledClock, deployWith, freshUsers, rest } from "./clients.ts";
import { connectSocketIo } from "./socket-io-client.ts";
import { dm, openPolling } from "./socket-io-clients.ts";

const texts = (count: number, size = 10) =>
  Array.from({ length: count }, (_, index) => `message ${index} `.padEnd(size, "x"));

async function storedTexts(a: string, b: string): Promise<string[]> {
  const { messages } = await (
    await rest(a, b, "GET", "/messages?limit=100")
  ).json<{ messages: { text: string }[] }>();
  return messages.map(({ text }) => text);
}

test("[EN8] sixty events of 2 kB in one post are taken, as old clients put all that waits into one", async () => {
  const { a, b } = freshUsers();
  const { post, connectPacket } = await openPolling(a);
  await post(connectPacket);
  const response = await post(...texts(60, 2_000).map((text) => dm(b, text)));
  expect(response.status).toBe(200);
  await expect.poll(() => storedTexts(a, b)).toEqual(texts(60, 2_000));
});

test("[EN8] of a post that is over a limit nothing is taken, and the session goes on", async () => {
  const { a, b } = freshUsers();
  const { post, connectPacket } = await openPolling(a);
  await post(connectPacket);
  const small = dm(b, "not taken");
  const refused = [
    [small, `4${"x".repeat(65_536)}`, small],
    Array.from({ length: 1_001 }, () => small),
    Array.from({ length: 20 }, () => small).concat(texts(20, 60_000)),
  ];
  for (const packets of refused) {
    expect((await post(...packets)).status).toBe(413);
  }
  expect((await post(dm(b, "taken"))).status).toBe(200);
  await expect.poll(() => storedTexts(a, b)).toEqual(["taken"]);
});

/** Emits `private_dm` at once; how many of them are stored, how many refused for their rate. */
async function flush(user: string, peer: string, count: number, waitSeconds?: (seconds: number) => void) {
  const client = await connectSocketIo(user);
  waitSeconds?.(11);
  const answers = await Promise.all(
    texts(count).map((content) => client.call("private_dm", { content, receiver_id: peer })),
  );
  client.close();
  const stored = answers.filter((answer) => answer.length === 0).length;
  const codes = new Set(answers.flatMap(([answer]) => (answer as { code?: string } | undefined)?.code ?? []));
  return { stored, codes: [...codes] };
}

test("[RA6] forty messages that a client kept while it was away are stored when it connects again", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "5", RATE_LIMIT_BURST: "20" });
  const { a, b } = freshUsers();
  expect(await flush(a, b, 40)).toEqual({ stored: 40, codes: [] });
  expect(await storedTexts(a, b)).toEqual(texts(40));
});

test("[RA6] a hundred are taken beside the rate, no more, and connecting again brings no other hundred", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "20" });
  const { a, b } = freshUsers();
  // One comes back every three seconds.
  const first = await flush(a, b, 130);
  expect(first.codes).toEqual(["rate_limited"]);
  expect(first.stored).toBeGreaterThanOrEqual(100);
  expect(first.stored).toBeLessThan(120);
  const second = await flush(a, b, 60);
  expect(second.codes).toEqual(["rate_limited"]);
  expect(second.stored).toBeLessThan(30);
});

test("[RA6] ten seconds after it connected a client has the rate of all others", async () => {
  const letPass = controlledClock();
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "20" });
  const { a, b } = freshUsers();
  expect(await flush(a, b, 40, letPass)).toEqual({ stored: 20, codes: ["rate_limited"] });
});
