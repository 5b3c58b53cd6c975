import { expect, test } from "vitest";
import { Person, freshName, person, stage, type Stage } from "./browser.ts";
import { deleteElsewhere, editElsewhere, post, textsAt } from "./people.ts";

const at = stage({ MAX_TEXT_BYTES: "200" });

/** Alice before her page, with Bob's conversation open: he wrote "Hi", then she wrote these. */
async function aliceWrote(texts: readonly string[]) {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  const { place } = at();
  await post(place, bob, alice.name, { text: "Hi" });
  const seqs: number[] = [];
  for (const text of texts) {
    seqs.push(await post(place, alice.name, bob, { text }));
  }
  await alice.signIn();
  await alice.listed(bob).getByRole("button").click();
  await alice.row(texts.at(-1) ?? "Hi").waitFor();
  const [seq = 0] = seqs;
  return { alice, bob, seq, unsaved: alice.page.getByRole("region", { name: "Unsaved edit" }) };
}

test("[WEB15] an edit begun before a newer one from another device shows both texts, and saves only what is chosen then", async () => {
  const { alice, bob, seq, unsaved } = await aliceWrote(["meet at 7"]);
  await alice.field.press("ArrowUp");
  await alice.field.fill("meet at 8");
  await editElsewhere(at().place, alice.name, bob, seq, "meet at 9");
  await alice.row("meet at 9").waitFor();
  await alice.field.press("Enter");
  await unsaved.getByText("Now: meet at 9").waitFor();
  await unsaved.getByText("Yours: meet at 8").waitFor();
  expect(await textsAt(at().place, alice.name, bob)).toEqual(["Hi", "meet at 9"]);
  // It is there after a reload too.
  await alice.page.reload();
  await unsaved.getByRole("button", { name: "Edit again" }).click();
  await alice.page.getByText("Edited elsewhere meanwhile. It now says:").waitFor();
  expect(await alice.field.inputValue()).toBe("meet at 8");
  await alice.field.press("Enter");
  await alice.row("meet at 8").waitFor();
  await unsaved.waitFor({ state: "detached" });
  expect(await textsAt(at().place, alice.name, bob)).toEqual(["Hi", "meet at 8"]);
});

test("[WEB15, WEB17] an edit is kept where it is left, and where its message is deleted: without the deleted text", async () => {
  const { alice, bob, seq, unsaved } = await aliceWrote(["one secret", "two"]);
  await alice.choose("one secret", "Edit");
  await alice.field.fill("my new words");
  await alice.open(freshName("carol"));
  await alice.listed(bob).getByRole("button").click();
  await unsaved.getByRole("button", { name: "Edit again" }).click();
  expect(await alice.field.inputValue()).toBe("my new words");

  await deleteElsewhere(at().place, alice.name, bob, seq);
  await unsaved.getByText("This message was deleted.").waitFor();
  expect(await alice.field.inputValue()).toBe("");
  expect(await alice.page.getByRole("main").textContent()).not.toContain("one secret");
  await unsaved.getByRole("button", { name: "Send as a new message" }).click();
  await alice.shows(["Hi", "This message was deleted", "two", "my new words"]);
  await unsaved.waitFor({ state: "detached" });
});

test("[WEB17] what is deleted elsewhere disappears from the reply bar, the field and the live region; up skips it", async () => {
  const { alice, bob, seq } = await aliceWrote(["secret one", "two"]);
  const { place } = at();
  const announcer = alice.page.locator("[data-announcer]");
  const theirs = await post(place, bob, alice.name, { text: "secret of Bob" });
  await announcer.getByText("secret of Bob").waitFor();
  await alice.choose("secret of Bob", "Reply");
  const about = alice.page.locator(".about");
  await about.getByText("secret of Bob").waitFor();
  await deleteElsewhere(place, bob, alice.name, theirs);
  await about.getByText("Message deleted").waitFor();
  await announcer.getByText("secret of Bob").waitFor({ state: "detached" });
  await alice.field.press("Escape");

  await alice.choose("secret one", "Edit");
  expect(await alice.field.inputValue()).toBe("secret one");
  await deleteElsewhere(place, alice.name, bob, seq);
  await about.waitFor({ state: "detached" });
  expect(await alice.field.inputValue()).toBe("");
  await deleteElsewhere(place, alice.name, bob, seq + 1);
  await alice.shows([
    "Hi",
    "This message was deleted",
    "This message was deleted",
    "This message was deleted",
  ]);
  await alice.field.press("ArrowUp");
  expect(await about.count()).toBe(0);
  expect(await alice.page.content()).not.toContain("secret");
});

