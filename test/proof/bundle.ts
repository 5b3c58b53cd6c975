import { join } from "node:path";
import { build } from "esbuild";
import { projectDir } from "../../src/commands/local.ts";
import { planting, type Planted } from "./planted.ts";

/**
 * The Worker in one module, from an entry and with these bugs planted. Writes `outFile`. The bundler is wrangler's; its
 * options are named here, since wrangler itself plants nothing: those that decide which code of a package runs and what
 * the platform brings, not those of size and debugging.
 */
export async function bundleWorker(
  outFile: string,
  { entry = "src/index.ts", planted = [] }: { entry?: string; planted?: readonly Planted[] } = {},
): Promise<void> {
  await build({
    entryPoints: [join(projectDir, entry)],
    outfile: outFile,
    bundle: true,
    // What goes wrong is in what is thrown.
    logLevel: "silent",
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    plugins: [planting(planted)],
  });
}
