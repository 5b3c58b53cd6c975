import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { freshName, person, stage, twoPeople, type Person } from "./browser.ts";

const at = stage();
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const desktop = { width: 1_100, height: 740 };
const phone = { width: 390, height: 780 };
const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
  [desktop, phone].map((viewport) => ({ colorScheme, viewport })),
);

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds that is serious or worse. */
async function violations({ page }: Pick<Person, "page">): Promise<string[]> {
  // As a string: the page's own policy lets no script in.
  const found = await page.evaluate<Violation[]>(`${axe}; axe.run().then(({ violations }) => violations)`);
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

for (const { colorScheme, viewport } of looks) {
  test(`[WEB10] axe finds nothing serious, ${colorScheme}, ${viewport.width} wide`, async () => {
    const alice = await person(at(), freshName("alice"), { colorScheme, viewport });
    const bob = await person(at(), freshName("bob"));
    expect(await violations(alice)).toEqual([]);
    await Promise.all([alice.signIn(), bob.signIn()]);
    await bob.open(alice.name);
    await bob.write("Look: https://example.com/");
    await alice.listed(bob.name).getByText("1 unread").waitFor();
    expect(await violations(alice)).toEqual([]);
    await alice.listed(bob.name).getByRole("button").click();
    await alice.page.getByText("New messages").waitFor();
    await alice.row("Look").focus();
    await alice.choose("Look", "React");
    expect(await violations(alice)).toEqual([]);
    await alice.row("Look").getByRole("button", { name: "React with 👍" }).click();
    await alice.row("Look").getByRole("button", { name: "👍 by you" }).waitFor();
    await alice.choose("Look", "Reply");
    await alice.write("Answer");
    await alice.hasMark("Answer", "Read");
    await alice.choose("Look", "Reply");
    await alice.context.setOffline(true);
    await alice.page.getByText("You are offline.").waitFor();
    expect(await violations(alice)).toEqual([]);
  });
}

for (const { colorScheme, viewport } of looks) {
  test(`[CT6] axe finds nothing serious in the reference, ${colorScheme}, ${viewport.width} wide`, async () => {
    const { browser, place } = at();
    const context = await browser.newContext({ colorScheme, viewport });
    const page = await context.newPage();
    await page.goto(`${place.url}/docs`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await violations({ page })).toEqual([]);
    await context.close();
  });
}

test("[WEB10] everything can be done by keyboard, and what comes is announced", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = await person(at(), freshName("bob"));
  const { keyboard } = alice.page;
  await bob.signIn();
  await alice.page.getByLabel("Your name").waitFor();
  await keyboard.type(alice.name);
  await keyboard.press("Enter");
  await alice.page.getByRole("heading", { name: alice.name }).waitFor();
  await tabTo(alice, "Find or begin a conversation");
  await keyboard.type(bob.name);
  await keyboard.press("Enter");
  await alice.field.waitFor();
  await keyboard.type("First");
  await keyboard.press("Enter");
  await bob.open(alice.name);
  await bob.write("Second");
  await alice.row("Second").waitFor();
  expect(await alice.page.locator("[data-announcer]").textContent()).toBe(`${bob.name}: Second`);

  // Back to the log, up to the newest message, into its menu: react.
  await tabTo(alice, `Messages with ${bob.name}`, "Shift+Tab");
  await keyboard.press("ArrowUp");
  await keyboard.press("Enter");
  await keyboard.press("Enter");
  await tabTo(alice, "React with ❤️", "Shift+Tab");
  await keyboard.press("Enter");
  await alice.row("Second").getByRole("button", { name: "❤️ by you" }).waitFor();

  // An empty field and "up" edits the last message of one's own; Escape leaves it.
  await tabTo(alice, `Message to ${bob.name}`);
  await keyboard.press("ArrowUp");
  await alice.page.getByText("Edit message").waitFor();
  await keyboard.press("Escape");
  await alice.page.getByText("Edit message").waitFor({ state: "detached" });
  await keyboard.press("ArrowUp");
  await keyboard.type(", edited");
  await keyboard.press("Enter");
  await bob.shows(["First, edited", "Second"]);

  await tabTo(alice, `Messages with ${bob.name}`, "Shift+Tab");
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await keyboard.press("Enter");
  await tabTo(alice, "Delete");
  await keyboard.press("Enter");
  await alice.page.getByRole("dialog").waitFor();
  await tabTo(alice, "Delete");
  await keyboard.press("Enter");
  await bob.shows(["This message was deleted", "Second"]);
});

/** Presses Tab until the focus is on what has this name. */
async function tabTo({ page }: Person, name: string, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent;
    });
  for (let presses = 0; presses < 40 && (await focused()) !== name; presses += 1) {
    await page.keyboard.press(key);
  }
  expect(await focused()).toBe(name);
}

test("[WEB10] nothing of it moves for who asked for less motion", async () => {
  const [alice] = await twoPeople(at(), { reducedMotion: "reduce" });
  await alice.write("calm");
  const durations = await alice.page.evaluate(() =>
    document.getAnimations().map((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0)),
  );
  expect(durations.filter((duration) => duration > 1)).toEqual([]);
});
