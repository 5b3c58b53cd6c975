import { setTimeout as wait } from "node:timers/promises";
import type { BrowserTab } from "./driver.ts";
import { findInPage, shownInPage, type Found, type Target } from "./find.ts";

const patienceMs = 40_000;
const field = 'textarea[aria-label^="Message to "]';
const search = 'input[type="search"]';

/** Somebody before a tab of a browser, who reads, clicks and types. */
export class Person {
  readonly tab: BrowserTab;

  constructor(tab: BrowserTab) {
    this.tab = tab;
  }

  /** Returns what is shown of this, at once. */
  async find(target: Target, scroll = false): Promise<readonly Found[]> {
    try {
      return await this.tab.evaluate(findInPage, { target, scroll });
    } catch (error) {
      // The page is about to be another one: a reload, a sign-in.
      if (/context was destroyed|navigati/i.test(String(error))) {
        return [];
      }
      throw error;
    }
  }

  /** Returns once it is shown. */
  async sees(target: Target | string): Promise<Found> {
    const wanted = typeof target === "string" ? { css: "body", text: target } : target;
    let found: Found | undefined;
    await this.until(`seen: ${JSON.stringify(target)}`, async () => {
      [found] = await this.find(wanted);
      return found !== undefined;
    });
    return found as Found;
  }

  /** Returns once it is no longer shown. */
  async seesNo(target: Target | string): Promise<void> {
    const wanted = typeof target === "string" ? { css: "body", text: target } : target;
    await this.until(`gone: ${JSON.stringify(target)}`, async () => (await this.find(wanted)).length === 0);
  }

  async click(target: Target): Promise<void> {
    await this.sees(target);
    const [found] = await this.find(target, true);
    if (found === undefined) {
      await this.click(target);
      return;
    }
    await this.tab.click(found.x, found.y);
  }

  clickButton(label: string, within?: Target): Promise<void> {
    return this.click({ css: "button", label, ...(within !== undefined && { within }) });
  }

  /** Puts the cursor into a field and types over what it has. */
  async fill(css: string, text: string): Promise<void> {
    await this.click({ css });
    await this.tab.evaluate((selector) => {
      document.querySelector<HTMLInputElement>(selector)?.select();
    }, css);
    if (text === "") {
      await this.tab.press("Backspace");
    } else {
      await this.tab.type(text);
    }
  }

  async signIn(name: string): Promise<void> {
    await this.sees("Sign in as anybody");
    await this.fill("#name", name);
    await this.tab.press("Enter");
    await this.sees({ css: "h1", label: name });
  }

  row(text: string): Target {
    return { css: '[role="log"] [data-row]', text };
  }

  listed(name: string): Target {
    return { css: "nav li button.conversation", text: name };
  }

  /** Clicks the conversation in the list. */
  async openListed(name: string): Promise<void> {
    await this.click(this.listed(name));
    await this.sees({ css: "h2", label: name });
  }

  /** Types into the field above the list. */
  lookFor(typed: string): Promise<void> {
    return this.fill(search, typed);
  }

  /** Types a new message without sending it. */
  draft(text: string): Promise<void> {
    return this.fill(field, text);
  }

  async write(text: string): Promise<void> {
    await this.draft(text);
    await this.tab.press("Enter");
  }

  async typed(): Promise<string> {
    return (await this.sees({ css: field })).value;
  }

  /** Returns once the field has this text. */
  hasTyped(text: string): Promise<void> {
    return this.until(`typed: ${text}`, async () => (await this.find({ css: field }))[0]?.value === text);
  }

  /** Returns once what was typed can be read somewhere: in a field, or beside it. */
  async stillHas(typed: string): Promise<void> {
    await this.until(`kept: ${typed}`, async () => {
      const fields = (await this.find({ css: "textarea" })).map(({ value }) => value);
      const [body] = await this.find({ css: "main" });
      return [...fields, body?.text ?? ""].some((text) => text.includes(typed));
    });
  }

  async hasMark(text: string, mark: string): Promise<void> {
    await this.sees({ css: ".mark", label: mark, within: this.row(text) });
  }

  /** Chooses what to do with a message. */
  async choose(text: string, action: string): Promise<void> {
    await this.until(`chosen: ${action}`, async () => {
      const [row] = await this.find({ css: ".bubble", within: this.row(text) }, true);
      await (row && this.tab.hover(row.x, row.y));
      return (await this.find({ css: "button", label: action, within: this.row(text) })).length > 0;
    });
    await this.clickButton(action, this.row(text));
  }

  /** Chooses from the menu of the conversation. */
  async chooseFromMenu(action: string): Promise<void> {
    await this.clickButton("More");
    await this.clickButton(action, { css: ".menu" });
  }

  async texts(): Promise<readonly string[]> {
    return (await this.find({ css: '[role="log"] [data-row] .text' })).map(({ text }) => text);
  }

  /** Returns once the newest messages of the log are these. */
  async showsLast(texts: readonly string[]): Promise<void> {
    const wanted = JSON.stringify(texts);
    await this.until(`last in the log: ${wanted}`, async () => {
      return JSON.stringify((await this.texts()).slice(-texts.length)) === wanted;
    });
  }

  title(): Promise<string> {
    return this.tab.evaluate(() => document.title, undefined);
  }

  async until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!(await isTrue())) {
      if (Date.now() > end) {
        throw new Error(`not ${what}\nThe page shows: ${await this.tab.evaluate(shownInPage, undefined)}`);
      }
      await wait(50);
    }
  }
}
