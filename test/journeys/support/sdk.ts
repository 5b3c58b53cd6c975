import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectDir } from "../../../src/commands/local.ts";
import type * as Sdk from "../../../src/client/index.ts";
import { installedPackage } from "../../e2e/consumer.ts";

export type { Sdk };

/** What `npm install pairline` gives an app. */
export interface PackedSdk {
  readonly sdk: typeof Sdk;
  remove(): Promise<void>;
}

/** Packs a copy of the project, so that other tests may build and pack at the same time. */
export async function packedSdk(): Promise<PackedSdk> {
  const copy = await mkdtemp(join(tmpdir(), "pairline-packed-"));
  const files = ["src", "package.json", "tsconfig.json", "LICENSE"];
  await Promise.all(files.map((name) => cp(join(projectDir, name), join(copy, name), { recursive: true })));
  await symlink(join(projectDir, "node_modules"), join(copy, "node_modules"));
  const consumer = await installedPackage(copy);
  const file = join(consumer.folder, "node_modules", "pairline", "index.js");
  return {
    sdk: (await import(pathToFileURL(file).href)) as typeof Sdk,
    async remove() {
      await consumer.remove();
      await rm(copy, { recursive: true, force: true });
    },
  };
}
