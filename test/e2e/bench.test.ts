import { expect, test } from "vitest";
import { bareEnvironment, npmRun } from "./local-worker.ts";

test("the bench measures every subject in every scenario; here with a hundredth of the messages", async () => {
  const { code, output } = await npmRun(["bench"], { ...bareEnvironment(), SCALE: "0.01", ROUNDS: "1" });
  expect(output).toContain("slowest of fifty pairs");
  for (const scenario of ["one pair, window 1", "one pair, window 64", "fifty pairs, window 4"]) {
    for (const subject of ["Pairline", "relay", "relay with a commit per message", "Socket.IO with SQLite"]) {
      expect(output).toMatch(new RegExp(`\\| ${scenario} +\\| ${subject} +\\| \\d`));
    }
  }
  expect(output).toContain("the SDK, from send()");
  expect(output).toMatch(/\| Socket.IO with SQLite \| -?[\d.]+ kB/);
  expect(output).toMatch(
    /message of 16000 characters, text work each time its row is drawn: [\d.]+ ms .*, within 50 ms/,
  );
  expect(code).toBe(0);
});
