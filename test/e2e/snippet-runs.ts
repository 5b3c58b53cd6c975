import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ended, runModule, runShell, type Stage } from "./snippet-programs.ts";
import { replaced, snippetsOfDocs, type Snippet } from "./snippets.ts";

const deployment = "https://dm.example.com";

/** Waits in a snippet until something is true. */
const until = `const until = async (isTrue) => { while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20)); };\n`;
const getToken = "async () => process.env.TOKEN";

export const allSnippets = snippetsOfDocs();

export function snippet(page: string, beginning: string): Snippet {
  const found = allSnippets.find((one) => one.page === page && one.text.startsWith(beginning));
  if (found === undefined) {
    throw new Error(`${page} has no block that begins with ${beginning}`);
  }
  return found;
}

export interface Runnable {
  readonly page: string;
  readonly beginning: string;
  /** Runs it once; returns what it printed. */
  readonly run: (found: Snippet, stage: Stage) => Promise<string>;
  /** What both runs print. */
  readonly prints: RegExp;
  /** It is about every conversation of the server: it runs after the others. */
  readonly runsLast?: true;
}

const firstClient = "docs/guides/first-client.md";
const startFirstClient = `
  await connect(process.env.URL.replace("http", "ws"), "bob", ${getToken});
  await until(() => cursor !== undefined);
  send("Hi Bob");
  await until(() => outbox.length === 0 && [...messages.values()].at(-1)?.text === "Hi Bob");
`;

const tokens = "docs/guides/tokens.md";
/** A name outside ASCII: a signer that encodes bytes wrongly would lose it. */
const signedUser = "token-guide";
const signedName = "Zoë 🙂";
const signedNames = new RegExp(`^201 ${signedName}$`);

/** Sends a message with a token that a snippet printed, then says which name the Worker read from it. */
async function nameByToken({ place }: Stage, printed: string): Promise<string> {
  const headers = { authorization: `Bearer ${printed.trim()}`, "content-type": "application/json" };
  const body = JSON.stringify({ id: randomUUID(), text: "signed" });
  const sent = await fetch(`${place.url}/v1/conversations/bob/messages`, { method: "POST", headers, body });
  const user = await fetch(`${place.url}/v1/users/${signedUser}`, { headers });
  const { name } = (await user.json()) as { name?: string };
  return `${sent.status} ${name}`;
}

