import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { projectDir } from "../../src/commands/local.ts";
import { bareEnvironment } from "./local-worker.ts";

const run = promisify(execFile);

/** A project of somebody who installed the package as it would be published, without a network. */
export interface Consumer {
  /** The files of the package. */
  readonly packed: readonly string[];
  /** The package itself, unpacked. */
  readonly built: string;
  readonly folder: string;
  /** Runs a module with Node; returns what it printed. */
  run(source: string, environment: Readonly<Record<string, string>>): Promise<string>;
  /** What the compiler has to say about a module; empty where it is fine. */
  typeErrors(source: string, options: object): Promise<string>;
  /** Bundles a module for browsers, minified. */
  bundled(source: string): Promise<Bundled>;
  remove(): Promise<void>;
}

export interface Bundled {
  readonly code: string;
  readonly gzippedBytes: number;
  /** Files of which something is in it. */
  readonly inputs: readonly string[];
}

export async function installedPackage(packedDir = projectDir): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), "pairline-consumer-"));
  const env = { ...bareEnvironment(), npm_config_cache: join(folder, ".npm"), npm_config_offline: "true" };
  // A folder of its own: tests that run at the same time build the package too.
  const built = join(folder, "built");
  await run(process.execPath, ["src/commands/build-client.ts", "--out", built], { cwd: packedDir, env });
  const pack = ["pack", built, "--json", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: folder, env });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", packed.filename], { cwd: folder, env });
  const place = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  return {
    packed: packed.files.map(({ path }) => path),
    built,
    folder,
    async run(source, environment) {
      const file = await place("main.js", source);
      return (await run(process.execPath, [file], { env: { ...bareEnvironment(), ...environment } })).stdout;
    },
    async typeErrors(source, options) {
      await place("main.ts", source);
      const compilerOptions = { strict: true, noEmit: true, types: [], skipLibCheck: false, ...options };
      await place("tsconfig.json", JSON.stringify({ compilerOptions, files: ["main.ts"] }));
      const compiler = join(projectDir, "node_modules", "typescript", "bin", "tsc");
      return run(process.execPath, [compiler, "-p", folder]).then(
        () => "",
        ({ stdout: said }: { stdout: string }) => said,
      );
    },
    async bundled(source) {
      const entry = await place("bundled.js", source);
      const outfile = join(folder, "bundle.js");
      const options = {
        bundle: true,
        minify: true,
        format: "esm",
        target: "es2022",
        metafile: true,
      } as const;
      const { metafile } = await build({ entryPoints: [entry], outfile, absWorkingDir: folder, ...options });
      const code = await readFile(outfile, "utf8");
      const [output] = Object.values(metafile.outputs);
      const inputs = Object.entries(output?.inputs ?? {}).filter(
        ([, { bytesInOutput }]) => bytesInOutput > 0,
      );
      return {
        code,
        gzippedBytes: gzipSync(code, { level: 9 }).length,
        inputs: inputs.map(([path]) => path),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
