import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answering } from "./answering-server.ts";
import { bareEnvironment, freshCopy, npmRun } from "./local-worker.ts";

const part = { rev: 10, archivedRev: 10, checked: 10, pending: 0, differences: [] };
const refused = { type: "x", title: "x", status: 400, code: "bad_peer", detail: "no such user" };

test("[VE9] every conversation of a deployment is compared, and those that differ or cannot be are named", async () => {
  const damaged = { ...part, differences: [{ seq: 7, kind: "missing" }], remaining: 0 };
  const server = await answering(({ url = "", method }, body) => {
    if (method === "GET") {
      return url.endsWith("?cursor=two")
        ? [200, { conversations: [["carol", "dave"]] }]
        : [
            200,
            {
              conversations: [
                ["alice", "bob"],
                ["alice", "carol"],
              ],
              nextCursor: "two",
            },
          ];
    }
    const { users } = body as { users: string[] };
    return users.includes("dave") ? [400, refused] : [200, users.includes("bob") ? damaged : part];
  });
  const environment = { ...bareEnvironment(), ADMIN_KEY: "a-key-of-the-deployment" };
  const ended = await npmRun(["verify", "--", "--all", "--repair", "--url", server.url], environment);
  expect(ended.output.split("\n").toSorted()).toEqual([
    "",
    "3 conversations with 20 messages compared, 1 differed, all mended, 1 could not be compared",
    "alice, bob: 1 difference, all mended",
    "carol, dave: not compared, bad_peer: no such user",
  ]);
  expect(ended.code).toBe(1);
});

test("[VE9] pairs come from a file too, whose lines are looked at", async () => {
  const server = await answering(() => [200, part]);
  const environment = { ...bareEnvironment(), ADMIN_KEY: "a-key-of-the-deployment" };
  const folder = await freshCopy();
  const path = join(folder, "pairs.jsonl");
  const run = () => npmRun(["verify", "--", "--pairs", path, "--url", server.url], environment, folder);
  await writeFile(path, '["alice","bob"]\n\n["carol","dave"]\n');
  expect(await run()).toEqual({
    code: 0,
    output: "2 conversations with 20 messages compared, all as in their records\n",
  });
  await writeFile(path, '["alice","bob"]\nalice bob\n');
  expect(await run()).toEqual({
    code: 2,
    output: `${path}, line 2: not two user ids like ["alice","bob"]\n`,
  });
});
