import type { BrowserDriver, BrowserProfile, BrowserTab, ProfileOptions } from "./driver.ts";

// Puppeteer is loaded by name and only here: everything else is checked and runs where it is not installed.
const puppeteer: string = "puppeteer-core";
const executablePath = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

/** The part of Puppeteer that is used. */
interface PuppeteerModule {
  launch(options: object): Promise<{
    createBrowserContext(): Promise<PuppeteerContext>;
    close(): Promise<void>;
  }>;
}

interface PuppeteerContext {
  newPage(): Promise<PuppeteerPage>;
  close(): Promise<void>;
}

interface PuppeteerPage {
  setViewport(viewport: Viewport): Promise<void>;
  on(event: "pageerror", listener: (error: unknown) => void): void;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  goBack(): Promise<unknown>;
  evaluate<Result>(run: never, argument: unknown): Promise<Result>;
  close(): Promise<void>;
  readonly keyboard: Record<"type" | "press" | "down" | "up", (input: string) => Promise<void>>;
  readonly mouse: Record<"click" | "move", (x: number, y: number) => Promise<void>> & {
    wheel(turn: { readonly deltaY: number }): Promise<void>;
  };
}

interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** Debian's Firefox, driven by Puppeteer over WebDriver BiDi. */
export async function firefoxDriver(): Promise<BrowserDriver> {
  const loaded = (await import(puppeteer)) as PuppeteerModule;
  const browser = await loaded.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    protocol: "webDriverBiDi",
  });
  return {
    newProfile: async ({ width = 1_100, height = 740 }: ProfileOptions = {}) =>
      profileOf(await browser.createBrowserContext(), { width, height }),
    close: () => browser.close(),
  };
}

function profileOf(context: PuppeteerContext, viewport: Viewport): BrowserProfile {
  return { newTab: () => tabOf(context, viewport), close: () => context.close() };
}

async function tabOf(context: PuppeteerContext, viewport: Viewport): Promise<BrowserTab> {
  const page = await context.newPage();
  await page.setViewport(viewport);
  const problems: string[] = [];
  page.on("pageerror", (error) => {
    // Firefox reports a WebSocket that does not connect like an exception.
    if (!/The connection to ws|establish a connection to the server at ws/.test(String(error))) {
      problems.push(String(error));
    }
  });
  return {
    problems,
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    back: async () => void (await page.goBack()),
    evaluate: (run, argument) => page.evaluate(run as never, argument),
    type: (text) => page.keyboard.type(text),
    async press(key) {
      const [modifier, pressed] = key.startsWith("Shift+")
        ? ["Shift", key.slice(6)]
        : ([undefined, key] as const);
      if (modifier !== undefined) {
        await page.keyboard.down(modifier);
      }
      await page.keyboard.press(pressed);
      if (modifier !== undefined) {
        await page.keyboard.up(modifier);
      }
    },
    click: (x, y) => page.mouse.click(x, y),
    hover: (x, y) => page.mouse.move(x, y),
    wheel: (pixels) => page.mouse.wheel({ deltaY: pixels }),
    close: () => page.close(),
  };
}
