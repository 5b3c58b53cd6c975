import { randomUUID } from "node:crypto";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectDir } from "../../src/commands/local.ts";
import { installedPackage, type Consumer } from "./consumer.ts";
import { loadHistory } from "./history.ts";
import { bareEnvironment, freshPlace, startWorker } from "./local-worker.ts";

/** Bytes, gzipped, that an app pays for the client without the store. */
const mostBytes = 15_000;
const clientOnly = `import { createClient } from "pairline/client"; globalThis.createClient = createClient;`;

const execute = promisify(execFile);

let consumer: Consumer;

beforeAll(async () => {
  consumer = await installedPackage();
});

afterAll(() => consumer.remove());

test("[CL24] the package holds the client, its types and what says what it is, and installs nothing else", async () => {
  const own = ["index.d.ts", "index.js", "index.js.map"];
  expect(new Set(consumer.packed)).toEqual(new Set(["LICENSE", "README.md", ...own, "package.json"]));
  const installed = await readdir(join(consumer.folder, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["pairline"]);
});

test("publint finds nothing in the package, not even a suggestion", async () => {
  const publint = join(projectDir, "node_modules", "publint", "src", "cli.js");
  const { stdout } = await execute(process.execPath, [
    publint,
    consumer.built,
    "--strict",
    "--pack",
    "false",
  ]);
  expect(stdout).toContain("All good!");
});

test("the package's README is the SDK's own, and links only to pages that the repository has", async () => {
  const readme = await readFile(join(consumer.folder, "node_modules/pairline/README.md"), "utf8");
  const links = Array.from(readme.matchAll(/\]\(\s*([^()\s]+)/g), ([, target = ""]) => target);
  const repository = "https://github.com/pairline/pairline";
  const pages = links.map((link) => /^\/blob\/main\/([^#]+)/.exec(link.replace(repository, ""))?.[1]);
  expect(readme).toMatch(/^# pairline\n/);
  expect(links.filter((link) => link !== repository && !link.startsWith(`${repository}/blob/main/`))).toEqual(
    [],
  );
  expect(pages.filter((page) => page !== undefined && !existsSync(join(projectDir, page)))).toEqual([]);
});

test("the package has one entry by two names, and a source map that shows no path of a machine", async () => {
  const same = `import * as a from "pairline"; import * as b from "pairline/client"; console.log(a === b);`;
  expect(await consumer.run(same, {})).toBe("true\n");
  const folder = join(consumer.folder, "node_modules/pairline");
  const code = await readFile(join(folder, "index.js"), "utf8");
  const map = JSON.parse(await readFile(join(folder, "index.js.map"), "utf8")) as {
    sources: string[];
    sourcesContent: (string | null)[];
  };
  expect(code).toMatch(/\n\/\/# sourceMappingURL=index\.js\.map\n$/);
  expect(map.sources).toContain("src/client/client.ts");
  expect(map.sources.filter((source) => !existsSync(join(projectDir, source)))).toEqual([]);
  expect(map.sourcesContent).not.toContain(null);
  expect(map.sourcesContent).toHaveLength(map.sources.length);
});

test("the project itself cannot be packed or published by mistake", async () => {
  const packed = execute("npm", ["pack", "--dry-run"], { cwd: projectDir, env: bareEnvironment() });
  await expect(packed).rejects.toThrow("npm run pack:client");
});

test("[CL24] an app in Node sends a message with it", async () => {
  const place = await freshPlace();
  const worker = await startWorker(place);
  try {
    const [alice, bob] = [`alice-${randomUUID()}`, `bob-${randomUUID()}`];
    const source = `
      import { createClient } from "pairline/client";
      const { URL: url, TOKEN, PEER } = process.env;
      const client = createClient({ url, token: async () => TOKEN });
      const sent = await client.conversation(PEER).send("Hi Bob");
      client.close();
      console.log(JSON.stringify(sent));
    `;
    const said = await consumer.run(source, { URL: place.url, TOKEN: await place.token(alice), PEER: bob });
    const [message] = await loadHistory(place, bob, alice, 1);
    expect(message).toMatchObject({ author: alice, text: "Hi Bob", seq: 1 });
    expect(JSON.parse(said)).toEqual({ id: message?.id, seq: 1, createdAt: message?.createdAt });
  } finally {
    await worker.kill();
    await place.remove();
  }
});

test("[CL24] its types need no library of the DOM, of Node or of zod", async () => {
  const source = `
    import { createClient, deliveryOf, memoryStorage, PairlineError } from "pairline/client";
    import type { Client, ConversationMessage, Events, PairlineErrorCode } from "pairline/client";
    const client: Client = createClient({ url: "", token: async () => "", storage: memoryStorage() });
    const conversation = client.conversation("bob");
    const told: string[] = conversation.messages.value.map((message: ConversationMessage) =>
      message.seq === undefined ? message.text : deliveryOf(message, conversation.status.value));
    client.on("message", ({ message, isNew }: Events["message"]) => void [message.seq, isNew, told]);
    const codes: PairlineErrorCode[] = ["network", "conflict"];
    export const sent: Promise<number> = conversation.send({ text: "Hi", replyTo: 1 }).then(({ seq }) => seq);
    export const isConflict = (error: unknown) => error instanceof PairlineError && codes.includes(error.code);
    // @ts-expect-error: messages cannot be changed
    conversation.messages.value.pop();
    // @ts-expect-error: no code of the catalogue
    codes.push("nonsense");
  `;
  const esm = { module: "nodenext", target: "es2022", lib: ["es2022"] };
  const bundler = { module: "esnext", moduleResolution: "bundler", target: "es2022", lib: ["es2022"] };
  expect(await consumer.typeErrors(source, esm)).toBe("");
  expect(await consumer.typeErrors(source, bundler)).toBe("");
  const types = await readFile(join(consumer.folder, "node_modules/pairline/index.d.ts"), "utf8");
  expect(types).not.toMatch(/zod|^import|\bany\b|reference types/m);
});

test("[CL24] a platform's own WebSocket and fetch fit its types", async () => {
  const source = `
    import { createClient } from "pairline/client";
    createClient({ url: "", token: async () => "", WebSocket, fetch });
    createClient({ url: "", token: async () => "", fetch: (url, options) => fetch(url, options) });
  `;
  const options = { module: "nodenext", target: "es2022", lib: ["es2022", "dom"] };
  expect(await consumer.typeErrors(source, options)).toBe("");
});

test(`[CL24] an app pays at most ${mostBytes} bytes for the client without the store`, async () => {
  const { code, gzippedBytes, inputs } = await consumer.bundled(clientOnly);
  expect(gzippedBytes).toBeLessThanOrEqual(mostBytes);
  expect(gzippedBytes).toBeGreaterThan(mostBytes / 2);
  // Nothing of Node, and no package: a bundle for browsers would not have been made with the former.
  expect(inputs).toEqual(["node_modules/pairline/index.js", "bundled.js"]);
  expect(code).not.toMatch(/indexedDB|node:|\brequire\b/);
});

test("[CL24] who imports only the store, or only a function, pays for that alone", async () => {
  const store = await consumer.bundled(
    `import { indexedDbStorage } from "pairline/client"; globalThis.store = indexedDbStorage;`,
  );
  expect(store.code).toContain("indexedDB");
  expect(store.code).not.toContain("pairline.v1");
  const delivery = await consumer.bundled(
    `import { deliveryOf } from "pairline/client"; globalThis.deliveryOf = deliveryOf;`,
  );
  expect(delivery.code).toContain("delivered");
  expect(delivery.gzippedBytes).toBeLessThan(300);
});
