import { runInDurableObject } from "cloudflare:test";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import type { ConversationStub } from "./stored.ts";

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;
/** What stands between an object and its SQLite: runs the statement, or throws. */
export type SqlInterceptor = (call: () => Cursor, query: string) => Cursor;

interface SqlPrototype {
  exec: (query: string, ...bindings: unknown[]) => Cursor;
}
interface StoragePrototype {
  transactionSync: <T>(run: () => T) => T;
}

/** Puts `intercept` around every SQL statement of all objects, also of those that start later. Returns the way back. */
export async function interceptSql(stub: ConversationStub, intercept: SqlInterceptor): Promise<() => void> {
  const prototype = await runInDurableObject(
    stub,
    (_, state) => Object.getPrototypeOf(state.storage.sql) as SqlPrototype,
  );
  const original = prototype.exec;
  prototype.exec = function intercepted(...parameters) {
    return intercept(() => original.apply(this, parameters), parameters[0]);
  };
  return () => {
    prototype.exec = original;
  };
}

/** Puts `around` around the inside of every transaction of all objects. Returns the way back. */
export async function interceptTransactions(
  stub: ConversationStub,
  around: <T>(run: () => T) => T,
): Promise<() => void> {
  const prototype = await runInDurableObject(
    stub,
    (_, state) => Object.getPrototypeOf(state.storage) as StoragePrototype,
  );
  const original = prototype.transactionSync;
  prototype.transactionSync = function intercepted<T>(run: () => T): T {
    return original.call(this, () => around(run)) as T;
  };
  return () => {
    prototype.transactionSync = original;
  };
}

/** Runs `before` ahead of every frame that an object sends. The tests' own sockets, and the test runner's, are of the same kind: their sends pass. */
export function interceptSends(before: () => void): () => void {
  const prototype = WebSocket.prototype as Pick<WebSocket, "send">;
  const original = prototype.send;
  prototype.send = function intercepted(data) {
    if (typeof data === "string" && serverFrameSchema.safeParse(JSON.parse(data)).success) {
      before();
    }
    return original.call(this, data);
  };
  return () => {
    prototype.send = original;
  };
}
