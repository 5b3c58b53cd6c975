// Journeys about devices, the server's absence and ways to use the page.
import { test } from "vitest";
import { alice, peerNamed } from "../support/cast.ts";
import type { JourneyServer } from "../support/server.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfDevices(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB6] keeps the page open while the server is restarted", async () => {
    const xavier = peerNamed("Xavier Moreau");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(xavier.name);
    await person.write("Before the restart");
    await person.hasMark("Before the restart", "Sent");
    await server().stop();
    await person.sees({ css: '[role="status"] .banner' });
    await person.write("While it was down");
    await person.hasMark("While it was down", "Waiting to be sent");
    await server().start();
    await person.hasMark("While it was down", "Sent");
    await server().rest(xavier).send(alice.id, "I got both");
    await person.showsLast(["Before the restart", "While it was down", "I got both"]);
  });

  test("[WEB10] uses nothing but the keyboard to open, write, reply and go back", async () => {
    const zoe = peerNamed("Zoe Clarke");
    const person = await browser.signedIn(server(), alice.id);
    await person.sees(person.listed("Bob Marsh"));
    await tabTo("Find or begin a conversation");
    await person.tab.type("Zoe");
    await person.seesNo(person.listed("Bob Marsh"));
    await tabTo(zoe.name);
    await person.tab.press("Enter");
    await person.sees({ css: "h2", label: zoe.name });
    await person.until(
      "in the field",
      async () => (await person.find({ css: "textarea" }))[0]?.isFocused === true,
    );
    await person.tab.type("Typed without a mouse");
    await person.tab.press("Enter");
    await person.hasMark("Typed without a mouse", "Sent");
    await person.tab.press("ArrowUp");
    await person.sees("Edit message");
    await person.tab.press("End");
    await person.tab.type("!");
    await person.tab.press("Enter");
    await person.sees({ css: ".meta", text: "edited", within: person.row("Typed without a mouse!") });

    async function tabTo(name: string): Promise<void> {
      await person.until(`at ${name} with Tab`, async () => {
        await person.tab.press("Tab");
        return person.tab.evaluate((wanted) => {
          const at = document.activeElement;
          return `${at?.getAttribute("aria-label") ?? ""}${at?.textContent ?? ""}`.includes(wanted);
        }, name);
      });
    }
  });
}
