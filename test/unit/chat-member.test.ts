import { expect, test } from "vitest";
import type { FrameAnswer } from "../../src/inbox/frame-answer.ts";
import { ChatMember } from "../../src/socketio/chat-member.ts";
import { readSettings } from "../../src/settings.ts";

const { limits } = readSettings({});

/** A client whose inbox answers when `answer` is called, and what was said of it. */
function memberOfSlowInbox() {
  const said: string[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<readonly FrameAnswer[] | undefined>();
  const inbox = {
    attach: async () => undefined,
    take: () => promise,
    renew: async () => undefined,
    detach: async () => void said.push("detached"),
  };
  const ports = {
    authKeys: [],
    limits,
    now: () => 0,
    wait: async () => undefined,
    verifyToken: () => Promise.reject(new Error("nobody asks")),
    inboxOf: () => inbox,
    history: () => Promise.reject(new Error("nobody asks")),
    revOf: async () => 0,
    keepUser: () => undefined,
    changed: () => undefined,
    detachFailed: () => undefined,
  };
  const link = {
    emit: (event: string) => void said.push(event),
    disconnect: () => void said.push("disconnected"),
    end: () => void said.push("ended"),
    refused: (code: string) => void said.push(`refused: ${code}`),
  };
  const member = new ChatMember(ports, link, { user: "a", marks: [], expiresAtMs: 1 });
  void member.event({
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
  void member.left();
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
