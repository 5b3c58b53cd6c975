import { errorCatalogue, type ErrorCode } from "../../src/protocol/errors.ts";
import { openWith, tokenFor, type Client } from "./clients.ts";
import { openInboxWith, type InboxClient } from "./inbox-client.ts";
import { connectWith } from "./socket-io-client.ts";

/** Who talks to whom. */
interface Users {
  readonly user: string;
  readonly peer: string;
  /** What `auth` brings; without it, the token of the connection. */
  readonly renewal?: string;
}

/** A client on one kind of connection that sends frames or events by their names. */
interface Talker {
  readonly send: (name: string, more?: object) => void;
  /** Waits for a refusal with this code. */
  readonly refusal: (code: string) => Promise<string>;
  /** Waits until the server ends the connection, and tells with which code of the catalogue, or with which number. */
  readonly end: () => Promise<string>;
}

export async function talkerOn(kind: string, users: Users, tokenSeconds = 600): Promise<Talker> {
  const token = await tokenFor(users.user, tokenSeconds);
  if (kind === "Socket.IO") {
    return socketIoTalker(users, token);
  }
  const isInbox = kind === "inbox socket";
  const client = isInbox ? await openInboxWith(token) : await openWith(token, users.peer);
  await ready(client);
  return {
    send: (name, more) => {
      const peer = isInbox && name !== "auth" && name !== "subscribe" ? { peer: users.peer } : {};
      client.send({ type: name, ...peer, ...contentOf(name, users, token), ...more });
    },
    refusal: async (code) => {
      const found = () => client.frames.find((frame) => frame.type === "error" && frame.code === code);
      await client.until(() => found() !== undefined, `an error ${code}`);
      return code;
    },
    end: async () => nameOf((await client.closed()).code),
  };
}

async function ready(client: Client | InboxClient): Promise<void> {
  await client.until(() => client.frames.some(({ type }) => type === "ready"), "ready");
}

async function socketIoTalker(users: Users, token: string): Promise<Talker> {
  const client = await connectWith({ token });
  await client.event("ready");
  let nextId = 1_000;
  const codes = () => client.packets.flatMap((packet) => [.../"code":"(\w+)"/g[Symbol.matchAll](packet)]);
  const refusal = async (code: string) => {
    await client.until(() => codes().some(([, found]) => found === code), `a refusal ${code}`);
    return code;
  };
  return {
    send: (name, more) => {
      nextId += 1;
      const isWithoutPeer = ["auth", "subscribe", "private_dm"].includes(name);
      const peer = isWithoutPeer ? {} : { peer: users.peer };
      client.send(
        `42${nextId}${JSON.stringify([name, { ...peer, ...contentOf(name, users, token), ...more }])}`,
      );
    },
    refusal,
    end: async () => {
      const code = await client.closed();
      const [last] = codes().slice(-1);
      return last?.[1] ?? String(code);
    },
  };
}

/** What a frame or event says beside its type and its peer. */
function contentOf(name: string, { peer, renewal }: Users, token: string): object {
  const id = crypto.randomUUID();
  const contents: Readonly<Record<string, object>> = {
    send: { id, text: "hello", after: 0 },
    edit: { id, seq: 1, text: id },
    delete: { id, seq: 1 },
    react: { id, seq: 1, emoji: "👍", on: true },
    read: { seq: 1 },
    delivered: { seq: 1 },
    typing: { on: true },
    auth: { token: renewal ?? token },
    sync: {},
    subscribe: { peers: [] },
    history: {},
    private_dm: { content: "hello", receiver_id: peer },
  };
  const content = contents[name];
  if (content === undefined) {
    throw new Error(`nothing is known of ${name}: add it to the tests and to the table of the threat model`);
  }
  return content;
}

function nameOf(closeCode: number): string {
  const entries = Object.entries(errorCatalogue) as [ErrorCode, { readonly closeCode: number }][];
  return entries.find(([, error]) => error.closeCode === closeCode)?.[0] ?? String(closeCode);
}
