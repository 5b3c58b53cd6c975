// Journeys about devices, the server's absence and ways to use the page.
import { expect, test } from "vitest";
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

  test("[WEB6] is told that the server cannot be reached, and not to be offline, while it is down", async () => {
    const network = await server().network();
    const person = await browser.signedIn(network, alice.id);
    await person.sees(person.listed("Bob Marsh"));
    network.cut();
    const { text } = await person.sees({ css: '[role="status"] .banner' });
    await person.until("a sentence about the server", async () => {
      const [banner] = await person.find({ css: '[role="status"] .banner' });
      return banner !== undefined && /server|reach/i.test(banner.text);
    });
    expect(text).not.toContain("You are offline");
    network.restore();
    await person.seesNo({ css: '[role="status"] .banner' });
  });

  test("[WEB9] reads and writes on a phone, and no keyboard covers what is read", async () => {
    const yusuf = peerNamed("Yusuf Demir");
    const phone = await browser.signedIn(server(), alice.id, { width: 390, height: 780, isPhone: true });
    await phone.openListed(yusuf.name);
    const field = await phone.sees({ css: "textarea" });
    expect(field.isFocused).toBe(false);
    await phone.draft("From the bus");
    await phone.clickButton("Send");
    await phone.hasMark("From the bus", "Sent");
    await phone.clickButton("Back to the list");
    await phone.sees({ ...phone.listed(yusuf.name), text: "From the bus" });
    await phone.tab.back();
    await phone.sees(phone.row("From the bus"));
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
