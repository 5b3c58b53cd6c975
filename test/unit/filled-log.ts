import { untouched, type StoredMessage } from "../../src/model/message.ts";
import { MessageStore } from "../../src/conversation/message-store.ts";
import { SqliteStorage } from "./sqlite-storage.ts";

/** A log of `count` plain messages of alice's and bob's in turn: seq and rev are equal, ids are `m1`, `m2` … */
export function filledLog(count: number): { log: MessageStore; storage: SqliteStorage } {
  const storage = new SqliteStorage();
  const log = new MessageStore(storage);
  log.transaction(() => {
    for (let seq = 1; seq <= count; seq += 1) {
      log.append(plainMessage(seq));
    }
  });
  return { log, storage };
}

export function plainMessage(seq: number): StoredMessage {
  return {
    ...untouched,
    seq,
    rev: seq,
    createdRev: seq,
    author: seq % 2 === 1 ? "a" : "b",
    id: `m${seq}`,
    text: `text ${seq}`,
    createdAtMs: 1_000 + seq,
    countA: Math.ceil(seq / 2),
  };
}
