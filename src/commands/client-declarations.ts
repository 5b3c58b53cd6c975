import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorCodes } from "../protocol/errors.ts";

/** An import or re-export as the compiler writes it, with the comment of the file where it stands below that. */
const importLine = /^(?:\/\*\*[^*]*\*\/\n)?(?:import|export) (?:type )?(?:\{ (.+) \}|\*) from "(.+)";\n/gm;
const declaration = /^export (?:declare )?(?:interface|type|class|function|const) (\w+)/gm;

/** The client shows codes of the server's catalogue, none of the rest of it. */
const catalogue = "protocol/errors.d.ts";
const errorCodeType = `/** Codes of the server's catalogue. */\ntype ErrorCode = ${errorCodes.map((code) => `"${code}"`).join(" | ")};\n`;

interface Module {
  readonly path: string;
  readonly text: string;
}

/**
 * One file of the declarations that the compiler emitted into `folder`: those that the client's door needs, and as
 * exports those that it exports.
 */
export function joinedDeclarations(folder: string): string {
  const door = readModule(folder, "client/index.d.ts");
  const modules = reachedFrom(folder, door).filter(({ path }) => path !== door.path);
  const names = modules.flatMap(({ text }) => namesIn(text));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`two declarations of the client are called ${twice}`);
  }
  const bodies = modules.map(({ path, text }) =>
    path === catalogue ? errorCodeType : text.replace(importLine, "").replace(/^export /gm, ""),
  );
  const exported = imports(door).flatMap(
    ({ path, list }) => list ?? namesIn(readModule(folder, path).text).map((name) => `type ${name}`),
  );
  return `${bodies.join("\n")}\nexport { ${exported.join(", ")} };\n`;
}

function reachedFrom(folder: string, first: Module): Module[] {
  const reached = new Map([[first.path, first]]);
  // A map goes on to what is put into it meanwhile.
  for (const module of reached.values()) {
    for (const { path } of module.path === catalogue ? [] : imports(module)) {
      if (!reached.has(path)) {
        reached.set(path, readModule(folder, path));
      }
    }
  }
  return [...reached.values()];
}

function readModule(folder: string, path: string): Module {
  return { path, text: readFileSync(join(folder, path), "utf8") };
}

/** What a module imports or exports of others; no list where it is all. */
function imports({ path, text }: Module): { readonly path: string; readonly list?: string[] }[] {
  return Array.from(text.matchAll(importLine), ([, list, from = ""]) => {
    if (!from.startsWith(".")) {
      throw new Error(`the client's types would need the package ${from}`);
    }
    if (/ as /.test(list ?? "")) {
      throw new Error(`an import in ${path} gives another name`);
    }
    return {
      path: join(dirname(path), from.replace(/\.ts$/, ".d.ts")),
      ...(list !== undefined && { list: list.split(", ") }),
    };
  });
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(declaration), ([, name = ""]) => name);
}
