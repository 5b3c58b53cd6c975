import { expect, test } from "vitest";
import type { MessageStore, StoredId } from "../../src/conversation/message-store.ts";
import { SendDedup } from "../../src/conversation/dedup.ts";
import { filledLog } from "./filled-log.ts";

/** The same log, counting the names that are read of it. */
function counted(log: MessageStore): { log: MessageStore; read: () => number } {
  let read = 0;
  const idsBelow = function* (seq: number): Generator<StoredId> {
    for (const row of log.idsBelow(seq)) {
      read += 1;
      yield row;
    }
  };
  const watched = Object.create(log, { idsBelow: { value: idsBelow } }) as MessageStore;
  return { log: watched, read: () => read };
}

test("[SE5] a twin is found at any depth that `after` allows", () => {
  const { log } = filledLog(3_000);
  expect(new SendDedup(log, 3_000).find("a", "m1", 0)).toBe(1);
  expect(new SendDedup(log, 3_000).find("b", "m2", 1)).toBe(2);
  expect(new SendDedup(log, 3_000).find("a", "m2999", 2_998)).toBe(2_999);
});

test("[SE5] the same id of the other author is no twin", () => {
  const { log } = filledLog(10);
  expect(new SendDedup(log, 10).find("b", "m1", 0)).toBe("none");
});

test("[SE7] the newest 100 are examined whatever `after` says, the 101st is not", () => {
  const { log } = filledLog(300);
  expect(new SendDedup(log, 300).find("a", "m201", 300)).toBe(201);
  expect(new SendDedup(log, 300).find("a", "m199", 300)).toBe("none");
});

test("[SE7] reading stops at `after`, and names once read are not read again", () => {
  const { log, read } = counted(filledLog(5_000).log);
  const checker = new SendDedup(log, 5_000);
  expect(checker.find("a", "new", 4_500)).toBe("none");
  expect(read()).toBe(501);
  expect(checker.find("a", "other", 4_500)).toBe("none");
  expect(read()).toBe(501);
});

test("[SE7] 10,000 messages are examined down to `after`; one that is older is stale", () => {
  const whole = filledLog(10_000).log;
  expect(new SendDedup(whole, 10_000).find("a", "new", 0)).toBe("none");
  const longer = filledLog(10_001).log;
  expect(new SendDedup(longer, 10_001).find("a", "new", 0)).toBe("stale");
  expect(new SendDedup(longer, 10_001).find("a", "new", 2)).toBe("none");
});

test("[SE7] once 10,000 messages were examined, further stale sends read nothing", () => {
  const { log, read } = counted(filledLog(10_050).log);
  const checker = new SendDedup(log, 10_050);
  for (const id of ["new", "other", "m1", "m2"]) {
    expect(checker.find("a", id, 0)).toBe("stale");
  }
  expect(read()).toBe(10_000);
  expect(checker.find("a", "m51", 0)).toBe(51);
});

test("[SE7] without `after` the newest 1,000 are examined, and never stale", () => {
  const { log, read } = counted(filledLog(12_000).log);
  const checker = new SendDedup(log, 12_000);
  expect(checker.find("a", "new", undefined)).toBe("none");
  expect(read()).toBe(1_000);
  expect(new SendDedup(log, 12_000).find("a", "m11001", undefined)).toBe(11_001);
  expect(new SendDedup(log, 12_000).find("b", "m11000", undefined)).toBe("none");
});

test("[SE7] without `after`, messages that arrived since the start count among the newest 1,000", () => {
  const { log, read } = counted(filledLog(12_000).log);
  const checker = new SendDedup(log, 12_000);
  for (let seq = 12_001; seq <= 12_900; seq += 1) {
    checker.add("a", `m${seq}`, seq, seq);
  }
  expect(checker.find("a", "new", undefined)).toBe("none");
  expect(read()).toBe(100);
});

test("[SE5] what was just stored is known, also after memory was cleared", () => {
  const { log } = filledLog(50);
  const checker = new SendDedup(log, 50);
  for (let seq = 51; seq <= 20_100; seq += 1) {
    checker.add("a", `m${seq}`, seq, seq);
  }
  expect(checker.find("a", "m20100", 20_099)).toBe(20_100);
  expect(checker.find("a", "m49", 0)).toBe(49);
});
