import { chromium, type BrowserContext } from "playwright-core";
import type { BrowserDriver, BrowserProfile, BrowserTab, ProfileOptions } from "./driver.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"];

/** Debian's Chromium, driven by Playwright. */
export async function chromiumDriver(): Promise<BrowserDriver> {
  const browser = await chromium.launch({ executablePath, args });
  return {
    newProfile: async ({ width = 1_100, height = 740, isPhone = false }: ProfileOptions = {}) =>
      profileOf(
        await browser.newContext({ viewport: { width, height }, isMobile: isPhone, hasTouch: isPhone }),
      ),
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext): BrowserProfile {
  context.setDefaultTimeout(60_000);
  return { newTab: () => tabOf(context), close: () => context.close() };
}

async function tabOf(context: BrowserContext): Promise<BrowserTab> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  return {
    problems,
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    back: async () => void (await page.goBack()),
    evaluate: (run, argument) => page.evaluate(run as never, argument),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    click: (x, y) => page.mouse.click(x, y),
    hover: (x, y) => page.mouse.move(x, y),
    wheel: (pixels) => page.mouse.wheel(0, pixels),
    close: () => page.close(),
  };
}
