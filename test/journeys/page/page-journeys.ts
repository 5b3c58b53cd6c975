import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { JourneyServer } from "../support/server.ts";
import type { BrowserDriver, BrowserProfile, ProfileOptions } from "./driver.ts";
import { Person } from "./person.ts";

/** A browser, for the journeys of one file. */
export interface JourneyBrowser {
  /** Browser storage of one person. It lives until the test is over. */
  profile(options?: ProfileOptions): Promise<BrowserProfile>;
  /** A tab of a profile, which has the page open. What the page throws fails the test. */
  tab(profile: BrowserProfile, url: string): Promise<Person>;
  /** Somebody who has signed in, with a new profile. */
  signedIn(server: Pick<JourneyServer, "url">, name: string, options?: ProfileOptions): Promise<Person>;
}

export function journeyBrowser(launch: () => Promise<BrowserDriver>): JourneyBrowser {
  let driver: BrowserDriver | undefined;
  beforeAll(async () => {
    driver = await launch();
  });
  afterAll(() => driver?.close());
  const profile = async (options?: ProfileOptions) => {
    if (driver === undefined) {
      throw new Error("the browser is not there yet");
    }
    const made = await driver.newProfile(options);
    onTestFinished(() => made.close());
    return made;
  };
  return {
    profile,
    tab: openTab,
    async signedIn({ url }, name, options) {
      const person = await openTab(await profile(options), url);
      await person.signIn(name);
      return person;
    },
  };
}

async function openTab(profile: BrowserProfile, url: string): Promise<Person> {
  const tab = await profile.newTab();
  onTestFinished(() => {
    if (tab.problems.length > 0) {
      throw new Error(`the page threw: ${tab.problems.join("; ")}`);
    }
  });
  await tab.goto(url);
  return new Person(tab);
}
