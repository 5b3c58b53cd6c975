// Builds the package `pairline`, which apps install: the SDK as one module, its types, and a manifest and README of its own.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { buildSync } from "esbuild";
import { argumentsOfProcess, text } from "./arguments.ts";
import { joinedDeclarations } from "./client-declarations.ts";
import { projectDir } from "./local.ts";

const usage = `Usage: npm run build:client [-- --out <folder>]

Builds the package of the SDK, by default in dist/client. What was in the folder is removed. "npm run pack:client" also packs it.`;

const { values } = argumentsOfProcess({ usage, options: { out: text("a folder") } });

const clientDir = join(projectDir, "src", "client");
const target = resolve(values.out ?? join(projectDir, "dist", "client"));
const emitted = mkdtempSync(join(tmpdir(), "pairline-client-"));
try {
  rmSync(target, { recursive: true, force: true });
  // Readable, with one file: who bundles it minifies it, and leaves out what is not used.
  buildSync({
    entryPoints: [join(clientDir, "index.ts")],
    outfile: join(target, "index.js"),
    // With the sources inside: the package has no others.
    sourcemap: true,
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    charset: "utf8",
  });
  nameSources(join(target, "index.js.map"));
  declareInto(emitted);
  writeFileSync(join(target, "index.d.ts"), joinedDeclarations(emitted));
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`);
  copyFileSync(join(clientDir, "README.md"), join(target, "README.md"));
  copyFileSync(join(projectDir, "LICENSE"), join(target, "LICENSE"));
} finally {
  rmSync(emitted, { recursive: true });
}

/** Names the sources by their place in the repository: relative to the folder they would show where the project lies. */
function nameSources(path: string): void {
  const map = JSON.parse(readFileSync(path, "utf8")) as { sources: string[] };
  const sources = map.sources.map((source) => relative(projectDir, resolve(target, source)));
  writeFileSync(path, JSON.stringify({ ...map, sources }));
}

function declareInto(folder: string): void {
  const compiler = join(projectDir, "node_modules", "typescript", "bin", "tsc");
  const options = ["-p", clientDir, "--noEmit", "false", "--emitDeclarationOnly", "--outDir", folder];
  const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the client's types could not be built; see above");
  }
}

/** The package.json of an app's dependency: without the scripts and dependencies of the Worker, which share the project. */
function manifest(): object {
  const project = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  const { name, version, license, repository, homepage, bugs, engines } = project;
  const entry = { types: "./index.d.ts", default: "./index.js" };
  return {
    name,
    version,
    description: "The client of Pairline: private one-to-one messages that survive disconnects and reloads",
    keywords: ["chat", "messaging", "direct-messages", "websocket", "pairline"],
    homepage,
    bugs,
    license,
    repository,
    type: "module",
    sideEffects: false,
    exports: { ".": entry, "./client": entry, "./package.json": "./package.json" },
    engines,
  };
}
