import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { projectDir } from "../../src/commands/local.ts";
import { freePort } from "../free-port.ts";
import { bareEnvironment, freshCopy, npmRun } from "./local-worker.ts";

const commands = ["start", "demo", "token", "verify", "import", "deploy"] as const;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a command to its end, as `npm run` does but without npm, which takes longer than the command. */
function run(
  command: (typeof commands)[number],
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder = projectDir,
): Promise<Ended> {
  return runFile(join("src", "commands", `${command}.ts`), args, environment, folder);
}

async function runFile(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder = projectDir,
): Promise<Ended> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: folder,
    env: { ...bareEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (errors += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, errors };
}

/** A port of this machine on which something listens until the test is over. */
async function takenPort(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) {
    throw new Error("the server has no port");
  }
  return address.port;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pairline-commands-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.each(commands)("%s has --help, and refuses an option that it does not know", async (command) => {
  // Nothing listens there: a command that went on would fail otherwise than expected.
  const environment = { PORT: "1", STATE_DIR: join(await emptyFolder(), "state") };
  const [help, option] = await Promise.all([
    run(command, ["--help"], environment),
    run(command, ["--anything"], environment),
  ]);
  expect(help).toEqual({ code: 0, out: expect.stringMatching(/^Usage: npm (run|start)/), errors: "" });
  expect(option).toMatchObject({ code: 2, out: "" });
  expect(option.errors).toContain("Unknown option '--anything'.");
  expect(option.errors).toContain("Usage: npm");
  expect(option.errors).not.toMatch(/^ +at /m);
  expect(existsSync(environment.STATE_DIR)).toBe(false);
});

test("every other script of package.json that runs a file has --help, and refuses an argument that it does not know", async () => {
  const { scripts } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  const tested = commands.map((command) => `src/commands/${command}.ts`);
  const files = Object.values(scripts)
    .flatMap((script) => /^node (\S+)$/.exec(script)?.[1] ?? [])
    .filter((file) => !tested.includes(file));
  expect(files).toContain("test/bench/bench.ts");
  // Nothing can be kept or started there: a command that went on would fail otherwise than expected.
  const environment = { PORT: "1", STATE_DIR: join(await emptyFolder(), "state") };
  for (const file of files) {
    const [help, argument] = await Promise.all([
      runFile(file, ["--help"], environment),
      runFile(file, ["--anything"], environment),
    ]);
    expect([file, help.code, help.out]).toEqual([file, 0, expect.stringMatching(/^Usage: npm (run|start)/)]);
    expect([file, argument.code, argument.out]).toEqual([file, 2, ""]);
    expect(argument.errors).toContain("Unknown option '--anything'.");
  }
});

test("a demo whose Worker does not start says why", async () => {
  const folder = await emptyFolder();
  const other = await takenPort((_, response) => response.end("{}"));
  writeFileSync(join(folder, "instance.json"), JSON.stringify({ pid: process.pid, port: other }));
  const ended = await run("demo", [], { PORT: String(await freePort()), STATE_DIR: folder });
  expect(ended.code).toBe(1);
  expect(ended.errors).toContain("The Worker did not start: The state in");
  expect(ended.errors).toContain(`is used by the Pairline on port ${other}`);
});

test("a token is printed for a user id only, and a demo takes no arguments", async () => {
  const [option, two, demo] = await Promise.all([
    run("token", ["--", "--help"]),
    run("token", ["alice", "bob"]),
    run("demo", ["alice", "bob"], { PORT: "1" }),
  ]);
  expect([option.code, option.out]).toEqual([2, ""]);
  expect(option.errors).toContain('"--help" looks like an option');
  expect([two.code, two.out]).toEqual([2, ""]);
  expect(two.errors).toContain('This command takes one user id; given: "alice" "bob".');
  expect([demo.code, demo.out]).toEqual([2, ""]);
  expect(demo.errors).toContain('This command takes no arguments; given: "alice" "bob".');
});

test("a PORT that is none is one sentence for each command that reads it, without a stack", async () => {
  const outcomes = await Promise.all([
    run("start", [], { PORT: "abc" }),
    run("demo", [], { PORT: "1e3" }),
    run("verify", ["alice", "bob"], { PORT: " 8787" }),
  ]);
  for (const [index, port] of ["abc", "1e3", " 8787"].entries()) {
    const { code, out, errors } = outcomes[index] ?? { code: 0, out: "", errors: "" };
    const sentence = `PORT is ${JSON.stringify(port)}; it must be a whole number from 1 to 65535.`;
    expect([code, out, errors.split("\n")[0]]).toEqual([2, "", sentence]);
    expect(errors).not.toMatch(/^ +at /m);
  }
});

test("`npm start` on a taken port says so and has touched nothing", async () => {
  const folder = await freshCopy();
  const port = await takenPort((_, response) => response.end(JSON.stringify({ status: "ok" })));
  const state = join(folder, "state");
  const ended = await run("start", [], { PORT: String(port), STATE_DIR: state }, folder);
  expect([ended.code, ended.out]).toEqual([1, ""]);
  expect(ended.errors).toContain(`Port ${port} is taken`);
  expect(
    [state, join(folder, ".dev.vars"), join(folder, ".wrangler")].filter((path) => existsSync(path)),
  ).toEqual([]);
});

