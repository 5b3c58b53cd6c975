import type { WebSocketRoute } from "playwright-core";
import { expect, test } from "vitest";
import { freshName, person, stage, type Person } from "./browser.ts";
import { deleteElsewhere, post } from "./people.ts";

const at = stage();
/** A page under load may need longer than the second that `poll` waits by itself. */
const patient = { timeout: 20_000 };
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** What has the focus: its label, else its text, "body" if nothing has it. */
function focused({ page }: Person): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) {
      return "body";
    }
    return element.getAttribute("aria-label") ?? element.textContent ?? "";
  });
}

/** Somebody with a peer who wrote "Good day" to them, before the list. */
async function listReader(options: object = {}): Promise<{ alice: Person; bob: string }> {
  const alice = await person(at(), freshName("alice"), options);
  const bob = freshName("bob");
  await post(at().place, bob, alice.name, { text: "Good day" });
  await alice.signIn();
  return { alice, bob };
}

/** The same with the conversation open, in which they wrote "Hello Bob" as message 2. */
async function reader(): Promise<{ alice: Person; bob: string; deleteOwn: () => Promise<void> }> {
  const { alice, bob } = await listReader();
  const seq = await post(at().place, alice.name, bob, { text: "Hello Bob" });
  await alice.listed(bob).getByRole("button").click();
  await alice.row("Hello Bob").waitFor();
  return { alice, bob, deleteOwn: () => deleteElsewhere(at().place, alice.name, bob, seq) };
}

/** Goes with the keyboard from the field to a button of the newest message's menu. */
async function toMenuButton(alice: Person, label: string): Promise<void> {
  await alice.log.focus();
  await alice.page.keyboard.press("ArrowUp");
  await alice.page.keyboard.press("Enter");
  const button = alice.row("Hello Bob").getByRole("button", { name: label, exact: true });
  await button.focus();
  expect(await focused(alice)).toBe(label);
}

test("[WEB10] on a touch screen an opened conversation gives the focus to its messages, and the field only for an answer", async () => {
  const { alice, bob } = await listReader(phone);
  expect(await alice.page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(true);
  await alice.listed(bob).getByRole("button").tap();
  await alice.row("Good day").waitFor();
  await expect.poll(() => focused(alice), patient).toBe(`Messages with ${bob}`);
  await alice.row("Good day").focus();
  await alice.row("Good day").getByRole("button", { name: "Reply" }).tap();
  await expect.poll(() => focused(alice), patient).toBe(`Message to ${bob}`);
  await alice.page.getByRole("button", { name: "Back to the list" }).tap();
  await alice.listed(bob).getByRole("button").tap();
  await alice.row("Good day").waitFor();
  await expect.poll(() => focused(alice), patient).toBe(`Messages with ${bob}`);
});

test("[WEB10] with a mouse an opened conversation gives the focus to the field, and so does the next one", async () => {
  const { alice, bob } = await listReader();
  const carol = freshName("carol");
  await post(at().place, carol, alice.name, { text: "Good day" });
  for (const peer of [bob, carol]) {
    await alice.listed(peer).getByRole("button").click();
    await alice.row("Good day").waitFor();
    await expect.poll(() => focused(alice), patient).toBe(`Message to ${peer}`);
  }
});

test("[WEB10] when a message is deleted, here or elsewhere, the focus goes from its menu to its row", async () => {
  for (const isElsewhere of [true, false]) {
    const { alice, deleteOwn } = await reader();
    await toMenuButton(alice, isElsewhere ? "Copy text" : "Delete");
    if (isElsewhere) {
      await deleteOwn();
    } else {
      await alice.page.keyboard.press("Enter");
      const confirm = alice.page.getByRole("dialog").getByRole("button", { name: "Delete" });
      await confirm.focus();
      await alice.page.keyboard.press("Enter");
    }
    const row = alice.row("This message was deleted");
    await row.waitFor();
    await expect
      .poll(() => row.evaluate((element) => element === document.activeElement), patient)
      .toBe(true);
    // The keyboard goes on from there.
    await alice.page.keyboard.press("ArrowUp");
    expect(await alice.row("Good day").evaluate((element) => element === document.activeElement)).toBe(true);
  }
});

test("[WEB10] the focus goes from a closed edit or reply to the field", async () => {
  const { alice, bob } = await reader();
  for (const action of ["Edit", "Reply"]) {
    await toMenuButton(alice, action);
    await alice.page.keyboard.press("Enter");
    const cancel = alice.page.getByRole("button", { name: "Cancel" });
    await cancel.focus();
    await alice.page.keyboard.press("Enter");
    await cancel.waitFor({ state: "detached" });
    await expect.poll(() => focused(alice), patient).toBe(`Message to ${bob}`);
  }
});

test("[WEB10] the focus goes from what stood above the field, and from Send, to the messages", async () => {
  const { alice, bob } = await reader();
  await toMenuButton(alice, "Edit");
  await alice.page.keyboard.press("Enter");
  await alice.field.fill("Hello Rob");
  await alice.page.keyboard.press("Escape");
  const discard = alice.page.getByRole("button", { name: "Discard your text" });
  await discard.focus();
  await alice.page.keyboard.press("Enter");
  await discard.waitFor({ state: "detached" });
  await expect.poll(() => focused(alice), patient).toBe(`Messages with ${bob}`);

  await alice.field.fill("sent by the button");
  await alice.page.getByRole("button", { name: "Send" }).focus();
  await alice.page.keyboard.press("Enter");
  await alice.hasMark("sent by the button", "Sent");
  await expect.poll(() => focused(alice), patient).toBe(`Messages with ${bob}`);
});

test("[WEB10] the focus goes from the button of a banner that disappears to the messages, or to the list", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await post(at().place, bob, alice.name, { text: "Good day" });
  const network = await switchableSockets(alice);
  await alice.signIn();
  for (const place of ["Conversations", `Messages with ${bob}`]) {
    if (place !== "Conversations") {
      await alice.listed(bob).getByRole("button").click();
      await alice.row("Good day").waitFor();
    }
    network.cut();
    const tryNow = alice.page.getByRole("button", { name: "Try now" });
    await tryNow.focus();
    network.restore();
    await alice.page.keyboard.press("Enter");
    await tryNow.waitFor({ state: "detached" });
    await expect.poll(() => focused(alice), patient).toBe(place);
  }
});

/** Lets the page's sockets through to the server, or none: the browser itself stays online. */
async function switchableSockets({ page }: Person): Promise<{ cut(): void; restore(): void }> {
  const open = new Set<WebSocketRoute>();
  let isCut = false;
  await page.routeWebSocket(/\/v1\/socket/, (route) => {
    if (isCut) {
      end(route);
      return;
    }
    route.connectToServer();
    open.add(route);
  });
  await page.reload();
  return {
    cut() {
      isCut = true;
      open.forEach(end);
      open.clear();
    },
    restore() {
      isCut = false;
    },
  };
}

function end(route: WebSocketRoute): void {
  void route.close({ code: 1001 });
}