export const runnable: readonly Runnable[] = [
  {
    page: "docs/guides/api.md",
    beginning: "curl",
    run: (found, stage) => runShell(stage, replaced(found, { "http://127.0.0.1:8787": stage.place.url })),
    prints: /"seq":\d+/,
  },
  {
    page: "README.md",
    beginning: "import { createClient",
    run: (found, stage) =>
      runModule(
        stage,
        `
        const myIdentityService = { token: ${getToken} };
        const render = () => undefined;
        const notify = render;
        ${replaced(found, { [deployment]: stage.place.url })}
        console.log("sent", bob.messages.value.some(({ text, seq }) => text === "Hi Bob" && seq > 0));
        client.close();`,
      ),
    prints: /^sent true$/m,
  },
  {
    page: "src/client/README.md",
    beginning: "import { createClient",
    run: (found, stage) =>
      runModule(
        stage,
        `
        const myIdentityService = { token: ${getToken} };
        const render = () => undefined;
        ${replaced(found, { [deployment]: stage.place.url })}
        console.log("sent", bob.messages.value.some(({ text, seq }) => text === "Hi Bob" && seq > 0));
        client.close();`,
      ),
    prints: /^sent true$/m,
  },
  {
    page: "docs/guides/sdk.md",
    beginning: "import { createClient",
    run: (found, stage) =>
      runModule(
        stage,
        `
        const overNetwork = fetch;
        globalThis.fetch = (url, init) => url === "/my-token" ? Promise.resolve(new Response(process.env.TOKEN)) : overNetwork(url, init);
        const render = () => undefined;
        ${replaced(found, { [deployment]: stage.place.url })}
        console.log("blocked", bob.status.value.blocked);
        await bob.block(false);
        stop();
        client.close();`,
      ),
    prints: /^blocked true$/m,
  },
  {
    page: "docs/guides/sdk.md",
    beginning: "const storage",
    run: (found, stage) =>
      runModule(
        stage,
        `
        import { createClient } from "pairline/client";
        const kept = new Map();
        const AsyncStorage = {
          getAllKeys: async () => [...kept.keys()],
          multiGet: async (keys) => keys.map((key) => [key, kept.get(key) ?? null]),
          setItem: async (key, value) => void kept.set(key, value),
          removeItem: async (key) => void kept.delete(key),
        };
        ${found.text}
        let wasKept = false;
        const watched = { ...storage, put: async (entry) => { await storage.put(entry); wasKept ||= (await storage.load()).some(({ id }) => id === entry.id); } };
        const client = createClient({ url: process.env.URL, token: ${getToken}, storage: watched });
        await client.conversation("bob").send("kept until it is durable");
        console.log("kept", wasKept, (await storage.load()).length);
        client.close();`,
      ),
    prints: /^kept true 0$/m,
  },
  {
    page: firstClient,
    beginning: "const messages",
    run: ({ text }, stage) =>
      runModule(stage, `${until}${text}${startFirstClient}console.log("sent"); process.exit();`),
    prints: /^sent$/m,
  },
  {
    page: "docs/guides/message-changes.md",
    beginning: "const wish",
    run: ({ text }, stage) =>
      runModule(
        stage,
        `${until}${snippet(firstClient, "const messages").text}
        ${text}
        ${snippet("docs/guides/message-changes.md", "function renewQuotes").text}
        ${startFirstClient}
        const said = [...messages.values()].at(-1);
        const is = (isTrue) => until(() => isTrue(messages.get(said.seq)));
        edit(said, "Hello Bob");
        await is(({ text }) => text === "Hello Bob");
        react(said, "👍");
        await is(({ reactions }) => reactions?.["👍"]?.length === 1);
        reply(said, "I mean you");
        sendPicture("https://example.com/cat.png");
        await until(() => outbox.length === 0 && [...messages.values()].at(-1)?.data?.picture);
        remove(said);
        await is(({ deletedAt }) => deletedAt !== undefined);
        await until(() => outbox.length === 0);
        renewQuotes(messages.get(said.seq));
        const [answer] = [...messages.values()].filter(({ replyTo }) => replyTo === said.seq);
        console.log("deleted quote", answer.quote.text === "" && answer.quote.deletedAt > 0, outbox.length);
        process.exit();`,
      ),
    prints: /^deleted quote true 0$/m,
  },
  {
    page: "docs/guides/inbox.md",
    beginning: "const conversations",
    run: ({ text }, stage) =>
      runModule(
        stage,
        `${until}const render = () => undefined;
        ${text}
        await connect(process.env.URL.replace("http", "ws"), ${getToken});
        await until(() => socket.readyState === WebSocket.OPEN);
        say("bob", "Hi from the inbox");
        await until(() => outbox.size === 0);
        await until(() => [...of("bob").messages.values()].at(-1)?.text === "Hi from the inbox");
        console.log("sent");
        process.exit();`,
      ),
    prints: /^sent$/m,
  },
  {
    page: "docs/guides/python.md",
    beginning: "import asyncio",
    run: (found, stage) => {
      const source = replaced(found, {
        "http://127.0.0.1:8787": stage.place.url,
        '"…"': JSON.stringify(stage.environment["TOKEN"]),
        // It would wait for messages until it is ended.
        "await sio.wait()": "await sio.disconnect()",
      });
      return ended("/usr/bin/python3", ["-c", source], stage.folder, stage.environment);
    },
    prints: /'ok': True/,
  },
  {
    page: tokens,
    beginning: "import { createHmac",
    run: async ({ text }, stage) => {
      const call = `console.log(pairlineToken({ id: "${signedUser}", name: "${signedName}" }, process.env.JWT_SECRET));`;
      return nameByToken(stage, await runModule(stage, `${text}\n${call}`));
    },
    prints: signedNames,
  },
  {
    page: tokens,
    beginning: "import base64",
    run: async ({ text }, stage) => {
      const call = `import os; print(pairline_token("${signedUser}", "${signedName}", os.environ["JWT_SECRET"]))`;
      const printed = await ended(
        "/usr/bin/python3",
        ["-c", `${text}\n${call}`],
        stage.folder,
        stage.environment,
      );
      return nameByToken(stage, printed);
    },
    prints: signedNames,
  },
  {
    page: "docs/guides/import.md",
    beginning: "export ADMIN_KEY",
    run: async (found, stage) => {
      await importFiles(stage);
      const key = stage.place.environment["ADMIN_KEY"] ?? "";
      return runShell(
        stage,
        replaced(found, { "ADMIN_KEY=…": `ADMIN_KEY=${key}`, [deployment]: stage.place.url }),
      );
    },
    prints: /^2 users set, 0 rejected\n.* imported, .* already there, 0 rejected$/m,
  },
  {
    page: "docs/guides/import.md",
    beginning: "npm run import",
    run: async ({ text }, stage) => {
      await importFiles(stage);
      return runShell(stage, text);
    },
    prints: /^2 users set, 0 rejected\n.* imported, .* already there, 0 rejected$/m,
  },
  {
    page: "docs/guides/operations.md",
    beginning: "npm run verify",
    runsLast: true,
    run: (found, stage) =>
      runShell(
        stage,
        replaced(found, {
          "ADMIN_KEY=…": `ADMIN_KEY=${stage.place.environment["ADMIN_KEY"]}`,
          [deployment]: stage.place.url,
        }),
      ),
    prints: /(^alice, bob: .*, all as in the record$[^]*){3}all as in their records$/m,
  },
];

async function importFiles({ folder }: Stage): Promise<void> {
  const users = [{ id: "old-1", name: "Ann" }, { id: "old-2" }];
  const message = {
    sender: "old-1",
    receiver: "old-2",
    text: "hi",
    createdAt: "2020-05-01T12:00:00Z",
    oldId: 1,
  };
  await writeFile(join(folder, "users.jsonl"), users.map((user) => `${JSON.stringify(user)}\n`).join(""));
  await writeFile(join(folder, "messages.jsonl"), `${JSON.stringify(message)}\n`);
}
