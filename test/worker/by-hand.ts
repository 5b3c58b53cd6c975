import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { onTestFinished, vi } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { untouched } from "../../src/model/message.ts";
import { MessageStore } from "../../src/conversation/message-store.ts";
import { conversationName, type Side } from "../../src/protocol/pair.ts";
import { env } from "./clients.ts";
import { conversationOf, type ConversationStub } from "./stored.ts";

/** Two users nobody else uses, `a` sorting before `b`. */
export interface Users {
  readonly a: string;
  readonly b: string;
}

export function stubOf({ a, b }: Users): ConversationStub {
  return conversationOf(env, a, b);
}

interface Filling {
  readonly authorOf?: (seq: number) => Side;
  readonly textOf?: (seq: number) => string;
}

/** Puts messages 1…count into an empty record, from which the object starts again: ids are `m1`, `m2` …, `rev` is `seq`. */
export async function fillRecord(stub: ConversationStub, count: number, filling: Filling = {}) {
  const { authorOf = (seq) => (seq % 2 === 1 ? "a" : "b"), textOf = (seq) => `text ${seq}` } = filling;
  await runInDurableObject(stub, (_, { storage }) => {
    const log = new MessageStore(storage);
    let countA = 0;
    log.transaction(() => {
      for (let seq = 1; seq <= count; seq += 1) {
        const author = authorOf(seq);
        countA += author === "a" ? 1 : 0;
        const numbers = { seq, rev: seq, createdRev: seq, countA, createdAtMs: 1_700_000_000_000 + seq };
        log.append({ ...untouched, ...numbers, author, id: `m${seq}`, text: textOf(seq) });
      }
    });
  });
  await evictDurableObject(stub);
}

/** Gives a message another text under the next `rev`, as an edit would, behind the running object's back; answers that `rev`. */
export async function editInRecord(stub: ConversationStub, seq: number, text: string): Promise<number> {
  const rev = await runInDurableObject(stub, (_, { storage }) => {
    const [newest] = storage.sql.exec("SELECT max(rev) AS rev FROM messages");
    const next = Number(newest?.["rev"]) + 1;
    storage.sql.exec("UPDATE messages SET rev = ?, text = ? WHERE seq = ?", next, text, seq);
    return next;
  });
  await evictDurableObject(stub);
  return rev;
}

/** The tables that the object has made. */
export function tablesOf(stub: ConversationStub): Promise<unknown[]> {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
  );
}

/** Runs one statement on D1 with the conversation's key as `?1`. */
export async function onArchive({ a, b }: Users, statement: string): Promise<void> {
  await env.DB.prepare(statement)
    .bind(await conversationKey(conversationName(a, b)))
    .run();
}

type D1Value = string | number | null;

/** Keeps what D1 has of a conversation; the answer puts D1 back to it. */
export async function keepArchive({ a, b }: Users): Promise<() => Promise<void>> {
  const key = await conversationKey(conversationName(a, b));
  const owned = [
    { table: "messages", column: "conversation" },
    { table: "conversations", column: "id" },
  ] as const;
  const kept = await env.DB.batch<Record<string, D1Value>>(
    owned.map(({ table, column }) => env.DB.prepare(`SELECT * FROM ${table} WHERE ${column} = ?`).bind(key)),
  );
  return async () => {
    await env.DB.batch(
      owned.flatMap(({ table, column }, index) => [
        env.DB.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).bind(key),
        ...(kept[index]?.results ?? []).map((row) => {
          const places = Object.keys(row).map(() => "?");
          return env.DB.prepare(
            `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${places.join(", ")})`,
          ).bind(...Object.values(row));
        }),
      ]),
    );
  };
}

/** A clock for the whole test that can be moved forward. To be made before the object first starts. */
export function movableClock(): { readonly advance: (ms: number) => void } {
  const real = Date.now.bind(Date);
  let aheadMs = 0;
  const spy = vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMs);
  onTestFinished(() => spy.mockRestore());
  return {
    advance: (ms) => {
      aheadMs += ms;
    },
  };
}

export function upTo(count: number, from = 1): number[] {
  return Array.from({ length: count - from + 1 }, (_, index) => from + index);
}
