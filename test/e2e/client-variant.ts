import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { projectDir } from "../../src/commands/local.ts";
import type { createClient } from "../../src/client/client.ts";

const clientDir = join(projectDir, "src", "client");

/** A client under test, good or broken on purpose. */
export type CreateClient = typeof createClient;

/** A piece of the client's source, and what stands there instead. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The client built with these changes. Throws where a piece is not there exactly once. */
export async function clientWith(changes: readonly Change[]): Promise<CreateClient> {
  const changed = new Set<Change>();
  const { outputFiles } = await build({
    entryPoints: [join(clientDir, "index.ts")],
    bundle: true,
    write: false,
    // What goes wrong is in what is thrown.
    logLevel: "silent",
    format: "esm",
    target: "es2022",
    plugins: [changing(changes, changed)],
  });
  if (changed.size !== changes.length) {
    throw new Error("a change is of a file that the client does not have");
  }
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  const module = (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as {
    createClient: CreateClient;
  };
  return module.createClient;
}

function changing(changes: readonly Change[], changed: Set<Change>): Plugin {
  return {
    name: "changing",
    setup(bundler) {
      bundler.onLoad({ filter: /client[\\/][^\\/]+\.ts$/ }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const change of changes.filter(({ file }) => file === basename(path))) {
          if (contents.split(change.from).length !== 2) {
            throw new Error(`${change.file} does not say exactly once: ${change.from}`);
          }
          contents = contents.replace(change.from, () => change.to);
          changed.add(change);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}
