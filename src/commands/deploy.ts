// Deploys the Worker and migrates its D1, in the order that `deploy-plan.ts` finds. Options go to both.
// The environments are those of wrangler.toml; without `--env` and `CLOUDFLARE_ENV` the top level of the file is deployed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { runCommand, text } from "./arguments.ts";
import { deployPlan, type Listed } from "./deploy-plan.ts";
import { projectDir } from "./local.ts";

const usage = `Usage: npm run deploy [-- --env <name>] [--config <file>] [--env-file <file>] [--profile <name>]

Migrates the deployment's D1, then deploys the Worker. On the very first run it deploys, which creates the D1, then migrates.
"--env staging" and "--env production" deploy the environments of wrangler.toml, each with a Worker and a D1 of its own.
Options go to wrangler as they are; call "npx wrangler deploy" yourself for its other options.`;

const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
/** Those that mean the same to both of wrangler's commands. */
const options = {
  env: text("the name of an environment"),
  config: text("a file"),
  "env-file": text("a file"),
  profile: text("the name of a profile"),
};

await runCommand({ usage, options }, async ({ values }) => {
  const passed = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const list = ["d1", "migrations", "list", "DB", "--remote", ...passed];
  const migrate = ["d1", "migrations", "apply", "DB", "--remote", ...passed];
  const deploy = ["deploy", ...passed];
  const listed = await run(list);
  const plan = deployPlan(listed);
  if (plan === "stop") {
    throw new Error(
      `\n"wrangler ${list.join(" ")}" failed, see above: nothing was migrated or deployed. Run "npm run deploy" again once it is mended.`,
    );
  }
  if (plan === "deploy-first") {
    console.log("\nThere is no database yet: the first deployment creates it.");
  }
  for (const step of plan === "migrate-first" ? [migrate, deploy] : [deploy, migrate]) {
    if ((await run(step)).code !== 0) {
      throw new Error(
        `\n"wrangler ${step.join(" ")}" failed; see above. Run "npm run deploy" again once it is mended.`,
      );
    }
  }
  return 0;
});

/** Runs wrangler in this terminal: it may ask which account is meant. What it writes as errors is also returned. */
async function run(step: readonly string[]): Promise<Listed> {
  const child = spawn(process.execPath, [wrangler, ...step], {
    cwd: projectDir,
    // Empty names the top level of wrangler.toml. Unset, wrangler warns at each deployment that no environment was chosen.
    env: { CLOUDFLARE_ENV: "", ...process.env },
    stdio: ["inherit", "inherit", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    errors += part;
    process.stderr.write(part);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, errors };
}
