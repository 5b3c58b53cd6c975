import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { messageSchema, type Message } from "../../src/protocol/message.ts";
import { conversationName, pairFromName } from "../../src/protocol/pair.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import type { Place } from "./local-worker.ts";

const patienceMs = 20_000;

const rowSchema = messageSchema.extend({ author: z.enum(["a", "b"]) });

/** The whole history as a client loads it: page by page, from below `head + 1` down to the first message. */
export async function loadHistory(
  place: Pick<Place, "url" | "token">,
  user: string,
  peer: string,
  head: number,
): Promise<Message[]> {
  const authorization = `Bearer ${await place.token(user)}`;
  const messages: Message[] = [];
  let hasMore = true;
  while (hasMore) {
    const before = messages[0]?.seq ?? head + 1;
    const url = `${place.url}/v1/conversations/${peer}/messages?before=${before}&limit=100&rev=${head}`;
    const page = pageSchema.parse(await (await fetch(url, { headers: { authorization } })).json());
    messages.unshift(...page.messages);
    ({ hasMore } = page);
  }
  return messages;
}

/** A conversation's messages as D1 itself holds them, read from its file beside the server; waits for the archive to reach `head`. */
export async function archivedHistory(
  place: Place,
  one: string,
  other: string,
  head: number,
): Promise<Message[]> {
  const name = conversationName(one, other);
  const key = await conversationKey(name);
  const until = Date.now() + patienceMs;
  let rows = await rowsOf(place, key);
  while (rows.length < head && Date.now() < until) {
    await wait(100);
    rows = await rowsOf(place, key);
  }
  const pair = pairFromName(name);
  return rows.map(({ author, ...row }) => ({ ...row, author: pair[author] }));
}

async function rowsOf(place: Place, key: string): Promise<z.infer<typeof rowSchema>[]> {
  const database = await openArchive(place);
  try {
    const rows = database
      .prepare(
        "SELECT seq, rev, id, author, text, created_at_ms AS createdAt FROM messages WHERE conversation = ? ORDER BY seq",
      )
      .all(key);
    return z.array(rowSchema).parse(rows);
  } finally {
    database.close();
  }
}

/** The file behind the local D1; the caller closes it. */
export async function openArchive(place: Place): Promise<DatabaseSync> {
  const folder = join(place.stateDir, "v3", "d1", "miniflare-D1DatabaseObject");
  const files = await readdir(folder);
  const file = files.find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return new DatabaseSync(join(folder, file ?? ""));
}