test("[WEB15] a message over the limit stays in the field and says how much too long it is; a refused one comes back to it", async () => {
  const { alice, bob } = await aliceWrote([]);
  await alice.field.fill("x".repeat(230));
  await alice.page.getByText("Too long by 30 characters.").waitFor();
  await alice.field.press("Enter");
  expect(await alice.field.inputValue()).toHaveLength(230);
  await alice.field.fill("y".repeat(190));
  await alice.page.getByText("10 left").waitFor();
  await alice.field.press("Enter");
  await alice.hasMark("yyyy", "Sent");

  // The server refuses what is no text, and then trying again would never help.
  await alice.field.fill("no\u0000text");
  await alice.field.press("Enter");
  const failed = alice.log.locator(".failed");
  await failed.getByText("Not sent.").waitFor();
  expect(await failed.getByRole("button").allTextContents()).toEqual([
    "Edit and send again",
    "Copy",
    "Discard",
  ]);
  await alice.field.fill("already typed");
  await failed.getByRole("button", { name: "Edit and send again" }).click();
  await failed.waitFor({ state: "detached" });
  expect(await alice.field.inputValue()).toBe("already typed\nno\u0000text");
  await alice.field.fill("no text");
  await alice.field.press("Enter");
  await alice.hasMark("no text", "Sent");
  expect(await textsAt(at().place, alice.name, bob)).toEqual(["Hi", "y".repeat(190), "no text"]);
});

test("[WEB11] a draft is the same in two tabs, and what one of them sends leaves the other", async () => {
  const { alice, bob } = await aliceWrote([]);
  const other = await secondTab(at(), alice);
  await other.listed(bob).getByRole("button").click();
  await alice.field.fill("a long draft");
  await expect.poll(() => other.field.inputValue()).toBe("a long draft");
  await other.field.press("End");
  await other.field.pressSequentially("!");
  await expect.poll(() => alice.field.inputValue()).toBe("a long draft!");
  await alice.field.press("Enter");
  await expect.poll(() => other.field.inputValue()).toBe("");
  await other.field.press("Enter");
  await alice.hasMark("a long draft!", "Sent");
  expect(await textsAt(at().place, alice.name, bob)).toEqual(["Hi", "a long draft!"]);
});

test("[WEB16] Enter and Escape that belong to an input method neither send nor leave", async () => {
  const { alice, bob } = await aliceWrote(["mine"]);
  const press = (key: string, more: object) =>
    alice.field.evaluate((field, init) => field.dispatchEvent(new KeyboardEvent("keydown", init)), {
      key,
      bubbles: true,
      cancelable: true,
      ...more,
    });
  await alice.field.fill("にほん");
  await press("Enter", { isComposing: true });
  await press("Enter", { isComposing: false, keyCode: 229 });
  expect(await alice.field.inputValue()).toBe("にほん");
  await alice.field.fill("");
  await alice.field.press("ArrowUp");
  await press("Escape", { isComposing: true });
  await press("Escape", { isComposing: false, keyCode: 229 });
  await alice.page.getByText("Edit message").waitFor();
  await alice.field.press("Escape");
  await alice.page.getByText("Edit message").waitFor({ state: "detached" });
  expect(await textsAt(at().place, alice.name, bob)).toEqual(["Hi", "mine"]);
});

/** Another tab of the same browser, signed in as the same user. */
async function secondTab({ place }: Stage, { name, context }: Person): Promise<Person> {
  const tab = new Person(name, context, await context.newPage());
  await tab.page.goto(place.url);
  await tab.signIn();
  return tab;
}
