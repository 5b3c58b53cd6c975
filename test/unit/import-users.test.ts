import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { importUsers } from "../../src/commands/import-file.ts";
import { Progress } from "../../src/commands/import-report.ts";
import { problemFrom } from "../../src/protocol/problem.ts";

/** Takes 600 requests, then refuses ten, then takes 600 again: a client that tries eight times stops. */
async function limitedWorker(refuse: "problem" | "header") {
  const users: string[] = [];
  let refusals = 0;
  const server = createServer((request, response) => {
    if (users.length > 0 && users.length % 600 === 0 && refusals < 10) {
      refusals += 1;
      const problem = problemFrom({ code: "rate_limited", message: "too many requests", retryAfterMs: 5 });
      response
        .writeHead(429, { "retry-after": "0" })
        .end(refuse === "problem" ? JSON.stringify(problem) : "slow down");
      return;
    }
    refusals = 0;
    const id = decodeURIComponent(request.url?.split("/").at(-1) ?? "");
    request.resume();
    if (id.startsWith("taken")) {
      const problem = problemFrom({ code: "alias_taken", message: "an alias is another user's" });
      response.writeHead(409).end(JSON.stringify(problem));
    } else {
      users.push(id);
      response.end("{}");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { users, deployment: { url: `http://127.0.0.1:${port}`, adminKey: "k".repeat(16) } };
}

function fileOf(lines: readonly object[]) {
  const folder = mkdtempSync(join(tmpdir(), "pairline-users-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "users.jsonl");
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const rejectsPath = join(folder, "rejects.jsonl");
  return { rejectsPath, options: { path, fromLine: 1, batchLines: 1, rejectsPath: undefined } };
}

function printed() {
  const out = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => void vi.restoreAllMocks());
  return {
    out: () => out.mock.calls.map(([line]) => String(line)),
    errors: () => errors.mock.calls.map(([line]) => String(line)),
  };
}

test.each([
  ["problem", 3_000],
  ["header", 700],
] as const)(
  "[IM8] users are imported without stopping against a limiter of 600, which says in its %s when to ask again: %d",
  async (refuse, count) => {
    const { users, deployment } = await limitedWorker(refuse);
    const ids = Array.from({ length: count }, (_, index) => `user-${index}`);
    const output = printed();
    expect(await importUsers(deployment, fileOf(ids.map((id) => ({ id }))).options)).toBe(0);
    expect(users).toEqual(ids);
    expect(output.out()).toEqual([`${count.toLocaleString("en")} users set, 0 rejected`]);
  },
);

test("[IM8] twenty rejects are shown, and the end says how many there were in all", async () => {
  const { deployment } = await limitedWorker("problem");
  const lines = Array.from({ length: 30 }, (_, index) => ({
    id: `${index < 27 ? "taken" : "user"}-${index}`,
  }));
  const { options, rejectsPath } = fileOf(lines);
  const output = printed();
  expect(await importUsers(deployment, { ...options, rejectsPath })).toBe(27);
  expect(output.errors().filter((line) => line.includes("alias_taken"))).toHaveLength(20);
  expect(output.errors().at(-1)).toContain("Further rejects are counted and not shown here");
  expect(output.out()).toEqual(["3 users set, 27 rejected (7 of them not shown above)"]);
  expect(readFileSync(rejectsPath, "utf8").trim().split("\n")).toHaveLength(27);
});

test("[IM8] a run that begins behind the file's end says so", async () => {
  const { users, deployment } = await limitedWorker("problem");
  const { options } = fileOf([{ id: "a" }, { id: "b" }]);
  printed();
  await expect(importUsers(deployment, { ...options, fromLine: 3 })).rejects.toThrow("has 2 lines");
  expect(users).toEqual([]);
});

test("[IM8] progress is shown every five seconds, every 100,000 lines, and when a limiter makes it wait", () => {
  let nowMs = 0;
  const said: string[] = [];
  const progress = new Progress(
    () => nowMs,
    (line) => said.push(line),
  );
  progress.reached(99_999, 0.1);
  progress.reached(100_000, 0.25);
  nowMs = 4_999;
  progress.reached(100_001, 0.26);
  nowMs = 5_000;
  progress.reached(100_002, 0.27);
  progress.waiting(100_003, 10_000, "too many requests");
  nowMs = 10_000;
  progress.waiting(100_003, 10_000, "too many requests");
  nowMs = 15_000;
  progress.waiting(100_004, 5, "too many requests");
  expect(said).toEqual([
    "line 100,000, 25 %",
    "line 100,002, 27 %",
    "line 100,003: too many requests; waiting 10 s",
  ]);
});
