import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { projectDir } from "../../../src/commands/local.ts";
import { freshPlace, startWorker, type LocalWorker, type Place } from "../local-worker.ts";

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace();
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

/** `docs/python/chat.py` as a teammate runs it. */
async function terminal(user: string, peer: string, token?: string) {
  const program = join(projectDir, "docs", "python", "chat.py");
  const own = token ?? (await place.token(user));
  const child = spawn("/usr/bin/python3", [program, "--url", place.url, "--peer", peer, "--token", own]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let [shown, told] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const ended = once(child, "exit");
  return {
    type: (line: string) => child.stdin.write(`${line}\n`),
    lines: () => shown.split("\n").filter((line) => line !== ""),
    told: () => told,
    /** The end of input: it waits until all is sent. */
    finish: async (): Promise<unknown> => {
      child.stdin.end();
      const [code] = (await ended) as [unknown];
      return code;
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 60_000, interval: 20 }).toBe(true);
}

test("[SI5][SI6][EN11] two people talk from terminals, also over a restart of the server, and each line is there once", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const [one, other] = [await terminal(a, b), await terminal(b, a)];
  one.type("hello");
  await until(() => other.lines().length === 1);
  other.type("hi, 😀 ümläut");
  await until(() => one.lines().length === 2);
  await worker.kill();
  one.type("said while the server was away");
  other.type("me too");
  worker = await startWorker(place);
  await until(() => one.lines().length === 4 && other.lines().length === 4);
  expect(await one.finish()).toBe(0);
  expect(await other.finish()).toBe(0);
  expect(one.lines()).toEqual(other.lines());
  expect(one.lines().slice(0, 2)).toEqual([`#1 ${a}: hello`, `#2 ${b}: hi, 😀 ümläut`]);
  const later = one.lines().slice(2).join("\n");
  expect(later).toContain(`${a}: said while the server was away`);
  expect(later).toContain(`${b}: me too`);
  const late = await terminal(a, b);
  await until(() => late.lines().length === 4);
  expect(late.lines()).toEqual(one.lines());
});

test("[SI1] a token that does not hold is told, and ends it", async () => {
  const refused = await terminal("somebody", "anybody", "nonsense");
  expect(await refused.finish()).toBe(1);
  expect(refused.told()).toContain("unauthorized");
});
