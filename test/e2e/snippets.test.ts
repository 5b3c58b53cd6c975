// Every fenced block of the README, CONTRIBUTING and docs/ runs here, twice in a row on one server as the same user, or is listed
// with the reason why it does not. Several blocks run at the same time, each as a user of its own. Python runs with
// Debian's python3-socketio; Dart is not run: its addresses, frames and events are checked.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inboxClientFrameSchema } from "../../src/protocol/inbox-frame.ts";
import { installedPackage } from "./consumer.ts";
import { freshPlace, startWorker, type LocalWorker } from "./local-worker.ts";
import type { Stage } from "./snippet-programs.ts";
import { allSnippets, runnable, snippet, type Runnable } from "./snippet-runs.ts";
import { snippetsIn, type Snippet } from "./snippets.ts";

/** By page and the beginning of the block: why it does not run here. */
const notRun: Readonly<Record<string, string>> = {
  "CONTRIBUTING.md npm ci": "it is what runs this",
  "README.md flowchart": "a diagram",
  "README.md npm ci && npm start": "test/e2e/demo.test.ts runs the demo on a fresh copy",
  "README.md npx wrangler login":
    "needs a Cloudflare account; test/e2e/commands.test.ts runs the deploy command",
  "docs/architecture.md flowchart": "a diagram",
  "docs/architecture.md sequenceDiagram": "a diagram",
  "docs/guides/api.md npx openapi-typescript":
    "a package of the registry; lint:contract reads the same document",
  "docs/guides/chat-page.md <link": "a page for a browser; test/browser mounts the chat",
  "docs/guides/deploy.md npx wrangler login": "needs a Cloudflare account; test/e2e/commands.test.ts deploys",
  "docs/guides/deploy.md npm run deploy": "needs a Cloudflare account; test/e2e/commands.test.ts deploys",
  "docs/guides/import.md psql": "needs the PostgreSQL database of another service",
  "docs/guides/operations.md npx wrangler tail": "needs a deployment",
  "docs/guides/operations.md [[analytics": "Analytics Engine has no local version",
  "docs/guides/operations.md curl": "Cloudflare's API of Analytics Engine",
  "docs/guides/operations.md SELECT": "Analytics Engine's SQL",
  "docs/guides/proof.md npm run crash": "takes an hour; test/crash, chaos, fuzz and load run short ones",
  "docs/guides/python.md npm start": "test/e2e/socket-io/terminal-client.test.ts runs the client",
  "docs/guides/tokens.md package pairline": "no Go in CI",
  "docs/guides/tokens.md function pairline_token": "no PHP in CI",
  "docs/guides/tokens.md import 'dart:convert'": "no Dart in CI",
  "docs/guides/tokens.md JWT_JWKS_URL": "test/unit/token-guide.test.ts verifies tokens with them",
  "docs/performance.md npm run bench": "takes 20 minutes; test/e2e/bench.test.ts runs a short one",
  "src/client/README.md npm install": "the package is not published; test/e2e/package.test.ts installs it",
};

let shared: Omit<Stage, "folder" | "environment">;
let worker: LocalWorker;

beforeAll(async () => {
  const place = await freshPlace();
  const [started, consumer] = await Promise.all([startWorker(place), installedPackage()]);
  worker = started;
  shared = { place, consumer };
});

afterAll(async () => {
  await worker.kill();
  await Promise.all([shared.place.remove(), shared.consumer.remove()]);
});

/** Runs a block twice in a row as a user of its own, whom no other block writes as. */
async function runTwice({ page, beginning, run, prints }: Runnable): Promise<void> {
  const { place } = shared;
  const folder = await mkdtemp(join(tmpdir(), "pairline-snippet-"));
  try {
    const token = await place.token(`alice-${randomUUID().slice(0, 8)}`);
    const environment = { ...place.environment, URL: place.url, TOKEN: token };
    const found = snippet(page, beginning);
    expect(await run(found, { ...shared, folder, environment })).toMatch(prints);
    expect(await run(found, { ...shared, folder, environment })).toMatch(prints);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.concurrent.each(runnable.filter(({ runsLast }) => runsLast !== true))(
  "$page: “$beginning …” runs twice in a row",
  runTwice,
);

test.each(runnable.filter(({ runsLast }) => runsLast === true))(
  "$page: “$beginning …” runs twice in a row, after the others",
  runTwice,
);

test("the Dart of the Flutter guide, which is not run, has addresses, frames and events of the contract", () => {
  const dart = allSnippets
    .filter(({ language }) => language === "dart")
    .map(({ text }) => text)
    .join("\n");
  const samples: Readonly<Record<string, unknown>> = {
    peer: "bob",
    rev: 1,
    cursor: 0,
    id: "1",
    text: "hi",
    "cursors[peer] ?? 0": 0,
  };
  const objectOf = (literal: string) =>
    Object.fromEntries(
      literal.split(", ").map((pair) => {
        const [, key = "", value = ""] = /^'(\w+)': (.+)$/.exec(pair) ?? [];
        return [key, /^'.*'$/.test(value) ? value.slice(1, -1) : samples[value]];
      }),
    );
  const frames = [...dart.matchAll(/\{('type': [^{}]+)\}/g)].map(([, literal = ""]) => objectOf(literal));
  const events = [...dart.matchAll(/emitWithAck\('(\w+)', \{([^{}]+)\}/g)].map(([, type, literal = ""]) => ({
    type,
    ...objectOf(literal),
  }));
  expect([frames.map(({ type }) => String(type)), events.map(({ type }) => type)]).toEqual([
    ["sync"],
    ["sync", "send"],
  ]);
  for (const frame of [...frames, ...events]) {
    expect([frame, inboxClientFrameSchema.safeParse(frame).error]).toEqual([frame, undefined]);
  }
  expect([...dart.matchAll(/\/v1\/[^'?]*/g)].map(([path]) => path)).toEqual([
    "/v1/conversations/${Uri.encodeComponent(peer)}/messages$query",
    "/v1/socket",
  ]);
  expect(dart).toContain("['pairline.v1', 'bearer.$token']");
  expect(dart).toContain(".setPath('/socket.io/')");
});

const isIn = ({ page, text }: Snippet, entry: string) => `${page} ${text}`.startsWith(entry);

test("every fenced block is run, checked, or listed with a reason; nothing is listed that is not there", () => {
  const listed = [
    ...Object.keys(notRun),
    ...runnable.map(({ page, beginning }) => `${page} ${beginning}`),
    "docs/guides/message-changes.md function renewQuotes",
    "docs/guides/flutter.md import 'dart:",
  ];
  const unknown = allSnippets.filter((one) => !listed.some((entry) => isIn(one, entry)));
  expect(unknown.map(({ at, text }) => `${at} ${text.split("\n")[0]}`)).toEqual([]);
  expect(listed.filter((entry) => !allSnippets.some((one) => isIn(one, entry)))).toEqual([]);
});

test("fences are found with any language, indentation and length", () => {
  const markdown = "```ts\na\n```\n\n- x\n  ~~~~ sh\n  ```\n  ~~~~\n";
  expect(snippetsIn("p.md", markdown)).toEqual([
    { at: "p.md:1", page: "p.md", language: "ts", text: "a" },
    { at: "p.md:6", page: "p.md", language: "sh", text: "  ```" },
  ]);
  expect(() => snippetsIn("p.md", "```ts\na\n")).toThrow("never closed");
});
