import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asyncApiDocument } from "../contract/asyncapi.ts";
import { docsPage } from "../contract/docs-page.ts";
import { openApiDocument } from "../contract/openapi.ts";
import type { WebFiles } from "./web-files.ts";
import { projectDir } from "./local.ts";

/** The contract in machine form, and the page that shows it. */
export async function contractFiles(): Promise<WebFiles> {
  return {
    "openapi.json": JSON.stringify(openApiDocument()),
    "asyncapi.json": JSON.stringify(asyncApiDocument()),
    // Served at /docs: wrangler leaves `.html` out of addresses.
    "docs.html": await docsPage(),
    "docs.css": await docsStyle(),
  };
}

/** One file; the later parts may refine what the earlier ones say. */
export async function docsStyle(): Promise<string> {
  const parts = ["base", "contents", "text", "tables", "code", "frames", "wide"];
  const stylesDir = join(projectDir, "src", "contract", "styles");
  const texts = await Promise.all(parts.map((part) => readFile(join(stylesDir, `${part}.css`), "utf8")));
  return texts.join("\n");
}
