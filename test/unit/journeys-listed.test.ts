import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const inNpmTest = "test/journeys/in-npm-test.test.ts";
const inFirefoxToo = "test/journeys/page/stories.ts";

const sources = globSync("test/journeys/**/*.ts", { cwd: root }).map((path) => ({
  path,
  titles: titlesOf(readFileSync(join(root, path), "utf8")),
}));
const [, table = ""] = readFileSync(join(root, "docs/guides/proof.md"), "utf8").split("<!-- journeys -->");
const rows = table
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .map((line) =>
    line
      .slice(2)
      .split("|")
      .map((cell) => cell.trim()),
  );

function titlesOf(source: string): string[] {
  const titles = source.matchAll(/\btest(?:\.each\(\[[^\]]*\]\))?\(\s*"([^"]+)"/g);
  return Array.from(titles, ([, title = ""]) => title);
}

function titlesIn(path: string): string[] {
  return sources.filter((source) => source.path === path).flatMap(({ titles }) => titles);
}

test("the guide lists every journey, where it runs, and no other", () => {
  const titles = sources.flatMap((source) => source.titles);
  expect(titles.length).toBeGreaterThanOrEqual(30);
  expect(rows.map(([title = ""]) => title).toSorted()).toEqual(titles.toSorted());
  const where = new Map(rows.map(([title, , place, firefox]) => [title, [place, firefox]]));
  const runsIn = (wanted: string, column: number) =>
    titles.filter((title) => where.get(title)?.[column] === wanted).toSorted();
  expect(runsIn("npm test", 0)).toEqual(titlesIn(inNpmTest).toSorted());
  expect(runsIn("yes", 1)).toEqual(titlesIn(inFirefoxToo).toSorted());
});

test("ten journeys run with `npm test`, five run in Firefox too", () => {
  expect(titlesIn(inNpmTest).length).toBeGreaterThanOrEqual(10);
  expect(titlesIn(inFirefoxToo).length).toBeGreaterThanOrEqual(5);
});
