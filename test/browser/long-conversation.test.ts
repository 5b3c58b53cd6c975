import { expect, test } from "vitest";
import { freshName, person, stage, type Person } from "./browser.ts";
import { markRead, seed } from "./seed.ts";

const at = stage();
const count = 10_000;

test(`[WEB5] a conversation of ${count} messages is scrolled to its top, and the reader never loses their place`, async () => {
  const alice = await person(at(), freshName("alice"));
  const bob = freshName("bob");
  await seed(at().place, bob, alice.name, count);
  await markRead(at().place, alice.name, bob, count);
  await alice.page.addInitScript(observeLongTasks);
  await alice.page.reload();
  await alice.signIn();
  await alice.open(bob);
  await alice.row(`message ${count}`).waitFor();
  const atEnd = await figures(alice);

  const startedAtMs = Date.now();
  let pages = 0;
  while (!(await alice.page.getByText("This is where your conversation").isVisible())) {
    const moved = await alice.page.evaluate(toTopAndWait);
    // Less than a pixel is how browsers round what is scrolled.
    expect(Math.abs(moved)).toBeLessThan(1.5);
    pages += 1;
  }
  const tookMs = Date.now() - startedAtMs;
  const atTop = await figures(alice);
  expect(await alice.log.locator("[data-seq]").first().getAttribute("data-seq")).toBe("1");
  expect(atTop.drawn).toBeLessThan(1_000);

  await alice.page.getByRole("button", { name: "Go to the newest message" }).click();
  await alice.row(`message ${count}`).waitFor();
  await alice.write("still quick");
  await alice.hasMark("still quick", "Sent");
  const report = { pages, tookMs, atEnd, atTop, after: await figures(alice) };
  process.stdout.write(`\nlong conversation: ${JSON.stringify(report, undefined, 2)}\n`);
});

interface Figures {
  readonly heapMiB: number;
  readonly domNodes: number;
  readonly drawn: number;
  readonly longTasks: number;
  readonly longestTaskMs: number;
}

async function figures({ page, log }: Person): Promise<Figures> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  const tasks = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
  return {
    heapMiB: Math.round(usedSize / 104_857.6) / 10,
    domNodes: nodes,
    drawn: await log.locator("[data-row]").count(),
    longTasks: tasks.length,
    longestTaskMs: Math.max(0, ...tasks),
  };
}

function observeLongTasks(): void {
  const longTasks: number[] = [];
  Object.assign(window, { longTasks });
  new PerformanceObserver((list) => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask" });
}

/** Scrolls up as far as it goes. Returns by how many pixels what was seen there has moved once older messages stand above it. */
async function toTopAndWait(): Promise<number> {
  const log = document.querySelector('[role="log"]') as HTMLElement;
  const first = () =>
    log.querySelector("[data-chunk]")?.querySelector<HTMLElement>("[data-seq]") ?? undefined;
  // A page may come between, and what one jumped to is drawn a moment later.
  for (log.scrollTop = 0; log.scrollTop !== 0 || first() === undefined; log.scrollTop = 0) {
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }
  const row = first() as HTMLElement;
  let topPx = row.getBoundingClientRect().top;
  while (first() === row && row.dataset["seq"] !== "1") {
    topPx = row.getBoundingClientRect().top;
    await new Promise(requestAnimationFrame);
  }
  let movedPx = 0;
  // However long the heights take to settle.
  for (let frames = 0; frames < 5; frames += 1) {
    movedPx = Math.max(movedPx, Math.abs(row.getBoundingClientRect().top - topPx));
    await new Promise(requestAnimationFrame);
  }
  return movedPx;
}
