import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Contents by path below the folder. */
export type WebFiles = Readonly<Record<string, string | Uint8Array>>;

/** Makes a folder contain these files and no others. */
export async function writeWebFiles(webDir: string, files: WebFiles): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, content]) => put(join(webDir, name), content)));
  const found = await readdir(webDir, { recursive: true, withFileTypes: true });
  const extra = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !(path.slice(webDir.length + 1) in files) && !path.endsWith(".new"));
  await Promise.all(extra.map((path) => rm(path, { force: true })));
}

/**
 * Leaves an unchanged file alone, because a local Worker restarts when a file that it serves is written. Replaces a
 * changed one by renaming, because several builds may run at the same time.
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
