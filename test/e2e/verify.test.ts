import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answering, inTurn } from "./answering-server.ts";
import { bareEnvironment, freshCopy, npmRun, startWorker, wranglerRun } from "./local-worker.ts";
import { freePort } from "../free-port.ts";

test("[VE1][VE4][VE7] on a fresh copy, with no further set-up, verify agrees, names what was damaged in D1, and mends it", async () => {
  const folder = await freshCopy();
  const port = await freePort();
  const environment = { ...bareEnvironment(), PORT: String(port) };
  const place = { url: `http://127.0.0.1:${port}`, environment };
  const first = await startWorker(place, folder);
  const { output } = await npmRun(["demo"], environment, folder);
  const [, alice = "", bob = ""] = /^(alice-\S+) and (bob-\S+) are connected/m.exec(output) ?? [];
  const verify = (...args: string[]) => npmRun(["verify", "--", bob, alice, ...args], environment, folder);
  const agreeing = `The record is at revision 4, D1 at 4.\n${bob}, ${alice}: 4 messages compared, all as in the record\n`;
  expect(await verify()).toEqual({ code: 0, output: agreeing });

  // Two writers of one local database could hinder each other.
  await first.kill();
  const damage = `DELETE FROM messages WHERE seq = 2; UPDATE messages SET text = 'tampered' WHERE seq = 3;
    UPDATE conversations SET count_a = 4`;
  const state = join(folder, ".wrangler", "state");
  const damaged = await wranglerRun(
    ["d1", "execute", "DB", "--local", "--persist-to", state, "--command", damage],
    environment,
    folder,
  );
  expect(damaged.code).toBe(0);
  const second = await startWorker(place, folder);

  const found = `The record is at revision 4, D1 at 4.
  the summary is not as in the record: countA
  message 2 is missing in D1
  message 3 is not as in the record: text
${bob}, ${alice}: 4 messages compared, 3 differences`;
  expect(await verify()).toEqual({ code: 1, output: `${found}\n` });
  expect(await verify("--repair")).toEqual({ code: 0, output: `${found}, all mended\n` });
  expect(await verify()).toEqual({ code: 0, output: agreeing });
  const every = await npmRun(["verify", "--", "--all", "--repair"], environment, folder);
  expect(every).toEqual({
    code: 0,
    output: "1 conversation with 4 messages compared, all as in their records\n",
  });
  expect(await npmRun(["verify", "--", "nobody", "noone"], environment, folder)).toEqual({
    code: 0,
    output:
      "These two have no messages, neither in the record nor in D1.\nnobody, noone: 0 messages compared, all as in the record\n",
  });
  const stranger = { ...environment, ADMIN_KEY: "another-key-of-some-length" };
  expect(await npmRun(["verify", "--", "alice", "bob"], stranger, folder)).toEqual({
    code: 2,
    output: "unauthorized: the admin key is missing or wrong\n",
  });
  await second.kill();
});

const part = { rev: 1_300, archivedRev: 1_290, checked: 500, pending: 0, differences: [] };

test("[VE3][VE7] the parts of a long conversation are asked one after the other with the local key, and summed up", async () => {
  const server = await answering(
    inTurn([
      [200, { ...part, next: 501 }],
      [
        200,
        {
          ...part,
          next: 1_001,
          differences: [{ seq: 777, kind: "extra" }, { kind: "missing" }],
          remaining: 1,
        },
      ],
      [200, { ...part, checked: 204, pending: 10 }],
    ]),
  );
  const folder = await freshCopy();
  const { code, output } = await npmRun(
    ["verify", "--", "alice", "bob", "--repair", "--url", server.url],
    bareEnvironment(),
    folder,
  );
  expect(output).toBe(`The record is at revision 1300, D1 at 1290.
  message 777 is in D1 and not in the record
  the summary is missing in D1
  10 rows on the way to D1: not compared, verify again later
alice, bob: 1,204 messages compared, 2 differences, 1 could not be mended
`);
  expect(code).toBe(1);
  const users = ["alice", "bob"];
  expect(server.asked.map(({ body }) => body)).toEqual(
    [1, 501, 1_001].map((from) => ({ users, from, repair: true })),
  );
  const key = /^ADMIN_KEY="(.{32,})"$/m.exec(await readFile(join(folder, ".dev.vars"), "utf8"))?.[1];
  expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${key}`]));
});

const refused = {
  type: "x",
  title: "x",
  status: 503,
  code: "archive_unavailable",
  detail: "D1 cannot be reached",
};
test.each([
  { what: "a problem", answer: [503, refused], output: "archive_unavailable: D1 cannot be reached\n" },
  {
    what: "something else",
    answer: [502, "Bad gateway"],
    output: "URL answered 502, not as Pairline does\n",
  },
  { what: "another shape", answer: [200, {}], output: "URL answered 200, not as Pairline does\n" },
] as const)("[VE7] $what is printed without a stack, and is exit code 2", async ({ answer, output }) => {
  const server = await answering(inTurn([answer]));
  const environment = { ...bareEnvironment(), ADMIN_KEY: "a-key-of-the-deployment" };
  const ended = await npmRun(["verify", "--", "alice", "bob", "--url", server.url], environment);
  expect(ended).toEqual({ code: 2, output: output.replace("URL", server.url) });
  expect(server.asked[0]?.authorization).toBe("Bearer a-key-of-the-deployment");
});

/** What a command prints for mistyped input. */
const withUsage = (sentence: string): unknown =>
  expect.stringMatching(new RegExp(`^${sentence}\n\nUsage: npm run verify -- `));

test("[VE7] nobody there, and arguments that are none, are exit code 2; the key of .dev.vars goes to this machine only", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const environment = { ...bareEnvironment(), ADMIN_KEY: "" };
  const run = async (...args: string[]) => {
    const folder = await freshCopy();
    const { code, output } = await npmRun(["verify", "--", ...args], environment, folder);
    return [code, output];
  };
  expect(await run("alice", "bob", "--url", url)).toEqual([
    2,
    `no answer from ${url}: is the Worker running there?\n`,
  ]);
  expect(await run("alice")).toEqual([2, withUsage("A conversation has two users: one user id was given.")]);
  expect(await run("alice", "bøb")).toEqual([2, withUsage('"bøb" is not a user id.')]);
  expect(await run("alice", "bob", "--mend")).toEqual([2, withUsage("Unknown option '--mend'.")]);
  expect(await run("alice", "bob", "--url", "https://pairline.test")).toEqual([
    2,
    "set ADMIN_KEY in the environment to the admin key of https://pairline.test\n",
  ]);
  expect(await run("alice", "bob", "--url", "http://pairline.test")).toEqual([
    2,
    withUsage("--url must begin with https://, or with http:// for a Worker on this machine."),
  ]);
});
