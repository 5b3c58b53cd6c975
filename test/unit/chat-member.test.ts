import { expect, test } from "vitest";
import type { SessionPlatform, InboxStub } from "../../src/socketio/chat/platform.ts";
import { refusal } from "../../src/protocol/errors.ts";
import { ChatClient, keptChatSchema } from "../../src/socketio/chat/client.ts";
import { SessionAllowance } from "../../src/socketio/chat/session-allowance.ts";
import { readSettings } from "../../src/settings.ts";
import type { FrameResult } from "../../src/rpc/inbox.ts";

const { limits } = readSettings({});

/** A client whose inbox answers when `answer` is called, and what was said of it. */
function memberOfSlowInbox(changes: Partial<InboxStub & Pick<SessionPlatform, "revOf" | "history">> = {}) {
  const said: string[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<readonly FrameResult[] | undefined>();
  const inbox = {
    attach: async () => undefined,
    take: (): Promise<readonly FrameResult[] | undefined> => promise,
    renew: async () => undefined,
    detach: async () => void said.push("detached"),
    ...changes,
  };
  const ports = {
    authKeys: [],
    limits,
    now: () => 0,
    wait: async () => undefined,
    verifyToken: () => Promise.reject(new Error("nobody asks")),
    inboxOf: () => inbox,
    history: changes.history ?? (() => Promise.reject(new Error("nobody asks"))),
    revOf: changes.revOf ?? (async () => 0),
    keepUser: () => undefined,
    onChanged: () => undefined,
    onDetachFailed: () => undefined,
  };
  const link = {
    emit: (event: string) => void said.push(event),
    disconnect: () => void said.push("disconnected"),
    end: () => void said.push("ended"),
    countRefusal: (code: string) => void said.push(`refused: ${code}`),
  };
  const member = new ChatClient(ports, link, new SessionAllowance(limits, 0), {
    user: "a",
    marks: [],
    expiresAtMs: 1,
  });
  void member.onEvent({
    args: ["read", { peer: "b", seq: 1 }],
    isBinary: false,
    acknowledge: () => void said.push("acknowledged"),
  });
  return { member, answer, said };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("[OP3] what a client had asked for when it left is no failure of the server's", async () => {
  const { member, answer, said } = memberOfSlowInbox();
  await settled();
  void member.onLeft();
  answer(undefined);
  await settled();
  expect(said).toEqual(["detached"]);
});

test("[OP3][SI10] what a client asked of an inbox that lost it is refused, before the client is ended", async () => {
  const { answer, said } = memberOfSlowInbox();
  await settled();
  answer(undefined);
  await settled();
  expect(said).toEqual(["refused: internal", "acknowledged", "ended"]);
});

test("[SI5] after a refused send the conversation is asked anew how far it is", async () => {
  const asked: string[] = [];
  const handed: unknown[] = [];
  const answers: FrameResult[] = [
    { kind: "refused", refusal: refusal("stale") },
    { kind: "sent", peer: "b", receipt: { id: "2", seq: 1, rev: 9, createdAt: 0 } },
    { kind: "sent", peer: "b", receipt: { id: "3", seq: 2, rev: 10, createdAt: 0 } },
  ];
  const { member } = memberOfSlowInbox({
    take: async (frames) => {
      handed.push(...frames.map((frame) => ("after" in frame ? frame.after : undefined)));
      return frames.map(({ type }) => (type === "send" && answers.shift()) || { kind: "done" });
    },
    revOf: async (_user, peer) => asked.push(peer) * 4,
  });
  for (const text of ["refused", "sent", "sent with what is known"]) {
    await member.onEvent({ args: ["send", { peer: "b", text }], isBinary: false, acknowledge: undefined });
    await settled();
  }
  expect([asked, handed]).toEqual([
    ["b", "b"],
    [undefined, 4, 8, 9],
  ]);
});

test("[SI4][EN7] a client's frames are all handed over before its inbox hears that it left", async () => {
  const said: unknown[] = [];
  const { member } = memberOfSlowInbox({
    take: async (frames) => {
      await settled();
      said.push(...frames.map(({ type }) => type));
      return frames.map(() => ({ kind: "done" }));
    },
    detach: async () => void said.push("detached"),
  });
  await settled();
  await member.onEvent({ args: ["read", { peer: "b", seq: 2 }], isBinary: false, acknowledge: undefined });
  await member.onEvent({
    args: ["delivered", { peer: "b", seq: 2 }],
    isBinary: false,
    acknowledge: undefined,
  });
  expect(member.detachment.isFinished).toBe(false);
  await member.onLeft();
  expect(said).toEqual(["read", "read", "delivered", "detached"]);
  expect(member.detachment.isFinished).toBe(true);
});

test.each(["unknown_peer", "rate_limited"] as const)(
  "[SI5] a page of history is read whatever an inbox of an earlier version says, unless it is too much: %s",
  async (code) => {
    const answers: unknown[] = [];
    const { member } = memberOfSlowInbox({
      take: async (frames) =>
        frames.map(({ type }) =>
          type === "history" ? { kind: "refused", refusal: refusal(code) } : { kind: "done" },
        ),
      history: async () => ({ messages: [], hasMore: false, head: 0, rev: 0 }),
    });
    await member.onEvent({
      args: ["history", { peer: "b" }],
      isBinary: false,
      acknowledge: (answer) => void answers.push(answer),
    });
    await settled();
    expect(answers).toMatchObject([code === "unknown_peer" ? { ok: true, messages: [] } : { code }]);
  },
);

test("[SI9] a session that an earlier version kept is not taken for one whose token has expired", () => {
  const { expiresAtMs } = keptChatSchema.parse({ user: "a", marks: [] });
  expect(expiresAtMs).toBeGreaterThan(Date.now());
});
