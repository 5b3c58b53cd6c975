import { createHash, randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createClient } from "../../src/client/index.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { percentile } from "./statistics.ts";
import type { Subjects } from "./subjects.ts";

type Pairline = Subjects["pairline"];
type Share = (count: number) => number;

/** A Markdown table: what no bare relay has. History pages, lists, and the SDK from send to the peer's screen. */
export async function restOfPairline(pairline: Pairline, share: Share): Promise<string> {
  const lines: string[] = [];
  for (const count of [200, 20_000, 1_000_000].map(share)) {
    lines.push(
      lineOf(`an older page of 50, of ${count} messages`, await historyPages(pairline, count, share(100))),
    );
  }
  for (const count of [10, 500, 5_000].map(share)) {
    lines.push(
      lineOf(`the list of a user with ${count} conversations`, await lists(pairline, count, share(50))),
    );
  }
  lines.push(lineOf("the SDK, from send() to the peer's messages", await sdk(pairline, share(300))));
  return ["| Pairline, one at a time | p50 | p99 |", "| --- | --- | --- |", ...lines].join("\n");
}

function lineOf(name: string, ms: readonly number[]): string {
  return `| ${name} | ${percentile(ms, 0.5).toFixed(2)} ms | ${percentile(ms, 0.99).toFixed(2)} ms |`;
}

function freshUsers(): [string, string] {
  const name = randomUUID();
  return [`alice-${name}`, `bob-${name}`];
}

function keyOf(a: string, b: string): string {
  return createHash("sha256").update(conversationName(a, b)).digest().subarray(0, 16).toString("base64url");
}

/** `count` calls of a route as a user, one after another, after one that warms up. */
async function timed(pairline: Pairline, user: string, count: number, pathOf: (nth: number) => string) {
  const headers = { authorization: `Bearer ${await pairline.token(user)}` };
  const tookMs: number[] = [];
  for (let nth = 0; nth <= count; nth += 1) {
    const startedAt = performance.now();
    const answer = await fetch(`${pairline.url}${pathOf(nth)}`, { headers });
    await answer.text();
    if (!answer.ok) {
      throw new Error(`${pathOf(nth)} was answered with ${answer.status}`);
    }
    if (nth > 0) {
      tookMs.push(performance.now() - startedAt);
    }
  }
  return tookMs;
}

// A revision that the archive has says that it is whole, so the conversation is not asked.
async function historyPages(pairline: Pairline, messages: number, pages: number): Promise<number[]> {
  const [a, b] = freshUsers();
  const key = keyOf(a, b);
  await pairline.database.batch([
    pairline.database
      .prepare(
        `WITH RECURSIVE numbers (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < ?2)
         INSERT INTO messages (conversation, seq, rev, created_rev, author, id, text, created_at_ms, count_a)
         SELECT ?1, seq, seq, seq, 'a', 'id-' || seq, 'text ' || seq, seq, seq FROM numbers`,
      )
      .bind(key, messages),
    summaryRows(pairline, JSON.stringify([[key, a, b]]), messages),
  ]);
  const depth = (nth: number) => messages - Math.floor((nth * messages) / (2 * (pages + 1)));
  return timed(
    pairline,
    a,
    pages,
    (nth) => `/v1/conversations/${b}/messages?limit=50&before=${depth(nth)}&rev=${messages}`,
  );
}

async function lists(pairline: Pairline, conversations: number, calls: number): Promise<number[]> {
  const [user] = freshUsers();
  const rows = Array.from({ length: conversations }, () => {
    const peer = `peer-${randomUUID()}`;
    return [keyOf(user, peer), user, peer];
  });
  await summaryRows(pairline, JSON.stringify(rows), 1).run();
  return timed(pairline, user, calls, () => "/v1/conversations?limit=50");
}

function summaryRows({ database }: Pairline, rows: string, head: number) {
  return database
    .prepare(
      `INSERT INTO conversations (id, user_a, user_b, rev, head, last_author, last_text, last_at_ms, count_a, read_a, read_b, read_count_a, read_count_b, updated_at_ms)
       SELECT value ->> 0, value ->> 1, value ->> 2, ?2, ?2, 'a', 'text', ?2, ?2, 0, 0, 0, 0, ?2 FROM json_each(?1)`,
    )
    .bind(rows, head);
}

async function sdk(pairline: Pairline, messages: number): Promise<number[]> {
  const [a, b] = freshUsers();
  const client = (user: string) => createClient({ url: pairline.url, token: () => pairline.token(user) });
  const [alice, bob] = [client(a), client(b)];
  const [sender, receiver] = [alice.conversation(b), bob.conversation(a)];
  const tookMs: number[] = [];
  for (let nth = 0; nth <= messages; nth += 1) {
    const text = `message ${nth}`;
    const startedAt = performance.now();
    await Promise.all([sender.send(text), shown(receiver, text)]);
    if (nth > 0) {
      tookMs.push(performance.now() - startedAt);
    }
  }
  alice.close();
  bob.close();
  return tookMs;
}

async function shown(
  conversation: ReturnType<ReturnType<typeof createClient>["conversation"]>,
  text: string,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (conversation.messages.value.some((message) => message.text === text)) {
      resolve();
    }
  };
  const stop = conversation.messages.subscribe(look);
  look();
  await promise;
  stop();
}
