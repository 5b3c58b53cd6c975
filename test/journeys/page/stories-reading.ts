// Journeys of somebody who reads.
import { expect, test } from "vitest";
import { alice, alsoChatty, longCount, longstanding, peerNamed, unreadCount } from "../support/cast.ts";
import { pastCount, pastText } from "../support/past.ts";
import type { JourneyServer } from "../support/server.ts";
import type { JourneyBrowser } from "./page-journeys.ts";

export function storiesOfReading(server: () => JourneyServer, browser: JourneyBrowser): void {
  test("[WEB5] scrolls back through a thousand messages of twenty thousand", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(longstanding.name);
    await person.sees(person.row(pastText(longstanding, longCount)));
    const log = await person.sees({ css: '[role="log"]' });
    await person.tab.hover(log.x, log.y);
    await person.until("a thousand messages back", async () => {
      await person.tab.wheel(-4_000);
      const [top] = await person.find({ css: '[role="log"] [data-seq]' });
      return top !== undefined && top.seq < longCount - 1_000;
    });
    const shown = await person.find({ css: '[role="log"] [data-seq]' });
    const seqs = shown.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    await person.clickButton("Go to the newest message");
    await person.sees(person.row(pastText(longstanding, longCount)));
  });

  test("[WEB5] follows a reply to the message of last winter that it quotes", async () => {
    const person = await browser.signedIn(server(), alice.id);
    const quoted = 9_000;
    await server().rest(longstanding).send(alice.id, "Remember this?", { replyTo: quoted });
    await person.openListed(longstanding.name);
    await person.click({ css: "button.quote", within: person.row("Remember this?") });
    await person.until("at the quoted message", async () => {
      const [row] = await person.find({ css: `[data-seq="${quoted}"]` });
      return row !== undefined && row.top > 0 && row.bottom < 740;
    });
    await person.sees(person.row(pastText(longstanding, quoted)));
  });

  test("[WEB4] reads the first unread messages only, and the rest stays unread", async () => {
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(alsoChatty.name);
    await person.sees(person.row("news 2"));
    await person.until("read as far as seen", async () => {
      const [listed] = (await server().rest(alice).list()).filter(({ peer }) => peer === alsoChatty.id);
      return listed !== undefined && listed.unread > 0 && listed.unread < unreadCount;
    });
    const log = await person.sees({ css: '[role="log"]' });
    await person.tab.hover(log.x, log.y);
    await person.until("at the end", async () => {
      await person.tab.wheel(600);
      return (await person.find({ css: '[role="log"] .text', text: `news ${unreadCount}` })).length > 0;
    });
    await person.until("all read", async () => {
      // The newest message is drawn before it is in sight, and only what was in sight is read.
      await person.tab.wheel(600);
      const [listed] = (await server().rest(alice).list()).filter(({ peer }) => peer === alsoChatty.id);
      return listed?.unread === 0;
    });
  });

  test("[WEB1] gets a message of sixteen thousand brackets behind a link and goes on reading", async () => {
    const uma = peerNamed("Uma Patel");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(uma.name);
    await server()
      .rest(uma)
      .send(alice.id, `http://a.example/${")".repeat(16_000)}`);
    await person.sees({ css: "a", text: "http://a.example/" });
    await server().rest(uma).send(alice.id, "Did that arrive?");
    await person.sees(person.row("Did that arrive?"));
  });

  test("[SE8] gets a message that an app sent with data alone, and sees that there is one", async () => {
    const victor = peerNamed("Victor Hale");
    const person = await browser.signedIn(server(), alice.id);
    await person.openListed(victor.name);
    await person.sees(person.row(pastText(victor, pastCount(victor))));
    const before = await person.texts();
    await server()
      .rest(victor)
      .send(alice.id, "", { data: { kind: "location" } });
    await person.until("shown with some words", async () => {
      const texts = await person.texts();
      return texts.length === before.length + 1 && texts.at(-1) !== "";
    });
    const preview = await person.sees({ css: ".preview", within: person.listed(victor.name) });
    expect(preview.text).not.toBe("");
  });

  test("[WEB8] reacts on the laptop and on the phone, and both show the same", async () => {
    const wanda = peerNamed("Wanda Kowalski");
    const laptop = await browser.signedIn(server(), alice.id);
    const phone = await browser.signedIn(server(), alice.id);
    await laptop.openListed(wanda.name);
    await phone.openListed(wanda.name);
    const text = pastText(wanda, pastCount(wanda));
    await laptop.choose(text, "React");
    await laptop.clickButton("React with 👍", laptop.row(text));
    await phone.sees({ css: "button.reaction", label: "👍 by you" });
    await phone.choose(text, "React");
    await phone.clickButton("React with ❤️", phone.row(text));
    await laptop.sees({ css: "button.reaction", label: "❤️ by you" });
    await server().rest(wanda).react(alice.id, pastCount(wanda), "👍");
    await laptop.sees({ css: "button.reaction", label: `👍 by you and ${wanda.name}` });
    await phone.sees({ css: "button.reaction", label: `👍 by you and ${wanda.name}` });
  });
}
