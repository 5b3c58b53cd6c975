import { randomUUID } from "node:crypto";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from "playwright-core";
import { afterAll, beforeAll, onTestFinished, vi } from "vitest";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "../e2e/local-worker.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"];

/** A running Worker and a browser, for the tests of one file. */
export interface Stage {
  readonly place: Place;
  readonly browser: Browser;
  worker: LocalWorker;
}

export function stage(variables: Readonly<Record<string, string>> = {}): () => Stage {
  let made: Stage | undefined;
  beforeAll(async () => {
    const place = await freshPlace({ ...liftedLimits, ...variables });
    const [worker, browser] = await Promise.all([
      startWorker(place),
      chromium.launch({ executablePath, args }),
    ]);
    made = { place, browser, worker };
  });
  afterAll(async () => {
    await made?.browser.close();
    await made?.worker.kill();
    await made?.place.remove();
  });
  return () => {
    if (made === undefined) {
      throw new Error("the stage is not there yet");
    }
    return made;
  };
}

/** A name that no other test has. */
export function freshName(name: string): string {
  return `${name}-${randomUUID().slice(0, 6)}`;
}

/** Somebody before their own browser. */
export class Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;

  constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.context = context;
    this.page = page;
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  get field(): Locator {
    return this.page.getByLabel(/^Message to /);
  }

  row(text: string): Locator {
    const written = this.page.locator(".text").filter({ hasText: text });
    return this.log.locator("[data-row]").filter({ has: written });
  }

  listed(peer: string): Locator {
    return this.page.getByRole("navigation").getByRole("listitem").filter({ hasText: peer });
  }

  async signIn(): Promise<void> {
    await this.page.getByLabel("Your name").fill(this.name);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.getByRole("heading", { name: this.name }).waitFor();
  }

  /** Begins a conversation, or opens it, by the peer's name; where nobody is known by it, by saying so a second time. */
  async open(peer: string): Promise<void> {
    await this.search(peer);
    const heading = this.page.getByRole("heading", { level: 2, name: peer });
    const anyway = this.page.getByRole("button", { name: `Write to ${peer} anyway` });
    await heading.or(anyway).waitFor();
    if (await anyway.isVisible()) {
      await anyway.click();
    }
    await heading.waitFor();
  }

  /** Types into the field above the list and presses Enter. */
  async search(text: string): Promise<void> {
    await this.page.getByLabel("Find or begin a conversation").fill(text);
    await this.page.keyboard.press("Enter");
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  /** Returns once the row with this text has this mark. */
  async hasMark(text: string, mark: string): Promise<void> {
    await this.row(text).locator(".mark").getByText(mark, { exact: true }).waitFor();
  }

  async choose(text: string, action: string): Promise<void> {
    const row = this.row(text);
    await row.hover();
    await row.getByRole("button", { name: action, exact: true }).click();
  }

  /** What the log shows, from top to bottom. */
  texts(): Promise<string[]> {
    return this.log.locator("[data-row] .text").allTextContents();
  }

  /** Returns once the log shows exactly these. */
  async shows(texts: readonly string[]): Promise<void> {
    await vi.waitFor(
      async () => {
        const shown = await this.texts();
        if (JSON.stringify(shown) !== JSON.stringify(texts)) {
          throw new Error(`${this.name} sees ${JSON.stringify(shown)} instead of ${JSON.stringify(texts)}`);
        }
      },
      { timeout: 60_000, interval: 50 },
    );
  }
}

/** Opens the page in a browser of their own. What the page reports as broken fails the test. */
export async function person(
  { browser, place }: Stage,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1_100, height: 740 }, ...options });
  context.setDefaultTimeout(60_000);
  const problems: string[] = [];
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) {
      problems.push(message.text());
    }
  });
  onTestFinished(async () => {
    await context.close();
    if (problems.length > 0) {
      throw new Error(`the page of ${name} reported: ${problems.join("; ")}`);
    }
  });
  const page = await context.newPage();
  await page.goto(place.url);
  return new Person(name, context, page);
}

/** Two people who have each other's conversation open. */
export async function twoPeople(at: Stage, options: BrowserContextOptions = {}): Promise<[Person, Person]> {
  const alice = await person(at, freshName("alice"), options);
  const bob = await person(at, freshName("bob"), options);
  await Promise.all([alice.signIn(), bob.signIn()]);
  await Promise.all([alice.open(bob.name), bob.open(alice.name)]);
  return [alice, bob];
}
