import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectDir } from "../../src/commands/local.ts";

const read = (...path: string[]) => readFileSync(join(projectDir, ...path), "utf8");
const { scripts, engines } = JSON.parse(read("package.json")) as {
  scripts: Readonly<Record<string, string>>;
  engines: { node: string };
};
const folder = join(".github", "workflows");
const guide = read("docs", "guides", "deploy.md");

describe.each(readdirSync(join(projectDir, folder)))("%s", (name) => {
  const text = read(folder, name);

  test("runs only scripts that package.json has, with the Node that .nvmrc names", () => {
    const called = Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, script = ""]) => script);
    expect(called).not.toEqual([]);
    expect(called.filter((script) => scripts[script] === undefined)).toEqual([]);
    expect(text.match(/node-version.*/g)).toEqual(
      Array.from(text.matchAll(/actions\/setup-node@/g), () => "node-version-file: .nvmrc"),
    );
  });

  test("uses no secret that the guide on deploying does not name, and gives GitHub's token no right to write", () => {
    const secrets = Array.from(text.matchAll(/secrets\.(\w+)/g), ([, secret = ""]) => secret);
    expect(secrets.filter((secret) => !guide.includes(`\`${secret}\``))).toEqual([]);
    expect(text).toContain("permissions:\n  contents: read\n");
    expect(text).not.toMatch(/:\s*write\b/);
  });
});

test("the Node of .nvmrc is one that package.json allows", () => {
  const [, least = ""] = /^>=(\d+)$/.exec(engines.node) ?? [];
  expect(Number(read(".nvmrc"))).toBeGreaterThanOrEqual(Number(least));
});

test("the deploy button asks for secrets that have no value in the repository", () => {
  const named = read(".dev.vars.example").match(/^\w+=.*$/gm);
  expect(named).toEqual(['JWT_SECRET=""', 'ADMIN_KEY=""']);
});
