import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms } from "../../oxlint.config.ts";

const projectDir = join(import.meta.dirname, "..", "..");
let folder = "";

/** Lints a project of these files with this project's rules. Returns each file with the rules that it breaks. */
function brokenRules(files: Readonly<Record<string, string>>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const oxlint = join(projectDir, "node_modules", "oxlint", "bin", "oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format=json"], {
    cwd: folder,
    encoding: "utf8",
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  return [...new Set(diagnostics.map(({ filename, code }) => `${filename} ${code}`))].toSorted();
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pairline-rooms-"));
  const config = JSON.stringify(join(projectDir, "oxlint.config.ts"));
  writeFileSync(join(folder, "oxlint.config.ts"), `export { default } from ${config};\n`);
});

afterAll(() => rmSync(folder, { recursive: true }));

test("lint fails on an import between rooms that the table does not allow, also of a type", () => {
  const files = {
    "src/archive/read.ts": "export type Row = string;\n",
    "src/protocol/message.ts": 'export type { Row } from "../archive/read.ts";\n',
    "src/inbox/inbox.ts": 'export type { Row } from "../archive/read.ts";\n',
    "src/web/view/row.ts": 'import type { Row } from "../../archive/read.ts";\n\nexport type Rows = Row[];\n',
    "src/web/page.ts": 'export { client } from "../client/outbox.ts";\n',
    "src/client/index.ts": "export const client = 1;\n",
    "src/client/outbox.ts": 'export { client } from "./index.ts";\n',
    "src/web/chat.ts": 'export { client } from "../client/index.ts";\n',
    "src/client/client.ts": 'export { z } from "zod";\n',
    "src/lib/files.ts": 'export { join } from "node:path";\n',
    "src/http/app.ts": 'import worker from "../index.ts";\n\nexport const app = worker;\n',
    "src/index.ts": "export default {};\n",
  };
  const restricted = [
    "client/client",
    "http/app",
    "lib/files",
    "protocol/message",
    "web/page",
    "web/view/row",
  ];
  expect(brokenRules(files)).toEqual(
    restricted.map((name) => `src/${name}.ts eslint(no-restricted-imports)`),
  );
});

test("lint fails on a cycle of type imports", () => {
  const errors = brokenRules({
    "src/lib/one.ts": 'import type { Two } from "./two.ts";\n\nexport type One = Two | 1;\n',
    "src/lib/two.ts": 'import type { One } from "./one.ts";\n\nexport type Two = One[];\n',
  });
  expect(errors).toEqual(expect.arrayContaining(["src/lib/one.ts import(no-cycle)"]));
});

test("every folder of src/ is a room of the table", () => {
  const folders = readdirSync(join(projectDir, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(Object.keys(rooms).toSorted()).toEqual(folders.toSorted());
});
