// Journeys of an operator, who uses the project's commands.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { npmRun } from "../e2e/local-worker.ts";
import { alice, peerNamed } from "./support/cast.ts";
import { pastCount, pastText } from "./support/past.ts";
import { until } from "./support/rest.ts";
import { journeyServer } from "./support/server.ts";

const server = journeyServer();
const command = (...args: string[]) => npmRun(args, server().place.environment);

test("[IM1] brings two more users and their old messages along, and each reads them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pairline-journey-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const fileOf = async (name: string, lines: readonly object[]) => {
    const path = join(folder, name);
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return path;
  };
  const [gus, hedda] = [
    { id: "old-7", name: "Gus" },
    { id: "old-8", name: "Hedda" },
  ];
  const users = await command("import", "--", "--users", await fileOf("users.jsonl", [gus, hedda]));
  expect(users.output).toContain("2 users set, 0 rejected");
  const lines = ["Remember the old app?", "I do", "This one keeps everything"].map((text, index) => ({
    sender: index % 2 === 0 ? gus.id : hedda.id,
    receiver: index % 2 === 0 ? hedda.id : gus.id,
    text,
    createdAt: 1_700_000_000_000 + index,
    oldId: index,
  }));
  const messages = await command("import", "--", await fileOf("messages.jsonl", lines));
  expect(messages.output).toContain("3 imported, 0 already there, 0 rejected");
  expect(await server().rest(hedda).texts(gus.id)).toEqual(lines.map(({ text }) => text));
  await until("listed", async () => (await server().rest(gus).list())[0]?.profile?.name === "Hedda");
});

test("[VE7] checks a conversation of the past against the archive and finds no difference", async () => {
  const bob = peerNamed("Bob Marsh");
  await server().rest(bob).send(alice.id, "All in order?");
  const { code, output } = await command("verify", "--", alice.id, bob.id);
  expect([code, output]).toEqual([0, expect.stringContaining(`${pastCount(bob) + 1}`)]);
});

test("[VE4] loses the database file, starts again and brings a conversation back with verify", async () => {
  const dana = peerNamed("Dana Reyes");
  await server().stop();
  await rm(join(server().place.stateDir, "v3", "d1"), { recursive: true });
  await server().start();
  const { code, output } = await command("verify", "--", alice.id, dana.id, "--repair");
  expect([code, output]).toEqual([0, expect.any(String)]);
  const texts = Array.from({ length: pastCount(dana) }, (_, index) => pastText(dana, index + 1));
  expect(await server().rest(dana).texts(alice.id)).toEqual(texts);
  expect((await command("verify", "--", alice.id, dana.id)).code).toBe(0);
});

test("starts a second server on the same port and reads that it is taken", async () => {
  const { code, output } = await command("start");
  expect(code).not.toBe(0);
  expect(output).toMatch(/port|in use|taken/i);
  expect(output).not.toContain("Pairline is up");
  expect((await fetch(`${server().url}/health`)).status).toBe(200);
});

test("asks the token command for help and gets help, not a token", async () => {
  const { output } = await command("token", "--", "--help");
  expect(output).toMatch(/usage/i);
  expect(output).not.toMatch(/eyJ[\w-]+\./);
});
