import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectDir } from "../../src/commands/local.ts";

/** A fenced block of a page of the documentation. */
export interface Snippet {
  /** The page, a colon and the line of the fence. */
  readonly at: string;
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** Every fenced block of the pages for readers: all but the decisions. Throws for a fence that is never closed. */
export function snippetsOfDocs(): Snippet[] {
  const pages = globSync(["*.md", "docs/*.md", "docs/{guides,protocol}/*.md", "src/client/README.md"], {
    cwd: projectDir,
  }).toSorted();
  return pages.flatMap((page) => snippetsIn(page, readFileSync(join(projectDir, page), "utf8")));
}

export function snippetsIn(page: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { line: number; fence: string; language: string; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line);
    if (open === undefined && fence !== null) {
      open = { line: index + 1, fence: fence[1] ?? "", language: fence[2] ?? "", lines: [] };
    } else if (open !== undefined && line.trim() === open.fence) {
      const { language, lines } = open;
      snippets.push({ at: `${page}:${open.line}`, page, language, text: lines.join("\n") });
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  if (open !== undefined) {
    throw new Error(`${page}:${open.line}: a fence that is never closed`);
  }
  return snippets;
}

/** Text that a snippet has, replaced; fails where it does not have it, since it then runs with something else. */
export function replaced(snippet: Snippet, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((text, [from, to]) => {
    if (!text.includes(from)) {
      throw new Error(`${snippet.at} has no ${JSON.stringify(from)} to replace`);
    }
    return text.replaceAll(from, to);
  }, snippet.text);
}
