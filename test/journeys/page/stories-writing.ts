// Journeys about what somebody types.
import { expect, test } from "vitest";
import { alice, peerNamed } from "../support/cast.ts";
import { pastCount } from "../support/past.ts";
import type { JourneyServer } from "../support/server.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfWriting(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB11] has one draft open in two tabs and sends it once", async () => {
    const julia = peerNamed("Julia Weiss");
    const profile = await browser.profile();
    const [left, right] = [
      await browser.tab(profile, server().url),
      await browser.tab(profile, server().url),
    ];
    await left.signIn(alice.id);
    await right.signIn(alice.id);
    await left.openListed(julia.name);
    await right.openListed(julia.name);
    await left.draft("Shall we meet on Sunday?");
    await right.hasTyped("Shall we meet on Sunday?");
    await left.tab.press("Enter");
    await left.hasMark("Shall we meet on Sunday?", "Sent");
    await right.hasTyped("");
    await right.sees(right.row("Shall we meet on Sunday?"));
    expect((await server().rest(julia).texts(alice.id)).slice(pastCount(julia))).toHaveLength(1);
  });

  test("[WEB15] begins an edit, looks into another conversation and finds the edit again", async () => {
    const karim = peerNamed("Karim Haddad");
    await server().rest(alice).send(karim.id, "See you at the libary");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(karim.name);
    await person.choose("libary", "Edit");
    await person.draft("See you at the library at six");
    await person.openListed("Lena Vogel");
    await person.openListed(karim.name);
    await person.stillHas("See you at the library at six");
  });

  test("[WEB15] pastes a text that is too long and still has it, with the reason", async () => {
    const person = await browser.signedIn(server(), alice.id);
    const marco = peerNamed("Marco Rossi");
    await person.openListed(marco.name);
    const text = "All that happened this year. ".repeat(700);
    await person.draft("x");
    await person.tab.evaluate((long) => {
      const field = document.querySelector("textarea");
      if (field !== null) {
        field.value = long;
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
    }, text);
    await person.tab.press("Enter");
    await person.sees("Too long by");
    const kept = await person.find({ css: "textarea, [data-row] .text" });
    expect(kept.some((each) => `${each.value}${each.text}`.includes(text.trim().slice(-5_000)))).toBe(true);
    expect((await server().rest(marco).texts(alice.id)).slice(pastCount(marco))).toEqual([]);
  });

  test("[WEB16] writes a word with an input method, whose Enter ends the word and sends nothing", async () => {
    const nadia = peerNamed("Nadia Khan");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(nadia.name);
    await person.draft("こんにちは");
    await person.tab.evaluate(() => {
      // As Safari reports the Enter that ends a word.
      const enter = { key: "Enter", keyCode: 229, isComposing: false, bubbles: true, cancelable: true };
      document.querySelector("textarea")?.dispatchEvent(new KeyboardEvent("keydown", enter));
    }, undefined);
    await person.hasTyped("こんにちは");
    expect(await person.find(person.row("こんにちは"))).toEqual([]);
    await person.tab.press("Enter");
    await person.hasMark("こんにちは", "Sent");
    await person.write("👩‍👩‍👧‍👦🏳️‍🌈");
    await person.hasMark("👩‍👩‍👧‍👦🏳️‍🌈", "Sent");
    expect((await server().rest(nadia).texts(alice.id)).slice(-2)).toEqual(["こんにちは", "👩‍👩‍👧‍👦🏳️‍🌈"]);
  });

  test("[WEB17] answers a message that its author deletes meanwhile, and no longer sees its text", async () => {
    const oscar = peerNamed("Oscar Nilsson");
    const sent = await server().rest(oscar).send(alice.id, "My password is swordfish");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(oscar.name);
    await person.choose("swordfish", "Reply");
    await person.tab.type("Better delete that");
    await server().rest(oscar).delete(alice.id, sent.seq);
    await person.until("gone from the whole page", async () => {
      const shown = await person.tab.evaluate(() => document.body.textContent ?? "", undefined);
      return !shown.includes("swordfish");
    });
    await person.hasTyped("Better delete that");
    await person.tab.press("Enter");
    await person.hasMark("Better delete that", "Sent");
  });

  test("[WEB15] edits on the laptop what the phone has changed meanwhile, and is shown both texts", async () => {
    const petra = peerNamed("Petra Novak");
    const sent = await server().rest(alice).send(petra.id, "meet at 7");
    const laptop = await browser.signedIn(server(), alice.id);
    await laptop.openListed(petra.name);
    await laptop.choose("meet at 7", "Edit");
    await laptop.draft("meet at 8");
    await server().rest(alice).edit(petra.id, sent.seq, "meet at 9");
    await laptop.sees(laptop.row("meet at 9"));
    await laptop.tab.press("Enter");
    await laptop.sees("edited elsewhere");
    await laptop.stillHas("meet at 8");
    expect((await server().rest(petra).texts(alice.id)).at(-1)).toBe("meet at 9");
  });
}
