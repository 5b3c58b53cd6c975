import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { experimental_readRawConfig as readRawConfig, unstable_readConfig as readConfig } from "wrangler";
import { projectDir } from "../../src/commands/local.ts";

/** What a deployment is made of, as wrangler reads it. Wrangler's own type is not in its package. */
interface Config {
  readonly name: string;
  readonly durable_objects: object;
  readonly d1_databases: readonly { readonly database_name: string }[];
  readonly ratelimits: readonly { readonly namespace_id: string }[];
  readonly vars: object;
  readonly analytics_engine_datasets: object;
  readonly assets: object;
  readonly build: object;
  readonly migrations: object;
  readonly observability: object;
}

const file = join(projectDir, "wrangler.toml");
const topLevel = configOf("");
const { rawConfig } = readRawConfig({ config: file }) as { rawConfig: { env?: object } };
const environments = Object.keys(rawConfig.env ?? {});

function configOf(env: string): Config {
  return readConfig({ config: file, env }) as Config;
}

/** The parts that all deployments have in common: names and values that must or may differ are left out. */
function shared(config: Config) {
  const { assets, build, migrations, observability } = config;
  return {
    objects: config.durable_objects,
    databases: config.d1_databases.map((database) => ({ ...database, database_name: "" })),
    limits: config.ratelimits.map((limit) => ({ ...limit, namespace_id: "" })),
    vars: Object.keys(config.vars),
    datasets: config.analytics_engine_datasets,
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
