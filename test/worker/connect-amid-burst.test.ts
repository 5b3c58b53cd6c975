import { expect, test } from "vitest";
import { upTo } from "./by-hand.ts";
import { connect, freshUsers, openWith, tokenFor, type Client } from "./clients.ts";

test("[RP1][SO3] a device that connects amid a burst sees each message once, without a gap", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  const sent = sendMany(one, 100, "x");
  await one.first("ack");
  const late = await openWith(await tokenFor(b), a, "?after=0");
  await Promise.all([sent, late.first("message", ({ message }) => message.seq === 100)]);
  expect(late.all("message").map(({ message }) => message.rev)).toEqual(upTo(100));
  expect(late.all("ready")).toHaveLength(1);
});

async function sendMany(client: Client, count: number, text: string): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) {
    client.send({ type: "send", id: `id ${nth}`, text, after: 0 });
  }
  await client.until(() => client.all("ack").length === count, `${count} acks`);
}
