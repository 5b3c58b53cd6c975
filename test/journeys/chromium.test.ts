// Journeys through the chat page in Chromium.
import { chromiumDriver } from "./page/chromium.ts";
import { journeyBrowser } from "./page/page-journeys.ts";
import { storiesOfApps } from "./page/stories-apps.ts";
import { storiesOfDevices } from "./page/stories-devices.ts";
import { storiesOfTheList } from "./page/stories-list.ts";
import { storiesOfReading } from "./page/stories-reading.ts";
import { storiesOfWriting } from "./page/stories-writing.ts";
import { storiesOfEveryBrowser } from "./page/stories.ts";
import { journeyServer } from "./support/server.ts";

const server = journeyServer();
const browser = journeyBrowser(chromiumDriver);

storiesOfEveryBrowser(server, browser);
storiesOfWriting(server, browser);
storiesOfTheList(server, browser);
storiesOfReading(server, browser);
storiesOfDevices(server, browser);
storiesOfApps(server, browser);
