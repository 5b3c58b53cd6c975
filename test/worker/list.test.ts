import { describe, expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import type { ListedConversation } from "../../src/protocol/conversation-list.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { sendAnswerSchema } from "../../src/protocol/rest.ts";
import { upTo } from "./by-hand.ts";
import { env, rest } from "./clients.ts";
import { seededRandom } from "../seeded-random.ts";
import { listOf, pagesOf, peersIn, putSummaries, userWithPeers } from "./lists.ts";
import { conversationOf } from "./stored.ts";

/** What a test did in one conversation of a user, to count by hand what the list must say. */
class Talk {
  readonly messages: { readonly author: string; readonly text: string; readonly createdAt: number }[] = [];
  readonly read = { you: 0, peer: 0 };
  readonly muted = { you: false, peer: false };
  readonly archived = { you: false, peer: false };
  state = 0;
  readonly user: string;
  readonly peer: string;

  constructor(user: string, peer: string) {
    this.user = user;
    this.peer = peer;
  }

  async say(isOwn: boolean, text: string): Promise<void> {
    const [author, reader] = isOwn ? [this.user, this.peer] : [this.peer, this.user];
    const response = await rest(author, reader, "POST", "/messages", { id: crypto.randomUUID(), text });
    const { createdAt } = sendAnswerSchema.parse(await response.json());
    this.messages.push({ author, text, createdAt });
    this.state += this.archived.you || this.archived.peer ? 1 : 0;
    Object.assign(this.archived, { you: false, peer: false });
  }

  async markRead(isOwn: boolean, seq: number): Promise<void> {
    const [reader, other] = isOwn ? [this.user, this.peer] : [this.peer, this.user];
    await rest(reader, other, "PUT", "/read", { seq });
    const side = isOwn ? "you" : "peer";
    this.read[side] = Math.max(this.read[side], seq);
  }

  async setFlag(isOwn: boolean, flag: "muted" | "archived", on: boolean): Promise<void> {
    const [setter, other] = isOwn ? [this.user, this.peer] : [this.peer, this.user];
    await rest(setter, other, "PATCH", "", { [flag]: on });
    const side = isOwn ? "you" : "peer";
    this.state += this[flag][side] === on ? 0 : 1;
    this[flag][side] = on;
  }

  async settled(): Promise<void> {
    await conversationOf(env, this.user, this.peer).waitUntilReplicated(this.messages.length);
  }

  get listed(): ListedConversation {
    const { peer, messages, read, state } = this;
    const flags = { muted: this.muted.you, archived: this.archived.you, blocked: false };
    const head = messages.length;
    const unread = messages.filter(({ author }, index) => author === peer && index + 1 > read.you).length;
    const last = messages.at(-1);
    return { peer, head, rev: head, state, read, unread, ...flags, ...(last && { last }) };
  }
}

const newestFirst = (talks: readonly Talk[]) =>
  talks
    .map((talk) => talk.listed)
    .filter(({ head }) => head > 0)
    .toSorted((one, other) => (other.last?.createdAt ?? 0) - (one.last?.createdAt ?? 0));

async function talkAtRandom(talks: readonly Talk[], steps: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const upToNow = (count: number) => Math.floor(random() * (count + 1));
  for (const step of upTo(steps)) {
    const talk = talks[Math.floor(random() * talks.length)];
    const luck = random();
    if (luck < 0.6) {
      await talk?.say(random() < 0.4, `message ${step}`);
      // No two conversations share a time: ties have a test of their own.
      await scheduler.wait(2);
    } else if (luck < 0.85) {
      await talk?.markRead(random() < 0.7, upToNow(talk.messages.length));
    } else {
      await talk?.setFlag(random() < 0.6, random() < 0.3 ? "muted" : "archived", random() < 0.7);
    }
  }
}

test(
  "[LS1][LS2][MK5] the list is what counting by hand says, after any sends, read marks, mutes and archivings",
  { timeout: 30_000 },
  async () => {
    const { user, peers } = userWithPeers(9);
    const talks = peers.map((peer) => new Talk(user, peer));
    for (const seed of [1, 2, 3]) {
      await talkAtRandom(talks, 60, seed);
      await Promise.all(talks.map((talk) => talk.settled()));
      const expected = newestFirst(talks);
      const shown = expected.filter(({ archived }) => !archived);
      const list = await listOf(user);
      expect(list.conversations).toEqual(shown);
      const unreadIn = (of: typeof shown) => of.reduce((sum, { unread }) => sum + unread, 0);
      const mutedMessages = unreadIn(shown.filter(({ muted }) => muted));
      expect(list.unread).toEqual({
        messages: unreadIn(shown),
        conversations: shown.filter(({ unread }) => unread > 0).length,
        ...(mutedMessages > 0 && { mutedMessages }),
      });
      const archived = await listOf(user, { archived: true });
      expect(archived.conversations).toEqual(expected.filter((conversation) => conversation.archived));
      expect((await listOf(user, { archived: false })).conversations).toEqual(shown);
      expect((await listOf(user, { changedSince: 0 })).conversations).toEqual(expected);
    }
  },
);

test("[LS1] the list of a user without conversations is empty, and nobody else's conversations are in it", async () => {
  const { user, peers } = userWithPeers(2);
  await putSummaries(peers[0] ?? "", [peers[1] ?? ""], () => ({ lastAtMs: 1 }));
  const before = Date.now();
  const { position, ...list } = await listOf(user);
  expect(list).toEqual({ conversations: [], unread: { messages: 0, conversations: 0 } });
  expect(position).toBeGreaterThanOrEqual(before);
});

test("[LS2] the preview ends where a reader sees a character end, at 140 at most", async () => {
  const family = "👨‍👩‍👧‍👦";
  const texts = [
    { text: "x".repeat(140), preview: "x".repeat(140) },
    { text: "x".repeat(141), preview: "x".repeat(140) },
    { text: "x".repeat(129) + family, preview: "x".repeat(129) + family },
    { text: "x".repeat(130) + family, preview: "x".repeat(130) },
    { text: `${"x".repeat(139)}e\u0301`, preview: "x".repeat(139) },
    { text: `${"x".repeat(138)}e\u0301 and on`, preview: `${"x".repeat(138)}e\u0301` },
    { text: family.repeat(20), preview: family.repeat(12) },
  ];
  const { user, peers } = userWithPeers(texts.length);
  for (const [nth, { text }] of texts.entries()) {
    const talk = new Talk(user, peers[nth] ?? "");
    await talk.say(nth % 2 === 0, text);
    await talk.settled();
  }
  const { conversations } = await listOf(user);
  const previews = new Map(conversations.map(({ peer, last }) => [peer, last?.text]));
  expect(texts.map((_, nth) => previews.get(peers[nth] ?? ""))).toEqual(texts.map(({ preview }) => preview));
});

test("[LS2] a profile that is known comes with its conversation", async () => {
  const { user, peers } = userWithPeers(4);
  await putSummaries(user, peers, (nth) => ({ lastAtMs: 10 - nth }));
  const insert = env.DB.prepare("INSERT INTO users VALUES (?, ?, ?, 0)");
  await env.DB.batch([
    insert.bind(peers[0], "Ann", "https://pictures.test/ann"),
    insert.bind(peers[1], "Bob", null),
    insert.bind(peers[2], null, null),
  ]);
  const { conversations } = await listOf(user);
  expect(conversations.map(({ profile }) => profile)).toEqual([
    { name: "Ann", picture: "https://pictures.test/ann" },
    { name: "Bob" },
    undefined,
    undefined,
  ]);
});

describe("pages", () => {
  test("[LS3] pages of any length make up the list, each conversation once, also where all times are equal", async () => {
    const { user, peers } = userWithPeers(23);
    await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_000 + Math.floor(nth / 8), head: nth + 1 }));
    const whole = await listOf(user);
    expect(whole.nextCursor).toBeUndefined();
    const times = whole.conversations.map(({ last }) => last?.createdAt ?? 0);
    expect(times).toEqual(times.toSorted((one, other) => other - one));
    expect(new Set(peersIn(whole))).toEqual(new Set(peers));
    for (const limit of [1, 2, 7, 8, 22, 23, 24]) {
      const pages = await pagesOf(user, limit);
      expect(pages).toHaveLength(Math.ceil(23 / limit));
      expect(peersIn(...pages)).toEqual(peersIn(whole));
      for (const { unread } of pages) {
        expect(unread).toEqual({ messages: (23 * 24) / 2, conversations: 23 });
      }
    }
  });

  test("[LS3][LS4] while conversations move, those that stay come once, and those that moved are changed since", async () => {
    const { user, peers } = userWithPeers(12);
    await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_000 - nth }));
    const first = await listOf(user, { limit: 4 });
    let page = first;
    const seen = peersIn(first);
    const moved: string[] = [];
    // Before each page one that was shown and one that was not move to the front.
    while (page.nextCursor !== undefined) {
      const still = peers.filter((peer) => !moved.includes(peer));
      for (const peer of [still[0], still.at(-1)]) {
        moved.push(peer ?? "");
        await moveToFront(user, peer ?? "");
      }
      page = await listOf(user, { limit: 4, cursor: page.nextCursor });
      expect(peersIn(page).some((peer) => moved.includes(peer))).toBe(false);
      seen.push(...peersIn(page));
    }
    expect(new Set(seen).size).toBe(seen.length);
    const changed = peersIn(await listOf(user, { changedSince: first.position }));
    expect(new Set(changed)).toEqual(new Set(moved));
    expect(new Set([...seen, ...changed])).toEqual(new Set(peers));
  });

  test("[LS3] a page behind the last conversation is empty, with the totals", async () => {
    const { user, peers } = userWithPeers(3);
    await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_000 - nth }));
    const { nextCursor = "" } = await listOf(user, { limit: 2 });
    await moveToFront(user, peers[2] ?? "");
    const page = await listOf(user, { limit: 2, cursor: nextCursor });
    expect(page).toMatchObject({ conversations: [], unread: { messages: 3, conversations: 3 } });
    expect(page.nextCursor).toBeUndefined();
  });
});

/** As if a message had just come, told by D1's row alone. */
async function moveToFront(user: string, peer: string): Promise<void> {
  await env.DB.prepare("UPDATE conversations SET last_at_ms = ?1, updated_at_ms = ?1 WHERE id = ?2")
    .bind(Date.now(), await conversationKey(conversationName(user, peer)))
    .run();
}
