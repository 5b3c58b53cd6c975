// Builds what the Worker serves as static assets into dist/web. wrangler runs it before `dev` and `deploy`, and vitest
// before the tests. `npm start` sets PAIRLINE_DEVELOPMENT: its page, with a sign-in form, goes into another folder.
import { join } from "node:path";
import { argumentsOfProcess } from "./arguments.ts";
import { contractFiles } from "./build-contract.ts";
import { pageFiles } from "./build-page.ts";
import { developmentWebDir, projectDir } from "./local.ts";
import { writeWebFiles } from "./web-files.ts";
import { webHeaders } from "./web-headers.ts";

const usage = `Usage: npm run build

Builds what the Worker serves, the chat page and the description of its interface, into dist/web. It takes no options.`;

argumentsOfProcess({ usage, options: {} });

const isDevelopment = process.env["PAIRLINE_DEVELOPMENT"] === "true";

await writeWebFiles(isDevelopment ? developmentWebDir : join(projectDir, "dist", "web"), {
  _headers: webHeaders,
  ...(await contractFiles()),
  ...(await pageFiles({ isDevelopment })),
});
