// Builds what the Worker serves as static assets into dist/web. wrangler runs it before `dev` and `deploy`, and vitest
// before the tests. `npm start` sets PAIRLINE_DEVELOPMENT, whose page lets anybody sign in and lies in another folder.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { argumentsOfProcess } from "./arguments.ts";
import { contractFiles } from "./build-contract.ts";
import { pageFiles } from "./build-page.ts";
import { developmentWebDir, projectDir } from "./local.ts";
import { webHeaders } from "./web-headers.ts";

/** A file's place below the folder, and what is in it. */
export type WebFiles = Readonly<Record<string, string | Uint8Array>>;

const usage = `Usage: npm run build

Builds what the Worker serves, the chat page and the description of its interface, into dist/web. It takes no options.`;

argumentsOfProcess({ usage, options: {} });

const isDevelopment = process.env["PAIRLINE_DEVELOPMENT"] === "true";
const webDir = isDevelopment ? developmentWebDir : join(projectDir, "dist", "web");

const files: WebFiles = {
  _headers: webHeaders,
  ...(await contractFiles()),
  ...(await pageFiles({ isDevelopment })),
};

await Promise.all(Object.entries(files).map(([name, content]) => put(join(webDir, name), content)));
const found = await readdir(webDir, { recursive: true, withFileTypes: true });
const extra = found
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !(path.slice(webDir.length + 1) in files) && !path.endsWith(".new"));
await Promise.all(extra.map((path) => rm(path, { force: true })));

/**
 * A file that is as it should be is left alone: a Worker that serves it starts again when it is written. One that is not
 * is replaced at once, since builds may run side by side.
 */
async function put(path: string, content: string | Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  if (before?.equals(Buffer.from(content)) === true) {
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const written = `${path}.${process.pid}.new`;
  await writeFile(written, content);
  await rename(written, path);
}