test("`npm start` on the state of another instance that runs says so and has touched nothing", async () => {
  const folder = await freshCopy();
  const other = await takenPort((_, response) => response.end("{}"));
  const state = join(folder, "state");
  mkdirSync(state);
  const instance = join(state, "instance.json");
  writeFileSync(instance, JSON.stringify({ pid: process.pid, port: other }));
  const environment = { PORT: String(await freePort()), STATE_DIR: state };
  const ended = await run("start", [], environment, folder);
  expect([ended.code, ended.out]).toEqual([1, ""]);
  expect(ended.errors).toContain(`is used by the Pairline on port ${other}`);
  expect(await readdir(state)).toEqual(["instance.json"]);
  expect(existsSync(join(folder, ".dev.vars"))).toBe(false);
});

test("`npm start` names a variable that the Worker could not use, before it starts anything", async () => {
  const folder = await freshCopy();
  const ended = await run(
    "start",
    [],
    { EDIT_WINDOW_SECONDS: "15m", STATE_DIR: join(folder, "state") },
    folder,
  );
  expect([ended.code, ended.out]).toEqual([1, ""]);
  expect(ended.errors).toContain("EDIT_WINDOW_SECONDS is not a value that it can have");
  expect(existsSync(join(folder, "state"))).toBe(false);
});

test("[VE7][IM8] an option that npm would take for itself, a wrong number, unit, address or file is named", async () => {
  const file = join(await emptyFolder(), "messages.jsonl");
  writeFileSync(file, "{}\n");
  const cases: readonly (readonly ["verify" | "import", readonly string[], string])[] = [
    ["verify", ["alice"], "one user id was given"],
    ["verify", ["alice", "bob", "--all"], "takes one of two user ids, --all and --pairs"],
    ["verify", ["alice", "bob", "--url", "dm.example.com"], "it must be a whole address"],
    ["verify", ["alice", "bob", "--url", "https://dm.example.com/chat"], "the address alone"],
    ["import", [file, "--batch", "1k"], `--batch is "1k"; it must be a whole number from 1 to 1000.`],
    [
      "import",
      [file, "--from", "2024-05-01"],
      '--from is "2024-05-01"; it must be a whole number from 1 on.',
    ],
    ["import", ["--users", file, "--batch", "5"], "--batch is for messages"],
    ["import", [file, "--rejects", file], "would be overwritten"],
  ];
  const outcomes = await Promise.all(cases.map(([command, args]) => run(command, args, { PORT: "1" })));
  for (const [index, { code, out, errors }] of outcomes.entries()) {
    expect([code, out, errors]).toEqual([2, "", expect.stringContaining(cases[index]?.[2] ?? "?")]);
    expect(errors).not.toMatch(/^ +at /m);
  }
  // npm's own way of taking it, without the -- that belongs there.
  const taken = await npmRun(["verify", "alice", "bob", "--repair"], { ...bareEnvironment(), PORT: "1" });
  expect([taken.code, taken.output]).toEqual([2, expect.stringContaining("npm took --repair for itself")]);
});

/** Deploys where the API answers so for the database, and fails at all else. */
async function deployTo(status: number, code: number, args: readonly string[] = []) {
  const asked: string[] = [];
  const port = await takenPort(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    const isDatabase = url?.includes("/d1/database/") === true;
    const errors = [{ code: isDatabase ? code : 10_001, message: "planted" }];
    response
      .writeHead(isDatabase ? status : 500, { "content-type": "application/json" })
      .end(JSON.stringify({ success: false, errors, messages: [], result: null }));
  });
  const ended = await run("deploy", args, {
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
    CLOUDFLARE_API_TOKEN: "token",
    CLOUDFLARE_ACCOUNT_ID: "account",
    WRANGLER_SEND_METRICS: "false",
  });
  return { ...ended, asked };
}

/** The names that come after a part of the path in the requests to the API. */
function namesAfter(kind: string, { asked }: { readonly asked: readonly string[] }): Set<string> {
  return new Set(asked.flatMap((request) => new RegExp(`/${kind}/([^/?]+)`).exec(request)?.[1] ?? []));
}

const databases = "d1/database";
const workers = "workers/(?:scripts|services)";

test("`npm run deploy` takes only a missing database for a first run; any other failure stops it before it deploys", async () => {
  const [missing, staging, failing, unknown] = await Promise.all([
    deployTo(404, 7_404),
    deployTo(404, 7_404, ["--env", "staging"]),
    deployTo(500, 7_500),
    deployTo(404, 7_404, ["--env", "stagign"]),
  ]);
  expect(missing.out).toContain("There is no database yet");
  expect(missing.errors).toContain('"wrangler deploy" failed');
  // Without an environment it is the top level of wrangler.toml, which needs no warning.
  expect([namesAfter(databases, missing), namesAfter(workers, missing)]).toEqual([
    new Set(["pairline"]),
    new Set(["pairline"]),
  ]);
  expect(missing.out + missing.errors).not.toContain("Multiple environments");
  expect(staging.out).toContain("There is no database yet");
  expect(staging.errors).toContain('"wrangler deploy --env staging" failed');
  expect([namesAfter(databases, staging), namesAfter(workers, staging)]).toEqual([
    new Set(["pairline-staging"]),
    new Set(["pairline-staging"]),
  ]);
  expect(failing.code).toBe(1);
  expect(failing.asked.filter((request) => request.includes("/workers/"))).toEqual([]);
  expect(failing.errors).toContain("planted");
  expect(failing.errors).toContain("nothing was migrated or deployed");
  expect([unknown.code, unknown.asked]).toEqual([1, []]);
  expect(unknown.errors).toContain('No environment found in configuration with name "stagign"');
  expect(unknown.errors).toContain("nothing was migrated or deployed");
});
