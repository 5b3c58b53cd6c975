import { expect, test } from "vitest";
import { fixedLimits } from "../../src/protocol/limits.ts";
import { connect, controlledClock, env, freshUsers, origin, problemOf, tokenFor, worker } from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";
import { acquainted, subscribe } from "./followers.ts";
import { interceptCalls } from "./object-calls.ts";
import { conversationOf } from "./stored.ts";

async function setVisible(user: string, visible: boolean): Promise<Response> {
  return worker.fetch(`${origin}/v1/me/presence`, {
    method: "PUT",
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
    body: JSON.stringify({ visible }),
  });
}

test("[PR5] a user hides and shows themselves 10 times at once, and 10 times a minute", async () => {
  const passSeconds = controlledClock();
  const { a } = freshUsers();
  const { presenceChangesPerMinute: count } = fixedLimits;
  for (let nth = 1; nth <= count; nth += 1) {
    expect((await setVisible(a, nth % 2 === 0)).status).toBe(200);
  }
  const response = await setVisible(a, false);
  expect(response.status).toBe(429);
  const problem = await problemOf(response);
  expect(problem.code).toBe("rate_limited");
  expect(problem.retryAfterMs).toBeLessThanOrEqual(60_000 / count);
  passSeconds(60 / count);
  expect((await setVisible(a, false)).status).toBe(200);
  expect((await setVisible(a, true)).status).toBe(429);
});

test("[PR5] it calls the conversations that have messages, none that was only opened to a made-up peer", async () => {
  const { a, b } = await acquainted();
  const alice = await connectInbox(a);
  await subscribe(alice, [b]);
  await connect(b, a);
  const strangers = Array.from({ length: 5 }, () => `nobody-${crypto.randomUUID()}`);
  await Promise.all(strangers.map((stranger) => connect(b, stranger)));
  const asked: string[] = [];
  for (const peer of [a, ...strangers]) {
    await interceptCalls(conversationOf(env, b, peer), "requireNotify", (call) => {
      asked.push(peer);
      return call();
    });
  }
  expect((await setVisible(b, false)).status).toBe(200);
  expect(asked).toEqual([a]);
});
