import { build } from "esbuild";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectDir } from "./local.ts";

/** Nothing but the page's own files, and no script or style in the markup. Apps on other origins may import `chat.js`. */
const headers = `/*
  Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
/chat.js
  Access-Control-Allow-Origin: *
/shared.js
  Access-Control-Allow-Origin: *
`;

const source = join(projectDir, "src", "web");

/**
 * Writes the chat page: `index.html`, `page.js` and `page.css`, and `chat.js` with `chat.css` for apps that mount the chat
 * themselves. The page of a development server signs in anybody; nothing of that is in the other one.
 */
export async function buildPage(outDir: string, { isDevelopment = false } = {}): Promise<void> {
  await mkdir(outDir, { recursive: true });
  await build({
    entryPoints: {
      page: join(source, isDevelopment ? "development/page.tsx" : "page.tsx"),
      chat: join(source, "chat.ts"),
    },
    outdir: outDir,
    bundle: true,
    splitting: true,
    chunkNames: "shared",
    format: "esm",
    target: "es2024",
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  });
  await build({
    entryPoints: { page: join(source, "styles", "page.css"), chat: join(source, "styles", "chat.css") },
    outdir: outDir,
    bundle: true,
    minify: true,
    target: ["chrome120", "firefox120", "safari17.2"],
    logLevel: "warning",
  });
  await writeFile(join(outDir, "_headers"), headers);
  await cp(join(source, "index.html"), join(outDir, "index.html"));
  await cp(join(source, "icon.svg"), join(outDir, "icon.svg"));
}
