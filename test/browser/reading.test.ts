import { expect, test } from "vitest";
import { freshName, person, stage, type Person } from "./browser.ts";
import { markRead, seed } from "./seed.ts";

const at = stage();

test("[WEB5, WEB4] who reads old messages is not pulled away by a new one, and has not read it before they go there", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = await person(at(), freshName("bob"));
  await seed(at().place, bob.name, alice.name, 300);
  await markRead(at().place, alice.name, bob.name, 299);
  await Promise.all([alice.signIn(), bob.signIn()]);
  await alice.open(bob.name);
  const jump = alice.page.getByRole("button", { name: "Go to the newest message" });
  await alice.row("message 300").waitFor();
  await alice.listed(bob.name).getByText("unread").waitFor({ state: "detached" });
  await bob.open(alice.name);
  await alice.log.hover();
  await alice.page.mouse.wheel(0, -3_000);
  await jump.waitFor();
  await settled(alice);
  const before = await firstSeen(alice);

  await bob.write("something new");
  await alice.page.locator(".jump .badge").getByText("1", { exact: true }).waitFor();
  await bob.hasMark("something new", "Delivered");
  expect(await firstSeen(alice)).toEqual(before);
  await jump.click();
  await alice.row("something new").waitFor();
  await bob.hasMark("something new", "Read");
  await jump.waitFor({ state: "detached" });
});

test("[WEB5] a reply leads to what it quotes, though that is far above and was not loaded", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await seed(at().place, bob, alice.name, 400);
  await markRead(at().place, alice.name, bob, 400);
  await alice.signIn();
  await post(alice.name, bob, { text: "about that", replyTo: 20 });
  await alice.open(bob);
  await alice
    .row("about that")
    .getByRole("button", { name: /In reply to/ })
    .click();
  const quoted = alice.log.locator('[data-seq="20"]');
  await quoted.waitFor();
  await expect.poll(() => quoted.evaluate((row) => row === document.activeElement)).toBe(true);
  const box = await quoted.boundingBox();
  expect(box?.y).toBeGreaterThan(60);
  expect(box?.y).toBeLessThan(600);
});

test("[WEB3] a conversation opens at what is new, and the line comes anew for what arrives while one looks elsewhere", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await seed(at().place, bob, alice.name, 90);
  await markRead(at().place, alice.name, bob, 89);
  await alice.signIn();
  await alice.open(bob);
  await alice.row("message 90").waitFor();
  await alice.listed(bob).getByText("unread").waitFor({ state: "detached" });

  await alice.open(freshName("carol"));
  for (let number = 1; number <= 30; number += 1) {
    await post(bob, alice.name, { text: `while away ${number}` });
  }
  await alice.listed(bob).getByText("30 unread").waitFor();
  await alice.listed(bob).getByRole("button").click();
  const line = alice.page.getByText("New messages");
  await line.waitFor();
  await alice.row("while away 1").first().waitFor();
  expect((await line.boundingBox())?.y).toBeLessThan(400);
});

test("[WEB2] times are those of the reader's zone, whatever the server's", async () => {
  const tokyo = await person(at(), freshName("alice"), { timezoneId: "Asia/Tokyo", locale: "en-GB" });
  const lima = await person(at(), freshName("bob"), { timezoneId: "America/Lima", locale: "en-US" });
  await Promise.all([tokyo.signIn(), lima.signIn()]);
  await Promise.all([tokyo.open(lima.name), lima.open(tokyo.name)]);
  await tokyo.write("what time is it?");
  await lima.row("what time is it?").waitFor();
  const moment = new Date(await sentAt(lima));
  expect(await sentAt(tokyo)).toBe(moment.toISOString());
  const clock = (locale: string, timeZone: string) =>
    new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone }).format(moment);
  expect(await shown(tokyo)).toBe(clock("en-GB", "Asia/Tokyo"));
  expect(await shown(lima)).toBe(clock("en-US", "America/Lima"));
});

async function sentAt({ log }: Person): Promise<string> {
  return (await log.locator("time").getAttribute("datetime")) ?? "";
}

function shown({ log }: Person): Promise<string | null> {
  return log.locator("time").textContent();
}

async function post(from: string, to: string, content: object): Promise<void> {
  const { place } = at();
  const response = await fetch(`${place.url}/v1/conversations/${encodeURIComponent(to)}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${await place.token(from)}`, "content-type": "application/json" },
    body: JSON.stringify({ id: crypto.randomUUID(), ...content }),
  });
  expect(response.status).toBe(201);
}

/** The first row of which something is seen, and how far below the top. */
function firstSeen({ log }: Person): Promise<{ seq: string | null | undefined; topPx: number | undefined }> {
  return log.evaluate((scroller) => {
    const top = scroller.getBoundingClientRect().top;
    const rows = Array.from(scroller.querySelectorAll("[data-seq]"));
    const row = rows.find((each) => each.getBoundingClientRect().bottom > top);
    return {
      seq: row?.getAttribute("data-seq"),
      topPx: row && Math.round(row.getBoundingClientRect().top - top),
    };
  });
}

/** Returns once nothing scrolls any more and all older messages that are wanted for now are there. */
async function settled({ log }: Person): Promise<void> {
  const state = () => log.evaluate((scroller) => [scroller.scrollTop, scroller.scrollHeight].join());
  let before = "";
  await expect
    .poll(
      async () => {
        const now = await state();
        const isSame = now === before;
        before = now;
        return isSame;
      },
      { interval: 300, timeout: 30_000 },
    )
    .toBe(true);
}
