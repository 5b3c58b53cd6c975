import { expect, test } from "vitest";
import { ConversationChannel, type ConversationStub } from "../../src/inbox/conversation-channel.ts";
import type { ForwardedResult } from "../../src/rpc/conversation.ts";

/** A lane to a conversation that acknowledges `rev` 1, 2, …; each call ends as the test wants. */
function openLane({ session, call }: { session: () => Promise<void>; call: () => Promise<void> }) {
  const asked: string[] = [];
  let rev = 0;
  const calls: ConversationStub = {
    peer: "bob",
    forward: async (frames) => {
      const results = frames.map((frame): ForwardedResult => {
        if (frame.type !== "send") {
          return { kind: "done" };
        }
        rev += 1;
        return { kind: "sent", receipt: { id: frame.id, seq: rev, rev, createdAt: 1 }, rev };
      });
      const name = `session ${rev}`;
      return {
        results,
        waitUntilReplicated: (upTo) => {
          asked.push(`${name} settles ${upTo}`);
          return session();
        },
        end: () => void asked.push(`${name} ends`),
      };
    },
    waitUntilReplicated: (upTo) => {
      asked.push(`call settles ${upTo}`);
      return call();
    },
  };
  const idle = Promise.withResolvers<void>();
  const ports = {
    open: async () => calls,
    wait: async () => undefined,
    report: (line: string) => void asked.push(line),
    onIdle: idle.resolve,
  };
  const lane = new ConversationChannel(ports, "bob");
  const say = (id: string) =>
    new Promise<void>((resolve) => lane.add({ type: "send", id, text: "hello" }, () => resolve()));
  return { asked, lane, say, idle: idle.promise };
}

const broken = () => Promise.reject(new Error("the object died"));

test("[AR2] a conversation that dies before the archive has its message is woken until it has", async () => {
  let failures = 2;
  const call = async () => {
    failures -= 1;
    return failures > 0 ? broken() : undefined;
  };
  const { asked, say, idle } = openLane({ session: broken, call });
  await say("one");
  await idle;
  expect(asked).toEqual(["session 1 settles 1", "session 1 ends", "call settles 1", "call settles 1"]);
});

test("[AR2] a conversation that stays away is given up, and its lane closed", async () => {
  const { asked, say, idle } = openLane({ session: broken, call: broken });
  await say("one");
  await idle;
  expect(asked.filter((each) => each === "call settles 1")).toHaveLength(4);
  expect(asked.at(-1)).toBe("settling_abandoned");
});

test("[AR2] what is written while the archive is waited for is waited for by the newest call alone", async () => {
  const first = Promise.withResolvers<void>();
  const waits = [first.promise];
  const { asked, say, idle } = openLane({ session: async () => waits.shift(), call: broken });
  await say("one");
  await say("two");
  await say("three");
  expect(asked).toEqual(["session 1 settles 1", "session 2 ends"]);
  first.resolve();
  await idle;
  expect(asked.slice(2)).toEqual(["session 1 ends", "session 3 settles 3", "session 3 ends"]);
});

test("[CO7] a call that wrote nothing is let go at once", async () => {
  const { asked, lane, idle } = openLane({ session: broken, call: broken });
  lane.add({ type: "typing", on: true }, () => undefined);
  await idle;
  expect(asked).toEqual(["session 0 ends"]);
});
