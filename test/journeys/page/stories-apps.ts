// Journeys of people whose app has the chat in a page of its own, on another localhost port.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { alice, peerNamed } from "../support/cast.ts";
import type { JourneyServer } from "../support/server.ts";
import { shortToken } from "../support/tokens.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfApps(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB13] develops an app on another localhost port and writes from its page", async () => {
    const ben = peerNamed("Ben Okafor");
    const { url } = server();
    const origin = await appOn(
      url,
      `async () => {
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ user: "${alice.id}" });
        const response = await fetch("${url}/dev/token", { method: "POST", headers, body });
        return (await response.json()).token;
      }`,
    );
    const person = await browser.tab(await browser.profile(), origin);
    await person.openListed(ben.name);
    await person.write("Written in my own app");
    await person.hasMark("Written in my own app", "Sent");
    expect((await server().rest(ben).texts(alice.id)).at(-1)).toBe("Written in my own app");
  });

  test("[CL9] keeps an app's page open past the end of its token, which the app renews", async () => {
    const clara = peerNamed("Clara Jensen");
    let expiresAtMs = 0;
    const origin = await appOn(server().url, `async () => (await fetch("/token")).text()`, async () => {
      const made = await shortToken(server().place, alice, 8);
      expiresAtMs ||= made.expiresAtMs;
      return made.token;
    });
    const person = await browser.tab(await browser.profile(), origin);
    await person.openListed(clara.name);
    await person.until("past the first token's end", async () => Date.now() > expiresAtMs + 2_000);
    await person.write("Still signed in");
    await person.hasMark("Still signed in", "Sent");
    expect((await server().rest(clara).texts(alice.id)).at(-1)).toBe("Still signed in");
  });

  test("[CL10] is told in the app's page that the token is no longer renewed, and goes on when it is", async () => {
    const david = peerNamed("David Stein");
    const old = await shortToken(server().place, alice, 6);
    let isRenewed = false;
    const origin = await appOn(server().url, `async () => (await fetch("/token")).text()`, async () =>
      isRenewed ? server().place.token(alice.id) : old.token,
    );
    const person = await browser.tab(await browser.profile(), origin);
    await person.openListed(david.name);
    await person.sees("signed out");
    await person.draft("What I was about to say");
    isRenewed = true;
    await person.clickButton("Try now");
    await person.seesNo("signed out");
    await person.hasTyped("What I was about to say");
    await person.clickButton("Send");
    await person.hasMark("What I was about to say", "Sent");
  });
}

/** Serves an app's page, and its tokens at `/token`. Returns its origin. */
async function appOn(
  chatUrl: string,
  tokenScript: string,
  token: () => Promise<string> = async () => "",
): Promise<string> {
  const page = `<!doctype html><title>My app</title><link rel="stylesheet" href="${chatUrl}/chat.css">
    <div id="here" style="height: 600px"></div>
    <script type="module">
      import { mountChat } from "${chatUrl}/chat.js";
      mountChat(document.getElementById("here"), { url: "${chatUrl}", token: ${tokenScript} });
    </script>`;
  const app = createServer((request, response) => {
    if (request.url === "/token") {
      void token().then((text) => response.end(text));
      return;
    }
    response.setHeader("content-type", "text/html");
    response.end(page);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    app.closeAllConnections();
    app.close();
  });
  await once(app, "listening");
  return `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
}
