import { expect, test } from "vitest";
import { startWorker } from "../e2e/local-worker.ts";
import { Person, freshName, person, stage, twoPeople } from "./browser.ts";
import { post, textsAt } from "./people.ts";

const at = stage();
const offlineMs = 10_000;

test("[WEB6] what was being sent when the page was reloaded is there once, and in order", async () => {
  const [alice, bob] = await twoPeople(at());
  const texts = Array.from({ length: 8 }, (_, index) => `message ${index + 1}`);
  for (const text of texts) {
    await alice.write(text);
  }
  // Some were acknowledged by now, one is under way, the others wait.
  await alice.page.reload();
  await Promise.all([alice, bob].map((each) => each.shows(texts)));
  await alice.hasMark("message 8", "Read");
});

test("[WEB6] who was offline for ten seconds has sent and got everything afterwards, in the order of the server", async () => {
  const [alice, bob] = await twoPeople(at());
  await alice.write("before");
  await bob.row("before").waitFor();

  await alice.context.setOffline(true);
  const cutAtMs = Date.now();
  await alice.page.getByText("You are offline.").waitFor();
  for (const number of [1, 2, 3]) {
    await alice.write(`alice ${number}`);
    await bob.write(`bob ${number}`);
  }
  await bob.hasMark("bob 3", "Sent");
  await alice.hasMark("alice 1", "Waiting to be sent");
  expect(await alice.texts()).toEqual(["before", "alice 1", "alice 2", "alice 3"]);
  await alice.page.waitForTimeout(Math.max(0, cutAtMs + offlineMs - Date.now()));
  await alice.context.setOffline(false);

  const texts = ["before", "bob 1", "bob 2", "bob 3", "alice 1", "alice 2", "alice 3"];
  await Promise.all([alice, bob].map((each) => each.shows(texts)));
  await alice.page.getByText("You are offline.").waitFor({ state: "detached" });
});

test("[WEB6] a server is killed and started again under the page: what was written meanwhile goes out, and both see the same", async () => {
  const [alice, bob] = await twoPeople(at());
  await alice.write("before");
  await bob.row("before").waitFor();

  await at().worker.kill();
  await alice.page.getByText("The server cannot be reached.").waitFor();
  await alice.write("into the void");
  await alice.hasMark("into the void", "Waiting to be sent");
  await alice.choose("before", "React");
  await alice.page.getByRole("button", { name: "React with 👍" }).click();
  await alice.page.getByText("There is no connection. This is done when there is one again.").waitFor();
  at().worker = await startWorker(at().place);
  await bob.write("and back");
  await alice.row("and back").waitFor();
  await bob.row("into the void").waitFor();
  await alice.write("after");
  await bob.row("after").waitFor();
  expect(await alice.texts()).toEqual(await bob.texts());
  expect((await bob.texts()).toSorted()).toEqual(["after", "and back", "before", "into the void"]);
  await alice.page.getByText("The server cannot be reached.").waitFor({ state: "detached" });
});

test("[WEB6] an edit, a deletion and a reaction without a connection say that they wait, and are done afterwards", async () => {
  const [alice, bob] = await twoPeople(at());
  const { page } = alice;
  for (const text of ["edited", "deleted", "liked"]) {
    await alice.write(text);
  }
  await bob.row("liked").waitFor();
  await alice.context.setOffline(true);
  await page.getByText("You are offline.").waitFor();
  const notice = page
    .locator(".notice")
    .getByText("There is no connection. This is done when there is one again.");

  await alice.choose("edited", "Edit");
  await alice.field.fill("as it is now");
  await alice.field.press("Enter");
  await notice.waitFor();
  await notice.waitFor({ state: "detached" });
  await alice.choose("deleted", "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await notice.waitFor();
  await notice.waitFor({ state: "detached" });
  await alice.choose("liked", "React");
  await page.getByRole("button", { name: "React with 👍" }).click();
  await notice.waitFor();

  await alice.context.setOffline(false);
  await bob.shows(["as it is now", "This message was deleted", "liked"]);
  await bob.row("liked").getByText("👍").waitFor();
});

test("[WEB6] what was written offline outlives a reload of the page and goes out after it, once", async () => {
  const alice = await person(at(), freshName("alice"));
  await alice.signIn();
  await alice.open("bob");
  await alice.context.setOffline(true);
  await alice.write("kept");
  await alice.hasMark("kept", "Waiting to be sent");
  await alice.context.setOffline(false);
  await alice.page.reload();
  await alice.hasMark("kept", "Sent");
  expect(await alice.texts()).toEqual(["kept"]);
});

test("[WEB6] what was written offline goes out after a reload, whichever conversation is open then, or none", async () => {
  const alice = await person(at(), freshName("alice"));
  const { place } = at();
  const peers = [freshName("bob"), freshName("carol")];
  for (const peer of peers) {
    await post(place, peer, alice.name, { text: "Hi" });
  }
  await alice.signIn();
  const [bob = "", carol = ""] = peers;
  await alice.listed(bob).getByRole("button").click();
  await alice.row("Hi").waitFor();

  // The page goes before the network is back: it must be the next one that sends.
  for (const opened of [undefined, carol]) {
    const text = `kept with ${opened ?? "no conversation"} open`;
    const tab = new Person(alice.name, alice.context, await alice.context.newPage());
    await tab.page.goto(`${place.url}/#/peer=${bob}`);
    await tab.signIn();
    await tab.row("Hi").waitFor();
    await alice.context.setOffline(true);
    await tab.write(text);
    await tab.hasMark(text, "Waiting to be sent");
    await alice.page.close();
    await tab.page.close();
    await alice.context.setOffline(false);
    const next = new Person(alice.name, alice.context, await alice.context.newPage());
    await next.page.goto(opened === undefined ? place.url : `${place.url}/#/peer=${opened}`);
    await next.signIn();
    await expect.poll(() => textsAt(place, bob, alice.name), { timeout: 20_000 }).toContain(text);
    await next.page.close();
  }
});
