import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageSchema } from "../../src/protocol/rest.ts";
import {
  freshPlace,
  liftedLimits,
  npmRun,
  startWorker,
  type LocalWorker,
  type Place,
} from "./local-worker.ts";

let place: Place;
let worker: LocalWorker;
let folder: string;

beforeAll(async () => {
  place = await freshPlace({ ...liftedLimits, ALIASES: "on" });
  worker = await startWorker(place);
  folder = await mkdtemp(join(tmpdir(), "pairline-import-"));
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
  await rm(folder, { recursive: true, force: true });
});

async function fileOf(lines: readonly unknown[]): Promise<string> {
  const path = join(folder, `${randomUUID()}.jsonl`);
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  await writeFile(path, `${texts.join("\n")}\n`);
  return path;
}

/** Messages of one user with some others, in the order of their times. */
function linesOf(user: string, peers: readonly string[], count: number) {
  return Array.from({ length: count }, (_, index) => ({
    sender: user,
    receiver: peers[index % peers.length],
    text: `old ${index}`,
    createdAt: 1_600_000_000_000 + index,
    oldId: index,
  }));
}

async function historyOf(user: string, peer: string, before?: number): Promise<string[]> {
  const query = before === undefined ? "limit=100" : `limit=100&before=${before}`;
  const response = await fetch(`${place.url}/v1/conversations/${peer}/messages?${query}`, {
    headers: { authorization: `Bearer ${await place.token(user)}` },
  });
  const { messages, hasMore } = pageSchema.parse(await response.json());
  const texts = messages.map(({ text }) => text);
  return hasMore ? [...(await historyOf(user, peer, messages[0]?.seq)), ...texts] : texts;
}

test("[IM3] the Worker is killed on the way and the command goes on; run again, every message is there once and in order", async () => {
  const user = randomUUID();
  const peers = [randomUUID(), randomUUID(), randomUUID()];
  const lines = linesOf(user, peers, 3_000);
  const path = await fileOf(lines);
  const environment = { ...place.environment };
  const cut = npmRun(["import", "--", path, "--batch", "50"], environment);
  await expect
    .poll(async () => (await historyOf(user, peers[0] ?? "")).length, { timeout: 60_000 })
    .toBeGreaterThan(50);
  await worker.kill();
  worker = await startWorker(place);
  const first = await cut;
  expect([first.code, first.output]).toEqual([
    0,
    expect.stringMatching(/imported, .* already there, 0 rejected/),
  ]);

  const again = await npmRun(["import", "--", path], environment);
  const last = again.output.trim().split("\n").at(-1);
  expect([again.code, last]).toEqual([0, "0 imported, 3,000 already there, 0 rejected"]);
  const rest = await npmRun(["import", "--", path, "--from", "2901"], environment);
  expect(rest.output.trim()).toBe("0 imported, 100 already there, 0 rejected");
  for (const peer of peers) {
    const texts = lines.filter(({ receiver }) => receiver === peer).map(({ text }) => text);
    expect(await historyOf(user, peer)).toEqual(texts);
  }
});

test("[IM5] rejected lines are named by their place in the file, and kept in a file of their own to be mended", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const [good] = linesOf(a, [b], 1);
  const path = await fileOf([
    good,
    "no JSON",
    { ...good, text: "", oldId: 2 },
    "",
    { ...good, receiver: a, oldId: 3 },
  ]);
  const rejects = `${path}.rejects`;
  const { code, output } = await npmRun(["import", "--", path, "--rejects", rejects], place.environment);
  expect(code).toBe(1);
  expect(output).toContain("line 2: bad_request: the line is not JSON");
  expect(output).toContain("line 3: bad_text");
  expect(output).toContain("line 5: bad_peer");
  expect(output.trim().split("\n").at(-1)).toBe("1 imported, 0 already there, 3 rejected");
  const kept = (await readFile(rejects, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; given: string });
  expect(kept.map(({ line, given }) => [line, given])).toEqual([
    [2, "no JSON"],
    [3, JSON.stringify({ ...good, text: "", oldId: 2 })],
    [5, JSON.stringify({ ...good, receiver: a, oldId: 3 })],
  ]);
});

test("[IM8] users are brought along with their other names, which the messages may use", async () => {
  const [a, b] = [String(Math.floor(Math.random() * 1e12)), randomUUID()];
  const users = await fileOf([
    { id: Number(a), name: "Alice", aliases: [`${a}@mail.example`] },
    { id: b, aliases: [`${b}@mail.example`] },
    { name: "Nobody" },
  ]);
  const set = await npmRun(["import", "--", "--users", users], place.environment);
  expect([set.code, set.output.trim().split("\n").at(-1)]).toEqual([1, "2 users set, 1 rejected"]);
  const path = await fileOf(linesOf(`${a}@mail.example`, [`${b}@mail.example`], 2));
  const { output } = await npmRun(["import", "--", path], place.environment);
  expect(output.trim()).toBe("2 imported, 0 already there, 0 rejected");
  expect(await historyOf(a, b)).toEqual(["old 0", "old 1"]);
});

test("[IM8] what cannot begin says why and ends with 2", async () => {
  const path = await fileOf(linesOf("a", ["b"], 1));
  const wrongKey = await npmRun(["import", "--", path], { ...place.environment, ADMIN_KEY: "x".repeat(32) });
  expect([wrongKey.code, wrongKey.output]).toEqual([2, expect.stringContaining("stopped at line 1")]);
  for (const args of [
    [],
    [`${path}.none`],
    [path, "--batch", "0"],
    [path, "--batch", "1001"],
    [path, "--from", "x"],
  ]) {
    expect((await npmRun(["import", "--", ...args], place.environment)).code).toBe(2);
  }
});
