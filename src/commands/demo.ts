// Two users on a running local Worker: a conversation over WebSockets, then its history read back over REST.
import { randomUUID } from "node:crypto";
import { archivedRevHeader, pageSchema, type Page } from "../protocol/rest.ts";
import { runCommand } from "./arguments.ts";
import { DemoClient } from "./demo-client.ts";
import { startWorker } from "./demo-worker.ts";
import { localPlace, localSecret, type LocalPlace } from "./local.ts";
import { signToken } from "./sign-token.ts";

const lines = [
  ["alice", "Hi Bob, are you there?"],
  ["bob", "Yes! Just got home. 👋"],
  ["alice", "Dinner at seven?"],
  ["bob", "Perfect, see you then."],
] as const;

const usage = `Usage: npm run demo

Two users talk on the local Worker, which is started where none runs; then their history is read back from D1.
It takes no options; PORT and STATE_DIR in the environment say which Worker, as with "npm start".`;

const missing: string[] = [];

await runCommand({ usage, options: {} }, async () => {
  const place = localPlace();
  const secret = localSecret();
  const stop = await startWorker(place);
  try {
    await run(place, secret);
  } finally {
    await stop();
  }
  if (missing.length > 0) {
    console.error(`\nMissing:\n${missing.map((line) => `  ${line}`).join("\n")}`);
    return 1;
  }
  console.log("\nEverything arrived, in order, and is in D1.");
  return 0;
});

async function run(place: LocalPlace, secret: string): Promise<void> {
  // Names of their own for each run, so that an earlier one's messages do not count.
  const suffix = randomUUID().slice(0, 8);
  const alice = `alice-${suffix}`;
  const bob = `bob-${suffix}`;
  const tokens = {
    [alice]: await signToken(alice, secret, process.env),
    [bob]: await signToken(bob, secret, process.env),
  };
  const clients = {
    alice: await DemoClient.connect(place.url, bob, tokens[alice] ?? ""),
    bob: await DemoClient.connect(place.url, alice, tokens[bob] ?? ""),
  };
  console.log(`${alice} and ${bob} are connected.\n`);
  for (const [author, text] of lines) {
    const ack = await clients[author].send(text);
    console.log(`  ${String(ack.seq).padStart(2)}  ${author.padEnd(5)}  ${text}`);
  }
  for (const [name, client] of Object.entries(clients)) {
    expectLines(`${name}'s socket`, await client.received(lines.length));
    client.close();
  }
  const history = await archivedPage(place, bob, tokens[alice] ?? "");
  expectLines(
    "the history",
    history.messages.map((message) => message.text),
  );
  console.log(`\nHistory from D1, as of revision ${history.rev}:`);
  for (const message of history.messages) {
    console.log(`  ${String(message.seq).padStart(2)}  ${message.author}  ${message.text}`);
  }
}

function expectLines(where: string, texts: readonly string[]): void {
  for (const [index, [, text]] of lines.entries()) {
    if (texts[index] !== text) {
      missing.push(`${where}: message ${index + 1}, "${text}"`);
    }
  }
}

/** The page below the end, once the archive itself has all of it. */
async function archivedPage(place: LocalPlace, peer: string, token: string): Promise<Page> {
  const end = lines.length + 1;
  const url = `${place.url}/v1/conversations/${peer}/messages?before=${end}&rev=${lines.length}`;
  for (let tries = 0; tries < 50; tries += 1) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) {
      throw new Error(`the history answered ${response.status}: ${await response.text()}`);
    }
    const page = pageSchema.parse(await response.json());
    if (Number(response.headers.get(archivedRevHeader)) >= lines.length) {
      return page;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the messages did not reach D1 within ten seconds");
}
