import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { experimental_readRawConfig as readRawConfig, unstable_readConfig as readConfig } from "wrangler";
import { projectDir } from "../../src/commands/local.ts";

const file = join(projectDir, "wrangler.toml");
const topLevel = configOf("");
const environments = Object.keys(readRawConfig({ config: file }).rawConfig.env ?? {});

function configOf(env: string) {
  return readConfig({ config: file, env });
}

/** Everything that a deployment is, without the names that must differ. */
function shared({ durable_objects, d1_databases, ratelimits, ...config }: typeof topLevel) {
  const { vars, analytics_engine_datasets, assets, build, migrations, observability } = config;
  return {
    objects: durable_objects,
    databases: d1_databases.map(({ database_name, ...database }) => database),
    limits: ratelimits.map(({ namespace_id, ...limit }) => limit),
    vars: Object.keys(vars),
    datasets: analytics_engine_datasets,
    inherited: { assets, build, migrations, observability },
  };
}

test.each(environments)(
  "%s has the bindings and variables of the top level, and inherits the rest",
  (name) => {
    const warn = vi.spyOn(console, "warn");
    const config = configOf(name);
    expect(shared(config)).toEqual(shared(topLevel));
    // Wrangler warns of each variable and binding of the top level that an environment lacks.
    expect(warn.mock.calls).toEqual([]);
    expect(config.name).toBe(`pairline-${name}`);
  },
);

test("no two deployments share a Worker, a database or the counters of a rate limit", () => {
  const all = [topLevel, ...environments.map(configOf)];
  const names = all.flatMap(({ name, d1_databases }) => [
    `worker ${name}`,
    ...d1_databases.map(({ database_name }) => `database ${database_name}`),
  ]);
  const counters = all.flatMap(({ ratelimits }) => ratelimits.map(({ namespace_id }) => namespace_id));
  expect(names).toHaveLength(new Set(names).size);
  expect(counters).toHaveLength(new Set(counters).size);
  expect(counters).toHaveLength(6);
});

test("the deploy workflow offers the environments of wrangler.toml", () => {
  const workflow = readFileSync(join(projectDir, ".github", "workflows", "deploy.yml"), "utf8");
  expect(environments).toEqual(["staging", "production"]);
  expect(workflow).toContain(`options: [${environments.join(", ")}]`);
});
