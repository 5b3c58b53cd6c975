import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asyncApiDocument } from "../contract/asyncapi.ts";
import { docsPage } from "../contract/docs-page.ts";
import { openApiDocument } from "../contract/openapi.ts";
import type { WebFiles } from "./build.ts";
import { projectDir } from "./local.ts";

/** The contract in machine form, and the page that shows it. */
export async function contractFiles(): Promise<WebFiles> {
  const openApi = openApiDocument();
  const asyncApi = asyncApiDocument();
  return {
    "openapi.json": JSON.stringify(openApi),
    "asyncapi.json": JSON.stringify(asyncApi),
    // Served at /docs: wrangler leaves `.html` out of addresses.
    "docs.html": String(await docsPage(openApi, asyncApi)),
    "docs.css": await readFile(join(projectDir, "src", "contract", "docs.css"), "utf8"),
  };
}
