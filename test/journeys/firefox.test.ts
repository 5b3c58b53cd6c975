// The journeys of every browser, in Firefox.
import { firefoxDriver } from "./page/firefox.ts";
import { journeyBrowser } from "./page/page-journeys.ts";
import { storiesOfEveryBrowser } from "./page/stories.ts";
import { journeyServer } from "./support/server.ts";

storiesOfEveryBrowser(journeyServer(), journeyBrowser(firefoxDriver));
