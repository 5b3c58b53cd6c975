import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAuthConfig } from "../../src/auth/config.ts";
import { verifyToken } from "../../src/auth/verify.ts";
import { forgetfulProxy } from "./forgetful-proxy.ts";
import {
  bareEnvironment,
  freshCopy,
  freshPlace,
  isHealthy,
  npmRun,
  startWorker,
  type LocalWorker,
  type Place,
} from "./local-worker.ts";
import { freePort } from "../free-port.ts";

const lines = [
  " 1  alice  Hi Bob, are you there?",
  " 2  bob    Yes! Just got home. 👋",
  " 3  alice  Dinner at seven?",
  " 4  bob    Perfect, see you then.",
];
const history = [
  /^ +1 +alice-\S+ +Hi Bob, are you there\?$/m,
  /^ +2 +bob-\S+ +Yes! Just got home\. 👋$/m,
  /^ +3 +alice-\S+ +Dinner at seven\?$/m,
  /^ +4 +bob-\S+ +Perfect, see you then\.$/m,
];

test("[SE3][HI1] on a fresh copy the demo starts a Worker, talks, reads D1 and stops it; beside old state it does so again", async () => {
  const folder = await freshCopy();
  const port = await freePort();
  const environment = { ...bareEnvironment(), PORT: String(port) };

  const first = await npmRun(["demo"], environment, folder);
  expectDemo(first.output);
  expect(first.code).toBe(0);
  expect(first.output).toContain("starting one");
  const second = await npmRun(["demo"], environment, folder);
  expectDemo(second.output);
  expect(second.code).toBe(0);
  expect(await isHealthy(`http://127.0.0.1:${port}`)).toBe(false);
});

describe("beside a Worker that already runs", () => {
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

  test("[SE3][HI1] the demo uses it and leaves it running", async () => {
    const { code, output } = await npmRun(["demo"], place.environment);
    expectDemo(output);
    expect(code).toBe(0);
    expect(output).toContain(`Using the Worker at ${place.url}`);
    expect(await isHealthy(place.url)).toBe(true);
  });

  test("[AD4] the demo fails where its tokens are signed with another secret", async () => {
    const stranger = { ...place.environment, JWT_SECRET: "another-secret-of-at-least-32-characters" };
    const { code, output } = await npmRun(["demo"], stranger);
    expect(code).toBe(1);
    expect(output).not.toContain("Everything arrived");
  });

  test("[HI3] the demo fails and names the message that a history lacks", async () => {
    const proxy = await forgetfulProxy(Number(place.environment["PORT"]));
    const { code, output } = await npmRun(["demo"], { ...place.environment, PORT: String(proxy.port) });
    await proxy.close();
    expect(code).toBe(1);
    expect(output).toContain(`the history: message 4, "Perfect, see you then."`);
  });

  test("[AD5] the token command prints a token that the Worker takes for that user's", async () => {
    const { code, output } = await npmRun(["token", "--", "alice"], place.environment);
    const authorization = `Bearer ${output.trim()}`;
    const answer = await fetch(`${place.url}/v1/conversations/bob`, { headers: { authorization } });
    expect(code).toBe(0);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ you: "alice", peer: "bob" });
  });
});

test("[AD1][AD4] the token command makes a secret once, keeps it to its owner, and signs for a user id only", async () => {
  const folder = await freshCopy();
  const first = await npmRun(["token", "--", "alice"], bareEnvironment(), folder);
  const second = await npmRun(["token", "--", "bob"], bareEnvironment(), folder);
  const secret =
    /^JWT_SECRET="(.{32,})"$/m.exec(await readFile(join(folder, ".dev.vars"), "utf8"))?.[1] ?? "";
  for (const [printed, user] of [
    [first, "alice"],
    [second, "bob"],
  ] as const) {
    expect(printed.code).toBe(0);
    const verdict = await verifyToken(
      printed.output.trim(),
      readAuthConfig({ JWT_SECRET: secret }),
      Date.now(),
    );
    expect(verdict).toMatchObject({ ok: true, user });
  }
  expect((await stat(join(folder, ".dev.vars"))).mode & 0o777).toBe(0o600);
  const nobody = await npmRun(["token"], bareEnvironment(), folder);
  expect(nobody.code).not.toBe(0);
  expect(nobody.output).toContain("Usage");
});

function expectDemo(output: string): void {
  for (const line of lines) {
    expect(output).toContain(line);
  }
  const read = output.slice(output.indexOf("History from D1"));
  for (const line of history) {
    expect(read).toMatch(line);
  }
}
