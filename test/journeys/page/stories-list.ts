// Journeys about the list of conversations and whom one writes to.
import { expect, test } from "vitest";
import { alice, archived, blockedByAlice, muted, peerNamed } from "../support/cast.ts";
import { pastText } from "../support/past.ts";
import type { JourneyServer } from "../support/server.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfTheList(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB18] looks for a friend beyond the first fifty conversations and writes to them", async () => {
    const anton = peerNamed("Anton Reuter");
    const person = await browser.signedIn(server(), alice.id);
    await person.sees(person.listed("Bob Marsh"));
    await person.lookFor("anton");
    await person.openListed(anton.name);
    await person.sees(person.row(pastText(anton, 1)));
    await person.write("It has been a while");
    await person.hasMark("It has been a while", "Sent");
    expect((await server().rest(anton).texts(alice.id)).at(-1)).toBe("It has been a while");
  });

  test("[WEB18] mistypes a name and is told that nobody has it", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.sees(person.listed("Bob Marsh"));
    await person.lookFor("Bob Marhs");
    await person.tab.press("Enter");
    await person.until("told that nobody is known by this", async () => {
      const shown = await person.tab.evaluate(() => document.body.innerText, undefined);
      return /(nobody|no one|not know|unknown|no conversation|not found)/i.test(shown);
    });
    expect(await person.find({ css: "h2", label: "Bob Marhs" })).toEqual([]);
  });

  test.each(["José", "x".repeat(129), "..", alice.id])(
    "[WEB19] opens a link to the impossible person %.20s and goes on with the page",
    async (peer) => {
      const profile = await browser.profile();
      const first = await browser.tab(profile, server().url);
      await first.signIn(alice.id);
      await first.sees(first.listed("Bob Marsh"));
      await first.tab.evaluate((id) => location.assign(`#/peer=${encodeURIComponent(id)}`), peer);
      await first.tab.reload();
      await first.sees(first.listed("Bob Marsh"));
      expect(await first.find({ css: "textarea" })).toEqual([]);
      await first.openListed("Quentin Dubois");
      await first.sees(first.row(pastText(peerNamed("Quentin Dubois"), 6)));
    },
  );

  test("[WEB9] gets a message in a muted conversation, and the title does not count it", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.sees(person.listed(muted.name));
    const before = await person.title();
    await server().rest(muted).send(alice.id, "Not urgent");
    await person.sees({ ...person.listed(muted.name), text: "Not urgent" });
    expect(await person.title()).toBe(before);
    const announced = await person.tab.evaluate(
      () => document.querySelector("[data-announcer]")?.textContent ?? "",
      undefined,
    );
    expect(announced).toBe("");
  });

  test("[WEB9] sees an archived conversation come back with what was written in it", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.sees(person.listed("Bob Marsh"));
    expect(await person.find(person.listed(archived.name))).toEqual([]);
    await server().rest(archived).send(alice.id, "I found your book");
    await person.sees({ ...person.listed(archived.name), text: "I found your book" });
    await person.openListed(archived.name);
    await person.sees("New messages");
  });

  test("[WEB8] lifts a block of last year, and both write to each other again", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(blockedByAlice.name);
    await person.sees(`You blocked ${blockedByAlice.name}`);
    await person.clickButton("Unblock");
    await person.write("Let us start again");
    await person.hasMark("Let us start again", "Sent");
    await server().rest(blockedByAlice).send(alice.id, "Gladly");
    await person.showsLast(["Let us start again", "Gladly"]);
  });

  test("[WEB8] blocks somebody, who then cannot write", async () => {
    const rosa = peerNamed("Rosa Alvarez");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(rosa.name);
    await person.chooseFromMenu("Block");
    await person.clickButton("Block", { css: "dialog" });
    await person.sees(`You blocked ${rosa.name}`);
    expect(await server().rest(rosa).trySend(alice.id, "Hello?")).toMatchObject({ status: 403 });
  });

  test("[WEB6] signs in as another person in the same browser and finds nothing of the first", async () => {
    const bob = peerNamed("Tomas Varga");
    const profile = await browser.profile();
    const shared = await browser.tab(profile, server().url);
    await shared.signIn(alice.id);
    await shared.openListed(bob.name);
    await shared.draft("Nobody else may read this");
    await shared.clickButton("Sign out");
    await shared.signIn(bob.id);
    await shared.openListed(alice.name);
    await shared.hasTyped("");
    await shared.write("It is me");
    await shared.hasMark("It is me", "Sent");
    expect((await server().rest(bob).history(alice.id)).at(-1)).toMatchObject({ author: bob.id });
  });
}
