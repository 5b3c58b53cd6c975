// Builds what the package `pairline` publishes: `dist/client/index.js` and its types, `index.d.ts`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { argumentsOfProcess } from "./arguments.ts";
import { joinedDeclarations } from "./client-declarations.ts";
import { projectDir } from "./local.ts";

const usage = `Usage: npm run build:client

Builds the package's files, dist/client/index.js and its types. It takes no options.`;

argumentsOfProcess({ usage, options: {} });

const clientDir = join(projectDir, "src", "client");
const target = join(projectDir, "dist", "client");
const emitted = mkdtempSync(join(tmpdir(), "pairline-client-"));
try {
  rmSync(target, { recursive: true, force: true });
  // Readable, with one file: who bundles it minifies it, and leaves out what is not used.
  buildSync({
    entryPoints: [join(clientDir, "index.ts")],
    outfile: join(target, "index.js"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    charset: "utf8",
  });
  declareInto(emitted);
  writeFileSync(join(target, "index.d.ts"), joinedDeclarations(emitted));
} finally {
  rmSync(emitted, { recursive: true });
}

function declareInto(folder: string): void {
  const compiler = join(projectDir, "node_modules", "typescript", "bin", "tsc");
  const options = ["-p", clientDir, "--noEmit", "false", "--emitDeclarationOnly", "--outDir", folder];
  const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the client's types could not be built; see above");
  }
}
