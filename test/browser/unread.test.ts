import { expect, test } from "vitest";
import { freshName, person, stage, type Person } from "./browser.ts";
import { markRead, seed } from "./seed.ts";

const at = stage();

/** Alice before her list, to whom Bob has written so many messages of which she has read the first ones. */
async function unreadFrom(count: number, readSeq: number): Promise<{ alice: Person; bob: string }> {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await seed(at().place, bob, alice.name, count);
  await markRead(at().place, alice.name, bob, readSeq);
  await alice.signIn();
  await alice.listed(bob).getByRole("button").click();
  return { alice, bob };
}

async function readCursor(user: string, peer: string): Promise<number> {
  const { place } = at();
  const response = await fetch(`${place.url}/v1/conversations/${encodeURIComponent(peer)}`, {
    headers: { authorization: `Bearer ${await place.token(user)}` },
  });
  return ((await response.json()) as { read: { you: number } }).read.you;
}

/** The numbers of all rows in the document, and of those that are seen whole. */
function rowsOf({ log }: Person): Promise<{ drawn: number[]; seen: number[] }> {
  return log.evaluate((scroller) => {
    const { top, bottom } = scroller.getBoundingClientRect();
    const rows = Array.from(scroller.querySelectorAll<HTMLElement>("[data-seq]"), (row) => {
      const box = row.getBoundingClientRect();
      const isSeen = box.top >= top - 1 && box.bottom <= bottom + 1;
      return { seq: Number(row.dataset["seq"]), isSeen };
    });
    const seen = rows.filter(({ isSeen }) => isSeen);
    return { drawn: rows.map(({ seq }) => seq), seen: seen.map(({ seq }) => seq) };
  });
}

for (const count of [100, 5_030]) {
  test(`[WEB3, WEB4] with ${count - 30} unread messages a conversation opens at the first, and what was seen is read, no more`, async () => {
    const { alice, bob } = await unreadFrom(count, 30);
    await alice.page.getByText("New messages").waitFor();
    const line = await alice.page.getByText("New messages").boundingBox();
    const log = await alice.log.boundingBox();
    expect(line?.y).toBeGreaterThan(log?.y ?? 0);
    expect(line?.y).toBeLessThan((log?.y ?? 0) + (log?.height ?? 0) / 2);
    const { drawn, seen } = await rowsOf(alice);
    expect(seen).toContain(31);
    expect(drawn).toEqual(drawn.map((_, index) => (drawn[0] ?? 0) + index));
    const last = Math.max(...seen);
    await expect.poll(() => readCursor(alice.name, bob)).toBe(last);
    const badge = alice.page.locator(".jump .badge");
    await badge.getByText(String(count - last), { exact: true }).waitFor();

    // Some pages down: read as far as seen, without a hole.
    await alice.log.hover();
    await alice.page.mouse.wheel(0, 2_500);
    await expect.poll(() => readCursor(alice.name, bob)).toBeGreaterThan(last + 10);
    const later = await rowsOf(alice);
    expect(await readCursor(alice.name, bob)).toBeLessThanOrEqual(Math.max(...later.seen));

    await alice.page.getByRole("button", { name: "Go to the newest message" }).click();
    await alice.row(`message ${count}`).first().waitFor();
    await alice.write("caught up");
    await alice.hasMark("caught up", "Sent");
    await expect.poll(() => readCursor(alice.name, bob)).toBeGreaterThanOrEqual(count);
    await alice.page.locator(".jump").waitFor({ state: "detached" });
  });
}

test("[WEB5] who scrolls from the first unread message to the end comes to the newest one, without a hole or a double", async () => {
  const { alice, bob } = await unreadFrom(400, 20);
  await alice.page.getByText("New messages").waitFor();
  const numbers = new Set<number>();
  await alice.log.hover();
  await expect
    .poll(
      async () => {
        await alice.page.mouse.wheel(0, 900);
        const { drawn } = await rowsOf(alice);
        expect(new Set(drawn).size).toBe(drawn.length);
        drawn.forEach((number) => numbers.add(number));
        return drawn.includes(400) && (await alice.page.locator(".jump").count()) === 0;
      },
      { timeout: 120_000, interval: 50 },
    )
    .toBe(true);
  expect(Array.from({ length: 380 }, (_, index) => 21 + index).filter((seq) => !numbers.has(seq))).toEqual(
    [],
  );
  await post(bob, alice.name, "live again");
  await alice.row("live again").waitFor();
});

test("[WEB3] what comes while the reader looks elsewhere does not push the line out of sight", async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await seed(at().place, bob, alice.name, 60);
  await markRead(at().place, alice.name, bob, 59);
  await alice.signIn();
  await alice.open(bob);
  await alice.row("message 60").waitFor();
  await alice.listed(bob).getByText("unread").waitFor({ state: "detached" });
  await alice.page.evaluate(look, false);
  for (let number = 1; number <= 40; number += 1) {
    await post(bob, alice.name, `while away ${number}`);
  }
  await alice.listed(bob).getByText("40 unread").waitFor();
  await alice.page.evaluate(look, true);
  await alice.row("while away 1").first().waitFor();
  expect((await rowsOf(alice)).seen).toContain(61);
  await expect.poll(() => readCursor(alice.name, bob)).toBeGreaterThan(60);
  expect(await readCursor(alice.name, bob)).toBeLessThan(100);
});

/** Playwright gives every page the focus, whichever is in front. */
function look(isLooking: boolean): void {
  document.hasFocus = () => isLooking;
  window.dispatchEvent(new Event(isLooking ? "focus" : "blur"));
}

async function post(from: string, to: string, text: string): Promise<void> {
  const { place } = at();
  const response = await fetch(`${place.url}/v1/conversations/${encodeURIComponent(to)}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${await place.token(from)}`, "content-type": "application/json" },
    body: JSON.stringify({ id: crypto.randomUUID(), text }),
  });
  expect(response.status).toBe(201);
}
