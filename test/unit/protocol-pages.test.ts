import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const maxLineLength = 160;

interface Page {
  readonly path: string;
  readonly text: string;
}

const protocol = pagesAt("docs/protocol/*.md");
const pages = pagesAt("{docs/**/,}*.md");
/** The rules of the chat page are in its guide. */
const rules = [...protocol, ...pagesAt("docs/guides/chat-page.md")].flatMap(({ path, text }) =>
  Array.from(text.matchAll(/^- \*\*([A-Z]+)(\d+)\*\*/gm), ([, prefix = "", number = ""]) => ({
    id: prefix + number,
    prefix,
    path,
  })),
);
const tests = pagesAt("test/**/*.{ts,tsx}");
const prefixes = [...new Set(rules.map(({ prefix }) => prefix))];

function pagesAt(pattern: string): Page[] {
  return globSync(pattern, { cwd: root })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The ids in the brackets of test titles, one or several with commas between them. This comment cites none. */
function citedByTests(text: string): string[] {
  const brackets = text.matchAll(/\[([A-Z]{2,3}\d+(?:, [A-Z]{2,3}\d+)*)\]/g);
  return Array.from(brackets).flatMap(([, ids = ""]) => ids.split(", "));
}

test("each rule has one id, and the rules of a prefix are on one page", () => {
  const ids = rules.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const places = new Set(rules.map(({ prefix, path }) => `${prefix} ${path}`));
  expect(places.size).toBe(prefixes.length);
  expect(rules.length).toBeGreaterThan(200);
});

test("every rule id that a test, a comment or a page cites exists", () => {
  const known = new Set(rules.map(({ id }) => id));
  const anywhere = new RegExp(`\\b(?:${prefixes.join("|")})\\d+\\b`, "g");
  const inProse = [...pagesAt("src/**/*.{ts,tsx}"), ...pages].flatMap(({ path, text }) =>
    Array.from(text.matchAll(anywhere), ([id]) => ({ id, path })),
  );
  const inTests = tests.flatMap(({ path, text }) => citedByTests(text).map((id) => ({ id, path })));
  expect([...inProse, ...inTests].filter(({ id }) => !known.has(id))).toEqual([]);
});

test("every rule is cited by a test", () => {
  const cited = new Set(tests.flatMap(({ text }) => citedByTests(text)));
  expect(rules.filter(({ id }) => !cited.has(id))).toEqual([]);
});

test(`no line of the protocol is longer than ${maxLineLength} characters`, () => {
  const long = protocol.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (line.length > maxLineLength ? [`${path}:${index + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

test("the index names the page and the heading of each prefix, in alphabetical order", () => {
  const index = protocol.find(({ path }) => path.endsWith("README.md"))?.text ?? "";
  const rows = Array.from(
    index.matchAll(/^\| ([A-Z]+) \| .+ \| \[.+\]\((.+)#([a-z]+)--.+\) \|$/gm),
    ([, prefix = "", page = "", anchor = ""]) => ({
      prefix,
      path: join("docs/protocol", page),
      anchor,
    }),
  );
  // LI is a table of limits without numbered rules.
  expect(rows.map(({ prefix }) => prefix)).toEqual([...prefixes, "LI"].toSorted());
  expect(rows.filter(({ prefix, anchor }) => prefix.toLowerCase() !== anchor)).toEqual([]);
  const misplaced = rules.filter(
    ({ prefix, path }) => rows.find((row) => row.prefix === prefix)?.path !== path,
  );
  expect(misplaced).toEqual([]);
});
