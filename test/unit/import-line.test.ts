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
  [0, "seconds were given"],
  [1_700_000_000, "seconds were given"],
  [99_999_999_999, "seconds were given"],
  ["0001-01-01T00:00:00", "after February 1973"],
  ["1970-01-01T00:00:00Z", "after February 1973"],
  ["1970-01-20T16:13:20Z", "after February 1973"],
  ["1700000000", "ISO 8601"],
  [1_700_000_000.5, "ISO 8601"],
])("[IM1] the time %s is refused, and the refusal says what is expected", (createdAt, expected) => {
  const { error } = importedMessageSchema.safeParse({ ...line, createdAt });
  const [issue] = error?.issues ?? [];
  expect(issue).toMatchObject({ path: ["createdAt"], message: expect.stringContaining(expected) });
});

test("[IM1] the earliest time is in March 1973", () => {
  const createdAt = 100_000_000_000;
  expect(importedMessageSchema.parse({ ...line, createdAt }).createdAtMs).toBe(createdAt);
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
