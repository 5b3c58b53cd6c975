// What any program does with `fetch` and a token.
import { setTimeout as wait } from "node:timers/promises";
import type { Place } from "../../e2e/local-worker.ts";

export interface Listed {
  readonly peer: string;
  readonly head: number;
  readonly unread: number;
  readonly muted: boolean;
  readonly archived: boolean;
  readonly blocked: boolean;
  readonly profile?: { readonly name?: string };
}

export interface HistoryMessage {
  readonly seq: number;
  readonly author: string;
  readonly text: string;
  readonly createdAt: number;
}

export interface HistoryPage {
  readonly messages: readonly HistoryMessage[];
  readonly hasMore: boolean;
}

/** The program of one user. Answers that are no success throw. */
export interface Rest {
  send(peer: string, text: string, more?: object): Promise<HistoryMessage>;
  /** A send whose answer is returned as it came. */
  trySend(peer: string, text: string): Promise<{ readonly status: number; readonly body: unknown }>;
  edit(peer: string, seq: number, text: string): Promise<void>;
  delete(peer: string, seq: number): Promise<void>;
  react(peer: string, seq: number, emoji: string): Promise<void>;
  block(peer: string): Promise<void>;
  set(peer: string, flags: object): Promise<void>;
  read(peer: string, seq: number): Promise<void>;
  /** The newest messages, oldest first. */
  history(peer: string, limit?: number): Promise<readonly HistoryMessage[]>;
  /** A page of the history with this query. */
  page(peer: string, query: string): Promise<HistoryPage>;
  texts(peer: string, limit?: number): Promise<readonly string[]>;
  /** All conversations of the list, page by page. */
  list(query?: string): Promise<readonly Listed[]>;
}

export function rest({ url, token }: Pick<Place, "url" | "token">, user: string): Rest {
  const request = async (method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${await token(user)}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const ask = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await request(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body as Answer;
  };
  const page = (peer: string, query: string) => ask<HistoryPage>("GET", at(peer, `/messages?${query}`));
  const history = async (peer: string, limit = 50) => (await page(peer, `limit=${limit}`)).messages;
  return {
    send: (peer, text, more = {}) =>
      ask("POST", at(peer, "/messages"), { id: crypto.randomUUID(), text, ...more }),
    trySend: (peer, text) => request("POST", at(peer, "/messages"), { id: crypto.randomUUID(), text }),
    edit: (peer, seq, text) => ask("PATCH", at(peer, `/messages/${seq}`), { id: crypto.randomUUID(), text }),
    delete: (peer, seq) => ask("DELETE", at(peer, `/messages/${seq}`)),
    react: (peer, seq, emoji) =>
      ask("PUT", at(peer, `/messages/${seq}/reactions/${encodeURIComponent(emoji)}`)),
    block: (peer) => ask("PUT", at(peer, "/block")),
    set: (peer, flags) => ask("PATCH", at(peer), flags),
    read: (peer, seq) => ask("PUT", at(peer, "/read"), { seq }),
    history,
    page,
    texts: async (peer, limit) => (await history(peer, limit)).map(({ text }) => text),
    async list(query = "") {
      const all: Listed[] = [];
      let cursor: string | undefined;
      do {
        const from = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const answer = await ask<{ conversations: readonly Listed[]; nextCursor?: string }>(
          "GET",
          `/v1/conversations?limit=100${query}${from}`,
        );
        all.push(...answer.conversations);
        cursor = answer.nextCursor;
      } while (cursor !== undefined);
      return all;
    },
  };
}

function at(peer: string, path = ""): string {
  return `/v1/conversations/${encodeURIComponent(peer)}${path}`;
}

const patienceMs = 60_000;

/** Waits for a condition; what is thrown meanwhile is thrown at last. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await isTrue())) {
    if (Date.now() > end) {
      throw new Error(`not ${what} within ${patienceMs / 1_000} s`);
    }
    await wait(25);
  }
}
