import { build, type BuildOptions } from "esbuild";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { WebFiles } from "./web-files.ts";
import { projectDir } from "./local.ts";

const source = join(projectDir, "src", "web");

/**
 * The chat page: `index.html`, `page.js` and `page.css`, and `chat.js` with `chat.css` for apps that mount the chat
 * themselves. The page of a development server signs in anybody; nothing of that is in the other one.
 */
export async function pageFiles({ isDevelopment }: { readonly isDevelopment: boolean }): Promise<WebFiles> {
  const scripts = bundled({
    entryPoints: {
      page: join(source, isDevelopment ? "development/page.tsx" : "page.tsx"),
      chat: join(source, "chat.ts"),
    },
    splitting: true,
    chunkNames: "shared",
    format: "esm",
    target: "es2024",
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const styles = bundled({
    entryPoints: { page: join(source, "styles", "page.css"), chat: join(source, "styles", "chat.css") },
    target: ["chrome120", "firefox120", "safari17.2"],
  });
  const copied = ["index.html", "icon.svg"].map(
    async (name) => [name, await readFile(join(source, name))] as const,
  );
  return { ...(await scripts), ...(await styles), ...Object.fromEntries(await Promise.all(copied)) };
}

async function bundled(options: BuildOptions): Promise<WebFiles> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    minify: true,
    write: false,
    outdir: source,
    logLevel: "warning",
  });
  return Object.fromEntries((outputFiles ?? []).map(({ path, contents }) => [basename(path), contents]));
}
