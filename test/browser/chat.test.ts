import { expect, test } from "vitest";
import { freshName, person, stage, twoPeople } from "./browser.ts";

const at = stage();

test("[WEB4, WEB9] two people chat in two browsers: marks, typing, unread badges, the list", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = await person(at(), freshName("bob"));
  await Promise.all([alice.signIn(), bob.signIn()]);
  await alice.open(bob.name);
  await alice.write("Hello Bob");
  await alice.hasMark("Hello Bob", "Delivered");

  await bob.listed(alice.name).getByText("1 unread").waitFor();
  expect(await bob.page.title()).toMatch(/^\(1\) /);
  await bob.listed(alice.name).getByRole("button").click();
  await bob.page.getByText("New messages").waitFor();
  await alice.hasMark("Hello Bob", "Read");
  await bob.listed(alice.name).getByText("1 unread").waitFor({ state: "detached" });

  await bob.field.pressSequentially("Hi");
  await alice.page.getByText("typing…").waitFor();
  await bob.field.press("Enter");
  await bob.page.getByText("New messages").waitFor({ state: "detached" });
  await alice.shows(["Hello Bob", "Hi"]);
  await alice.page.locator(".presence").getByText("online").waitFor();
  await bob.context.close();
  await alice.page
    .locator(".presence")
    .getByText(/^last seen/)
    .waitFor();
});

test("[WEB8] messages are edited, deleted, answered and reacted to, and the other sees it", async () => {
  const [alice, bob] = await twoPeople(at());
  await alice.write("Dinner at sevn?");
  await alice.hasMark("Dinner", "Read");
  await alice.choose("Dinner", "Edit");
  await alice.field.fill("Dinner at seven?");
  await alice.field.press("Enter");
  await bob.row("Dinner at seven?").getByText("edited").waitFor();

  await bob.choose("Dinner", "Reply");
  await bob.write("Perfect");
  await alice.row("Perfect").getByRole("button", { name: "Dinner at seven?" }).waitFor();

  await alice.choose("Perfect", "React");
  await alice.row("Perfect").getByRole("button", { name: "React with ❤️" }).click();
  await bob
    .row("Perfect")
    .getByRole("button", { name: `❤️ by ${alice.name}` })
    .click();
  await alice.row("Perfect").getByRole("button", { name: "❤️ by you and" }).waitFor();

  await bob.choose("Perfect", "Delete");
  await bob.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await alice.shows(["Dinner at seven?", "This message was deleted"]);
  expect(await alice.log.textContent()).not.toContain("Perfect");
});

test("[WEB8] whom one blocks cannot write; what they sent is shown as not sent, and goes once the block is lifted", async () => {
  const [alice, bob] = await twoPeople(at());
  await alice.write("One");
  await bob.row("One").waitFor();
  await bob.page.getByRole("button", { name: "More" }).click();
  await bob.page.getByRole("button", { name: "Block", exact: true }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Block" }).click();
  await bob.page.getByText(`You blocked ${alice.name}`).waitFor();
  await alice.write("Two");
  await alice.row("Two").getByText("Not sent. This person does not take your messages.").waitFor();
  await alice.write("Three");
  await alice.row("Three").getByRole("button", { name: "Discard" }).click();
  await alice.row("Three").waitFor({ state: "detached" });
  await bob.page.getByRole("button", { name: "Unblock" }).click();
  await bob.field.waitFor();
  await alice.row("Two").getByRole("button", { name: "Try again" }).click();
  await bob.shows(["One", "Two"]);
  await alice.shows(["One", "Two"]);
});

test("[WEB1, WEB14] what people write is text: markup, links that are none, emoji, right-to-left", async () => {
  const [alice, bob] = await twoPeople(at());
  const texts = [
    `<img src=x onerror="document.title='owned'"><b>bold</b>`,
    "javascript:alert(1) https://example.com/a?b=1&c=2.",
    "مرحبا بالعالم",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
  ];
  for (const text of texts) {
    await alice.write(text);
  }
  await bob.shows(texts);
  expect(await bob.log.locator("img, b").count()).toBe(0);
  const links = bob.log.getByRole("link");
  expect(
    await links.evaluateAll((all) =>
      all.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]),
    ),
  ).toEqual([["https://example.com/a?b=1&c=2", "noopener noreferrer"]]);
  const directions = bob.log.locator(".text");
  expect(await directions.evaluateAll((all) => all.map((text) => getComputedStyle(text).direction))).toEqual([
    "ltr",
    "ltr",
    "rtl",
    "ltr",
  ]);
  expect(await bob.page.title()).not.toBe("owned");
});

test("[WEB14] people are called what they are called, in any script", async () => {
  const maryam = await person(at(), freshName("مريم"));
  const alice = await person(at(), freshName("alice"));
  await Promise.all([maryam.signIn(), alice.signIn()]);
  await maryam.open(alice.name);
  await maryam.write("مرحبا");
  await alice.listed(maryam.name).getByRole("button").click();
  await alice.page.getByRole("heading", { level: 2, name: maryam.name }).waitFor();
  await alice.write("Hello");
  await maryam.shows(["مرحبا", "Hello"]);
});

test("[WEB7] a draft is kept for each conversation, also over a reload, and is gone once it is sent", async () => {
  const [alice, bob] = await twoPeople(at());
  const carol = freshName("carol");
  await alice.field.fill("for Bob");
  await alice.open(carol);
  await alice.field.fill("for Carol");
  await alice.open(bob.name);
  expect(await alice.field.inputValue()).toBe("for Bob");
  await alice.page.reload();
  await alice.field.waitFor();
  expect(await alice.field.inputValue()).toBe("for Bob");
  await alice.field.press("Enter");
  await bob.shows(["for Bob"]);
  await alice.open(carol);
  expect(await alice.field.inputValue()).toBe("for Carol");
  await alice.listed(bob.name).getByText("Draft:").waitFor({ state: "detached" });
});

test("[WEB11] two tabs of one user agree: messages, what is read, edits", async () => {
  const [alice, bob] = await twoPeople(at());
  const other = await person(at(), alice.name);
  await other.signIn();
  await bob.write("From Bob");
  await alice.row("From Bob").waitFor();
  await other.open(bob.name);
  await alice.write("From one tab");
  await other.write("From another");
  const texts = ["From Bob", "From one tab", "From another"];
  await Promise.all([alice, other, bob].map((each) => each.shows(texts)));
  await other.choose("From one tab", "Edit");
  await other.field.fill("Edited in the other");
  await other.field.press("Enter");
  await alice.row("Edited in the other").waitFor();
  await alice.page.getByRole("button", { name: "Back to the list" }).waitFor({ state: "hidden" });
  await bob.write("And again");
  await bob.hasMark("And again", "Read");
});
