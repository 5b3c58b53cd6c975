// Journeys that run in every browser.
import { expect, test } from "vitest";
import { alice, chatty, namesakes, peerNamed } from "../support/cast.ts";
import { pastCount } from "../support/past.ts";
import type { JourneyServer } from "../support/server.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfEveryBrowser(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB6] comes back from the underground with four messages written", async () => {
    const erik = peerNamed("Erik Lund");
    const network = await server().network();
    const person = await browser.signedIn(network, alice.id);
    await person.openListed(erik.name);
    await person.write("Boarding now");
    await person.hasMark("Boarding now", "Sent");
    network.cut();
    const texts = ["In the tunnel", "No signal here", "Still none", "Next stop is mine"];
    for (const text of texts) {
      await person.write(text);
    }
    await person.hasMark("Next stop is mine", "Waiting to be sent");
    network.restore();
    await person.hasMark("Next stop is mine", "Sent");
    expect((await server().rest(erik).texts(alice.id)).slice(-4)).toEqual(texts);
    await person.showsLast(texts);
  });

  test("[WEB6] writes offline, closes the page and opens it the next day at the list", async () => {
    const fatima = peerNamed("Fatima Noor");
    const network = await server().network();
    const profile = await browser.profile();
    const yesterday = await browser.tab(profile, network.url);
    await yesterday.signIn(alice.id);
    await yesterday.openListed(fatima.name);
    network.cut();
    await yesterday.write("Written on the plane");
    await yesterday.hasMark("Written on the plane", "Waiting to be sent");
    await yesterday.tab.close();
    network.restore();
    const today = await browser.tab(profile, network.url);
    await today.signIn(alice.id);
    await today.sees({ css: "nav li .preview", text: "Written on the plane" });
    expect((await server().rest(fatima).texts(alice.id)).at(-1)).toBe("Written on the plane");
  });

  test("[WEB3] opens 70 unread messages at the first of them", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(chatty.name);
    await person.sees("New messages");
    await person.until("at the first unread message", async () => {
      const [first] = await person.find({ css: "[data-row] .text", text: "news 1" });
      return first !== undefined && first.text === "news 1" && first.top > 60 && first.bottom < 500;
    });
    await person.sees({ ...person.listed(chatty.name), text: "unread" });
    const [listed] = (await server().rest(alice).list()).filter(({ peer }) => peer === chatty.id);
    expect(listed?.unread).toBeGreaterThan(20);
  });

  test("[WEB18] types the display name of two people and presses Enter", async () => {
    const person = await browser.signedIn(server(), alice.id);
    const [one, other] = namesakes;
    await person.lookFor(one.name);
    await person.tab.press("Enter");
    await person.until(
      "a choice of two",
      async () => (await person.find(person.listed(one.name))).length === 2,
    );
    expect(await person.find({ css: "textarea" })).toEqual([]);
    await person.click(person.listed(one.name));
    await person.sees({ css: "h2", text: one.name });
    await person.write("Which Sam is this?");
    await person.hasMark("Which Sam is this?", "Sent");
    const last = async (id: string) => (await server().rest({ id, name: "" }).texts(alice.id)).at(-1);
    const received = [await last(one.id), await last(other.id)];
    expect(received.filter((text) => text === "Which Sam is this?")).toHaveLength(1);
    expect((await server().rest(alice).list()).map(({ peer }) => peer)).not.toContain(one.name);
  });

  test("[WEB15] saves an edit of a message that was deleted elsewhere, and keeps what was typed", async () => {
    const george = peerNamed("George Blake");
    const sent = await server().rest(alice).send(george.id, "The address is 12 Hill Road");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(george.name);
    await person.choose("12 Hill Road", "Edit");
    await person.tab.type(", second floor");
    await server().rest(alice).delete(george.id, sent.seq);
    await person.seesNo(person.row("12 Hill Road"));
    await person.tab.press("Enter");
    await person.sees("deleted");
    await person.stillHas("second floor");
    await person.sees("This message was deleted");
  });

  test("[WEB7] finds yesterday's drafts of two conversations and sends one", async () => {
    const [hana, ivan] = [peerNamed("Hana Sato"), peerNamed("Ivan Petrov")];
    const profile = await browser.profile();
    const yesterday = await browser.tab(profile, server().url);
    await yesterday.signIn(alice.id);
    await yesterday.openListed(hana.name);
    await yesterday.draft("Dear Hana, about the");
    await yesterday.openListed(ivan.name);
    await yesterday.draft("Ivan, one more thing");
    await yesterday.tab.close();
    const today = await browser.tab(profile, server().url);
    await today.signIn(alice.id);
    await today.sees({ ...today.listed(ivan.name), text: "Draft: Ivan, one more thing" });
    await today.openListed(hana.name);
    await today.hasTyped("Dear Hana, about the");
    await today.tab.press("End");
    await today.tab.type(" garden");
    await today.tab.press("Enter");
    await today.hasMark("Dear Hana, about the garden", "Sent");
    expect((await server().rest(hana).texts(alice.id)).slice(pastCount(hana))).toEqual([
      "Dear Hana, about the garden",
    ]);
  });
}
