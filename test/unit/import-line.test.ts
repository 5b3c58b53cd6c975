import { expect, test } from "vitest";
import { importedMessageSchema } from "../../src/protocol/import.ts";

const line = { sender: 7, receiver: "bob", text: "hi", createdAt: 1_600_000_000_000, oldId: 3 };

test("[IM1] a line's ids, time and name are read", () => {
  expect(importedMessageSchema.parse(line)).toEqual({
    sender: "7",
    receiver: "bob",
    text: "hi",
    createdAtMs: 1_600_000_000_000,
    id: "import:3",
  });
});

test.each([
  ["2024-05-01T12:00:00Z", Date.UTC(2024, 4, 1, 12)],
  ["2024-05-01T12:00:00", Date.UTC(2024, 4, 1, 12)],
  ["2024-05-01T12:00:00.5", Date.UTC(2024, 4, 1, 12, 0, 0, 500)],
  ["2024-05-01T12:00:00.123456", Date.UTC(2024, 4, 1, 12, 0, 0, 123)],
  ["2024-05-01T12:00:00+05:30", Date.UTC(2024, 4, 1, 6, 30)],
  ["2024-05-01T12:00:00-03:00", Date.UTC(2024, 4, 1, 15)],
])("[IM1] the time %s is %d", (createdAt, createdAtMs) => {
  expect(importedMessageSchema.parse({ ...line, createdAt })).toMatchObject({ createdAtMs });
});

test.each([
  { createdAt: "2024-05-01" },
  { createdAt: "2024-05-01 12:00:00" },
  { createdAt: "1.5.2024" },
  { createdAt: 1.5 },
  { createdAt: -1 },
  { createdAt: null },
  { oldId: 1.5 },
  { oldId: "" },
  { oldId: "x".repeat(58) },
  { oldId: "ö" },
  { sender: "" },
  { sender: "x".repeat(129) },
  { receiver: 2 ** 53 },
  { text: 5 },
])("[IM1] %j is no line's", (change) => {
  expect(importedMessageSchema.safeParse({ ...line, ...change }).success).toBe(false);
});
