import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { projectDir } from "../../src/commands/local.ts";

/** A piece of the Worker's source, and what stands there instead. */
export interface Planted {
  /** Below `src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Plants bugs while the Worker is bundled; `src` stays as it is. The build fails where a piece is not there exactly once. */
export function planting(planted: readonly Planted[]): Plugin {
  const found = new Set<Planted>();
  return {
    name: "planting",
    setup(bundler) {
      bundler.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const file = relative(join(projectDir, "src"), path);
        let contents = await readFile(path, "utf8");
        for (const change of planted.filter((one) => one.file === file)) {
          if (contents.split(change.from).length !== 2) {
            throw new Error(`${change.file} does not say exactly once: ${change.from}`);
          }
          contents = contents.replace(change.from, () => change.to);
          found.add(change);
        }
        return { contents, loader: "ts" };
      });
      bundler.onEnd(() => {
        const lost = planted.filter((change) => !found.has(change));
        return { errors: lost.map(({ file }) => ({ text: `the Worker has no ${file}` })) };
      });
    },
  };
}
