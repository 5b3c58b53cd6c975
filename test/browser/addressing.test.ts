import { expect, onTestFinished, test } from "vitest";
import { Person, freshName, person, stage } from "./browser.ts";
import { post, signInAs } from "./people.ts";

const at = stage();

/** Somebody whose id is not their name has written to this user. */
async function writesTo(user: string, name: string): Promise<string> {
  const id = freshName("u");
  await signInAs(at().place, id, name);
  await post(at().place, id, user, { text: `Hello from ${name}` });
  return id;
}

test("[WEB18] Enter opens the person of that name; several people of one name are told apart", async () => {
  const alice = await person(at(), freshName("alice"));
  const { page } = alice;
  const zoe = await writesTo(alice.name, "Zoë Müller");
  const bobs = [await writesTo(alice.name, "Bob Ross"), await writesTo(alice.name, "Bob Ross")];
  await alice.signIn();

  await alice.search("zoë müller");
  await page.getByRole("heading", { level: 2, name: "Zoë Müller" }).waitFor();
  expect(page.url()).toContain(zoe);
  await alice.row("Hello from Zoë Müller").waitFor();

  await alice.search("Bob Ross");
  await page.getByText("Several people match. Choose one from the list.").waitFor();
  expect(page.url()).toContain(zoe);
  // Two of that name stand in the list: the sentence is about the id alone.
  await page.getByRole("button", { name: "Write to Bob Ross" }).click();
  await page.getByText("Nobody with the id “Bob Ross” is known here.").waitFor();
  await alice.listed(`(${bobs[1]})`).getByRole("button").click();
  await page.getByRole("heading", { level: 2, name: `Bob Ross (${bobs[1]})` }).waitFor();
});

test("[WEB18] an id that the server does not know is not opened before the user says so again", async () => {
  const alice = await person(at(), freshName("alice"));
  const { page } = alice;
  const nobody = freshName("nobody");
  await alice.signIn();
  await alice.search(nobody);
  await page.getByText(`Nobody called “${nobody}” is known here.`).waitFor();
  expect(await alice.field.count()).toBe(0);
  expect(page.url()).not.toContain(nobody);
  await alice.search(alice.name);
  await page.getByText("This is your own id. You cannot write to yourself.").waitFor();
  await alice.search(nobody);
  await page.getByRole("button", { name: `Write to ${nobody} anyway` }).click();
  await page.getByText(`Nobody with the id “${nobody}” is known here.`).waitFor();
  await alice.write("Anyway");
  await alice.hasMark("Anyway", "Sent");
});

test("[WEB19] an address that names nobody shows a sentence, also after a reload, and the page goes on", async () => {
  const alice = await person(at(), freshName("alice"));
  const { page } = alice;
  const bob = await writesTo(alice.name, "Bob");
  await alice.signIn();
  const addresses = ["José", "n".repeat(129), "..", alice.name];
  for (const peer of addresses) {
    await page.goto(`${at().place.url}/#/peer=${encodeURIComponent(peer)}`);
    await page.getByRole("heading", { name: "This conversation cannot be opened" }).waitFor();
    await alice.listed("Bob").waitFor();
  }
  await page.reload();
  await page.getByText("This is your own id. You cannot write to yourself.").waitFor();
  await alice.listed("Bob").getByRole("button").click();
  await alice.row("Hello from Bob").waitFor();
  expect(page.url()).toContain(bob);
});

test("[WEB19] what throws while it is drawn takes nothing else with it, and can be tried again", async () => {
  // Its errors are meant: `person` would fail for them.
  const context = await at().browser.newContext({ viewport: { width: 1_100, height: 740 } });
  onTestFinished(() => context.close());
  const alice = new Person(freshName("alice"), context, await context.newPage());
  const { page } = alice;
  await writesTo(alice.name, "Bob");
  await page.goto(at().place.url);
  await alice.signIn();
  await page.evaluate(breakObserver);
  await alice.listed("Bob").getByRole("button").click();
  await page.getByRole("heading", { name: "This part cannot be shown" }).waitFor();
  await alice.listed("Bob").waitFor();
  await page.evaluate(mendObserver);
  await page.getByRole("main").getByRole("button", { name: "Try again" }).click();
  await alice.row("Hello from Bob").waitFor();
  await alice.write("mended");
  await alice.hasMark("mended", "Sent");
  expect(await alice.texts()).toEqual(["Hello from Bob", "mended"]);
});

/** Makes a conversation fail while it is drawn: its log observes its own size. */
function breakObserver(): void {
  const page = window as unknown as { ResizeObserver: unknown; kept: unknown };
  page.kept = page.ResizeObserver;
  page.ResizeObserver = null;
}

function mendObserver(): void {
  const page = window as unknown as { ResizeObserver: unknown; kept: unknown };
  page.ResizeObserver = page.kept;
}

test("[WEB20] a browser that refuses every storage and has no clipboard still shows a chat that works", async () => {
  const bob = freshName("bob");
  const context = await at().browser.newContext({ viewport: { width: 1_100, height: 740 } });
  onTestFinished(() => context.close());
  const alice = new Person(freshName("alice"), context, await context.newPage());
  const { page } = alice;
  await page.addInitScript(() => {
    const refuse = {
      get(): never {
        throw new DOMException("denied", "SecurityError");
      },
    };
    Object.defineProperty(window, "localStorage", refuse);
    Object.defineProperty(window, "sessionStorage", refuse);
    Object.defineProperty(window, "indexedDB", { value: undefined });
    Object.defineProperty(navigator, "clipboard", { value: undefined });
  });
  await page.goto(at().place.url);
  await alice.signIn();
  await alice.open(bob);
  await alice.field.fill("kept while the page lives");
  await page.getByText("Your browser does not keep this text over a reload.").waitFor();
  await alice.open(freshName("carol"));
  await alice.open(bob);
  expect(await alice.field.inputValue()).toBe("kept while the page lives");
  await alice.field.press("Enter");
  await alice.hasMark("kept while the page lives", "Sent");
  await alice.choose("kept while", "Copy text");
  await page.getByText("The text could not be copied.").waitFor();
});
