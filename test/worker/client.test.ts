import { expect, onTestFinished, test } from "vitest";
import type { Client, Conversation, Message } from "../../src/client/api.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import { freshUsers, rest } from "./clients.ts";
import { clientOf } from "./sdk-platform.ts";

test.each([
  { what: "inboxes", isSingle: false },
  { what: "conversation", isSingle: true },
])(
  "[CL16][CL22][CL23] two clients in workerd talk over their $what: sent, received, read, edited",
  async ({ isSingle }) => {
    const { a, b } = freshUsers();
    const alice = opened(clientOf(a, isSingle ? { peer: b } : {}));
    const bob = opened(clientOf(b, isSingle ? { peer: a } : {}));
    const [toBob, toAlice] = [alice.conversation(b), bob.conversation(a)];
    await Promise.all([live(toBob), live(toAlice)]);
    const received = nextMessage(bob);
    const sent = await toBob.send("Hi Bob");
    expect(await received).toMatchObject({ id: sent.id, seq: 1, author: a, text: "Hi Bob" });

    toAlice.markRead();
    await changed(toBob.status, () => toBob.status.value.read.peer === 1);
    const edited = nextMessage(bob);
    await toBob.edit(sent.seq, "Hello Bob");
    expect(await edited).toMatchObject({ seq: 1, text: "Hello Bob" });

    await toAlice.send("Hi Alice");
    await changed(toBob.messages, () => toBob.messages.value.length === 2);
    const { messages } = pageSchema.parse(await (await rest(a, b, "GET", "/messages")).json());
    expect(toBob.messages.value).toEqual(messages);
    expect(toAlice.messages.value).toEqual(messages);
  },
);

function opened(client: Client): Client {
  onTestFinished(() => client.close());
  return client;
}

async function live({ status, messages }: Conversation): Promise<void> {
  onTestFinished(messages.subscribe(() => {}));
  await changed(status, () => status.value.isLive);
}

async function changed(
  value: { subscribe(listener: () => void): () => void },
  isSo: () => boolean,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (isSo()) {
        unsubscribe();
        resolve();
      }
    };
    const unsubscribe = value.subscribe(look);
    look();
  });
}

function nextMessage(client: Client): Promise<Message> {
  return new Promise((resolve) => {
    const off = client.on("message", ({ message }) => {
      off();
      resolve(message);
    });
  });
}
