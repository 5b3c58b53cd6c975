import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { pageFiles } from "../../../src/commands/build-page.ts";
import { projectDir } from "../../../src/commands/local.ts";
import { webHeaders } from "../../../src/commands/web-headers.ts";

const maxBytes = 46_000;
/** What a browser loads for the page. */
const loaded = ["index.html", "icon.svg", "page.css", "page.js", "shared.js"];
let deployed: Readonly<Record<string, string>>;
let development: Readonly<Record<string, string>>;

beforeAll(async () => {
  [deployed, development] = await Promise.all([textsOf(false), textsOf(true)]);
});

async function textsOf(isDevelopment: boolean): Promise<Record<string, string>> {
  const files = Object.entries(await pageFiles({ isDevelopment }));
  return Object.fromEntries(files.map(([name, content]) => [name, Buffer.from(content).toString()]));
}

test(`[WEB12] the page is at most ${maxBytes} bytes with gzip, in all`, () => {
  expect(Object.keys(deployed).toSorted()).toEqual([...loaded, "chat.css", "chat.js"].toSorted());
  const sizes = loaded.map((name) => [name, gzipSync(deployed[name] ?? "").length] as const);
  expect(sizes.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(maxBytes);
});

test("[WEB12] it names no other host, and neither script nor style is written into its markup", () => {
  const hosts = Object.values(deployed).flatMap((text) => text.match(/https?:\/\/[\w.-]+\.\w+/g) ?? []);
  expect(new Set(hosts)).toEqual(new Set(["http://www.w3.org"]));
  expect(deployed["index.html"]).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
  expect(webHeaders).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(webHeaders).not.toContain("unsafe");
});

test("[WEB13] the development sign-in is in the page and the Worker of `npm start`, and in no deployment's", async () => {
  const [, main = ""] =
    /^main = "(.*)"$/m.exec(await readFile(join(projectDir, "wrangler.toml"), "utf8")) ?? [];
  const signIn = /dev\/token/;
  expect(Object.values(development).join()).toMatch(signIn);
  expect(await workerText("src/dev/index.ts")).toMatch(signIn);
  expect(Object.values(deployed).join()).not.toMatch(signIn);
  expect(await workerText(main)).not.toMatch(signIn);
});

async function workerText(main: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(projectDir, main)],
    bundle: true,
    write: false,
    format: "esm",
    external: ["cloudflare:*", "node:*"],
  });
  return outputFiles.map(({ text }) => text).join();
}
