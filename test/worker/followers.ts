import { connect, env, freshUsers } from "./clients.ts";
import type { InboxClient } from "./inbox-client.ts";
import { conversationOf } from "./stored.ts";

/** Two users who have both written, which D1 knows. */
export async function acquainted(): Promise<{ a: string; b: string }> {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  await alice.say("hello");
  await bob.say("hello yourself");
  for (const client of [alice, bob]) {
    client.close();
    await client.closed();
  }
  await conversationOf(env, a, b).waitUntilReplicated(2);
  return { a, b };
}

/** What a device was told of a peer, in order, without what is always the same. */
export function seenOf(client: InboxClient, peer: string) {
  return client
    .all("presence")
    .filter((frame) => frame.peer === peer)
    .map(({ online, lastSeen }) => ({ online, ...(lastSeen !== undefined && { lastSeen }) }));
}

/** Subscribes and waits until everything that the answer brings is there. */
export async function subscribe(client: InboxClient, peers: readonly string[]): Promise<void> {
  client.send({ type: "subscribe", peers });
  const stranger = crypto.randomUUID();
  const before = client.all("synced").length;
  client.send({ type: "sync", peer: stranger });
  await client.until(() => client.all("synced").length > before, "synced");
  await scheduler.wait(20);
}
