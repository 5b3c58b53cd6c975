import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = globSync(["*.md", "docs/**/*.md", ".github/**/*.md"], { cwd: root }).toSorted();

/** A page without its fenced blocks, whose text is neither a heading nor a link. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^\s*(`{3,}|~{3,})[^]*?^\s*\1\s*$/gm, "");
}

/** The ids that GitHub gives to the headings of a page. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of proseOf(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let repeat = 1; anchors.has(anchor); repeat += 1) {
      anchor = `${slug}-${repeat}`;
    }
    anchors.add(anchor);
  }
  return anchors;
}

/** The targets of links and images that stay in the repository. */
function linksOf(markdown: string): string[] {
  const withoutCode = proseOf(markdown).replaceAll(/`[^`\n]*`/g, "code");
  const targets = Array.from(withoutCode.matchAll(/\]\(\s*([^()\s]+)/g), ([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Why a link of a page leads nowhere; undefined if it leads somewhere. */
function fault(page: string, target: string): string | undefined {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (file.startsWith("..") || !existsSync(join(root, file))) {
    return "no such file";
  }
  if (anchor === undefined) {
    return undefined;
  }
  return anchorsOf(readFileSync(join(root, file), "utf8")).has(anchor) ? undefined : "no such heading";
}

test.each(pages)("%s: its links lead to files and headings that exist", (page) => {
  const links = linksOf(readFileSync(join(root, page), "utf8"));
  const broken = links.flatMap((target) => {
    const reason = fault(page, target);
    return reason === undefined ? [] : [`${target}: ${reason}`];
  });
  expect(broken).toEqual([]);
});

test("links and headings are found as GitHub reads them", () => {
  const page = [
    "# `npm run` — a *test* [link](x.md)",
    "## Same",
    "## Same",
    "```md",
    "# not a heading [no link](gone.md)",
    "```",
    "[one](a.md#b), `[code](c.md)`, ![image](d.png), [site](https://e.example)",
  ].join("\n");
  expect([...anchorsOf(page)]).toEqual(["npm-run--a-test-link", "same", "same-1"]);
  expect(linksOf(page)).toEqual(["x.md", "a.md#b", "d.png"]);
  expect(fault("README.md", "docs/gone.md")).toBe("no such file");
  expect(fault("README.md", "docs/architecture.md#gone")).toBe("no such heading");
  expect(fault("README.md", "docs/architecture.md#parts")).toBeUndefined();
});

test("the README has at most 8 KB", () => {
  expect(statSync(join(root, "README.md")).size).toBeLessThanOrEqual(8_192);
});

test.each(pages.filter((page) => !page.includes("decisions/") && page !== "CHANGELOG.md"))(
  "%s: the files of src/ and test/ that it names exist",
  (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const named = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.tsx?)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  },
);
