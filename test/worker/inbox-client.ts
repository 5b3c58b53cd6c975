import { inboxServerFrameSchema, type InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import { env, origin, socketOf, tokenFor, upgradeHeaders, worker } from "./clients.ts";
import { SocketClient } from "./socket-client.ts";

export const inboxUrl = `${origin}/v1/socket`;

/** One device's socket to all conversations of its user, raw. */
export class InboxClient extends SocketClient<InboxServerFrame> {
  constructor(socket: WebSocket) {
    super(socket, (value) => inboxServerFrameSchema.parse(value));
  }

  /** Sends a message to a peer and returns what it was answered, an `ack` or an `error`. */
  async say(
    peer: string,
    text: string,
    more: { id?: string; after?: number } = {},
  ): Promise<InboxServerFrame> {
    const id = more.id ?? crypto.randomUUID();
    const from = this.frames.length;
    this.send({ type: "send", peer, id, text, ...more });
    return this.answer(from, id);
  }

  /** The texts of all messages that came, in order. */
  get texts(): string[] {
    return this.all("message").map(({ message }) => message.text);
  }
}

/** Opens an inbox socket with the given token, as a browser does. */
export async function openInboxWith(token: string): Promise<InboxClient> {
  return new InboxClient(socketOf(await worker.fetch(inboxUrl, { headers: upgradeHeaders(token) })));
}

/** Opens an inbox socket as a user and waits for its `ready`. */
export async function connectInbox(user: string): Promise<InboxClient> {
  const client = await openInboxWith(await tokenFor(user));
  await client.first("ready");
  return client;
}

export function inboxOf(user: string) {
  return env.INBOXES.getByName(user);
}
