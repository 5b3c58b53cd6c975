import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pageFiles } from "../../src/commands/build-page.ts";
import { signToken } from "../../src/commands/sign-token.ts";
import { freshName, person, stage, type Person } from "./browser.ts";
import { post, textsAt } from "./people.ts";

const at = stage({ ALLOWED_ORIGINS: "*" });
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css" };

/** Somebody whose page is that of a deployment, not of `npm start`. Its HTML is the same, and comes from the Worker. */
async function visitor(): Promise<Person> {
  const someone = await person(at(), freshName("alice"));
  for (const [name, content] of Object.entries(await pageFiles({ isDevelopment: false }))) {
    const contentType = types[extname(name)];
    if (contentType !== undefined) {
      const body = Buffer.from(content);
      await someone.page.route(`${at().place.url}/${name}`, (route) => route.fulfill({ body, contentType }));
    }
  }
  return someone;
}

test("[WEB13] without a token the page signs nobody in", async () => {
  const { page } = await visitor();
  await page.goto(at().place.url);
  await page.getByRole("heading", { name: "Open the chat from your app" }).waitFor();
  expect(await page.getByRole("textbox").count()).toBe(0);
});

test("[WEB13] a token comes by the fragment, leaves the address at once and outlives a reload of the tab", async () => {
  const alice = await visitor();
  const bob = freshName("bob");
  const token = await at().place.token(alice.name);
  await alice.page.goto("about:blank");
  await alice.page.goto(`${at().place.url}/#token=${token}&user=${alice.name}&peer=${bob}`);
  await alice.page.getByRole("heading", { name: alice.name }).waitFor();
  expect(alice.page.url()).toBe(`${at().place.url}/#/peer=${bob}`);
  await alice.write("from my app");
  await alice.hasMark("from my app", "Sent");
  await alice.page.reload();
  await alice.hasMark("from my app", "Sent");
  expect(await alice.page.getByRole("button", { name: "Sign out" }).count()).toBe(0);
});

test("[WEB13] the name in the token is shown, not the id", async () => {
  const alice = await visitor();
  const { url, environment } = at().place;
  const token = await signToken(alice.name, environment["JWT_SECRET"] ?? "", {}, "Zoë Müller");
  await alice.page.goto("about:blank");
  await alice.page.goto(`${url}/#token=${token}&user=${alice.name}`);
  await alice.page.getByRole("heading", { level: 1, name: "Zoë Müller" }).waitFor();
  expect(await alice.page.getByRole("navigation").textContent()).not.toContain(alice.name);
});

test("[WEB6, WEB13] a fresh link without a conversation, also in the same tab, sends what waits", async () => {
  const alice = await visitor();
  const { place } = at();
  const bob = freshName("bob");
  await post(place, bob, alice.name, { text: "Hi" });
  const link = `${place.url}/#token=${await place.token(alice.name)}&user=${alice.name}`;
  await alice.page.goto("about:blank");
  await alice.page.goto(`${link}&peer=${bob}`);
  await alice.row("Hi").waitFor();
  await alice.context.setOffline(true);
  await alice.write("kept");
  await alice.hasMark("kept", "Waiting to be sent");
  // Nothing is sent from this page any more, though the network is back.
  await alice.page.goto("about:blank");
  await alice.context.setOffline(false);
  await alice.page.goto(link);
  await expect.poll(() => textsAt(place, bob, alice.name), { timeout: 20_000 }).toEqual(["Hi", "kept"]);
  // Only the fragment changes: no page is loaded by itself.
  await alice.page.goto(`${link}&peer=${bob}`);
  await alice.hasMark("kept", "Sent");
  expect(alice.page.url()).toBe(`${place.url}/#/peer=${bob}`);
});

test("[WEB13] a token that does not hold is told, and nothing is tried for ever", async () => {
  const alice = await visitor();
  await alice.page.goto("about:blank");
  await alice.page.goto(`${at().place.url}/#token=not.a.token`);
  await alice.page.getByText("You are signed out. Open the chat from your app again.").waitFor();
  // The list waits for nothing either.
  const list = alice.page.getByRole("navigation");
  await list.getByText("Your conversations cannot be shown.").waitFor();
  expect(await list.getByText("Loading…").count()).toBe(0);
  expect(await alice.page.getByRole("button", { name: "Try now" }).count()).toBe(0);
  expect(alice.page.url()).toBe(`${at().place.url}/#/`);
});

test("[WEB13] an app on another origin mounts the chat into a page of its own", async () => {
  const alice = await visitor();
  const token = await at().place.token(alice.name);
  const { url } = at().place;
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>An app</title><link rel="stylesheet" href="${url}/chat.css">
      <h1>An app</h1><div id="here" style="height: 500px; width: 500px"></div>
      <script type="module">
        import { mountChat } from "${url}/chat.js";
        window.chat = mountChat(document.getElementById("here"), { url: "${url}", token: async () => "${token}" });
      </script>`);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  // The Worker's own files: they must let another origin have them.
  await alice.page.unrouteAll();
  await alice.page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await alice.open(freshName("bob"));
  await alice.write("from within");
  await alice.hasMark("from within", "Sent");
  await alice.page.getByRole("button", { name: "Back to the list" }).click();
  await alice.page.getByRole("navigation").waitFor();
  await alice.page.evaluate(() => (window as unknown as { chat: { unmount(): void } }).chat.unmount());
  expect(await alice.page.locator("#here").innerHTML()).toBe("");
  expect(await alice.page.title()).toBe("An app");
});
