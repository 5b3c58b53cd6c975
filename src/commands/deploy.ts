// Deploys the Worker and migrates its D1. A database that exists is migrated first, since code of the new version may
// need the new columns; on the very first run the deployment is what creates it. Arguments (`--env …`) go to both.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectDir } from "./local.ts";

const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
const options = process.argv.slice(2);
const migrate = ["d1", "migrations", "apply", "DB", "--remote", ...options];
const deploy = ["deploy", ...options];

const exists = run(["d1", "migrations", "list", "DB", "--remote", ...options], "ignore") === 0;
for (const step of exists ? [migrate, deploy] : [deploy, migrate]) {
  if (run(step, "inherit") !== 0) {
    console.error(
      `\n"wrangler ${step.join(" ")}" failed; see above. Run "npm run deploy" again once it is mended.`,
    );
    process.exit(1);
  }
}

function run(step: readonly string[], output: "inherit" | "ignore"): number {
  const { status } = spawnSync(process.execPath, [wrangler, ...step], {
    cwd: projectDir,
    stdio: ["inherit", output, output],
  });
  return status ?? 1;
}
