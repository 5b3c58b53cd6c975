import { randomUUID } from "node:crypto";
import { createContext, runInContext } from "node:vm";
import { buildSync } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Client, Sent } from "../../src/client/api.ts";
import { createClient } from "../../src/client/client.ts";
import { projectDir } from "../../src/commands/local.ts";
import { loadHistory } from "./history.ts";
import { freshPlace, startWorker, type LocalWorker, type Place } from "./local-worker.ts";
import type { CreateClient } from "./client-variant.ts";

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

test("[CL23] where there is what React Native has, and no more, a message is sent and one received", async () => {
  const { alice, bob, token } = await users();
  const create = runInContext(
    `${bundled(`import { createClient } from "./src/client/index.ts"; globalThis.create = createClient;`)}; create`,
    reactNativeLike(),
  ) as CreateClient;
  const native = opened(create({ url: place.url, token: () => Promise.resolve(token.alice) }));
  const peer = opened(createClient({ url: place.url, token: () => Promise.resolve(token.bob) }));
  const [atPeer, atNative] = [nextText(peer, alice), nextText(native, bob)];
  const sent = await native.conversation(bob).send({ text: "👋 from the phone", data: { place: "phone" } });
  expect(sent.seq).toBe(1);
  expect(await atPeer).toBe("👋 from the phone");
  await peer.conversation(alice).send({ text: "x".repeat(200), replyTo: sent.seq });
  expect(await atNative).toBe("x".repeat(200));
});

test("[CL23] in another Worker it sends a message and receives the answer, by workerd's own WebSocket and fetch", async () => {
  const { alice, bob, token } = await users();
  const script = bundled(`
      import { createClient } from "./src/client/index.ts";
      export default {
        async fetch(request) {
          const { url, token, peer } = await request.json();
          const client = createClient({ url, token: async () => token });
          const conversation = client.conversation(peer);
          const answer = new Promise((resolve) => client.on("message", ({ message }) => {
            if (message.author === peer) resolve(message.text);
          }));
          const sent = await conversation.send("Hi from a Worker");
          const told = { sent, answer: await answer };
          await conversation.messages.loadOlder();
          client.close();
          return Response.json({ ...told, texts: conversation.messages.value.map(({ text }) => text) });
        },
      };
    `);
  const app = new Miniflare(
    convertV4MiniflareOptions({ modules: true, compatibilityDate: "2026-11-01", cf: false, script }),
  );
  onTestFinished(() => app.dispose());
  const peer = opened(createClient({ url: place.url, token: () => Promise.resolve(token.bob) }));
  const greeted = nextText(peer, alice);
  const asked = app.dispatchFetch("http://app", {
    method: "POST",
    body: JSON.stringify({ url: place.url, token: token.alice, peer: bob }),
  });
  expect(await greeted).toBe("Hi from a Worker");
  await peer.conversation(alice).send("Hi, Worker");
  const { sent, answer, texts } = (await (await asked).json()) as {
    sent: Sent;
    answer: string;
    texts: string[];
  };
  expect([answer, texts]).toEqual(["Hi, Worker", ["Hi from a Worker", "Hi, Worker"]]);
  expect(await loadHistory(place, bob, alice, 2)).toMatchObject([{ id: sent.id, seq: 1 }, { seq: 2 }]);
});

async function users() {
  const [alice, bob] = [`alice-${randomUUID()}`, `bob-${randomUUID()}`];
  return { alice, bob, token: { alice: await place.token(alice), bob: await place.token(bob) } };
}

function opened(client: Client): Client {
  onTestFinished(() => client.close());
  return client;
}

/** The text of the next message of the peer. */
function nextText(client: Client, peer: string): Promise<string> {
  return new Promise((resolve) => {
    const off = client.on("message", ({ message }) => {
      if (message.author === peer) {
        off();
        resolve(message.text);
      }
    });
  });
}

function bundled(source: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: projectDir },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  return outputFiles[0]?.text ?? "";
}

/** Globals as React Native has them, and of the language only what Hermes has. */
function reactNativeLike(): object {
  const { WebSocket, fetch, setTimeout, clearTimeout, queueMicrotask, AbortController, console } = globalThis;
  const platform = { WebSocket, fetch, setTimeout, clearTimeout, queueMicrotask, AbortController, console };
  const context = createContext(platform);
  runInContext(
    `delete globalThis.Intl;
    delete globalThis.Iterator;
    delete globalThis.WebAssembly;
    delete globalThis.SharedArrayBuffer;
    delete String.prototype.isWellFormed;
    delete Promise.withResolvers;
    delete Object.groupBy;
    delete Array.fromAsync;
    for (const name of ["toSorted", "toReversed", "toSpliced", "with"]) delete Array.prototype[name];
    for (const name of ["union", "intersection", "difference"]) delete Set.prototype[name];
    const helpers = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
    for (const name of ["map", "filter", "some", "every", "find", "forEach", "toArray", "flatMap", "reduce", "take", "drop"]) delete helpers[name];`,
    context,
  );
  return context;
}
