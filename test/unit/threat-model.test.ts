import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/guides/threat-model.md"), "utf8");
const protocol = [...globSync("docs/protocol/*.md", { cwd: root }), "docs/guides/chat-page.md"]
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");

interface Answered {
  readonly threat: string;
  readonly rules: readonly string[];
  readonly tests: readonly string[];
}

/** The rows of the tables whose last columns are rules and tests. */
function answered(): Answered[] {
  return page.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, threat = "", , rules = "", tests = ""] = cells;
    return cells.length === 6 && /^[A-Z]+\d+/.test(rules)
      ? [
          {
            threat,
            rules: rules.split(", "),
            tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
          },
        ]
      : [];
  });
}

test("the threat model has an answer in each of its rows", () => {
  const rows = page.split("\n").filter((line) => line.split("|").length === 6);
  // Four tables, each with a head and a line below it.
  expect(answered()).toHaveLength(rows.length - 8);
  expect(answered().length).toBeGreaterThan(30);
});

test.each(answered())("$threat: its rules exist, and its tests cite them", ({ rules, tests }) => {
  for (const rule of rules) {
    expect(protocol).toContain(`- **${rule}**`);
  }
  expect(tests.length).toBeGreaterThan(0);
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const titles = tests.map((path) => readFileSync(join(root, path), "utf8"));
  expect(rules.filter((rule) => !titles.some((text) => text.includes(`[${rule}]`)))).toEqual([]);
  const citing = tests.filter((_, index) => rules.some((rule) => titles[index]?.includes(`[${rule}]`)));
  expect(citing).toEqual(tests);
});

test("what reaches a deployment is what the threat model names", () => {
  const paths = globSync("src/**/*.{ts,tsx}", { cwd: root, exclude: ["src/commands/**", "src/dev/**"] });
  const packages = paths.flatMap((path) =>
    [
      ...readFileSync(join(root, path), "utf8").matchAll(/from "((?:@[^/"]+\/)?[^./"][^/":]*)(?:\/[^"]*)?"/g),
    ].map(([, name = ""]) => name),
  );
  expect(new Set(packages)).toEqual(
    new Set(["hono", "zod", "drizzle-orm", "engine.io-parser", "socket.io-parser", "preact"]),
  );
});
